"""What a cell of a spreadsheet contained."""

from __future__ import annotations

from enum import IntEnum

# Columns that are read: a form has a few dozen. Columns farther right hold no answers.
WIDEST = 256


class CellType(IntEnum):
    """What a spreadsheet cell contained, as its program stored it."""

    BLANK = 0
    TEXT = 1
    NUMBER = 2
    DATE = 3  # a number shown as a date; its text is ISO, with T and a time if it had one
    BOOL = 4
    ERROR = 5  # #N/A and its kin; its text is the error's name
    UNCALCULATED = 6  # a formula that no program has computed yet
    COVERED = 7  # inside a merged area, not its top-left cell
    SHOWN_OTHERWISE = 8  # a number whose format shows another one, see `text/number_formats`
