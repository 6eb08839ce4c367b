"""A date that must not lie before another date of the same record (election ≥ founding).

Options: `since`, the other date's field path. The same day is fine.
"""

from __future__ import annotations

from converter.kinds.base import ValueType
from converter.rules.base import FieldPath
from converter.rules.date_order import DateOrder


class NotBefore(DateOrder):
    """A date that must not lie before another date of the same record."""

    name = "not_before"
    wrong = "<"
    since = FieldPath(ValueType.DATE)

    @property
    def other(self) -> FieldPath:
        return self.since
