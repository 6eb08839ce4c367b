"""Both faces of every family come to the same verdicts, as LibreOffice computes them.

One workbook holds validated cells as values, a record a row, and each rule's condition beside
them. What a cell is worth (norm, blank, usable) is given: kinds have a parity test of their own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from converter.formulas.expressions import list_name
from converter.kinds.choice import spelling_texts
from converter.model.forms import CodeList, Field, Form, Rule
from converter.rules import FAMILIES, one_cell
from converter.rules.base import FormColumns, Ref, SheetColumns, ValidatedColumn
from converter.rules.within_years import years_before
from tests.parity.office import recalculated
from tests.rules.tables import FORM, at, column
from tests.rules.tables import rule as form_rule
from tests.tools import needs

pytestmark = needs("libreoffice")

UNITS, MEMBERS = 60, 120
FACES = ("raw", "norm", "blank", "usable")
FIRST_ROW = 2
EPOCH = date(1899, 12, 30)
Sheet = dict[str, list[str]]  # field path → cells as in tests.rules.tables

# Each sheet has its fields side by side, four columns a field.
COLUMNS = {
    (field.path, face): get_column_letter(4 * n + m)
    for sheet in FORM.sheets
    for n, field in enumerate(sheet)
    for m, face in enumerate(FACES, 1)
}

# Alike in the 15 digits that a number keeps.
NUMBERS = [f"11010119900101{n}" for n in ("1239", "1247", "1255", "126X")]
UNREADABLE = "读不懂"
# No rule of the form has both limits of an age.
RULES = (*FORM.rules, replace(form_rule("X175", min=18, max=60), code="both"))


def some_dates(today: date) -> list[date]:
    """Days at which verdicts change, and leap days."""
    marks = [today, *(years_before(today, n) for n in (5, 16, 17, 18, 19, 60, 61, 100, 101))]
    around = [mark + timedelta(days) for mark in marks for days in (-1, 0, 1)]
    leaps = [date(2004, 2, 29), date(2020, 2, 28), date(2020, 2, 29), date(2020, 3, 1)]
    return around + leaps * 2


def cells(field: Field, rows: int, draw: random.Random, today: date) -> Iterator[str]:
    if field.kind == "choice":
        pool = [entry.code for entry in FORM.codes[field.options["codes"]].entries]
    elif field.kind == "date":
        pool = [str(day) for day in some_dates(today)]
    else:
        pool = {"count": [str(n) for n in range(9)], "id_number": NUMBERS}.get(field.kind, ["字"])
    for _ in range(rows):
        text = draw.choice(pool)
        if not field.derive:
            # Unlike sound ones: what is in error in one cell is so in every other.
            yield draw.choices([text, f"!{text}?", ""], [75, 10, 15])[0]
            continue
        derived = draw.choices([text, ""], [85, 15])[0]
        unusual = ["?#N/A", "?TRUE", f"?{UNREADABLE}"][: 3 if field.kind == "choice" else 2]
        typed = draw.choices([derived, draw.choice(pool), "", draw.choice(unusual)], [4, 4, 2, 1])[
            0
        ]
        yield f"{typed}>{derived}"


@dataclass(frozen=True)
class Cells:
    """Where the workbook of this test keeps things."""

    row: int
    form: Form = FORM
    prepared: int = MEMBERS
    row_number: str = f"(ROW()-{FIRST_ROW - 1})"
    heading_row: str = str(FIRST_ROW)

    def at(self, path: str) -> Ref:
        return Ref(*(f"${COLUMNS[path, face]}{self.row}" for face in FACES))

    def filled_rows(self, table: str) -> str:
        return f"ROWS({table}!$A${FIRST_ROW}:$A${FIRST_ROW + MEMBERS - 1})"

    def beyond(self, table: str) -> str:
        return "FALSE"

    def rows(self, path: str) -> Ref:
        last = FIRST_ROW + MEMBERS - 1
        raw, norm = (
            f"member!${c}${FIRST_ROW}:${c}${last}"
            for c in (COLUMNS[path, "raw"], COLUMNS[path, "norm"])
        )
        return Ref(raw, norm, "", "")

    def rows_without_formulas(self, path: str) -> tuple[str, str]:
        last = FIRST_ROW + MEMBERS - 1
        return self.rows(path).norm, f"member!$ZZ${FIRST_ROW}:$ZZ${last}"  # no row has lost its own

    def first_alike(self, path: str) -> str:
        return f"MATCH({self.at(path).norm},{self.rows(path).norm},0)"


@dataclass(frozen=True)
class ComparedCells(Cells):
    """Cells as rules that compare them see them: not usable where a rule about one cell fails."""

    def at(self, path: str) -> Ref:
        ref = super().at(path)
        usable = one_cell.excel_usable(path, Cells(self.row), ref.usable, "FALSE")
        return replace(ref, usable=usable)


def put_text(cell: Any, text: str) -> None:
    cell.value, cell.data_type = text, "s"


def put_formula(cell: Any, expression: str) -> None:
    cell.value = f"={expression}"


def put(cell: Any, text: str, kind: str) -> None:
    """A canonical text as the workbook's norm cells hold it."""
    if kind == "count" and text.isdecimal():
        cell.value = int(text)
    elif kind == "date" and text[-1:].isdigit():
        cell.value = (date.fromisoformat(text) - EPOCH).days
    elif text:
        put_text(cell, text)


def put_typed(cell: Any, text: str, field: Field, draw: random.Random) -> None:
    """What was typed over a derived cell: codes and labels, dates, errors, truth values."""
    if text in ("#N/A", "TRUE"):
        cell.value = True if text == "TRUE" else text
    elif field.kind == "choice":
        entry = FORM.codes[field.options["codes"]].find(text)
        put_text(cell, draw.choice([entry.label, entry.code]) if entry else text)
    else:
        put(cell, text, field.kind)


def write(
    book: Any, name: str, sheet: Sheet, draw: random.Random
) -> dict[tuple[str, str, int], str]:
    """A sheet of records; returns where the verdict of (code, path, record) will stand."""
    page = book.create_sheet(name)
    for path, texts in sheet.items():
        field, validated = FORM.field(path), column(path, texts, pd.RangeIndex(len(texts)))
        for record in range(len(texts)):
            raw, norm, blank, usable = (
                page[f"{COLUMNS[path, face]}{FIRST_ROW + record}"] for face in FACES
            )
            if field.derive:
                put_typed(raw, validated.raw[record], field, draw)
            unread = validated.raw[record] if validated.faulty[record] else ""
            put(norm, validated.text[record] or unread, field.kind)
            blank.value, usable.value = (
                bool(validated.blank[record]),
                bool(validated.usable[record]),
            )
    places = {}
    for rule, path in conditions(name):
        letter = get_column_letter(page.max_column + 1)
        for record in range(len(sheet[path])):
            row = FIRST_ROW + record
            family = FAMILIES[rule.family]
            alone = family.validates_one_cell(rule)
            condition = family.excel(rule, path, Cells(row) if alone else ComparedCells(row))
            assert condition, rule.code
            put_formula(page[f"{letter}{row}"], condition)
            places[rule.code, path, record] = f"{letter}{row}"
    return places


def spelled(codes: CodeList) -> Iterator[tuple[str, list[str]]]:
    yield "label", [entry.label for entry in codes.entries]
    yield "code", [entry.code for entry in codes.entries]
    yield "parent", [entry.parent for entry in codes.entries]
    yield "spellings", spelling_texts(codes)


def write_lists(book: Any, page: Any) -> None:
    """Code lists under the names that formulas know them by, a row each."""
    for codes in FORM.codes.values():
        if len(codes.entries) > 200:
            continue  # regions and the like are looked up by the pipeline alone
        for name, texts in spelled(codes):
            row = page.max_row + 1
            for place, text in enumerate(texts, 1):
                put_text(page.cell(row, place), text)
            area = f"lists!$A${row}:${get_column_letter(len(texts))}${row}"
            defined = list_name(codes.name, name)
            book.defined_names[defined] = DefinedName(defined, attr_text=area)


def conditions(name: str) -> Iterator[tuple[Rule, str]]:
    for rule in RULES:
        for path in rule.at:
            # What depends on today is told in tables by the check alone.
            known = FAMILIES[rule.family].excel(rule, path, Cells(FIRST_ROW)) is not None
            if path.startswith(f"{name}.") and known:
                yield rule, path


def repeated(sheet: Sheet, times: int) -> dict[str, ValidatedColumn]:
    index = pd.RangeIndex(times * MEMBERS)
    return {
        path.partition(".")[2]: column(path, texts * times, index) for path, texts in sheet.items()
    }


def tables(unit: Sheet, member: Sheet, today: date) -> FormColumns:
    """The same records as the pipeline sees them: every unit has all the members."""
    units = {p.partition(".")[2]: column(p, t, pd.RangeIndex(UNITS)) for p, t in unit.items()}
    owners = pd.Series([n for n in range(UNITS) for _ in range(MEMBERS)])
    return FormColumns(
        {
            "unit": SheetColumns(units, pd.Series(range(UNITS))),
            "member": SheetColumns(repeated(member, UNITS), owners),
        },
        today,
        FORM,
    )


def records(draw: random.Random, today: date) -> tuple[Sheet, Sheet]:
    """Units and members as they may come."""
    unit = {f.path: list(cells(f, UNITS, draw, today)) for f in FORM.record}
    member = {f.path: list(cells(f, MEMBERS, draw, today)) for f in FORM.main_table}
    # Counts must sometimes be right to be told from wrong ones.
    women = sum(text.endswith(">2") for text in member["member.sex"])
    possible = MEMBERS - sum(text.endswith(">1") for text in member["member.sex"])
    for record in range(0, UNITS, 3):
        unit["unit.members"][record] = str(MEMBERS)
        unit["unit.women_members"][record] = str(women + record % 4)
        unit["unit.women_members"][record + 1] = str(possible + record % 4)
        division = FORM.codes["industry_division"].find(unit["unit.industry_division"][record])
        if division:
            unit["unit.industry"][record] = division.parent
    unit["unit.members"][1] = "25"  # from which something is worth knowing
    unit["unit.chair_birthday"][1] = str(today)
    unit["unit.last_election_on"][1] = str(years_before(today, 5))
    sixteen = years_before(today, 16)
    member["member.birthday"][0], member["member.joined_on"][0] = f"{sixteen}>{sixteen}", str(today)
    return unit, member


def test_conditions_hold_where_the_pipeline_reports(tmp_path: Path) -> None:
    draw = random.Random(20260303)
    unit, member = records(draw, date.today())
    book = openpyxl.Workbook()
    places = {
        name: write(book, name, sheet, draw) for name, sheet in (("member", member), ("unit", unit))
    }
    write_lists(book, book.create_sheet("lists"))
    put_formula(book["Sheet"]["A1"], "TODAY()")
    source = tmp_path / "rules.xlsx"
    book.save(source)
    (computed,) = recalculated([source], tmp_path)
    result = openpyxl.load_workbook(computed, data_only=True)

    # The day may have turned meanwhile.
    given = tables(unit, member, result["Sheet"]["A1"].value.date())
    compared, _ = one_cell.find_first(given, lambda path, record: False)
    differing, alarms = [], dict.fromkeys((rule.code for rule in RULES), 0)
    # A date of the future is the check's to tell, and then no other rule compares it.
    later = {
        found for rule in RULES if FAMILIES[rule.family].about_today for found in at(rule, given)
    }
    for name, cells_of in places.items():
        for rule, path in conditions(name):
            alone = FAMILIES[rule.family].validates_one_cell(rule)
            reported = {r for where, r in at(rule, given if alone else compared) if where == path}
            for (code, of, record), address in cells_of.items():
                if (code, of) == (rule.code, path):
                    live = result[name][address].value
                    alarms[code] += record in reported
                    if live is not (record in reported) and (path, record) not in later:
                        differing.append((code, path, record, live))
    assert differing == []
    assert [c for c, n in alarms.items() if not n] == ["X173", "X176"]  # of a whole column
