"""Where the stand-ins of a table's rows stand on the hidden sheet (see `stand_ins`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from converter.model.issues import column_letters
from converter.template.layout import FIRST_HELPER, MemberLayout, TemplateLayout, quoted

COUNT = 6  # of a table: so many rows without formulas are checked at a time
# Before the answers: the row's place, and 1 where formulas find nothing of it in the table.
PLACE, BARE = -1, 0


@dataclass(frozen=True)
class StandIn(MemberLayout):
    """The first stand-in of a table. What a formula asks of its own row stands on the hidden sheet,
    from `first_column` on; whole columns and totals are those of the table."""

    first_column: int = 1

    @property
    def width(self) -> int:
        return self.reason

    @property
    def reason(self) -> int:
        """Whether a reason was typed; as `offset` counts."""
        return self.offset(FIRST_HELPER + len(self.helpers))

    def offset(self, column: int) -> int:
        """Where a column of the table stands in a stand-in, counted from 1."""
        if column >= FIRST_HELPER:
            column += self.explanation_column + 1 - FIRST_HELPER
        return column + 2

    @property
    def place(self) -> str:
        return self.at(PLACE)

    @property
    def heading_row(self) -> str:
        return f"ROW({self._there}$A${self.HEADING_ROW})"

    def explained(self, key: str = "") -> str:
        return f"${self.letters(self.reason)}1"

    def whole(self, column: int) -> str:
        return self._there + super().whole(column)

    def total(self, name: str) -> str:
        return self._there + super().total(name)

    def own(self, column: int) -> str:
        """A column of all stand-ins."""
        letter = self.letters(self.offset(column))
        return f"${letter}$1:${letter}${COUNT}"

    def letters(self, offset: int) -> str:
        return column_letters(self.first_column + offset - 1)

    @property
    def _there(self) -> str:
        return quoted(self.sheet.title)

    def at(self, column: int) -> str:
        return f"${self.letters(self.offset(column))}1"


def stand_ins(layout: TemplateLayout) -> Iterator[StandIn]:
    """The first stand-in of each table, side by side."""
    column = 1
    for table in layout.tables.values():
        made = StandIn(table.sheet, table.prepared, table.printed, table.bottom, column)
        yield made
        column += made.width


def name_of(table: MemberLayout) -> str:
    """The workbook's name for all stand-ins of a table."""
    return f"stand_ins_{table.sheet.key}"


def column_of(table: MemberLayout, column: int) -> str:
    """Expression: a column of a table's stand-ins."""
    # Not row 0, which Gnumeric does not take for all of them.
    first, last = (cell_of(table, column, str(row)) for row in (1, COUNT))
    return f"{first}:{last}"


def cell_of(table: MemberLayout, column: int, which: str) -> str:
    """Expression: a cell of the stand-in that is counted so from 1."""
    return f"INDEX({name_of(table)},{which},{_offset(table, column)})"


def _offset(table: MemberLayout, column: int) -> int:
    return StandIn(table.sheet, table.prepared).offset(column)
