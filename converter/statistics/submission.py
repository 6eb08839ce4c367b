"""Statistics of one submission: its validated records → small tables for a person to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from converter.kinds.amounts import Amount, amount_of
from converter.model.forms import Field, Form
from converter.model.submissions import Records
from converter.statistics import cards
from converter.statistics.figure import StatisticsTable


def tables(records: Records, form: Form, today: date) -> list[StatisticsTable]:
    """The tables of the form's `[statistics]`, in its order. Raises FormError for a broken one."""
    return [figure.table for figure in cards.figures(_OneUnit(records), form, today)]


@dataclass(frozen=True, slots=True)
class _OneUnit:
    """One unit as a source of numbers; a count that is no number is unknown."""

    records: Records

    def count(self, field: Field) -> Amount | None:
        is_rows = field.sheet in self.records.tables
        texts = self._column(field) if is_rows else [self.records.record.get(field.key, "")]
        known = [one for text in texts if (one := amount_of(text, field)) is not None]
        return sum(known[1:], start=known[0]) if known else None

    def values(self, *fields: Field) -> Counter[tuple[str, ...]]:
        return Counter(zip(*map(self._column, fields), strict=True))

    def _column(self, field: Field) -> Sequence[str]:
        return self.records.columns(field.sheet, [field.key])[0]
