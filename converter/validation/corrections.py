"""A submission with corrections made to single cells, checked again by the same pipeline.

An edit is what somebody typed in place of what stands in a cell. Edited cells that are sound are
written down as they are read (`fixing`): a date becomes a date, a full-width digit a digit. All
other cells stay as they were typed. A row of a table of which nothing is left is taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from converter.model.cell_types import CellType
from converter.model.corrections import LONGEST, CellEdit
from converter.model.forms import Field, Form, Sheet
from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import (
    CellFixes,
    Outcome,
    RawColumn,
    RawSheet,
    Records,
    Submission,
)
from converter.validation import checking, fixing
from converter.validation.checking import Checked

CORRECTED = "K907"  # the note that stands for an edit in the list of changes


@dataclass(frozen=True, slots=True)
class Corrected:
    """A submission after its edits. `typed` holds every row, also those that are taken out of the
    submission in `checked`; `edits` are those that change anything, as they are written down."""

    typed: Submission
    checked: Checked
    edits: tuple[CellEdit, ...]
    changes: CellFixes


def correct(
    submission: Submission, edits: Iterable[CellEdit], form: Form, today: date
) -> Corrected:
    """Make the edits and check the submission again. Of several edits of one cell the last one
    counts; one that names no cell of the submission, or leaves it as it is, is none."""
    sheets = {
        sheet.key: _EditedSheet(sheet, submission.sheets[sheet.key])
        for sheet in form.sheets
        if sheet.key in submission.sheets
    }
    made = [
        edit
        for edit in {edit.cell: edit for edit in edits}.values()
        if edit.sheet in sheets and sheets[edit.sheet].put(edit)
    ]
    (checked,) = checking.check([_with(submission, sheets, whole=False)], form, today)
    if made:
        checked = _tidied(checked, made, sheets, form)
    typed = _with(submission, sheets, whole=True)
    done = tuple(replace(edit, text=sheets[edit.sheet].text(edit)) for edit in made)
    return Corrected(typed, checked, done, _changes(submission, done, form))


def _with(submission: Submission, sheets: Mapping[str, _EditedSheet], *, whole: bool) -> Submission:
    found = {key: sheet.raw if whole else sheet.without_emptied() for key, sheet in sheets.items()}
    return replace(submission, sheets={**submission.sheets, **found})


class _EditedSheet:
    """One sheet on its way to being edited; columns are copied when they are first changed."""

    def __init__(self, sheet: Sheet, raw: RawSheet) -> None:
        self._sheet, self.raw = sheet, raw
        self._own: set[str] = set()  # the columns that were copied
        self._emptied: set[int] = set()  # records that may have nothing left

    def record(self, row: int) -> int | None:
        """The number of the record in a row."""
        if self._sheet.is_record:
            return 0 if row == 0 and len(self.raw) else None
        return self.raw.record(row)

    def field(self, key: str) -> Field | None:
        return next((field for field in self._sheet if field.key == key), None)

    def put(self, edit: CellEdit) -> bool:
        """Whether an edit changes anything."""
        record = self.record(edit.row)
        if record is None:
            return False
        if edit.reason:
            return self._explain(edit, record)
        if edit.field not in self.raw.columns or self.field(edit.field) is None:
            return False
        before = self.raw.columns[edit.field].text[record]
        if edit.text == shown(before) or len(before) > LONGEST:
            return False
        self.write(edit.field, record, edit.text, CellType.TEXT if edit.text else CellType.BLANK)
        return True

    def write(self, key: str, record: int, text: str, kind: CellType) -> None:
        column = self.raw.columns[key]
        if key not in self._own:
            column = RawColumn([*column.text], bytearray(column.type))
            self.raw = replace(self.raw, columns={**self.raw.columns, key: column})
            self._own.add(key)
        column.text[record] = text
        column.type[record] = int(kind)  # type: ignore[index]  # our own copy
        if not text and not self._sheet.is_record:
            self._emptied.add(record)

    def _explain(self, edit: CellEdit, record: int) -> bool:
        key = edit.field if self._sheet.is_record else ""
        if key and self.field(key) is None:
            return False
        texts = list(self.raw.explanations.get(key) or [""] * len(self.raw))
        if edit.text == shown(texts[record]):
            return False
        texts[record] = edit.text
        self.raw = replace(self.raw, explanations={**self.raw.explanations, key: texts})
        return True

    def text(self, edit: CellEdit) -> str:
        """What stands in the cell of an edit."""
        record = self.record(edit.row) or 0
        if edit.reason:
            return self.raw.explanation(edit.field, record)
        return self.raw.columns[edit.field].text[record]

    def without_emptied(self) -> RawSheet:
        """The sheet without the records of which edits have left nothing."""
        raw = self.raw
        columns = raw.columns.values()
        gone = {n for n in self._emptied if not any(column.text[n] for column in columns)}
        if not gone:
            return raw
        kept = [n for n in range(len(raw)) if n not in gone]
        return replace(
            raw,
            columns={
                key: RawColumn([c.text[n] for n in kept], bytes(c.type[n] for n in kept))
                for key, c in raw.columns.items()
            },
            rows=[raw.rows[n] for n in kept],
            explanations={
                key: [texts[n] for n in kept] if texts else texts
                for key, texts in raw.explanations.items()
            },
        )


def shown(text: str) -> str:
    """A cell's text as one line of a page holds and sends it back."""
    return text.replace("\r", "").replace("\n", "")


def _tidied(
    checked: Checked, made: Sequence[CellEdit], sheets: Mapping[str, _EditedSheet], form: Form
) -> Checked:
    """Edited cells that are sound, as they are read; the notes that say so have no object left."""
    issues = checked.outcome.issues
    unsound = {
        (place.sheet, place.row, place.field)
        for head, place in zip(issues.heads, issues.places, strict=True)
        if head.code.startswith("K") and not head.code.startswith(fixing.READ_DIFFERENTLY)
    }
    tidied: set[tuple[str, int, str]] = set()
    for edit in made:
        sheet, raw = sheets[edit.sheet], checked.submission.sheets[edit.sheet]
        record = 0 if form.sheet(edit.sheet).is_record else raw.record(edit.row)
        field = None if edit.reason else sheet.field(edit.field)
        if field is None or field.derive or record is None:
            continue
        cell = raw.name, raw.row(field.key, record), field.key
        if cell in unsound:
            continue
        text, kind = fixing.as_typed(_canonical(checked.records, edit, record), field, form)
        sheet.write(field.key, sheet.record(edit.row) or 0, text, kind)
        tidied.add(cell)
    left = [
        number
        for number, (head, place) in enumerate(zip(issues.heads, issues.places, strict=True))
        if not head.code.startswith(fixing.READ_DIFFERENTLY)
        or (place.sheet, place.row, place.field) not in tidied
    ]
    outcome: Outcome = replace(checked.outcome, issues=issues.chosen(left))
    return Checked(_with(checked.submission, sheets, whole=False), outcome, checked.records)


def _canonical(records: Records, edit: CellEdit, record: int) -> str:
    table = records.tables.get(edit.sheet)
    if table is None:
        return records.record.get(edit.field, "")
    return table[edit.field][record]


def _changes(submission: Submission, edits: Sequence[CellEdit], form: Form) -> CellFixes:
    """The edits as changes of a copy: each with a note that says what was there before."""
    notes = Issues.of(_note(edit, submission, form) for edit in edits)
    return CellFixes(notes, [edit.text for edit in edits])


def _note(edit: CellEdit, submission: Submission, form: Form) -> Issue:
    raw = submission.sheets[edit.sheet]
    record = 0 if form.sheet(edit.sheet).is_record else raw.record(edit.row) or 0
    place = raw.place(submission.file_of(edit.sheet), edit.field, record)
    if edit.reason:
        before, variant = raw.explanation(edit.field, record), "reason"
        place = Place(place.file, place.sheet, place.row, 0, edit.field)
    else:
        before = raw.columns[edit.field].text[record]
        variant = "filled" if not before else "" if edit.text else "emptied"
    params = {"from": before, "to": edit.text, "variant": variant}
    return Issue(CORRECTED, Level.NOTE, place, before, params)
