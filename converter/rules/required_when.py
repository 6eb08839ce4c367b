"""Cells that must be filled under a condition (a registered legal person has a certificate).

Options: `when` (see `conditions`). Reported at the blank cell. A cell in error is not blank,
and neither is one whose heading is missing.
"""

from __future__ import annotations

from converter.kinds.base import Mask
from converter.rules.base import Ref, ValidatedColumn
from converter.rules.conditions import UnderCondition


class RequiredWhen(UnderCondition):
    """Cells that must be filled under a condition."""

    name = "required_when"
    asks_for = True

    def wrong(self, column: ValidatedColumn) -> Mask:
        blank: Mask = column.blank.to_numpy()
        return blank

    def excel_wrong(self, ref: Ref) -> str:
        return ref.blank
