"""Where something lies: a code of the administrative divisions (GB/T 2260), or its names.

Read: a six-digit code of the list, or the names of province, city and district one after the
other (河北省石家庄市桥西区; spaces may be left out, and so may what follows from the
rest). K640: digits, but not six; K641: what the list does not know; K642: what stands for several
codes. The last two are the pipeline's alone: the list is too long for a workbook.
Canonical is the code. The list is in the order of its codes: a province ends in 0000, a city in 00.

Options: `codes`, the list; `left_out`, entries that are no name of a place (市辖区).

>>> from converter.model.forms import Code
>>> towns = {"130000": "河北省", "130100": "石家庄市", "130104": "桥西区",
...          "130700": "张家口市", "130703": "桥西区"}
>>> read = Regions(CodeList("regions", tuple(Code(*town) for town in towns.items())), ())
>>> [list(read(text)) for text in ("石家庄市 桥西区", "桥西区", "130104", "某地")]
[['130104'], ['130104', '130703'], ['130104'], []]
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from converter.formulas import expressions
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Kind,
    Normalised,
    by_verdict,
    map_unique,
    texts,
)
from converter.kinds.options import ListName, Texts
from converter.model.arrays import pd
from converter.model.errors import option_error
from converter.model.forms import CodeList, Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze

LENGTH = 6
SHOWN = 3  # of the codes that a name may stand for
WRONG_LENGTH, UNKNOWN, SEVERAL, READ = "K640", "K641", "K642", "K904"


class Regions:
    """The codes of a list by their names: whole paths, and their last parts."""

    def __init__(self, codes: CodeList, left_out: Collection[str]) -> None:
        names = {entry.code: entry.label for entry in codes.entries}
        self.paths: dict[str, str] = {}
        self._codes_of: dict[str, list[str]] = {}
        for code in names:
            parts = [names.get(upper, "") for upper in _upper(code)] + [names[code]]
            parts = [part for part in parts if part and part not in left_out]
            self.paths[code] = "".join(parts)
            if names[code] in left_out:
                continue
            for first in range(len(parts)):
                self._codes_of.setdefault("".join(parts[first:]), []).append(code)
            if len(parts) == 3:  # 河北省桥西区
                self._codes_of.setdefault(parts[0] + parts[2], []).append(code)

    def __call__(self, text: str) -> Sequence[str]:
        """The codes that a text may stand for."""
        plain = squeeze(text)
        return (plain,) if plain in self.paths else self._codes_of.get(plain, ())


def _upper(code: str) -> list[str]:
    """The codes of the province and the city that a code belongs to."""
    upper = [f"{code[:2]}0000", f"{code[:4]}00"]
    return [one for one in dict.fromkeys(upper) if one != code]


class _SameList:
    """A list as a key: it holds mappings, identity will do."""

    def __init__(self, codes: CodeList, left_out: Collection[str]) -> None:
        self.codes, self.left_out = codes, left_out

    def __hash__(self) -> int:
        return id(self.codes)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _SameList)
            and other.codes is self.codes
            and other.left_out == self.left_out
        )


@lru_cache(maxsize=4)
def _regions(codes: _SameList) -> Regions:
    return Regions(codes.codes, codes.left_out)


class Region(Kind):
    """A code of the administrative divisions, or its names."""

    name = "region"
    example = "130104"
    width = 20
    schema_pattern = "^[1-9][0-9]{5}$"
    codes = ListName()
    left_out = Texts(default=())

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        name = self.codes(field)
        if not all(len(e.code) == LENGTH and e.code.isdigit() for e in form.codes[name].entries):
            raise option_error("codes", "form_region_codes", name, list=name)

    def _read(self, field: Field, form: Form) -> Regions:
        return _regions(_SameList(form.codes[self.codes(field)], self.left_out(field)))

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        regions = self._read(field, form)

        def code(text: str) -> str:
            found = regions(text)
            return found[0] if len(found) == 1 else text

        read = map_unique(cells.text, code)
        notes = [READ if new != old else "" for new, old in zip(read, cells.text, strict=True)]
        return Normalised(read, pd.Series(notes, index=cells.text.index, dtype=object))

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        regions = self._read(field, form)

        def verdict(text: str) -> str:
            found = len(regions(text))
            if text.isascii() and text.isdigit() and len(text) != LENGTH:
                return WRONG_LENGTH
            return "" if found == 1 else SEVERAL if found else UNKNOWN

        return by_verdict(
            (WRONG_LENGTH, UNKNOWN, SEVERAL), lambda c: texts(map_unique(c.text, verdict))
        )

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        regions = self._read(field, form)
        if code != SEVERAL:
            return {"typed": raw}
        found = regions(text)
        listed = "、".join(f"{regions.paths[one]}（{one}）" for one in found[:SHOWN])
        return {"typed": raw, "found": listed + "…" * (len(found) > SHOWN)}

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        return expressions.half_width_digits(expressions.without_whitespace(raw))

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        return expressions.number_as_text(raw)

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        digits = expressions.all_digits(norm)
        return (ExcelCondition(WRONG_LENGTH, f"IF({digits},LEN({norm})<>{LENGTH},FALSE)"),)
