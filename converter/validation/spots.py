"""Where the records of a batch stand: from a field and the label of a record to its cell, and to
the person whom a table's record is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from converter.kinds import date, name_field, unique_key
from converter.messages.catalogue import message
from converter.model.cell_types import CellType
from converter.model.forms import Sheet, sheet_of
from converter.model.issues import Params, Place, column_letters
from converter.model.submissions import RawSheet, Submission
from converter.text.display import one_line
from converter.validation import sheets

MOST_OF_A_NAME = 24  # characters of a name or a number that a message repeats


@dataclass(frozen=True, slots=True)
class StackedSheet:
    """The records of one sheet over all submissions, and where each submission's begin."""

    sheet: Sheet
    raw: Mapping[int, RawSheet]  # by submission number
    start: Mapping[int, int]  # label of a submission's first record
    submission: pd.Series
    numbers: npt.NDArray[np.int64]  # the same as an array, by position
    validated: sheets.ValidatedSheet

    def local(self, record: int) -> tuple[int, int]:
        """(submission, its own record number) of a record's label."""
        if self.sheet.is_record:
            return record, 0
        number = int(self.numbers[record])
        return number, record - self.start[number]


@dataclass(frozen=True, slots=True)
class Spot:
    """A field of one submission, wherever it stands: what its issues share."""

    raw: RawSheet
    field: str
    typed: Sequence[str] | None
    types: Sequence[int]
    place: Place  # of some record
    letters: str  # of its column
    fixed: int  # the row; 0: each record has its own
    names: Sequence[str] = ()  # of the people that a table's records are …
    numbers: Sequence[str] = ()  # … and their numbers

    def row(self, record: int) -> int:
        return self.fixed or self.raw.rows[record]

    def value(self, record: int) -> str:
        if not self.typed:
            return ""
        text = self.typed[record]
        return date.shown(text) if self.types[record] == CellType.DATE else text

    def with_person(self, record: int, params: Params) -> Params:
        """Params that also say whom the record of a table is about, as it was typed."""
        if not (self.names or self.numbers):
            return params
        name = one_line(self.names[record]) if self.names else ""
        number = one_line(self.numbers[record]) if self.numbers else ""
        return {**params, "person": name[:MOST_OF_A_NAME], "number": number[:MOST_OF_A_NAME]}


class Spots:
    """The spots of a batch, each made once: a sheet may have a million issues."""

    def __init__(
        self, stacked: Mapping[str, StackedSheet], submissions: Sequence[Submission]
    ) -> None:
        self._stacked, self._submissions = stacked, submissions
        self._stacks: dict[str, StackedSheet] = {}  # by path
        self._known: dict[tuple[str, int], Spot] = {}  # by path and submission

    def at(self, path: str, label: int) -> tuple[Spot, int, int]:
        """The spot of a record's field, the number of its submission and its own number there."""
        stack = self._stacks.get(path)
        if stack is None:
            stack = self._stacks[path] = self._stacked[sheet_of(path)]
        number, record = stack.local(label)
        spot = self._known.get((path, number))
        if spot is None:
            spot = self._known[path, number] = self._spot(path, stack.raw[number], number, record)
        return spot, number, record

    def _spot(self, path: str, raw: RawSheet, number: int, record: int) -> Spot:
        key, _, field = path.partition(".")
        column, (fixed, _) = raw.columns.get(field), raw.at.get(field, (0, 0))
        place = raw.place(self._submissions[number].file_of(key), field, record)
        typed, types = (column.text, column.type) if column else (None, ())
        letters = column_letters(place.column)
        sheet = self._stacked[key].sheet
        if sheet.is_record:
            return Spot(raw, field, typed, types, place, letters, fixed)
        people = [
            raw.columns[known.key].text if known and known.key in raw.columns else ()
            for known in (name_field(sheet), unique_key(sheet))
        ]
        return Spot(raw, field, typed, types, place, letters, fixed, *people)

    def rows(self, path: str, runs: Sequence[tuple[int, int]]) -> str:
        """Runs of records as the rows of their sheet."""
        named = []
        for ends in runs:
            first, last = (spot.row(at) for spot, _, at in (self.at(path, end) for end in ends))
            named.append(message("rows_span", first=first, last=last))
        return "、".join(named)
