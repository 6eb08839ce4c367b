"""`form test --excel`: what the 核对 column says of the cases, as LibreOffice computes it, beside
what the check says of the same workbook.

Cases of cells are put together, one wrong cell a field: to open a workbook is what costs. A case
whose check then finds something else there gets a workbook of its own.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from converter import workbook
from converter.files import libreoffice
from converter.forms.smallest_cases import CheckCase
from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.messages.catalogue import entry, message
from converter.model.cell_types import CellType
from converter.model.errors import UsageError
from converter.model.forms import Field, Form
from converter.model.issues import Level
from converter.model.submissions import RawColumn, Submission
from converter.template import renderer_of
from converter.template.layout import MemberLayout, UnitLayout
from converter.template.stored import Computed
from converter.validation import checking
from converter.validation.checking import Checked

PATIENCE, PATIENCE_A_CASE = 120.0, 10.0  # seconds; of a machine under load
_CODE = re.compile(r"\(([A-Z][0-9]{3})\)")

Cell = tuple[str, int]  # sheet, row of the 核对 column
Codes = Mapping[Cell, frozenset[str]]  # only of cells that say something


@dataclass(frozen=True, slots=True)
class ExcelTest:
    """Where the two differ, each in a sentence; how many workbooks were computed; the cases of
    which the 核对 column says nothing, by code and field: they are the check's alone, or a
    workbook's own formulas leave no room for them."""

    wrong: Sequence[str]
    workbooks: int
    alone: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Book:
    """A submission, and the cases that are in it."""

    submission: Submission
    cases: Sequence[CheckCase]


def test(form: Form, today: date, good: Submission, cases: Sequence[CheckCase]) -> ExcelTest:
    """Compare both on the good case and all others. Raises UsageError without LibreOffice."""
    program = needed_program()
    books = [_Book(good, ()), *_books(form, today, good, cases)]
    wrong, alone = list[str](), list[str]()
    for book, (expected, more, found) in zip(
        books, _both(form, today, program, books), strict=True
    ):
        for case in book.cases:
            at = [_cell(case, form)]
            if form.rule(case.code):  # of two equal rows either may show it
                at = [cell for cell in {*expected, *found} if cell[0] == at[0][0]]
            both = (codes.get(cell, ()) for codes in (expected, found) for cell in at)
            if not any(case.code in codes for codes in both):
                alone.append(f"{case.code} {form.field(case.path).title}")
        for cell in sorted({*expected, *found}):
            check, excel = (codes.get(cell, frozenset()) for codes in (expected, found))
            if check - excel or excel - check - more:
                wrong.append(_sentence(book, cell, check, excel, form))
    return ExcelTest(wrong, len(books), alone)


def needed_program() -> Path:
    """Where LibreOffice is. Raises UsageError where it is missing."""
    program = libreoffice.find()
    if program is None:
        raise UsageError("form_test_no_office")
    return program


def _sentence(
    book: _Book, cell: Cell, expected: frozenset[str], found: frozenset[str], form: Form
) -> str:
    sheet, row = cell
    cases = [case for case in book.cases if _cell(case, form) == cell] or book.cases
    return message(
        "form_test_excel",
        cases="、".join(f"{case.code} {form.field(case.path).title}" for case in cases),
        sheet=form.sheet(sheet).title,
        row=row,
        expected="、".join(sorted(expected)) or message("form_test_nothing"),
        found="、".join(sorted(found)) or message("form_test_nothing"),
    )


# --- cases → workbooks -----------------------------------------------------------------------


def _books(
    form: Form, today: date, good: Submission, cases: Sequence[CheckCase]
) -> Iterator[_Book]:
    groups: list[dict[str, CheckCase]] = []
    for case in cases:
        field = form.field(case.path)
        if form.rule(case.code) or KINDS[field.kind].depends_on(field):
            yield from _alone(case)
            continue
        free = (group for group in groups if case.path not in group)
        group = next(free, None)
        if group is None:
            groups.append(group := {})
        group[case.path] = case
    joined = [_Book(_joined(good, group, form), [*group.values()]) for group in groups]
    for book, found in zip(joined, _found(form, today, joined), strict=True):
        left = [c for c in book.cases if c.code not in found.get(_cell(c, form), ())]
        yield replace(book, cases=[case for case in book.cases if case not in left])
        for case in left:
            yield from _alone(case)


def _alone(case: CheckCase) -> Iterator[_Book]:
    if case.submission:
        yield _Book(case.submission, [case])


def _joined(good: Submission, cases: Mapping[str, CheckCase], form: Form) -> Submission:
    """The good case with the wrong cell of each other one."""
    sheets = dict(good.sheets)
    for path, case in cases.items():
        field = form.field(path)
        raw, other = sheets[field.sheet], case.submission and case.submission.sheets[field.sheet]
        if raw and other:
            own, wrong = raw.columns[field.key], other.columns[field.key]
            column = RawColumn([wrong.text[0], *own.text[1:]], [wrong.type[0], *own.type[1:]])
            sheets[field.sheet] = replace(raw, columns={**raw.columns, field.key: column})
    return replace(good, sheets=sheets)


# --- what each says --------------------------------------------------------------------------


def _found(form: Form, today: date, books: Sequence[_Book]) -> Iterator[Codes]:
    """All that the check finds at cells, also what no formula can tell."""
    titles = {sheet.title: sheet for sheet in form.sheets}
    for checked in checking.check([book.submission for book in books], form, today):
        codes: dict[Cell, frozenset[str]] = {}
        for issue in checked.outcome.issues:
            if issue.place.field and issue.place.sheet in titles:
                field = titles[issue.place.sheet].field(issue.place.field)
                cell = _row_of(field, issue.place.row, form)
                codes[cell] = codes.get(cell, frozenset()) | {issue.code}
        yield codes


def _both(
    form: Form, today: date, program: Path, books: Sequence[_Book]
) -> Iterator[tuple[Codes, frozenset[str], Codes]]:
    """Of each workbook what its 核对 column should say after what the check finds, what it may say
    besides, and what it says as LibreOffice computes it."""
    names = [f"{number}.xlsx" for number in range(1, len(books) + 1)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made)
        for name, book in zip(names, books, strict=True):
            pieces = renderer_of(form).filled(book.submission, book.submission.stamp, rows=1)
            (folder / name).write_bytes(b"".join(pieces))
        try:
            patience = PATIENCE + PATIENCE_A_CASE * len(names)
            computed = libreoffice.recalculate(program, folder, names, patience)
        except TimeoutError as late:
            raise UsageError("form_test_office_late") from late
        read = [workbook.read(computed / name, form) for name in names]
        for name, one in zip(names, checking.check(read, form, today), strict=True):
            excel = _codes(_texts(computed / name, form))
            yield _codes(_live(one, form)), _besides(one, form), excel


def _live(one: Checked, form: Form) -> Iterator[tuple[Cell, str]]:
    """The messages of an outcome that formulas have to tell: not of a date typed as text."""
    computed = Computed(form, one.submission, one.outcome, one.records)
    for key, raw in one.submission.sheets.items():
        for field in form.sheet(key):
            for record, row in enumerate([0] if form.sheet(key).is_record else raw.rows):
                if not _is_text_date(one.submission, field, record):
                    yield _row_of(field, row, form), computed.messages(field, record)


def _besides(one: Checked, form: Form) -> frozenset[str]:
    """What formulas may say besides: of a date that is typed as text, and further on where only
    the check finds a cell wrong, for they go on computing with it."""
    sheets = {sheet.title: sheet for sheet in form.sheets}
    codes = set[str]()
    for issue in one.outcome.issues:
        if not issue.place.field or issue.place.sheet not in sheets:
            continue
        sheet = sheets[issue.place.sheet]
        field, raw = sheet.field(issue.place.field), one.submission.sheets[sheet.key]
        record = 0 if sheet.is_record else raw.record(issue.place.row)
        if record is not None and _is_text_date(one.submission, field, record):
            codes.add(issue.code)
        if issue.level is Level.ERROR and entry(issue.code, form, field).pipeline_only:
            codes |= {check.code for check in KINDS[field.kind].checks(field, form)}
            about = (rule for rule in form.rules if field.path in f"{rule.at} {rule.options}")
            codes |= {rule.code for rule in about}
    return frozenset(codes)


def _is_text_date(submission: Submission, field: Field, record: int) -> bool:
    column = submission.sheets[field.sheet].columns.get(field.key)
    is_date = KINDS[field.kind].value_type is ValueType.DATE
    return is_date and column is not None and column.type[record] == CellType.TEXT


def _texts(path: Path, form: Form) -> Iterator[tuple[Cell, str]]:
    """The 核对 cells of a workbook."""
    with workbook.open_book(path) as book:
        at = {name: index for index, (name, _) in enumerate(book.names)}
        for sheet in form.sheets:
            column = UnitLayout.CHECK if sheet.is_record else MemberLayout(sheet, 1).check
            first = MemberLayout.FIRST_ROW if not sheet.is_record else UnitLayout.HEADING_ROW + 1
            cells = book.grid(at[sheet.title]).texts([column], first)
            for row, text in cells.get(column, {}).items():
                yield (sheet.key, row), text


def _codes(texts: Iterable[tuple[Cell, str]]) -> Codes:
    """Of a row of a table, the verdicts on all its cells."""
    found: dict[Cell, frozenset[str]] = {}
    for cell, text in texts:
        if codes := _CODE.findall(text):
            found[cell] = found.get(cell, frozenset()) | frozenset(codes)
    return found


def _cell(case: CheckCase, form: Form) -> Cell:
    return _row_of(form.field(case.path), MemberLayout.FIRST_ROW, form)


def _row_of(field: Field, row: int, form: Form) -> Cell:
    sheet = form.sheet(field.sheet)
    return field.sheet, UnitLayout(sheet).rows[field.key] if sheet.is_record else row
