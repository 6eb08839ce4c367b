"""Cells that stay blank under a condition (a public institution has no production status).

Options: `when` (see `conditions`). Reported at the filled cell; a filled cell that is itself
in error has its own message and gets no second one.
"""

from __future__ import annotations

from converter.kinds.base import Mask
from converter.rules.base import Ref, ValidatedColumn
from converter.rules.conditions import UnderCondition


class BlankWhen(UnderCondition):
    """Cells that stay blank under a condition."""

    name = "blank_when"
    asks_for = False

    def wrong(self, column: ValidatedColumn) -> Mask:
        return column.sound

    def excel_wrong(self, ref: Ref) -> str:
        return ref.usable
