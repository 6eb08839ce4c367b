"""Which column of a block is which field: by its heading, by a heading like it, or by its contents.

An ID number tells itself: its check character is right. The name is the column of names beside
it. A date could be anything: only a heading that means the field decides, or a person who was
asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from converter.kinds import KINDS, name_field, unique_key
from converter.kinds.base import ValueType
from converter.model.forms import Field, Sheet
from converter.model.own_list import CHOSEN, CONTENT, DOUBTFUL, LEFT_OUT, NEAR, TAKEN, UNUSED
from converter.text import characters
from converter.text.headings import normalized
from converter.workbook import person_names
from converter.workbook.own_list import values
from converter.workbook.own_list.blocks import Headings, ListBlock

FEWEST_NUMBERS = 0.3  # of a column's cells, to make it a column of ID numbers
MOSTLY = 0.6  # … of names or dates
FEWEST_DISTINCT = 0.5  # names differ, departments repeat
FEW = 4  # names of which nobody can tell
_COUNTER = re.compile("[0-9一二三①②③()]+$")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column of a block is taken for."""

    field: str
    how: str


@dataclass(frozen=True, slots=True)
class ColumnHalf:
    """The columns of one person in a row: two where a list has two people side by side."""

    columns: Mapping[str, int]  # field key → column of the block


@dataclass(frozen=True, slots=True)
class Guessed:
    guesses: Sequence[Guess]  # by column
    halves: Sequence[ColumnHalf]


def guess(block: ListBlock, sheet: Sheet, headings: Headings, chosen: Mapping[str, str]) -> Guessed:
    """Tell the fields of a block's columns. `chosen`: plain heading or letters of a column → field
    key, '' for a column that is to be left out."""
    return _Guesser(block, sheet, headings, chosen).result()


def _is_date(field: Field) -> bool:
    return KINDS[field.kind].value_type is ValueType.DATE


class _Guesser:
    def __init__(
        self, block: ListBlock, sheet: Sheet, headings: Headings, chosen: Mapping[str, str]
    ) -> None:
        self.block, self.sheet = block, sheet
        self.width = len(block.headings)
        worded = [sum(bool(text.strip()) for text in row) for row in block.texts]
        alone = max(worded, default=0) > 1  # then a row with one text is a section or a remark
        self.cells = [
            [
                (text, kind)
                for (text, kind), count in zip(block.column(at), worded, strict=True)
                if text.strip() and not (alone and count == 1)
            ]
            for at in range(self.width)
        ]
        self.numbers = [sum(self._counts(text) for text, _ in cells) for cells in self.cells]
        self.id_field, self.name_field = unique_key(sheet), name_field(sheet)
        words = (self.name_field.title, *self.name_field.aliases) if self.name_field else ()
        self.name_words = tuple(map(normalized, words))
        self.guesses = [self._by_heading(at, headings, chosen) for at in range(self.width)]
        self.chosen_fields = {one.field for one in self.guesses if one.how == CHOSEN}

    def _by_heading(self, at: int, headings: Headings, chosen: Mapping[str, str]) -> Guess:
        letters = self.block.cells.column_name(at)
        for key in (normalized(self.block.headings[at]), letters.lower()):
            if key and key in chosen:
                return Guess(chosen[key], CHOSEN if chosen[key] else LEFT_OUT)
        found = headings.find(self.block.headings[at])
        if found and found[1] in (NEAR, DOUBTFUL) and not self._fits(at, found[0]):
            return Guess("", UNUSED)  # 会员：是
        return Guess(*found) if found else Guess("", UNUSED)

    def _fits(self, at: int, key: str) -> bool:
        """Whether a column holds what its heading, which is only like the field's, promises."""
        field, cells = self.sheet.field(key), self.cells[at]
        if field is self.id_field:
            fitting = sum(characters.has_long_number(text) for text, _ in cells)
        elif field is self.name_field:
            names = [text.strip() for text, _ in cells if person_names.is_name(text)]
            fitting = len(names) if self._may_be_people(names) else 0
        elif _is_date(field):
            fitting = sum(values.is_date(text, kind) for text, kind in cells)
        else:
            return True
        return fitting * 2 >= len(cells)

    def result(self) -> Guessed:
        ids = self._id_columns()
        spans = self._spans(ids)
        halves = []
        for at, (first, last) in zip(ids or [-1], spans, strict=True):
            half: dict[str, int] = {}
            if at >= 0 and self.id_field:
                half[self.id_field.key] = at
                self._take(at, self.id_field.key)
            for field in self.sheet:
                if field is self.id_field or field.derive:
                    continue
                found = self._column_of(field, range(first, last), at)
                if found is not None:
                    half[field.key] = found
                    self._take(found, field.key)
            halves.append(ColumnHalf(half))
        used = {at for half in halves for at in half.columns.values()}
        for at, one in enumerate(self.guesses):
            if at not in used and one.how in TAKEN:
                self.guesses[at] = Guess("", UNUSED)
        self._doubtful_dates(halves)
        return Guessed(self.guesses, halves)

    def _take(self, at: int, key: str) -> None:
        if self.guesses[at].field != key or self.guesses[at].how not in TAKEN:
            self.guesses[at] = Guess(key, CONTENT)

    # --- ID numbers ------------------------------------------------------------------------

    def _id_columns(self) -> list[int]:
        """The columns of the members' own numbers: one, or one for each half of the list."""
        if self.id_field is None:
            return []
        key = self.id_field.key
        mine = [n for n, one in enumerate(self.guesses) if one.field == key and one.how in TAKEN]
        if key in self.chosen_fields:
            return [n for n in mine if self.guesses[n].how == CHOSEN]
        by_content = [
            n
            for n in range(self.width)
            if self.numbers[n] >= max(1, FEWEST_NUMBERS * len(self.cells[n]))
            and self.guesses[n].how == UNUSED
            and not self._about_others(n)
        ]
        # A column headed "ID" may hold staff numbers beside the one that is meant.
        candidates = [n for n in mine if self.numbers[n]] or by_content or mine
        if not candidates:
            return []
        best = max(candidates, key=lambda n: (self.numbers[n], -n))
        stem = self._stem(best)
        same = [n for n in candidates if self._stem(n) == stem and (stem or self._has_name(n))]
        return sorted({best, *same})

    def _counts(self, text: str) -> bool:
        """Whether a cell holds a number, and not that of somebody else or an old one beside it."""
        return values.holds_number(text) and not self._names_others(text)

    def _names_others(self, text: str) -> bool:
        return any(word in text for word in self.sheet.other_people)

    def _about_others(self, at: int) -> bool:
        """Whether a heading names other people: 配偶身份证号."""
        return self._names_others(normalized(self.block.headings[at]))

    def _stem(self, at: int) -> str:
        """A heading without the number that tells two halves apart."""
        return _COUNTER.sub("", normalized(self.block.headings[at]))

    def _has_name(self, at: int) -> bool:
        return any(0 <= n < self.width and self._is_names(n) for n in (at - 1, at + 1))

    def _spans(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        """The columns of each half: headings are repeated, or else names stand before or behind the
        numbers alike."""
        if len(ids) < 2:
            return [(0, self.width)]
        if repeated := self._repeated(ids):
            return repeated
        before = self._nearest_name(ids[0], range(ids[0] - 1, -1, -1))
        starts = [0]
        for left, right in pairwise(ids):
            start = right
            if before is not None:
                named = self._nearest_name(right, range(right - 1, left, -1))
                start = right if named is None else named
            starts.append(start)
        return list(zip(starts, [*starts[1:], self.width], strict=True))

    def _repeated(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        """The halves where all headings of the first one stand again in each of the others."""
        stems = [self._stem(at) for at in range(self.width)]
        period = ids[1] - ids[0]
        if any(right - left != period for left, right in pairwise(ids)):
            return []
        stems += [""] * period  # the last half may be without its last columns
        for start in range(max(ids[0] - period + 1, 0), ids[0] + 1):
            starts = [start + n * period for n in range(len(ids))]
            halves = [stems[at : at + period] for at in starts]
            if any(halves[0]) and all(half == halves[0] for half in halves):
                return [(at, min(at + period, self.width)) for at in starts]
        return []

    # --- names -----------------------------------------------------------------------------

    def _nearest_name(self, at: int, columns: Sequence[int] | range) -> int | None:
        """The nearest column of names, headed as such or by its contents."""
        if self._headed_names():
            return next((n for n in columns if n in self._headed_names()), None)
        return next(
            (n for n in columns if self.guesses[n].how == UNUSED and self._is_names(n)), None
        )

    def _headed_names(self) -> list[int]:
        key = self.name_field.key if self.name_field else ""
        return [n for n, one in enumerate(self.guesses) if key and one.field == key]

    def _is_names(self, at: int, *, anybodys: bool = False) -> bool:
        """Whether a column holds names. Only with `anybodys` may its heading say whose they are:
        教师姓名 is somebody else's where another column has names, too."""
        cells, heading = self.cells[at], normalized(self.block.headings[at])
        if self._about_others(at):
            return False
        says_whose = any(word != heading and heading.endswith(word) for word in self.name_words)
        if says_whose and not anybodys:
            return False
        names = [text.strip() for text, _ in cells if person_names.is_usual_name(text)]
        return len(names) >= max(1, MOSTLY * len(cells)) and self._may_be_people(names)

    def _may_be_people(self, names: Sequence[str]) -> bool:
        """Whether there are names for most of the numbers (高新 stands beside some), of different
        people, as far as few can tell (汉族 stands beside all)."""
        if 2 * len(names) < max(self.numbers, default=0):
            return False
        return len(names) < FEW or len(set(names)) >= FEWEST_DISTINCT * len(names)

    # --- the other fields ------------------------------------------------------------------

    def _column_of(self, field: Field, span: range, id_at: int) -> int | None:
        headed = [n for n in span if self.guesses[n].field == field.key]
        by_choice = [n for n in headed if self.guesses[n].how == CHOSEN]
        if by_choice or field.key in self.chosen_fields:
            return by_choice[0] if by_choice else None
        taken = [n for n in headed if self.guesses[n].how in TAKEN]
        if _is_date(field) and len({self._stem(n) for n in taken}) < len(taken):
            for at in taken:  # whose dates are they?
                self.guesses[at] = Guess(field.key, DOUBTFUL)
            return None
        if taken:
            best = max(taken, key=lambda n: (len(self.cells[n]), -n))
            if _is_date(field) and self._is_birthday(best, id_at):
                self.guesses[best] = Guess(field.key, DOUBTFUL)
                return None
            return best
        if field is self.name_field and id_at >= 0:
            return self._names_beside(span, id_at)
        return None

    def _names_beside(self, span: range, id_at: int) -> int | None:
        """The one column that holds names; of several, nobody can tell whose they are."""
        if self._headed_names():
            return None  # the other half's: this one has no names
        if self._named_in(id_at):
            return None  # another column has somebody else's
        unused = [n for n in span if self.guesses[n].how == UNUSED]
        found = [n for n in unused if self._is_names(n)]
        found = found or [n for n in unused if self._is_names(n, anybodys=True)]
        if len(found) > 1 and self.name_field:
            for at in found:
                self.guesses[at] = Guess(self.name_field.key, DOUBTFUL)
        return found[0] if len(found) == 1 else None

    def _named_in(self, at: int) -> bool:
        """Whether the cells of a column hold the names beside the numbers: 赵一 130102…"""
        numbers = [(text, values.numbers_in(text)) for text, _ in self.cells[at]]
        rests = [values.without_number(text, found[0]) for text, found in numbers if found]
        return sum(map(person_names.is_usual_name, rests)) >= max(1, MOSTLY * len(numbers))

    def _is_birthday(self, at: int, id_at: int) -> bool:
        """Whether a column holds the days of birth of the ID numbers beside it."""
        if id_at < 0:
            return False
        pairs = zip(self.block.column(id_at), self.block.column(at), strict=True)
        same = total = 0
        for (number, _), (text, _) in pairs:
            valid, digits = values.id_number(number), "".join(filter(str.isdigit, text))
            if valid and digits:
                total += 1
                same += values.birth_digits(valid).startswith(digits[:8])
        return total > 0 and same * 2 > total

    def _doubtful_dates(self, halves: Sequence[ColumnHalf]) -> None:
        """Dates whose heading does not tell whose they are: a question, never an answer."""
        names = [self.name_field.key] if self.name_field else []
        dates = [f.key for f in self.sheet if _is_date(f) and not f.derive]
        open_fields = [key for key in dates if not any(key in half.columns for half in halves)]
        for at, one in enumerate(self.guesses):
            if one.how == DOUBTFUL and one.field not in (*open_fields, *names):
                self.guesses[at] = Guess("", UNUSED)
            if one.how != UNUSED or one.field or not open_fields or not self.cells[at]:
                continue
            found = sum(values.is_date(text, kind) for text, kind in self.cells[at])
            if found >= MOSTLY * len(self.cells[at]):
                self.guesses[at] = Guess(open_fields[0], DOUBTFUL)
