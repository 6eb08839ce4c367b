"""Where the cells of a submission stand in its annotated copy."""

from __future__ import annotations

from converter.model.forms import Field, Form
from converter.model.issues import Place, column_letters
from converter.model.submissions import Submission
from converter.template.layout import TemplateLayout, UnitLayout, quoted


class CopyPlaces:
    """Where a cell of the submission is in the copy (no row: a whole sheet; no sheet: nowhere)."""

    def __init__(self, submission: Submission, form: Form, plan: TemplateLayout) -> None:
        self.submission = submission
        self._form, self._plan = form, plan
        self._fields: dict[tuple[str, str], Field | None] = {}

    def field(self, place: Place) -> Field | None:
        key = place.sheet, place.field
        if key not in self._fields:
            self._fields[key] = self._form.field_at(place.sheet, place.field)
        return self._fields[key]

    def in_copy(self, place: Place) -> Place:
        field = self.field(place)
        if field and field.sheet == self._form.record.key:
            unit = self._plan.record
            return Place("", unit.sheet.title, unit.rows[field.key], unit.ANSWER)
        key = field.sheet if field else self._table(place)
        if key:
            table, raw = self._plan.tables[key], self.submission.sheets.get(key)
            record = raw.record(place.row) if raw and place.sheet == raw.name else None
            if record is not None:
                column = table.columns[field.key] if field else table.check
                return Place("", table.sheet.title, table.FIRST_ROW + record, column)
        if field:
            return Place("", self._form.sheet(field.sheet).title)
        titles = {sheet.title for sheet in self._form.sheets}
        return Place("", place.sheet if place.sheet in titles else "")

    def typed(self, place: Place) -> tuple[str, str] | None:
        """Where a marked answer stands in the copy, and where what it was; None for other cells."""
        field, copied = self.field(place), self.in_copy(place)
        if field is None or field.derive or not copied.row:
            return None
        layout = self._plan.place(field.sheet)
        was = layout.was if isinstance(layout, UnitLayout) else layout.was[field.key]
        sheet = quoted(copied.sheet)
        columns = (column_letters(copied.column), column_letters(was))
        cell, kept = (f"{sheet}${letters}${copied.row}" for letters in columns)
        return cell, kept

    def first_text(self, place: Place) -> str:
        """What the first column says of a table's row, e.g. the person's name ('' = no row)."""
        key = self._table(place)
        if not key:
            return ""
        raw = self.submission.sheets[key]
        record, names = raw.record(place.row), raw.columns.get(self._form.sheet(key).fields[0].key)
        return names.text[record] if names and record is not None else ""

    def _table(self, place: Place) -> str:
        """The key of the table that a place names ('' = none)."""
        return next(
            (
                key
                for key in self._plan.tables
                if key in self.submission.sheets and self.submission.sheets[key].name == place.sheet
            ),
            "",
        )
