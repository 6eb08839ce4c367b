"""The Excel face: LibreOffice computes every mutated formula over the samples of the parity tests.

    python -m tests.mutation.formulas [modules…]

A column a formula that differs from all others, so that a mutant costs a column or two and a few
runs of LibreOffice compute them all. A mutant is killed where what its formulas come to is not
what the pipeline says, which is what the parity tests would see.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from converter.kinds import KINDS
from converter.rules import FAMILIES
from converter.template.cell_text import put_formula, put_text
from converter.text.characters import strip
from tests.kinds import test_parity as kinds
from tests.kinds.validating import FORM, field, validate
from tests.mutation import hosting
from tests.mutation.__main__ import mutants, report
from tests.mutation.changes import Mutant
from tests.parity.office import recalculated
from tests.rules import test_parity as rules
from tests.rules.tables import at

RAW, NORM = "@@raw@@", "@@norm@@"
DROPDOWN = "the list that depends on another choice"
# What a mutant makes of the formulas of each place: a field's path, or a rule's code and path.
Formulas = dict[Any, Any]


def changed(todo: list[Mutant], announce: Callable[[], Formulas]) -> list[Formulas | None]:
    """The places whose formulas a mutant changes; None where it cannot even make them."""
    right, found = announce(), []
    for mutant in todo:
        verdicts = hosting.reported_with(mutant.module, mutant.code, announce)
        found.append(verdicts and {key: now for key, now in verdicts.items() if now != right[key]})
    return found


def computed(book: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "formulas.xlsx"
        book.save(source)
        (result,) = recalculated([source], Path(folder))
        return openpyxl.load_workbook(result, data_only=True)


# --- kinds ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Face:
    """One field's formulas, with marks where addresses belong; or the columns they stand in."""

    norm: str
    usable: str
    faults: tuple[tuple[str, str], ...]  # code, condition


def faces() -> Formulas:
    def face(path: str) -> Face:
        of = field(path)
        kind = KINDS[of.kind]
        faults = ((c.code, c.wrong) for c in kind.excel_faults(RAW, NORM, of, FORM))
        return Face(kind.excel_norm(RAW, of, FORM), kind.excel_usable(NORM), tuple(faults))

    offered = KINDS["choice"].excel_list(kinds.DIVISION, FORM, lambda key: NORM)
    return {**{path: face(path) for path in kinds.CELLS}, DROPDOWN: offered}


class Page:
    """One field's sheet: its sample, a cell a row, and a column for each formula."""

    def __init__(self, path: str) -> None:
        self.book = openpyxl.Workbook()
        self.path, self.of, self.typed = path, field(path), kinds.sample(path)
        self.page = self.book.create_sheet("sample")
        self._letters: dict[str, str] = {}
        kinds.write_lists(self.book)
        for row, typed in enumerate(self.typed, kinds.FIRST_ROW):
            raw = self.page[f"A{row}"]
            if isinstance(typed, str):
                put_text(raw, typed)
            else:
                raw.value = typed

    def _column(self, expression: str, norm: str = "") -> str:
        key = expression.replace(NORM, f"@@{norm}@@")
        if key not in self._letters:
            letter = self._letters[key] = get_column_letter(len(self._letters) + 2)
            for row in range(kinds.FIRST_ROW, kinds.FIRST_ROW + len(self.typed)):
                there = expression.replace(RAW, f"$A${row}").replace(NORM, f"${norm}${row}")
                put_formula(self.page[f"{letter}{row}"], there)
        return self._letters[key]

    def write(self, given: Face) -> Face:
        norm = self._column(given.norm)
        faults = tuple((code, self._column(wrong, norm)) for code, wrong in given.faults)
        return Face(norm, self._column(given.usable, norm), faults)

    def differs(self, where: Face, shown: Any) -> bool:
        """Whether anything that the columns say is not what the pipeline says."""
        verdicts = validate(self.of, *self.typed)
        for row, (typed, found) in enumerate(
            zip(self.typed, verdicts, strict=True), kinds.FIRST_ROW
        ):
            norm = shown[f"{where.norm}{row}"].value
            by_pipeline = self.of.kind == "date" and isinstance(typed, str)
            live = kinds.is_live(found.fault, self.of) if found.fault and not by_pipeline else False
            if self._fault(where, shown, row, norm) != (found.fault if live else ""):
                return True
            usable = shown[f"{where.usable}{row}"].value
            if isinstance(typed, str) and not strip(typed) and (norm or usable is not False):
                return True
            if not found.text or by_pipeline:
                continue
            norm = (norm.date() - date(1899, 12, 30)).days if isinstance(norm, datetime) else norm
            compared = self.of.kind in kinds.COMPARED and not found.text.startswith("1900-0")
            if usable is not True or (
                compared and norm != kinds.expected_norm(self.of, found.text)
            ):
                return True
        return False

    def _fault(self, where: Face, shown: Any, row: int, norm: Any) -> str:
        for code, letter in where.faults if norm not in ("", None) else ():
            value = shown[f"{letter}{row}"].value
            if not isinstance(value, bool):
                return f"error: {value!r}"
            if value:
                return code
        return ""


def offered_the_same(formulas: list[str]) -> list[bool]:
    """Whether each dropdown offers what it should, whatever was chosen elsewhere."""
    book = openpyxl.Workbook()
    for n, formula in enumerate(formulas):
        page = book.create_sheet(f"list{n}")
        kinds.write_dropdowns(page, partial(formula.replace, NORM))
    kinds.write_lists(book)
    shown = computed(book)
    return [kinds.offered(shown[f"list{n}"]) == kinds.EXPECTED for n in range(len(formulas))]


def of_kinds(todo: list[Mutant]) -> list[bool | None]:
    """Whether each mutant survives; None for the stillborn."""
    found, right = changed(todo, faces), faces()
    alive = [made is not None for made in found]
    for path in kinds.CELLS:
        cases = [
            (n, made[path]) for n, made in enumerate(found) if made and alive[n] and path in made
        ]
        if not cases:
            continue
        page = Page(path)
        base, columns = page.write(right[path]), [(n, page.write(face)) for n, face in cases]
        shown = computed(page.book)["sample"]
        assert not page.differs(base, shown), path
        for n, where in columns:
            alive[n] = not page.differs(where, shown)
        print(f"{path}: {len(cases)} tried", file=sys.stderr, flush=True)
    lists = [
        (n, made[DROPDOWN])
        for n, made in enumerate(found)
        if made and alive[n] and DROPDOWN in made
    ]
    for n, same in zip([n for n, _ in lists], offered_the_same([o for _, o in lists]), strict=True):
        alive[n] = same
    return [None if made is None else alive[n] for n, made in enumerate(found)]


# --- rules ---------------------------------------------------------------------------------


def conditions() -> dict[tuple[str, str], list[str]]:
    """By code and place of a rule: its condition for every record."""

    def each(name: str, records: int) -> Iterator[tuple[tuple[str, str], list[str]]]:
        rows = range(rules.FIRST_ROW, rules.FIRST_ROW + records)
        for rule, path in rules.conditions(name):
            excel = FAMILIES[rule.family].excel
            yield (rule.code, path), [str(excel(rule, path, rules.Cells(row))) for row in rows]

    return dict([*each("unit", rules.UNITS), *each("member", rules.MEMBERS)])


def of_rules(todo: list[Mutant]) -> list[bool | None]:
    """Whether each mutant survives; None for the stillborn."""
    found, draw, book = changed(todo, conditions), random.Random(20260303), openpyxl.Workbook()
    unit, member = rules.records(draw, date.today())
    rules.write(book, "member", member, draw)
    rules.write(book, "unit", unit, draw)
    rules.write_lists(book, book.create_sheet("lists"))
    letters: dict[str, str] = {}

    def column(path: str, expressions: list[str]) -> str:
        name = path.partition(".")[0]
        key = f"{name}: {expressions}"
        if key not in letters:
            letters[key] = get_column_letter(book[name].max_column + 1)
            for row, expression in enumerate(expressions, rules.FIRST_ROW):
                put_formula(book[name][f"{letters[key]}{row}"], expression)
        return letters[key]

    columns = [{key: column(key[1], now) for key, now in (made or {}).items()} for made in found]
    shown, given = computed(book), rules.tables(unit, member, date.today())
    reported = {rule.code: set(at(rule, given)) for rule in rules.RULES}

    def agrees(key: tuple[str, str], letter: str) -> bool:
        code, path = key
        page = shown[path.partition(".")[0]]
        records = rules.UNITS if path.startswith("unit.") else rules.MEMBERS
        output = [page[f"{letter}{rules.FIRST_ROW + n}"].value for n in range(records)]
        return output == [(path, n) in reported[code] for n in range(records)]

    return [
        None if made is None else all(agrees(key, letter) for key, letter in where.items())
        for made, where in zip(found, columns, strict=True)
    ]


def named(todo: Iterable[tuple[Mutant, bool | None]]) -> Iterator[tuple[Mutant, str]]:
    for mutant, survives in todo:
        yield mutant, "stillborn" if survives is None else "survived" if survives else "killed"


def main() -> int:
    todo = mutants(sys.argv[1:], "excel")
    some = [m for m in todo if "/kinds/" in m.path]
    others = [m for m in todo if "/rules/" in m.path]
    left = report(named(zip(some, of_kinds(some), strict=True))) if some else 0
    left += report(named(zip(others, of_rules(others), strict=True))) if others else 0
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
