"""For each check of a kind and each field a submission in which one cell is wrong.

The bad texts are found by trying: a right answer cut, lengthened or changed in some places, and
what people type of other kinds. The first that a check finds wrong stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from converter.forms.smallest_cases import CheckCase, SmallestCases
from converter.kinds import KINDS
from converter.kinds.base import Cells
from converter.model.arrays import np, pd
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.submissions import RawColumn, Submission

REQUIRED = "K001"
OTHERS = (
    "@@", "甲", "1", "12", "12345", "-1", "1.5", "99999999", "2010", "2010-13-45", "1010-05-01",
    "10.5.1", "1849-10-01", "1810-06-15", "12345678901234567", "E12345678", "1" * 300, "甲" * 300,
    "示例\ue000", "示例\ufffd", "0311-1234", "31187654321", "0311-1234/13800138000",
    "31187654321/13800138000",
)  # fmt: skip
DAYS = ("2010-05-01", "1905-06-30", "1900-03-01", "2210-01-01")
NUMBERS = (
    "-1", "1.5", "0", "99999999", "99999999999", "-99999999999", "2010", "1901", "2025.1",
    "123456789012345600", "1.2345678",
)  # fmt: skip
LAST = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # characters that numbers end in, check characters too
CHANGES = ("0", "9", "A", "甲", "*")

Typed = tuple[str, CellType]


def bad_cells(form: Form, cases: SmallestCases) -> Iterator[CheckCase]:
    """The cases of all fields that are typed."""
    for field in (f for sheet in form.sheets for f in sheet if not f.derive):
        good = cases.good(filled=field.path)
        if field.required:
            yield CheckCase(REQUIRED, field.path, good and _with(good, field, ("", CellType.BLANK)))
        text = good.sheets[field.sheet].columns[field.key].text[0] if good else ""
        beside = _beside(field)
        found = _by_code(_texts(text), field, form, beside)
        checks = dict.fromkeys(check.code for check in KINDS[field.kind].checks(field, form))
        if missing := checks.keys() - found.keys():
            more = _by_code(_endings(_texts(text)), field, form, beside)
            found |= {code: typed for code, typed in more.items() if code in missing}
        for code in checks:
            case = _with(good, field, found[code]) if good and code in found else None
            yield CheckCase(code, field.path, case)


def _texts(right: str) -> list[Typed]:
    """A right answer with slips, and what belongs elsewhere."""
    cut = [right[:n] for n in range(1, len(right))] + [right[n:] for n in (1, 6)]
    places = range(len(right))
    changed = [right[:n] + c + right[n + 1 :] for n in places for c in CHANGES]
    years = [right[:6] + year + right[10:] for year in ("1799", "2100")]
    joined = [*cut, *changed, right + "1", right + right, right[:6] + right[8:17], *years]
    texts = [(text, CellType.TEXT) for text in (*OTHERS, *joined)]
    numbers = [(text, CellType.NUMBER) for text in NUMBERS]
    return [*((day, CellType.DATE) for day in DAYS), *texts, *numbers]


def _endings(typed: list[Typed]) -> list[Typed]:
    """Every last character: a slip elsewhere is then no matter of the check character."""
    return [(text[:-1] + c, kind) for text, kind in typed if 8 < len(text) < 30 for c in LAST]


def _by_code(typed: list[Typed], field: Field, form: Form, beside: str) -> dict[str, Typed]:
    """The first text of each check that finds it wrong, and no check before it does."""
    kind = KINDS[field.kind]
    types = pd.Series(np.array([type_ for _, type_ in typed], dtype=np.int8))
    others = pd.Series([beside] * len(typed), dtype=object) if beside else None
    cells = Cells(pd.Series([text for text, _ in typed], dtype=object), types, others)
    normal = kind.normalise(cells, field, form)
    read = Cells(normal.text, types, others)
    tidy = normal.note.to_numpy(dtype=object) == ""  # what is read as it stands is preferred
    left, found = np.ones(len(typed), dtype=bool), dict[str, Typed]()
    for check in kind.checks(field, form):
        wrong = left & ~np.asarray(check.passes(read), dtype=bool)
        if wrong.any():
            best = wrong & tidy if (wrong & tidy).any() else wrong
            found.setdefault(check.code, typed[int(np.flatnonzero(best)[0])])
        left &= ~wrong
    return found


def _beside(field: Field) -> str:
    """The code of the choice that says how the cell is checked."""
    kind = KINDS[field.kind]
    return min(kind.read_beside(field)) if kind.depends_on(field) else ""


def _with(good: Submission, field: Field, typed: Typed) -> Submission:
    """The same with one cell of the first record typed otherwise."""
    sheet = good.sheets[field.sheet]
    column = sheet.columns[field.key]
    texts, types = list(column.text), list(column.type)
    texts[0], types[0] = typed
    columns = {**sheet.columns, field.key: RawColumn(texts, types)}
    return replace(good, sheets={**good.sheets, field.sheet: replace(sheet, columns=columns)})
