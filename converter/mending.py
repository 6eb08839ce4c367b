"""What can be mended with certainty, mended: every cell that was read otherwise than it is written.

The notes K901 to K905 say of a sound cell how it is read (full-width digits, blanks, date
writings, lost zeros, short names, numbers kept as text). Mending writes that reading down, and
nothing else: what is wrong stays as it was typed, nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from converter.kinds import KINDS
from converter.model import (
    CellType,
    Change,
    Field,
    Form,
    Issue,
    Outcome,
    RawColumn,
    RawSheet,
    Records,
    Submission,
)

READ_OTHERWISE = "K9"  # how the codes of these notes begin


@dataclass(frozen=True, slots=True)
class Mended:
    """A submission as it is read, what is still to be said of it, and what was changed."""

    submission: Submission
    outcome: Outcome
    changes: tuple[Change, ...]


def mend(submission: Submission, outcome: Outcome, records: Records, form: Form) -> Mended:
    """Write down how cells are read. Gives the submission back as it is where all is read as it
    is written, and of a package, which holds canonical text."""
    sheets = {"unit": _Sheet(submission.unit), "member": _Sheet(submission.member)}
    fields = {field.key: field for sheet in form.sheets for field in sheet}
    changes, kept = [], []
    for issue in outcome.issues:
        if issue.code.startswith(READ_OTHERWISE):
            field = fields[issue.place.field]
            changes.append(sheets[field.sheet].mend(issue, field, records, form))
        else:
            kept.append(issue)
    if not changes:
        return Mended(submission, outcome, ())
    mended = replace(submission, unit=sheets["unit"].raw, member=sheets["member"].raw)
    return Mended(mended, replace(outcome, issues=tuple(kept)), tuple(changes))


class _Sheet:
    """One sheet on its way to being mended; columns are copied when they are first changed."""

    def __init__(self, raw: RawSheet | None) -> None:
        self._raw = raw
        self._changed: dict[str, RawColumn] = {}
        self._types: dict[str, bytearray] = {}  # of the changed columns
        self._record = {row: n for n, row in enumerate(raw.rows)} if raw else {}

    @property
    def raw(self) -> RawSheet | None:
        if self._raw is None or not self._changed:
            return self._raw
        return replace(self._raw, columns={**self._raw.columns, **self._changed})

    def mend(self, issue: Issue, field: Field, records: Records, form: Form) -> Change:
        raw = self._raw
        assert raw  # where something was noted, something was read
        if field.sheet == "unit":
            record, canonical = 0, records.unit[field.key]
        else:
            record = self._record[issue.place.row]
            canonical = records.members[field.key][record]
        text, kind = _typed(canonical, field, form)
        column = self._changed.get(field.key)
        if column is None:
            known = raw.columns[field.key]
            self._types[field.key] = bytearray(known.type)
            column = RawColumn([*known.text], self._types[field.key])
            self._changed[field.key] = column
        old, column.text[record] = column.text[record], text
        self._types[field.key][record] = int(kind)
        return Change(issue, old, text)


def _typed(text: str, field: Field, form: Form) -> tuple[str, CellType]:
    """Canonical text as a clerk would have typed it, and the type of its cell."""
    value = KINDS[field.kind].cell(text, field, form)
    if isinstance(value, date):
        return value.isoformat(), CellType.DATE
    return str(value), CellType.TEXT if isinstance(value, str) else CellType.NUMBER
