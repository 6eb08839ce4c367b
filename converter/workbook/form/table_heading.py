"""The heading of a table: the row, or two or three of them, that name its columns.

A heading may be split over two rows (会员 above 姓名): what two cells say together counts where
neither alone means anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from converter.model.forms import Sheet
from converter.text import characters
from converter.text.headings import NO_MEANING, Meaning, Names, names_of
from converter.workbook.grid import Box, Grid

LIKELY_HEADING_ROWS = 10  # where a heading is looked for first
HEADING_ROWS = 50  # a heading that stands lower is not one
LONGEST_SPLIT = 30  # characters
LOWEST_HEADING = 200  # rows that are looked at where another table stands above this one
NEIGHBOURS = (1, 2, -1, -2)  # rows around the best one that may hold the rest of a heading


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading row, or two or three of them."""

    row: int
    first_column: int
    bottom: int  # the last row that belongs to it
    columns: Mapping[str, int]  # field key → column
    texts: Mapping[str, str]  # field key → what its heading says
    roles: Mapping[str, int]
    twice: tuple[tuple[str, int, int], ...]  # (field key, row, column) of further columns
    unknown: Mapping[int, str]  # column → text of headings that the form does not know


def find_heading(grid: Grid, sheet: Sheet, lowest: int = HEADING_ROWS) -> Heading | None:
    """The row with the most of the form's headings among the first ones."""
    names, facts = names_of(sheet), grid.facts
    for looked in (LIKELY_HEADING_ROWS, lowest):
        head = grid.head(looked + max(NEIGHBOURS))
        meanings = _join_split(head, names)
        best, most = _best_row(meanings[:looked])
        if most == len(sheet.fields):
            break  # no row can have more
    if not most:
        return None
    columns: dict[str, tuple[int, int, int]] = {}  # key → (rank, row, column)
    twice: list[tuple[str, int, int]] = []
    roles: dict[str, int] = {}
    taken: set[int] = set()
    bottom = facts.top + best
    for offset in (0, *NEIGHBOURS):
        if not 0 <= best + offset < len(head):
            continue
        row = facts.top + best + offset
        for column, (field, role) in enumerate(meanings[best + offset], facts.left):
            if column in taken or not (field or role):
                continue
            if field and offset and field[0] in columns:
                continue  # a repeated heading below, a remark above
            taken.add(column)
            bottom = max(bottom, row)
            if not field:
                roles.setdefault(str(role), column)
                continue
            key, rank = field
            known = columns.get(key)
            if known is None or rank < known[0]:
                columns[key] = (rank, row, column)
            if known:
                twice.append((key, *(known[1:] if rank < known[0] else (row, column))))
    return Heading(
        row=facts.top + best,
        first_column=min(taken),
        bottom=_below_merges(facts.merges, bottom, taken),
        columns={key: column for key, (_, _, column) in columns.items()},
        texts={
            key: head[row - facts.top][column - facts.left]
            for key, (_, row, column) in columns.items()
        },
        roles=roles,
        twice=tuple(twice),
        unknown={
            column: text
            for column, text in enumerate(head[best], facts.left)
            if characters.strip(text) and column not in taken
        },
    )


def _join_split(rows: list[list[str]], names: Names) -> list[list[Meaning]]:
    """What every text of the rows stands for. A heading that is split over two of them is moved
    whole into the lower one."""
    meanings = [[names.meaning(text) for text in row] for row in rows]
    split = {
        (number, n): rows[number][n] + rows[number + 1][n]
        for number, (above, below) in enumerate(pairwise(meanings))
        for n, (first, second) in enumerate(zip(above, below, strict=False))
        if first is NO_MEANING and second is NO_MEANING
        if _is_split(rows[number][n], rows[number + 1][n], names)
    }
    for (number, n), text in split.items():
        rows[number][n], meanings[number][n] = "", NO_MEANING
        rows[number + 1][n], meanings[number + 1][n] = text, names.meaning(text)
    return meanings


def _is_split(above: str, below: str, names: Names) -> bool:
    """Whether two cells name together what neither names alone. Below a whole heading
    may stand a person whose name is in brackets."""
    if not (above and below) or len(above) + len(below) > LONGEST_SPLIT:
        return False
    return names.meaning(above + below) is not NO_MEANING


def _best_row(rows: Sequence[Sequence[Meaning]]) -> tuple[int, int]:
    """The first row with the most headings, and how many it has."""
    found = [len({field[0] for field, _ in row if field}) for row in rows]
    most = max(found, default=0)
    return (found.index(most) if most else 0), most


def _below_merges(merges: Sequence[Box], bottom: int, taken: set[int]) -> int:
    """A heading cell merged downwards takes the rows it covers with it."""
    for top, left, low, right in merges:
        covers = top <= bottom < low and any(left <= column <= right for column in taken)
        if covers and low - top <= max(NEIGHBOURS):
            bottom = low
    return bottom


def is_complete(heading: Heading, sheet: Sheet) -> bool:
    """Whether every required column is there (or all that are typed): what makes it this table."""
    needed = [f for f in sheet if f.required] or [f for f in sheet if not f.derive]
    return all(field.key in heading.columns for field in needed)
