"""How a list that is no template of ours was read: which column is which field, who came along.

A list on its side has a person in each column, and a field in each row.
"""

from __future__ import annotations

from dataclasses import dataclass

# How a column's field was found.
KNOWN = "known"  # by a heading that the form knows
NEAR = "near"  # by a heading that is like one
CONTENT = "content"  # by what stands in the column
CHOSEN = "chosen"  # chosen by a person
DOUBTFUL = "doubtful"  # might be the field; left out until somebody says so
DERIVED = "derived"  # the form computes it
LEFT_OUT = "left_out"  # a person decided that it is no field
UNUSED = "unused"

# How the people of a sheet stand.
ROWS = "rows"  # one in a row
COLUMNS = "columns"  # one in a column
CARDS = "cards"  # each has a registration form

TAKEN = (KNOWN, NEAR, CONTENT, CHOSEN)


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list, by its letters, or by the number of its row in a list on its side.
    `samples`: three of its values, ID numbers masked."""

    sheet: str
    letters: str
    heading: str
    field: str  # key; '' where it is none
    how: str
    filled: int
    samples: tuple[str, ...]

    @property
    def is_taken(self) -> bool:
        return self.how in TAKEN


@dataclass(frozen=True, slots=True)
class UnreadColumn:
    """A column with people who were not taken over: their ID numbers, or else their names."""

    sheet: str
    letters: str
    heading: str
    people: int


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row with text that is no person, by its number, or by its letters in a list on its side."""

    sheet: str
    row: str
    text: str


@dataclass(frozen=True, slots=True)
class LeaversBelow:
    """A row that says that whoever stands below has left, and the names of those people."""

    row: SkippedRow
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeaversRemarked:
    """What one column says of people who may have left, and their names."""

    column: str  # letters
    heading: str
    remarks: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rearranged:
    """A sheet that was no row a person. `samples`: three of its people."""

    sheet: str
    arrangement: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FurtherRows:
    """A sheet that was read as one of the form's tables behind the first, by that table's key."""

    sheet: str
    table: str
    count: int


@dataclass(frozen=True, slots=True)
class ListReport:
    """One list as it was read. `rounded`: whose ID numbers a spreadsheet has rounded;
    `repeated`: people who stood in it twice."""

    file: str
    columns: tuple[ListColumn, ...] = ()
    members: int = 0
    sheets: tuple[str, ...] = ()
    unread: tuple[UnreadColumn, ...] = ()
    skipped: tuple[SkippedRow, ...] = ()
    rounded: tuple[str, ...] = ()
    repeated: int = 0
    side_by_side: bool = False
    headings: tuple[str, ...] = ()  # each once, in order: by them a list is known again
    rearranged: tuple[Rearranged, ...] = ()
    unnumbered: tuple[UnreadColumn, ...] = ()  # names without ID numbers
    written_out: int = 0  # cells with 同上, taken as what stands above
    further: tuple[FurtherRows, ...] = ()
    # Who may be no member, and came along: below a line, by a remark, struck through, hidden.
    leavers: tuple[LeaversBelow, ...] = ()
    remarked: tuple[LeaversRemarked, ...] = ()
    struck: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()  # on hidden rows or sheets
    pieced: int = 0  # ID numbers that stood in several cells
    name_parts: bool = False  # names stood in two columns
    split: int = 0  # people who shared a cell
    too_wide: tuple[str, ...] = ()  # sheets of which only the first columns were looked at
    only_here: tuple[str, ...] = ()  # people of none of the other lists, where these overlap
