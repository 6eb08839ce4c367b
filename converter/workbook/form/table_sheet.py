"""A table: one record a row, columns found by their headings.

A row is a record where any field's column holds something that was typed there. Title rows,
repeated heading rows, section rows and remarks are none; their texts go to the leftovers.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from itertools import groupby, islice

import numpy as np
import numpy.typing as npt

from converter.kinds import KINDS
from converter.kinds.id_number import compact
from converter.model.cell_types import CellType
from converter.model.forms import Sheet
from converter.model.issues import Params
from converter.model.submissions import RawColumn, RawSheet
from converter.text import characters
from converter.workbook.form import remarks
from converter.workbook.form.leavers import report_remarked
from converter.workbook.form.near_headings import find_near
from converter.workbook.form.table_heading import Heading
from converter.workbook.form.unread_people import KnownTexts, PeopleColumn, unread, unread_in
from converter.workbook.grid import Grid, GridColumn
from converter.workbook.issue_collector import IssueCollector, address, hidden_params
from converter.workbook.leaver_lines import find as find_lines
from converter.workbook.merged_cells import covered_cells, report_merge
from converter.workbook.xlsx.sheet_xml import LAST_OPEN_COLUMN

Mask = npt.NDArray[np.bool_]

MOST_LEFTOVERS = 200
MOST_NUMBERS = 500  # by which a column of birthdays is known
MOST_A_COLUMN = 5  # texts of a column without heading: enough to see what it is
MOST_RUNS = 20  # hidden runs reported one by one; a filter can leave thousands


def read(
    grid: Grid, sheet: Sheet, heading: Heading, report: IssueCollector
) -> tuple[RawSheet, list[PeopleColumn]]:
    """The records, and the columns with ID numbers that none of them holds."""
    reading = _Reading(grid, sheet, heading, report)
    return reading.result(), reading.unread


class _Reading:
    """The rows of one member sheet on their way to records."""

    def __init__(self, grid: Grid, sheet: Sheet, heading: Heading, report: IssueCollector) -> None:
        self.grid, self.sheet, self.heading, self.report = grid, sheet, heading, report
        self.facts = grid.facts
        self.first = heading.bottom + 1  # sheet row of the first data row
        self.columns = dict(heading.columns)
        self.derived = {f.key for f in sheet if f.derive} & self.columns.keys()
        self.typed = {k: c for k, c in self.columns.items() if k not in self.derived}
        further = {column for _, _, column in heading.twice}
        self.reasons = heading.roles.get("explanation", 0)
        wanted = {*self.columns.values(), *further, self.reasons} & {*self.facts.columns}
        self.read = grid.read(sorted(wanted), self.first)
        self.count = max(map(len, self.read.values()), default=0)
        # Uncomputed formulas may stand below the last value.
        self.formulas = grid.formulas(sorted(self.columns.values()))
        self._reach()
        self.cells = {key: self._column(column) for key, column in self.columns.items()}
        self.twice = [self._fuller(*further) for further in heading.twice]
        self._known_texts: dict[int, dict[int, str]] = {}
        self.unread: list[PeopleColumn] = []

    def _reach(self) -> None:
        typed = {*self.typed.values()}
        found = (f.rows for c, f in (self.formulas or {}).items() if c in typed and len(f.rows))
        lowest = max((int(rows.max()) for rows in found), default=0)
        self.count = max(self.count, lowest + 1 - self.first)

    def _column(self, column: int) -> GridColumn:
        """A column as long as the longest."""
        found = self.read.get(column) or GridColumn(np.empty(0, object), np.empty(0, np.int8))
        more = self.count - len(found)
        if not more:
            return found
        texts = np.concatenate([found.texts, np.full(more, "", dtype=object)])
        return GridColumn(texts, np.concatenate([found.types, np.zeros(more, dtype=np.int8)]))

    def _fuller(self, key: str, row: int, column: int) -> tuple[str, int, int]:
        """Of two columns with one heading the fuller one is meant; returns the other."""
        other = self._column(column)
        if np.count_nonzero(self.cells[key].types) >= np.count_nonzero(other.types):
            return key, row, column
        self.cells[key] = other
        emptied, self.columns[key] = self.columns[key], column
        if key in self.typed:
            self.typed[key] = column
        return key, self.heading.row, emptied

    def result(self) -> RawSheet:
        self._missing_columns()
        filled = self._filled()
        # Derived columns of a million prepared rows are looked at only where it may matter.
        self._mark_uncalculated(
            {key for key in self.derived if not self.cells[key].types[filled].all()}
        )
        repeated = self._repeated_headings()
        records = filled & ~repeated
        records[self._section_rows()] = False
        records[self._remarks(records)] = False
        order = np.flatnonzero(records)
        rows = _rows(order, self.first)
        self._cover(rows)
        self._hidden(order, rows)
        self._leavers(order, rows, ~(records | repeated))
        self._find_unread(order)
        self._twice(order)
        reasons = self._column(self.reasons).texts[order] if self.reasons else ()
        leftovers = tuple(islice(self._leftovers(records | repeated), MOST_LEFTOVERS))
        columns = {}
        for key in self.columns:  # a column leaves when its cells have been taken
            found = self.cells.pop(key)
            self.read.pop(self.columns[key], None)
            columns[key] = RawColumn(found.texts[order].tolist(), found.types[order].tobytes())
        raw = RawSheet(
            name=self.facts.name,
            columns=columns,
            rows=rows,
            at={key: (0, column) for key, column in self.columns.items()},
            explanations={"": [characters.strip(text) for text in reasons]} if self.reasons else {},
            leftovers=leftovers,
        )
        self._remarked(raw)
        return raw

    # --- which rows are records ----------------------------------------------------------

    def _filled(self) -> Mask:
        """Rows (0 = first data row) where something was typed. Formulas of derived columns
        fill prepared rows with texts and errors of their own: they make no record."""
        self._mark_uncalculated(self.typed)
        filled = self._any(self.typed)
        only_derived = self._any(self.derived) & ~filled
        if self.formulas is not None and only_derived.any():
            for key in self.derived:
                by_formula = np.zeros(self.count, dtype=bool)
                by_formula[self._inside(self.formulas[self.columns[key]].rows)] = True
                filled |= only_derived & (self.cells[key].types > 0) & ~by_formula
        return filled

    def _inside(self, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        numbers = rows - np.int32(self.first)
        return numbers[(numbers >= 0) & (numbers < self.count)]

    def _any(self, keys: Iterable[str]) -> Mask:
        found = np.zeros(self.count, dtype=bool)
        for key in keys:
            found |= self.cells[key].types > 0
        return found

    def _mark_uncalculated(self, keys: Iterable[str]) -> None:
        for key in keys:
            found = (self.formulas or {}).get(self.columns[key])
            if found is None or found.computed.all():
                continue
            at, types = self._inside(found.rows[~found.computed]), self.cells[key].types
            types[at[types[at] == CellType.BLANK]] = CellType.UNCALCULATED

    def _repeated_headings(self) -> Mask:
        """Rows that say the headings again, as on every printed page."""
        hits = np.zeros(self.count, dtype=np.int8)
        for key, found in self.cells.items():
            field = self.sheet.field(key)
            headings = {field.title, *field.aliases, self.heading.texts[key]} - {""}
            texts = found.texts.tolist()
            if not headings.isdisjoint(texts):
                hits[[n for n, text in enumerate(texts) if text in headings]] += 1
        return hits >= min(2, len(self.columns))

    def _section_rows(self) -> list[int]:
        """Rows merged over all columns that are typed: a line of text, not a member, unless some
        program left a number below the merged area."""
        if len(self.typed) < 2:
            return []
        numbers = [
            self.cells[k] for k in self.typed if KINDS[self.sheet.field(k).kind].birth_and_sex
        ]
        low, high = min(self.typed.values()), max(self.typed.values())
        return [
            row - self.first
            for top, left, bottom, right in self.facts.merges
            if left <= low and high <= right and bottom >= self.first
            for row in range(max(top, self.first), min(bottom, self.first + self.count - 1) + 1)
            if not any(cells.texts[row - self.first] for cells in numbers)
        ]

    def _remarks(self, records: Mask) -> list[int]:
        """Rows of totals, signatures and explanations."""
        number = self.heading.roles.get("number", 0)
        numbered = self._texts([number]).get(number, {}) if number else {}
        cells = {k: self.cells[k] for k in sorted(self.typed, key=self.typed.__getitem__)}
        before = {row - self.first: text for row, text in numbered.items()}
        return remarks.find(self.sheet, cells, before, records)

    # --- what is unusual about them-------------------------------------------------------

    def _missing_columns(self) -> None:
        heading = self.heading
        missing = [f for f in self.sheet if f.key not in self.columns and not f.derive]
        unknown = dict(heading.unknown) if missing else {}
        found = self.grid.read([*unknown], self.first) if unknown else {}
        keys = [f.key for f in self.sheet if KINDS[f.kind].birth_and_sex and f.key in self.columns]
        numbers = set(self.cells[keys[0]].texts[:MOST_NUMBERS].tolist()) if keys else ()
        for field in missing:
            place = heading.row, heading.first_column
            near = find_near(field, self.sheet, unknown, found, numbers)
            if near:
                del unknown[near.column]
                place = heading.row, near.column
                params = {"cell": address(*place), "heading": near.heading}
                self.report.add("S025", self.facts.name, place, field.key, "", params=params)
                continue
            code = "S003" if field.required else "S004"
            self.report.add(code, self.facts.name, place, field.key)

    def _find_unread(self, order: npt.NDArray[np.intp]) -> None:
        """ID numbers beside the records: two people side by side, a list beside the list."""
        keys = [k for k in self.cells if KINDS[self.sheet.field(k).kind].birth_and_sex]
        if not keys:
            return
        known = KnownTexts((self.cells[key].texts.tolist() for key in keys), compact)
        silent = {*self.columns.values(), *self.heading.roles.values()}
        silent |= {c for c in self.facts.hidden_columns if c > LAST_OPEN_COLUMN}
        doubled = {key for key, _, _ in self.twice}
        if not doubled - {*keys}:
            # A second number of the same person: which one is right is another question.
            silent |= {column for key, _, column in self.twice if key in keys}
        self.unread = unread(self.grid, (self.sheet,), known, silent, self.heading.row)
        self.unread += self._below(keys, order, known)

    def _below(
        self, keys: Collection[str], order: npt.NDArray[np.intp], known: Container[str]
    ) -> Iterator[PeopleColumn]:
        """Numbers in the columns of other fields, in rows that are no records: a second list below
        the first, with its columns elsewhere."""
        others = np.ones(self.count, dtype=bool)
        others[order] = False
        if not others.any():
            return
        for key in self.typed.keys() - keys:
            cells = self.cells[key]
            outside = GridColumn(np.where(others, cells.texts, ""), cells.types)
            found = unread_in(self.columns[key], outside, self.first, (self.sheet,), known)
            if found:
                yield found

    def _cover(self, rows: Sequence[int]) -> None:
        for box, covered in covered_cells(self.facts.merges, rows, self.typed):
            for row, key in covered:
                self.cells[key].texts[row - self.first] = ""
                self.cells[key].types[row - self.first] = CellType.COVERED
            first = next((k for k, c in self.typed.items() if c == box[1]), "")
            inside = first and 0 <= box[0] - self.first < self.count
            text = self.cells[first].texts[box[0] - self.first] if inside else ""
            report_merge(self.report, self.facts.name, box, len(covered), first, text)

    def _hidden(self, order: npt.NDArray[np.intp], rows: Sequence[int]) -> None:
        facts = self.facts
        for key, column in self.typed.items():
            if column in facts.hidden_columns:
                shown = np.flatnonzero(self.cells[key].types[order])
                if len(shown):
                    place = rows[shown[0]], column
                    self.report.add("S008", facts.name, place, key)
        if facts.hidden_rows.isdisjoint(rows):
            return
        runs = [
            list(run)
            for is_hidden, run in groupby(rows, facts.hidden_rows.__contains__)
            if is_hidden
        ]
        if len(runs) > MOST_RUNS:
            runs = [*runs[: MOST_RUNS - 1], [row for run in runs[MOST_RUNS - 1 :] for row in run]]
        for run in runs:
            key = next((k for k in self.typed if self.cells[k].types[run[0] - self.first]), "")
            column = self.columns.get(key, self.heading.first_column)
            self.report.add("S007", facts.name, (run[0], column), key, params=hidden_params(run))

    def _leavers(self, order: npt.NDArray[np.intp], rows: Sequence[int], others: Mask) -> None:
        """Lines among the records that say that whoever stands below has left."""
        if not len(order) or not others[: order[-1]].any():
            return
        outside = {*(np.flatnonzero(others[: order[-1]]) + self.first).tolist()}
        columns = {*self.facts.columns} - {*self.heading.unknown} | {*self.facts.columns[:1]}
        further = sorted(columns - {*self.columns.values()} - self.facts.hidden_columns)
        found = {column: texts.items() for column, texts in self._texts(further).items()}
        for key, column in self.typed.items():
            found[column] = dict(self._outside(self.cells[key], ~others)).items()
        texts = [(row, c, text) for c in found for row, text in found[c] if row in outside]
        for line in islice(find_lines(texts, rows), MOST_RUNS):
            params: Params = {"text": line.text, "count": line.people}
            self.report.add("S027", self.facts.name, (line.row, line.column), params=params)

    def _remarked(self, raw: RawSheet) -> None:
        """Remarks beside the records that say that somebody has left."""
        roles = {role: at for role, at in self.heading.roles.items() if role in ("check", "jump")}
        known = {*self.columns.values(), *roles.values()} | self.facts.hidden_columns
        named = {at: self.sheet.headings.get(role, "") for role, at in self.heading.roles.items()}
        texts = self._texts(sorted({*self.facts.columns} - known))
        number = self.heading.roles.get("number", 0)
        headings = {**named, **self.heading.unknown}
        report_remarked(raw, texts, headings, number, self.sheet, self.report)

    def _twice(self, order: npt.NDArray[np.intp]) -> None:
        """A second column of one heading matters where its values differ, and where it is not that
        of further people, who are named already."""
        if self.unread and any(
            one.column == column for one in self.unread for _, _, column in self.twice
        ):
            return
        for key, row, column in self.twice:
            texts, kept = self._column(column).texts, self.cells[key].texts
            if any(
                texts[n] and characters.strip(texts[n]) != characters.strip(kept[n]) for n in order
            ):
                first = self.heading.row, self.columns[key]
                params = {"first": address(*first)}
                self.report.add("S005", self.facts.name, (row, column), key, "", first, params)

    def _texts(self, columns: Iterable[int]) -> dict[int, dict[int, str]]:
        """Column → row → text, of cells that hold a text; numbers are counters and leftovers
        of formulas."""
        missing = [c for c in columns if c not in self._known_texts and c in self.facts.columns]
        if missing:
            self._known_texts |= self.grid.texts(missing, self.first)
        return self._known_texts

    def _leftovers(self, known_rows: Mask) -> Iterator[tuple[str, str]]:
        """What no record takes: columns that the form does not know, by their heading, and
        texts outside the records."""
        heading, facts = self.heading, self.facts
        for column, text in heading.unknown.items():
            if column in facts.hidden_columns:
                continue
            if any(found.types.any() for found in self.grid.read([column], self.first).values()):
                yield address(heading.row, column), characters.strip(text)
        fields = {column: key for key, column in self.typed.items()}
        silent = {self.columns[key] for key in self.derived}
        silent |= {heading.roles.get("check", 0), heading.roles.get("jump", 0)}
        roles = {*heading.roles.values()} - silent
        others = {c for c in facts.columns if c not in facts.hidden_columns}
        others -= {*fields, *heading.unknown, *roles, *silent}
        texts = self._texts(sorted(others | roles))
        for column in sorted(others | roles | {*fields}):
            if column in fields:
                found = self._outside(self.cells[fields[column]], known_rows)
            else:
                found = list(texts.get(column, {}).items())
            if column in roles:
                known = {*(np.flatnonzero(known_rows) + self.first).tolist()}
                found = [(row, text) for row, text in found if row not in known]
            worded = [(row, text) for row, text in found if has_words(text)]
            for row, text in worded[: MOST_A_COLUMN if column in others else MOST_LEFTOVERS]:
                yield address(row, column), characters.strip(text)

    def _outside(self, column: GridColumn, known_rows: Mask) -> list[tuple[int, str]]:
        at = np.flatnonzero((column.types == CellType.TEXT) & ~known_rows)
        return list(zip((at + self.first).tolist(), column.texts[at].tolist(), strict=True))


def _rows(order: npt.NDArray[np.intp], first: int) -> Sequence[int]:
    """Sheet rows; rows without a gap take no memory."""
    if len(order) and order[-1] - order[0] + 1 == len(order):
        return range(int(order[0]) + first, int(order[-1]) + first + 1)
    rows: list[int] = (order + first).tolist()
    return rows


def has_words(text: str) -> bool:
    return bool(text := characters.strip(text)) and not text.isdecimal()
