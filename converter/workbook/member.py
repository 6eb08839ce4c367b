"""The member sheet: one record a row, columns found by their headings.

A row is a record where any field's column holds something that was typed there. Title rows,
repeated heading rows, section rows and remarks are none; what they say goes to the extras.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TypeVar

from converter.excel import BLANKS
from converter.model import CellType, RawColumn, RawSheet, Sheet
from converter.workbook.grid import Box, Grid
from converter.workbook.headings import Names, names_of
from converter.workbook.merging import report_merge, swallowed
from converter.workbook.report import Report, address

T = TypeVar("T")

_LONG_NUMBER = re.compile("[0-9０-９]{12}").search  # as long as the digits of an ID number

HEADING_ROWS = 50  # a heading that stands lower is not one
NEIGHBOURS = (1, 2, -1, -2)  # rows around the best one that may hold the rest of a heading
MOST_EXTRAS = 200
MOST_A_COLUMN = 5  # texts of a column without heading: enough to see what it is
MOST_RUNS = 20  # hidden runs told one by one; a filter can leave thousands


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


def find_heading(grid: Grid, sheet: Sheet) -> Heading | None:
    """The row with the most of the form's headings among the first ones."""
    names = names_of(sheet)
    head = grid.head(HEADING_ROWS + max(NEIGHBOURS))
    scored = [(_fields_in(row, names), row) for row in head[:HEADING_ROWS]]
    most = max((len(found) for found, _ in scored), default=0)
    if not most:
        return None
    best = next(n for n, (found, _) in enumerate(scored) if len(found) == most)
    columns: dict[str, tuple[int, int, int]] = {}  # key → (rank, row, column)
    twice: list[tuple[str, int, int]] = []
    roles: dict[str, int] = {}
    taken: set[int] = set()
    bottom = grid.top + best
    for offset in (0, *NEIGHBOURS):
        if not 0 <= best + offset < len(head):
            continue
        row = grid.top + best + offset
        for column, text in enumerate(head[best + offset], grid.left):
            field, role = names.field(text), names.role(text)
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
        row=grid.top + best,
        first_column=min(taken),
        bottom=_below_merges(grid.merges, bottom, taken),
        columns={key: column for key, (_, _, column) in columns.items()},
        texts={
            key: head[row - grid.top][column - grid.left]
            for key, (_, row, column) in columns.items()
        },
        roles=roles,
        twice=tuple(twice),
        unknown={
            column: text
            for column, text in enumerate(head[best], grid.left)
            if text.strip(BLANKS) and column not in taken
        },
    )


def _fields_in(row: Sequence[str], names: Names) -> set[str]:
    return {field[0] for text in row if (field := names.field(text))}


def _below_merges(merges: Sequence[Box], bottom: int, taken: set[int]) -> int:
    """A heading cell merged downwards takes the rows it covers with it."""
    for top, left, low, right in merges:
        covers = top <= bottom < low and any(left <= column <= right for column in taken)
        if covers and low - top <= max(NEIGHBOURS):
            bottom = low
    return bottom


def is_complete(heading: Heading, sheet: Sheet) -> bool:
    """Whether every required column is there: what makes a sheet a member sheet."""
    return all(field.key in heading.columns for field in sheet if field.required)


def read(grid: Grid, sheet: Sheet, heading: Heading, report: Report) -> RawSheet:
    return _Reading(grid, sheet, heading, report).result()


class _Reading:
    """The rows of one member sheet on their way to records."""

    def __init__(self, grid: Grid, sheet: Sheet, heading: Heading, report: Report) -> None:
        self.grid, self.sheet, self.heading, self.report = grid, sheet, heading, report
        self.first = heading.bottom + 1  # sheet row of the first data row
        self.columns = dict(heading.columns)
        self.derived = {f.key for f in sheet if f.derive} & self.columns.keys()
        self.typed = {k: c for k, c in self.columns.items() if k not in self.derived}
        others = [c for c in grid.columns if c not in grid.hidden_columns]
        wanted = {*self.columns.values(), *heading.roles.values(), *others}
        wanted |= {column for _, _, column in heading.twice}
        skip = self.first - grid.top
        self.values = {c: v[skip:] for c, v in grid.take(sorted(wanted)).items()}
        self.texts: dict[str, list[str]] = {}
        self.types: dict[str, list[int]] = {}
        for key, column in self.columns.items():
            self.texts[key], self.types[key] = self._read(column)
        self.count = max(map(len, self.values.values()), default=0)
        self.twice = [self._fuller(*further) for further in heading.twice]

    def _fuller(self, key: str, row: int, column: int) -> tuple[str, int, int]:
        """Of two columns with one heading the fuller one is meant; returns the other."""
        texts, types = self._read(column)
        if self.types[key].count(0) <= types.count(0):
            return key, row, column
        self.texts[key], self.types[key] = texts, types
        emptied, self.columns[key] = self.columns[key], column
        if key in self.typed:
            self.typed[key] = column
        return key, self.heading.row, emptied

    def _read(self, column: int) -> tuple[list[str], list[int]]:
        return self.grid.read(column, self.values.get(column, ()), self.first)

    def result(self) -> RawSheet:
        self._missing_columns()
        filled = self._filled()
        # Derived columns of a million prepared rows are looked at only where it may matter.
        blank = {k for k in self.derived if any(not self.types[k][n] for n in filled)}
        self._mark_uncalculated(blank, self.grid.formulas([self.columns[key] for key in blank]))
        repeated = self._repeated_headings()
        records = filled - repeated - self._section_rows() - self._remarks(filled)
        order = sorted(records)
        rows = [self.first + n for n in order]
        self._cover(rows)
        self._hidden(order, rows)
        self._twice(order)
        whole = len(order) == self.count

        def chosen(values: list[T]) -> list[T]:
            return values if whole else [values[n] for n in order]

        notes = self.heading.roles.get("explanation")
        reasons = self._read(notes)[0] if notes in self.values and notes else [""] * self.count
        return RawSheet(
            name=self.grid.name,
            columns={
                key: RawColumn(chosen(self.texts[key]), chosen(self.types[key]))
                for key in self.columns
            },
            rows=rows,
            at={key: (0, column) for key, column in self.columns.items()},
            explanations={"": [text.strip(BLANKS) for text in chosen(reasons)]} if notes else {},
            extras=tuple(islice(self._extras(records, repeated), MOST_EXTRAS)),
        )

    # --- which rows are records ----------------------------------------------------------

    def _filled(self) -> set[int]:
        """Rows (0 = first data row) where something was typed. Formulas of derived columns
        fill prepared rows with texts and errors of their own: they make no record."""
        formulas = self.grid.formulas(sorted(self.typed.values()))
        self._reach(formulas)
        self._mark_uncalculated(self.typed, formulas)
        filled = self._any(self.typed)
        only_derived = self._any(self.derived) - filled
        if only_derived and self.grid.find_formulas:
            formulas = self.grid.formulas([self.columns[key] for key in self.derived])
            for key in self.derived:
                by_formula = formulas[self.columns[key]]
                types = self.types[key]
                filled |= {n for n in only_derived if types[n] and self.first + n not in by_formula}
        return filled

    def _reach(self, formulas: Mapping[int, Mapping[int, bool]]) -> None:
        """Formulas that nobody has computed may stand below the last value."""
        lowest = max((max(rows, default=0) for rows in formulas.values()), default=0)
        more = lowest + 1 - self.first - self.count
        if more > 0:
            self.count += more
            self.values = {c: [*values, *[""] * more] for c, values in self.values.items()}
            self.texts = {key: [*texts, *[""] * more] for key, texts in self.texts.items()}
            self.types = {key: [*types, *[0] * more] for key, types in self.types.items()}

    def _any(self, keys: Iterable[str]) -> set[int]:
        columns = [self.types[key] for key in keys]
        return {n for n, hit in enumerate(map(any, zip(*columns, strict=True))) if hit}

    def _mark_uncalculated(
        self, keys: Iterable[str], formulas: Mapping[int, Mapping[int, bool]]
    ) -> None:
        for key in keys:
            types = self.types[key]
            for row, computed in formulas[self.columns[key]].items():
                n = row - self.first
                if not computed and 0 <= n < len(types) and types[n] == CellType.BLANK:
                    types[n] = int(CellType.UNCALCULATED)

    def _repeated_headings(self) -> set[int]:
        """Rows that say the headings again, as on every printed page."""
        hits: dict[int, int] = {}
        for key, texts in self.texts.items():
            field = self.sheet.field(key)
            said = {field.title, *field.aliases, self.heading.texts[key]} - {""}
            if said.isdisjoint(texts):
                continue
            for n, text in enumerate(texts):
                if text in said:
                    hits[n] = hits.get(n, 0) + 1
        return {n for n, count in hits.items() if count >= min(2, len(self.columns))}

    def _section_rows(self) -> set[int]:
        """Rows merged over all columns that are typed: a line of text, not a member."""
        if len(self.typed) < 2:
            return set()
        low, high = min(self.typed.values()), max(self.typed.values())
        return {
            row - self.first
            for top, left, bottom, right in self.grid.merges
            if left <= low and high <= right and bottom >= self.first
            for row in range(max(top, self.first), min(bottom, self.first + self.count) + 1)
        }

    def _remarks(self, filled: set[int]) -> set[int]:
        """Rows of totals and signatures: they begin as the form says, and name no number that
        could be a member's."""
        words = self.sheet.remarks
        if not words:
            return set()
        number = self.heading.roles.get("number")
        columns = sorted({*self.typed.values(), *([number] if number in self.values else [])})
        signs = {word[0] for word in words}.union(BLANKS)
        found = {
            n
            for column in columns
            for n, value in enumerate(self.values[column])
            if value.__class__ is str and value[:1] in signs and n in filled
        }
        return {n for n in found if self._is_remark(n, columns)}

    def _is_remark(self, n: int, columns: list[int]) -> bool:
        texts = [str(self.values[c][n]).strip(BLANKS) for c in columns if self.values[c][n]]
        # The first words count; a running number in front of them is none.
        words = next((t for t in texts if not t.replace(".", "").isdecimal()), "")
        return words.startswith(self.sheet.remarks) and not any(map(_LONG_NUMBER, texts))

    # --- what is odd about them ----------------------------------------------------------

    def _missing_columns(self) -> None:
        place = self.heading.row, self.heading.first_column
        for field in self.sheet:
            if field.key not in self.columns and not field.derive:
                code = "S003" if field.required else "S004"
                self.report.add(code, self.grid.name, place, field.key)

    def _cover(self, rows: list[int]) -> None:
        for box, covered in swallowed(self.grid.merges, rows, self.typed):
            for row, key in covered:
                self.texts[key][row - self.first] = ""
                self.types[key][row - self.first] = int(CellType.COVERED)
            first = next((k for k, c in self.typed.items() if c == box[1]), "")
            inside = first and 0 <= box[0] - self.first < self.count
            text = self.texts[first][box[0] - self.first] if inside else ""
            report_merge(self.report, self.grid.name, box, len(covered), first, text)

    def _hidden(self, order: list[int], rows: list[int]) -> None:
        grid = self.grid
        for key, column in self.typed.items():
            if column in grid.hidden_columns:
                n = next((n for n in order if self.types[key][n]), None)
                if n is not None:
                    self.report.add("S008", grid.name, (self.first + n, column), key)
        if grid.hidden_rows.isdisjoint(rows):
            return
        runs = [
            list(run)
            for is_hidden, run in groupby(rows, grid.hidden_rows.__contains__)
            if is_hidden
        ]
        if len(runs) > MOST_RUNS:
            runs = [*runs[: MOST_RUNS - 1], [row for run in runs[MOST_RUNS - 1 :] for row in run]]
        for run in runs:
            n = run[0] - self.first
            key = next((key for key in self.typed if self.types[key][n]), "")
            column = self.columns.get(key, self.heading.first_column)
            params: dict[str, str | int] = {"count": len(run), "first": run[0], "last": run[-1]}
            self.report.add("S007", grid.name, (run[0], column), key, params=params)

    def _twice(self, order: list[int]) -> None:
        """A second column of one heading matters where it says something else."""
        for key, row, column in self.twice:
            texts, _ = self._read(column)
            kept = self.texts[key]
            if any(texts[n] and texts[n].strip(BLANKS) != kept[n].strip(BLANKS) for n in order):
                first = self.heading.row, self.columns[key]
                params = {"first": address(*first)}
                self.report.add("S005", self.grid.name, (row, column), key, "", first, params)

    def _extras(self, records: set[int], repeated: set[int]) -> Iterator[tuple[str, str]]:
        """What is left behind: columns that the form does not know, by their heading, and
        texts outside the records."""
        for column, text in self.heading.unknown.items():
            if any(value != "" for value in self.values.get(column, ())):
                yield address(self.heading.row, column), text.strip(BLANKS)
        known = {*self.typed.values(), *self.heading.roles.values()}
        silent = {self.columns[key] for key in self.derived}
        silent |= {
            self.heading.roles[role] for role in ("check", "jump") if role in self.heading.roles
        }
        outside = [n for n in range(self.count) if n not in records and n not in repeated]
        for column, values in self.values.items():
            if column in silent or column in self.heading.unknown:
                continue
            rows = outside if column in known else range(self.count)
            said = (n for n in rows if _said(values[n]))
            for n in islice(said, MOST_EXTRAS if column in known else MOST_A_COLUMN):
                yield address(self.first + n, column), str(values[n]).strip(BLANKS)


def _said(value: object) -> bool:
    """Whether somebody wrote a text there; numbers are counters and leftovers of formulas."""
    return isinstance(value, str) and bool(text := value.strip(BLANKS)) and not text.isdecimal()
