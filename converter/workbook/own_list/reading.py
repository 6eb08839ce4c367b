"""The people of a list, and an account of every ID number that was not taken over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converter.kinds import name_field, unique_key
from converter.kinds.nothing import means_the_same
from converter.model.cell_types import CellType
from converter.model.forms import Form, Sheet
from converter.model.issues import Issue, column_letters
from converter.model.own_list import (
    CARDS,
    ROWS,
    UNUSED,
    ListColumn,
    ListReport,
    Rearranged,
    SkippedRow,
    UnreadColumn,
)
from converter.model.submissions import RawColumn, RawSheet
from converter.text import characters, masking
from converter.text.headings import normalized
from converter.workbook import open_list, person_names
from converter.workbook.form import remarks
from converter.workbook.form.sheet_matching import Workbook
from converter.workbook.form.unread_people import PeopleColumn, unnumbered
from converter.workbook.issue_collector import IssueCollector
from converter.workbook.leaver_lines import is_leaver_line
from converter.workbook.own_list import values
from converter.workbook.own_list.arrangement import as_rows
from converter.workbook.own_list.blocks import Headings, ListBlock, SheetCells, cells_of, cut
from converter.workbook.own_list.columns import ColumnHalf, Guess, Guessed, guess
from converter.workbook.own_list.leavers import Leavers, remarks_of_leavers
from converter.workbook.own_list.pieces import joined, people_of
from converter.workbook.unreadable import UnreadableFile

SAMPLES = 3
MOST_SKIPPED = 50  # rows that are named one by one
LONGEST_SAMPLE = 30  # characters
LONGEST_NUMBER = 30  # characters of one, however it is typed

Cell = tuple[str, int]  # text and type
BLANK: Cell = ("", int(CellType.BLANK))


@dataclass(frozen=True, slots=True)
class ReadList:
    """The members of a list as they were typed, and how it was read."""

    members: RawSheet
    report: ListReport


def read_list(
    path: Path, sheet: Sheet, chosen: Mapping[str, str], passed_over: Collection[str] = ()
) -> ReadList:
    """Read every sheet of a list, but those named in `passed_over`. `chosen`: plain heading or
    letters of a column → field key, '' for one to leave out. Raises UnreadableFile, OSError."""
    reading = _Reading(sheet, chosen)
    with open_list(path) as book:
        reading.read(book, passed_over)
    return reading.result(str(path))


def try_reading(
    path: Path, form: Form, chosen: Mapping[str, str], passed_over: Collection[str] = ()
) -> tuple[ReadList | None, Sequence[Issue]]:
    """`read_list` for the form's main table, or what keeps the file from being read."""
    try:
        return read_list(path, form.main_table, chosen, passed_over), ()
    except UnreadableFile as error:
        collector = IssueCollector(form, str(path))
        collector.add_unreadable(error)
        return None, collector.issues


@dataclass
class _Reading:
    sheet: Sheet
    chosen: Mapping[str, str]
    people: list[dict[str, Cell]] = field(default_factory=list)
    columns: dict[tuple[str, str, str], ListColumn] = field(default_factory=dict)
    unread: list[UnreadColumn] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    rounded: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)  # ID number → name
    repeated: int = 0
    written_out: int = 0
    side_by_side: bool = False
    titles: set[str] = field(default_factory=set)
    rearranged: list[Rearranged] = field(default_factory=list)
    unnumbered: list[tuple[str, PeopleColumn]] = field(default_factory=list)
    leavers: Leavers = field(default_factory=Leavers)
    pieced: int = 0
    name_parts: bool = False
    split: int = 0
    too_wide: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.headings = Headings(self.sheet)
        number, name = unique_key(self.sheet), name_field(self.sheet)
        self.id_key, self.plain_name = number.key if number else "", name.key if name else ""
        self.typed = [f.key for f in self.sheet if not f.derive]

    def read(self, book: Workbook, passed_over: Collection[str]) -> None:
        for index, (name, _) in enumerate(book.names):
            if name in passed_over:
                continue
            grid = book.grid(index)
            found = cells_of(grid)
            if not found.texts:
                continue
            if grid.facts.width > len(grid.facts.columns):
                self.too_wide.append(name)
            whole = joined(as_rows(found, self.sheet, self.headings))
            cells, self.pieced = whole.cells, self.pieced + whole.numbers
            self.name_parts |= whole.names
            arrangement = cells.arrangement
            before, taken = len(self.people), set[tuple[int, int]]()
            struck = book.struck(index, cells.columns) if arrangement == ROWS else ()
            self.leavers.begin(struck, grid.facts, arrangement)
            headings = [""] * len(cells.columns)
            blocks = cut(cells, self.headings)
            for row in range(blocks[0].first if blocks else 0):
                self._skip_title(cells, row)
            for block in blocks:
                guessed = guess(block, self.sheet, self.headings, self.chosen)
                headings = [new or old for new, old in zip(block.headings, headings, strict=True)]
                if self._is_list(guessed):
                    self._take(block, guessed, taken)
            if cells.arrangement == CARDS:  # whose cells are made of some of the sheet's
                headings, taken = [""] * len(found.columns), set()
                cells = found
            self._account(cells, headings, taken)
            if len(self.people) > before:
                self.sheets.append(name)
                self._rearranged(arrangement, name, self.people[before:])
            else:
                self.unnumbered += [(name, one) for one in unnumbered(grid, self.sheet, ())]

    def _rearranged(self, arrangement: str, name: str, people: Sequence[dict[str, Cell]]) -> None:
        if arrangement != ROWS:
            shown = (
                " ".join(_shown(text) for key in self.typed if (text := one.get(key, BLANK)[0]))
                for one in people[:SAMPLES]
            )
            self.rearranged.append(Rearranged(name, arrangement, tuple(shown)))

    def _is_list(self, guessed: Guessed) -> bool:
        """A block without ID numbers counts by its headings: two fields at least."""
        return any(self.id_key in half.columns or len(half.columns) > 1 for half in guessed.halves)

    def _take(self, block: ListBlock, guessed: Guessed, taken: set[tuple[int, int]]) -> None:
        self.side_by_side |= len(guessed.halves) > 1 and block.cells.arrangement == ROWS
        found = False
        above: list[dict[str, Cell]] = [{} for _ in guessed.halves]
        remarked = remarks_of_leavers(block, guessed.halves, self.headings)
        for row in range(block.first, block.last):
            people = [self._person(block, row, half) for half in guessed.halves]
            for person, last in zip(people, above, strict=True):
                if person:
                    self._as_above(person, last)
            if any(people):
                found = True
            else:
                self._skip(block, row)
            for number, (half, person) in enumerate(zip(guessed.halves, people, strict=True)):
                if person:
                    at = half.columns.get(self.id_key)
                    if at is not None:
                        taken.add((row, at))
                    beside = remarked[row][number] if row in remarked else ()
                    own = self.id_key, self.plain_name
                    for name in filter(None, map(self._add, self._each(person))):
                        self.leavers.add(name, block, row, half, own, beside)
        if found:
            self.titles |= {*map(normalized, block.headings)} - {""}
            for at, one in enumerate(guessed.guesses):
                self._column(block, at, one)

    def _person(self, block: ListBlock, row: int, half: ColumnHalf) -> dict[str, Cell] | None:
        """The cells of a person; None where the row holds none: a blank row, a section, a total."""
        texts, types = block.cells.texts[row], block.cells.types[row]
        cells = {key: (texts[at], types[at]) for key, at in half.columns.items()}
        self._part_number(cells)
        number = cells.get(self.id_key, BLANK)[0].strip()
        name = cells.get(self.plain_name, BLANK)[0].strip()
        if self.headings.is_heading(name):
            return None
        kind = cells.get(self.id_key, BLANK)[1]
        if characters.has_long_number(number) and not values.is_date(number, kind):
            return cells
        if not name or name.isdecimal():
            return None
        worded = next((text for text in texts if text.strip() and not text.isdecimal()), "")
        if any(map(self._is_line, (worded, name))):
            return None
        answers = sum(bool(text.strip()) for text, _ in cells.values())
        if answers > 1 or person_names.is_usual_name(name):
            return cells
        beside = any(text.strip() != name for text in texts if text.strip())
        return cells if beside and person_names.is_name(name) else None

    def _each(self, person: dict[str, Cell]) -> Sequence[dict[str, Cell]]:
        """The people of a row: several where their names and numbers stand in one cell."""
        name, number = (person.get(key, BLANK)[0] for key in (self.plain_name, self.id_key))
        several = people_of(name, number) if len(number) > LONGEST_NUMBER else []
        kind = int(CellType.TEXT)
        self.split += len(several)
        return [
            person | {self.plain_name: (one, kind), self.id_key: (its, kind)}
            for one, its in several
        ] or [person]

    def _is_line(self, text: str) -> bool:
        return remarks.is_line(characters.squeeze(text), self.sheet) or is_leaver_line(text)

    def _as_above(self, person: dict[str, Cell], above: dict[str, Cell]) -> None:
        """Write out 同上 as what the person above has; a name or number is never another's."""
        for key, (text, _) in person.items():
            known = key not in (self.id_key, self.plain_name) and above.get(key, BLANK)[0].strip()
            if known and means_the_same(text):
                person[key] = above[key]
                self.written_out += 1
        above.clear()
        above.update(person)

    def _part_number(self, cells: dict[str, Cell]) -> None:
        """Of a cell that holds more than an ID number the number is taken, and the name where no
        other cell has one: 赵一 130102…"""
        text, _ = cells.get(self.id_key, BLANK)
        if values.id_number(text) or len(found := values.numbers_in(text)) != 1:
            return
        cells[self.id_key] = found[0], int(CellType.TEXT)
        if not cells.get(self.plain_name, BLANK)[0].strip():
            name = values.name_beside(text, found[0])
            cells[self.plain_name] = name, int(CellType.TEXT if name else CellType.BLANK)

    def _skip_title(self, cells: SheetCells, row: int) -> None:
        """A title above the first heading may say that all below have left."""
        texts = [text.strip() for text in cells.texts[row] if text.strip()]
        if len(texts) == 1 and is_leaver_line(texts[0]):
            self.leavers.is_line(SkippedRow(cells.name, cells.row_name(row), texts[0]), texts)

    def _skip(self, block: ListBlock, row: int) -> None:
        texts = [text.strip() for text in block.cells.texts[row] if text.strip()]
        worded = [text for text in texts if not text.isdecimal()]
        if not worded or any(map(self.headings.is_heading, texts)):
            return
        names = filter(person_names.is_usual_name, worded[1:])  # 后勤 周九
        shown = " ".join((worded[0], *names))[:LONGEST_SAMPLE]
        line = SkippedRow(block.cells.name, block.cells.row_name(row), shown)
        if not self.leavers.is_line(line, worded) and len(self.skipped) < MOST_SKIPPED:
            self.skipped.append(line)

    def _add(self, person: dict[str, Cell]) -> str:
        """Take a person over; returns a word for her or him, '' for one who stood there before."""
        text, kind = person.get(self.id_key, BLANK)
        name = person.get(self.plain_name, BLANK)[0].strip()
        if values.is_rounded(text, kind):
            self.rounded.append(name or str(len(self.people) + 1))
        number = values.id_number(text)
        if number and self.known.get(number) == name:
            self.repeated += 1
            return ""
        if number:
            self.known.setdefault(number, name)
        self.people.append(person)
        return name or masking.text(text)

    def _column(self, block: ListBlock, at: int, one: Guess) -> None:
        cells = [text.strip() for text, _ in block.column(at) if text.strip()]
        letters = block.cells.column_name(at)
        heading = block.headings[at]
        if not cells and not heading:
            return
        is_number = self.headings.is_heading(heading) and not self.headings.find(heading)
        if one.how == UNUSED and (not cells or is_number):
            return
        key = block.cells.name, letters, heading
        before = self.columns.get(key)
        filled = len(cells) + (before.filled if before else 0)
        samples = tuple(map(_shown, cells[:SAMPLES]))
        if before:  # of an earlier block with the same heading
            samples = before.samples or samples
            one = Guess(before.field, before.how) if one.how == UNUSED else one
        self.columns[key] = ListColumn(
            block.cells.name, letters, heading, one.field, one.how, filled, samples
        )

    def _account(
        self, cells: SheetCells, headings: Sequence[str], taken: Collection[tuple[int, int]]
    ) -> None:
        """ID numbers of the sheet that are nobody's of those taken over."""
        missed: dict[int, set[str]] = {}
        for row, texts in enumerate(cells.texts):
            for at, text in enumerate(texts):
                if len(text) < values.SIGNIFICANT or (row, at) in taken:
                    continue
                found = {values.id_number(text)} - {""} or {*values.numbers_in(text)}
                if found := found.difference(self.known):
                    missed.setdefault(at, set()).update(found)
        for at, numbers in sorted(missed.items()):
            letters = cells.column_name(at)
            self.unread.append(UnreadColumn(cells.name, letters, headings[at], len(numbers)))

    def result(self, file: str) -> ReadList:
        columns = dict(self._raw_columns())
        title = self.sheets[0] if self.sheets else self.sheet.title
        members = RawSheet(
            name=title,
            columns=columns,
            rows=range(2, 2 + len(self.people)),
            at={key: (0, n) for n, key in enumerate(columns, 1)},
            explanations={},
        )
        report = ListReport(
            file,
            tuple(self.columns.values()),
            len(self.people),
            tuple(self.sheets),
            tuple(self.unread),
            tuple(self.skipped),
            tuple(self.rounded),
            self.repeated,
            self.side_by_side,
            tuple(sorted(self.titles)),
            tuple(self.rearranged),
            tuple(self._unnumbered()),
            self.written_out,
            leavers=self.leavers.below,
            remarked=self.leavers.remarked,
            struck=self.leavers.struck,
            hidden=self.leavers.hidden,
            pieced=self.pieced,
            name_parts=self.name_parts,
            split=self.split,
            too_wide=tuple(self.too_wide),
        )
        return ReadList(members, report)

    def _unnumbered(self) -> Iterator[UnreadColumn]:
        names = {characters.squeeze(one.get(self.plain_name, BLANK)[0]) for one in self.people}
        for sheet, one in self.unnumbered:
            if people := one.numbers - names:
                letters = column_letters(one.column)
                yield UnreadColumn(sheet, letters, one.heading, len(people))

    def _raw_columns(self) -> Iterator[tuple[str, RawColumn]]:
        for key in self.typed:
            cells = [person.get(key, BLANK) for person in self.people]
            if any(text for text, _ in cells):
                yield key, RawColumn([t for t, _ in cells], [kind for _, kind in cells])


def _shown(text: str) -> str:
    return masking.text(text)[:LONGEST_SAMPLE]
