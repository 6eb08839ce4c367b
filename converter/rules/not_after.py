"""A date that must not lie after another date of the same record (opening ≤ founding).

Options: `until`, the other date's field path. The same day is fine.
"""

from __future__ import annotations

from converter.kinds.base import ValueType
from converter.rules.base import FieldPath
from converter.rules.date_order import DateOrder


class NotAfter(DateOrder):
    """A date that must not lie after another date of the same record."""

    name = "not_after"
    wrong = ">"
    until = FieldPath(ValueType.DATE)

    @property
    def other(self) -> FieldPath:
        return self.until
