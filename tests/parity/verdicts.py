"""Both enforcers' verdicts on one file, cell by cell, in one form to compare."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import openpyxl

from converter import workbook
from converter.formulas.expressions import INVISIBLE
from converter.kinds import KINDS
from converter.messages import catalogue
from converter.model.cell_types import CellType
from converter.model.clock import today
from converter.model.forms import Field, Form, Rule
from converter.model.issues import Issue, Level, column_letters, column_number
from converter.model.submissions import Submission
from converter.rules import FAMILIES
from converter.template import stand_in_layout
from converter.template.labels import VERDICT_END, label
from converter.template.layout import MemberLayout, UnitLayout, layout
from converter.validation import checking
from converter.validation.checking import Checked

Verdicts = dict[tuple[str, str], set[tuple[str, str]]]  # (sheet, cell of 核对) → (level, code)

_MESSAGE = re.compile(r"(错误|提示|待填)：[^；]*?\(([A-Z][0-9]{3})\)")
_PATH = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")  # also within a condition
_LEVEL = {"错误": "error", "待填": "error", "提示": "warning"}


@lru_cache(maxsize=32)  # as many as a module compares
def values(path: Path) -> Any:
    """A workbook as computed; not to be changed."""
    return openpyxl.load_workbook(path, data_only=True)


def shown(path: Path, form: Form) -> Verdicts:
    """What the 核对 columns of a recalculated workbook say."""
    return {
        (sheet, cell.coordinate): _codes_of(cell.value, form)
        for sheet, cell in check_cells(values(path), form)
    }


def of_stand_ins(path: Path, form: Form) -> Verdicts:
    """What stand-ins say of rows without formulas, at the 核对 cells of these rows."""
    found: Verdicts = {}
    hidden = values(path)[label(form, "lists_sheet")]
    for table in stand_in_layout.stand_ins(layout(form, 1)):
        at, check = column_number(table.letters(1)), table.offset(table.check)
        for row in range(1, stand_in_layout.COUNT + 1):
            if place := hidden.cell(row, at).value:
                cell = f"{column_letters(table.check)}{table.HEADING_ROW - 1 + place}"
                text = hidden.cell(row, at + check - 1).value
                found[table.sheet.key, cell] = _codes_of(text, form)
    return found


def _codes_of(text: Any, form: Form) -> set[tuple[str, str]]:
    later = {label(form, key) for key in ("later", "later_date")}
    texts = str(text or "").removesuffix(VERDICT_END).split("；")
    rest = "；".join(text for text in texts if text not in later)
    pairs = _MESSAGE.findall(rest)
    assert pairs or not rest, text
    return {(_LEVEL[level], code) for level, code in pairs}


def check_cells(book: Any, form: Form) -> Iterator[tuple[str, Any]]:
    unit = book[form.record.title]
    for row, line in UnitLayout(form.record).lines:
        if isinstance(line, Field):
            yield form.record.key, unit.cell(row, UnitLayout.CHECK)
    for table in form.tables:
        sheet, layout = book[table.title], MemberLayout(table, 1)
        for row in range(layout.FIRST_ROW, sheet.max_row + 1):
            yield table.key, sheet.cell(row, layout.check)


@dataclass(frozen=True)
class Judgement:
    """What the pipeline says of a file, split by what a workbook can know."""

    must: Verdicts  # Excel has to say this too
    may: Verdicts  # and may say this


_checked: dict[Path, Checked] = {}
# Notes on cells that are read as no formula reads them.
PIPELINES_READING = ("K902", "K904", "K906")


def validated_together(paths: Sequence[Path], form: Form) -> list[Checked]:
    """The pipeline's outcomes of many files: one check of all is dear only once."""
    found = checking.check([workbook.read(path, form) for path in paths], form, today())
    _checked.update(zip(paths, found, strict=True))
    return found


def validated(path: Path, form: Form) -> Judgement:
    """The pipeline's verdicts, errors and warnings.

    Excel may stay silent where a verdict rests on a date typed as text, which formulas do not
    read; and where only the pipeline finds a cell in error, Excel goes on computing with it.
    """
    checked = _checked.get(path) or validated_together([path], form)[0]
    submission, outcome = checked.submission, checked.outcome
    must: Verdicts = defaultdict(set)
    may: Verdicts = defaultdict(set)
    readings = _readings(outcome.issues, form)
    for of_path, row in readings:
        of = form.field(of_path)
        faults = KINDS[of.kind].excel_faults("A1", "B1", of, form)
        may[_check_cell(of, row, form)] |= {
            (level.value, fault.code) for fault in faults for level in Level
        }
        for place, code in _computing_with(of, row, form):
            may[place] |= {("error", code), ("warning", code)}
    for issue in outcome.issues:
        if issue.code[0] not in "KX" or issue.level is Level.NOTE:
            continue
        field = _field(issue, form)
        where = _check_cell(field, issue.place.row, form)
        if not catalogue.entry(issue.code, form, field).pipeline_only:
            left = _left_to_the_check(issue, field, submission, form)
            left = left or _rests_on(issue, field, readings, form)
            (may if left else must)[where].add((issue.level.value, issue.code))
        elif issue.level is Level.ERROR:
            faults = KINDS[field.kind].excel_faults("A1", "B1", field, form)
            may[where] |= {("error", fault.code) for fault in faults}  # another one, further on
            for place, code in _computing_with(field, issue.place.row, form):
                may[place] |= {("error", code), ("warning", code)}
    return Judgement(must, may)


def _readings(issues: Iterable[Issue], form: Form) -> set[tuple[str, int]]:
    """(field, row) of cells that only the pipeline reads: words for nothing, months, labels."""
    return {
        (_field(issue, form).path, issue.place.row)
        for issue in issues
        if issue.code in PIPELINES_READING and issue.place.field
    }


def _rests_on(issue: Issue, field: Field, readings: set[tuple[str, int]], form: Form) -> bool:
    """Whether a rule's verdict rests on such a cell: of its own row, or of the other sheet."""
    rule = form.rule(issue.code)
    sources = _sources(rule, form) if rule else set[str]()
    return any(
        (path in sources and (row == issue.place.row or not path.startswith(f"{field.sheet}.")))
        or (path in sources and field.sheet == form.record.key)
        for path, row in readings
    )


def _field(issue: Issue, form: Form) -> Field:
    sheets = (s for s in form.sheets if issue.place.sheet.startswith(s.title))
    return next(sheets).field(issue.place.field)


def _check_cell(field: Field, row: int, form: Form) -> tuple[str, str]:
    unit = UnitLayout(form.record)
    if field.sheet == form.record.key:
        return field.sheet, f"{column_letters(unit.CHECK)}{unit.rows[field.key]}"
    layout = MemberLayout(form.sheet(field.sheet), 1)
    return field.sheet, f"{column_letters(layout.check)}{row}"


def _computing_with(field: Field, row: int, form: Form) -> Iterator[tuple[tuple[str, str], str]]:
    """(cell, code) of every rule that looks at a field, or at what is derived from it."""
    derived = {f.path for f in form.sheet(field.sheet) if f.derive and f.derive.source == field.key}
    for rule in form.rules:
        if _paths(rule, form) & {field.path, *derived}:
            for path in rule.at:
                yield _check_cell(form.field(path), row, form), rule.code


YEARS_END = "1905-09-30"  # the day that spreadsheets store as 2100
OF_ALL_ROWS = ("unique", "counts_rows")  # compare a row with others of its table


def _left_to_the_check(issue: Issue, field: Field, submission: Submission, form: Form) -> bool:
    """Whether a verdict rests on what no formula reads: dates that wait for the check, characters
    that nobody sees, or today's date in a table."""
    rule = form.rule(issue.code)
    if rule and field.sheet != form.record.key and FAMILIES[rule.family].about_today:
        return True
    for path in {field.path, *(_sources(rule, form) if rule else ())}:
        sheet, _, key = path.partition(".")
        raw = submission.sheets[sheet]
        if raw is None or key not in raw.columns:
            continue
        column, table = raw.columns[key], sheet != form.record.key
        if rule and table and (field.sheet != sheet or rule.family in OF_ALL_ROWS):
            records = list(range(len(column.text)))  # any row may be the one that counts
        elif table and issue.place.row not in raw.rows:
            continue
        else:
            records = [raw.rows.index(issue.place.row) if table else 0]
        for record in records:
            if set(column.text[record]) & set(INVISIBLE):
                return True
            if form.field(path).kind == "date" and _waits(column.text[record], column.type[record]):
                return True
    return False


def _waits(text: str, type: int) -> bool:
    """Whether a date is left to the check: one typed as text, and a day that to a formula is the
    same number as a year that was typed, or a number below."""
    is_low = type == CellType.NUMBER and 1 <= float(text) < 1900
    return is_low or type == CellType.TEXT or (type == CellType.DATE and text < YEARS_END)


def _sources(rule: Rule, form: Form) -> set[str]:
    """Every field whose cells a rule looks at, through what is derived from them, too."""
    found = set()
    for path in _paths(rule, form):
        field = form.field(path)
        found |= {path, f"{field.sheet}.{field.derive.source}" if field.derive else path}
    return found


def _paths(rule: Rule, form: Form) -> set[str]:
    """Every field path that a rule looks at."""
    found: set[str] = set()
    waiting: list[Any] = [*rule.at, *rule.options.values()]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            known = {field.path for sheet in form.sheets for field in sheet}
            found |= known.intersection(_PATH.findall(item))
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
    return found


def differences(path: Path, form: Form) -> list[str]:
    """Where the two disagree, readable."""
    message_of = shown(path, form) | of_stand_ins(path, form)
    pipeline = validated(path, form)
    must, may = pipeline.must, pipeline.may
    book = values(path)
    found = []
    remarks = _remarks(path, form)
    counting = _counting_remarks(path, form)
    for where in sorted(set(message_of) | set(must)):
        if where in remarks:
            continue
        missing = must.get(where, set()) - message_of.get(where, set()) - counting
        excess = message_of.get(where, set()) - must.get(where, set()) - may.get(where, set())
        if missing or excess:
            sheet = book[form.sheet(where[0]).title]
            line = [c.value for c in sheet[int(re.sub("[A-Z]", "", where[1]))][:8]]
            found.append(
                f"{path.name} {where}: Excel lacks {missing or '–'}, adds {excess or '–'}: {line}"
            )
    return found


def _remarks(path: Path, form: Form) -> set[tuple[str, str]]:
    """Check cells of rows that the pipeline takes for no members: formulas see one row alone and
    cannot know that it stands below the last person or above the first."""
    found = set()
    for table in form.tables:
        raw, layout = _checked[path].submission.sheets.get(table.key), MemberLayout(table, 1)
        held = set(raw.rows) if raw else set[int]()
        rows = range(layout.FIRST_ROW, max(held, default=layout.FIRST_ROW) + 25)
        column = column_letters(layout.check)
        found |= {(table.key, f"{column}{row}") for row in rows if row not in held}
    return found


def _counting_remarks(path: Path, form: Form) -> set[tuple[str, str]]:
    """What rules say that count a table's rows, where the workbook counts such remarks, too."""
    layout = MemberLayout(form.main_table, 1)
    sheet = values(path)[form.main_table.title]
    filled = sheet[layout.total("filled").replace("$", "")].value
    raw = _checked[path].submission.sheets.get(form.main_table.key)
    if raw is None or filled == len(raw.rows):
        return set()
    counting = [rule.code for rule in form.rules if rule.family == "counts_rows"]
    return {(level.value, code) for code in counting for level in Level}


def codes(path: Path, form: Form) -> set[str]:
    return {code for output in shown(path, form).values() for _, code in output}


def agreed(built: Sequence[Path], computed: Sequence[Path], form: Form) -> set[str]:
    """Both enforcers agree on all files, and no formula comes to an error; the codes they find."""
    validated_together(computed, form)
    found = [line for path in computed for line in differences(path, form)]
    assert not found, "\n".join(found)
    assert [c for f, p in zip(built, computed, strict=True) for c in error_cells(f, p)] == []
    return set().union(*(codes(path, form) for path in computed))


def error_cells(built: Path, computed: Path) -> list[str]:
    """The formula cells of a workbook that came out as error values."""
    wrong = {
        (sheet.title, cell.coordinate)
        for sheet in values(computed)
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "e"
    }
    if not wrong:
        return []
    return [
        f"{computed.name} {sheet.title}!{cell.coordinate}"
        # Read only: shared formulas need no translation to be known as formulas.
        for sheet in openpyxl.load_workbook(built, read_only=True)
        for row in sheet.iter_rows()
        for cell in row
        if getattr(cell, "data_type", "") == "f" and (sheet.title, cell.coordinate) in wrong
    ]
