"""Fixing what can be fixed with certainty: cells whose canonical text is not what was typed.

The notes K901 to K906 say of a sound cell how it is read (full-width digits, spaces, date
writings, lost zeros, short names, numbers kept as text, words for nothing). Fixing writes that
reading down, and nothing else: what is wrong stays as it was typed, nothing is guessed.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from converter.kinds import KINDS
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form, Sheet
from converter.model.issues import Place
from converter.model.submissions import CellFixes, Outcome, RawColumn, RawSheet, Records, Submission

READ_DIFFERENTLY = "K9"  # how the codes of these notes begin
READ_AS_BLANK = "K906"


@dataclass(frozen=True, slots=True)
class FixResult:
    """A submission as it is read, what is still wrong with it, and what was changed."""

    submission: Submission
    outcome: Outcome
    changes: CellFixes


def fix(submission: Submission, outcome: Outcome, records: Records, form: Form) -> FixResult:
    """Write down how cells are read. Gives the submission back as it is where all is read as it
    is written, and of a package, which holds canonical text."""
    one = {key: [text] for key, text in records.record.items()}
    sheets = [
        _Sheet(sheet, raw, one if sheet.is_record else records.tables[sheet.key])
        for sheet in form.sheets
        if (raw := submission.sheets.get(sheet.key)) is not None
    ]
    kept, fixed, new = array("I"), array("I"), list[str]()
    found = outcome.issues
    for number, (head, place) in enumerate(zip(found.heads, found.places, strict=True)):
        text = None
        if head.code.startswith(READ_DIFFERENTLY) and place.field:
            blank = head.code == READ_AS_BLANK
            for sheet in sheets:
                text = sheet.fix(place, form, to_blank=blank) if text is None else text
        if text is not None:
            fixed.append(number)
            new.append(text)
        else:
            kept.append(number)
    changes = CellFixes(found.chosen(fixed), new)
    if not changes:
        return FixResult(submission, outcome, changes)
    submission = replace(submission, sheets={sheet.key: sheet.raw for sheet in sheets})
    return FixResult(submission, replace(outcome, issues=found.chosen(kept)), changes)


class _Sheet:
    """One sheet on its way to being fixed; columns are copied when they are first changed."""

    def __init__(self, sheet: Sheet, raw: RawSheet, canonical: Mapping[str, list[str]]) -> None:
        """`canonical` texts by field key, one a record."""
        self.key, self._is_record = sheet.key, sheet.is_record
        self._raw, self._canonical = raw, canonical
        self._fields = {field.key: field for field in sheet}
        self._changed: dict[str, RawColumn] = {}
        self._types: dict[str, bytearray] = {}  # of the changed columns

    @property
    def raw(self) -> RawSheet:
        if not self._changed:
            return self._raw
        return replace(self._raw, columns={**self._raw.columns, **self._changed})

    def fix(self, place: Place, form: Form, *, to_blank: bool = False) -> str | None:
        """What stands in a cell from now on; None where it stays as it is. Only with `to_blank`
        it may be nothing."""
        raw = self._raw
        field = self._fields.get(place.field)
        if field is None or place.sheet != raw.name:
            return None
        record = 0 if self._is_record else raw.record(place.row)
        if record is None or field.key not in raw.columns:
            return None
        known = self._canonical.get(field.key, ())
        text, kind = as_typed(known[record] if record < len(known) else "", field, form)
        if not text and not (to_blank and self._has_more(record, field.key)):
            return None
        column = self._changed.get(field.key)
        if column is None:
            typed = raw.columns[field.key]
            self._types[field.key] = bytearray(typed.type)
            column = RawColumn([*typed.text], self._types[field.key])
            self._changed[field.key] = column
        column.text[record] = text
        self._types[field.key][record] = int(kind)
        return text

    def _has_more(self, record: int, key: str) -> bool:
        """Whether a record is still one without this field: an empty row is none."""
        columns = self._raw.columns.items()
        return any(column.text[record] for other, column in columns if other != key)


def as_typed(text: str, field: Field, form: Form) -> tuple[str, CellType]:
    """Canonical text as a clerk would have typed it, and the type of its cell."""
    if not text:
        return "", CellType.BLANK
    value = KINDS[field.kind].cell(text, field, form)
    if isinstance(value, date):
        return value.isoformat(), CellType.DATE
    return str(value), CellType.TEXT if isinstance(value, str) else CellType.NUMBER
