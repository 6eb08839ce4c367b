"""Places and issues, and how many issues are held: packed in columns, taken out one by one.

A sheet of a million rows may hold a million faults. As objects they take a kilobyte each, in the
worker, on the way and in the command. `Issues` holds what repeats itself once (code, level, file,
sheet, field: a `head`), the rows as numbers, and all the rest as JSON, some hundreds of issues a
piece. So order, groups and counts are found without taking anything out.

Imports nothing of this project and no heavy library.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar, cast, overload

K = TypeVar("K", bound=Hashable)
Params = Mapping[str, str | int]

A_PIECE = 256  # issues that are packed and taken out together
PIECES_OPEN = 64  # an order mixes as many runs of issues as a sheet has fields


class Level(StrEnum):
    """How much an issue matters: errors stop `convert`, warnings ask, notes record."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


def column_letters(column: int) -> str:
    """1 → A, 27 → AA."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """
    >>> column_number("A"), column_number("AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. Rows and columns count from 1; 0 means 'the whole'."""

    file: str
    sheet: str = ""
    row: int = 0
    column: int = 0
    field: str = ""

    @property
    def cell(self) -> str:
        """The address as a spreadsheet shows it (C17), or '' for a whole file or sheet."""
        if not self.row or not self.column:
            return ""
        return f"{column_letters(self.column)}{self.row}"

    def on(self, row: int) -> Place:
        """The same in another row."""
        return (
            self if row == self.row else Place(self.file, self.sheet, row, self.column, self.field)
        )


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding. Holds no prose: `messages` turns code and params into sentences."""

    code: str
    level: Level
    place: Place
    value: str = ""  # as typed
    params: Params = field(default_factory=dict)
    related: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class IssueGroup:
    """What many issues share. `row` of its place is 0 where theirs is, else 1."""

    code: str
    level: Level
    place: Place


class Issues(Sequence[Issue]):
    """Issues in an order; equal to any sequence of the same ones. Parts share what is packed."""

    __slots__ = ("_counts", "_head", "_heads", "_opened", "_order", "_pieces", "_places", "_row")

    def __init__(
        self,
        heads: Sequence[IssueGroup],
        places: Sequence[Place],
        head: Sequence[int],
        row: Sequence[int],
        pieces: Sequence[bytes],
        order: Sequence[int] | None = None,
    ) -> None:
        """`head` and `row` are of each issue as it was packed, `order` which of them there are;
        `places` (without their rows) are those that issues are related to."""
        self._heads, self._places = heads, places
        self._head, self._row, self._pieces = head, row, pieces
        self._order = range(len(head)) if order is None else order
        self._opened: dict[int, list[Any]] = {}
        self._counts: Counter[int] | None = None

    @staticmethod
    def of(issues: Iterable[Issue]) -> Issues:
        """Pack issues; what is packed stays as it is."""
        if isinstance(issues, Issues):
            return issues
        packing = IssuePacker()
        for issue in issues:
            packing.add(issue)
        return packing.done()

    # --- one by one --------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> Issue: ...
    @overload
    def __getitem__(self, index: slice) -> Issues: ...
    def __getitem__(self, index: int | slice) -> Issue | Issues:
        if isinstance(index, slice):
            return self._part(self._order[index])
        return self._issue(self._order[index])

    def __iter__(self) -> Iterator[Issue]:
        return map(self._issue, self._order)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Issues({list(self[:3])!r}{', …' if len(self) > 3 else ''})"

    def _issue(self, at: int) -> Issue:
        head = self._heads[self._head[at]]
        value, params, related = self._piece(at // A_PIECE)[at % A_PIECE]
        return Issue(
            head.code,
            head.level,
            head.place.on(self._row[at]),
            value,
            params,
            tuple(self._places[number].on(row) for number, row in related),
        )

    def _piece(self, number: int) -> list[Any]:
        found = self._opened.get(number)
        if found is None:
            if len(self._opened) >= PIECES_OPEN:  # the one that was opened first goes
                del self._opened[next(iter(self._opened))]
            text = zlib.decompress(self._pieces[number])
            found = json.loads(text.decode("utf-8", "surrogatepass"))
            self._opened[number] = found
        return cast("list[Any]", found)

    # --- as a whole: nothing is taken out ------------------------------------------------------

    @property
    def heads(self) -> Iterator[IssueGroup]:
        """What each shares with others."""
        return (self._heads[self._head[at]] for at in self._order)

    @property
    def places(self) -> Iterator[Place]:
        """Where each stands."""
        return (self._heads[self._head[at]].place.on(self._row[at]) for at in self._order)

    def counted(self, key: Callable[[IssueGroup], K]) -> Counter[K]:
        """How many there are of each."""
        if self._counts is None:  # asked again and again
            self._counts = Counter(map(self._head.__getitem__, self._order))
        counts: Counter[K] = Counter()
        for number, count in self._counts.items():
            counts[key(self._heads[number])] += count
        return counts

    def ordered(
        self, before: Callable[[IssueGroup], Any], after: Callable[[IssueGroup], Any]
    ) -> Issues:
        """Sorted by `before`, row, `after`; equal ones stay as they are."""
        if len(self) < 2:
            return self
        first, last = _ranks(self._heads, before), _ranks(self._heads, after)
        rows, lasts = max(self._row) + 1, max(last) + 1
        base = [f * rows * lasts + a for f, a in zip(first, last, strict=True)]
        keys = [base[h] + r * lasts for h, r in zip(self._head, self._row, strict=True)]
        return self._part(array("I", sorted(self._order, key=keys.__getitem__)))

    def grouped(self, key: Callable[[IssueGroup], Hashable]) -> list[Issues]:
        """Those of the same key together, in the order of each group's first one."""
        keys = [key(head) for head in self._heads]
        found: dict[Hashable, array[int]] = {}
        for at in self._order:
            which = keys[self._head[at]]
            if which not in found:
                found[which] = array("I")
            found[which].append(at)
        return [self._part(chosen) for chosen in found.values()]

    def chosen(self, positions: Iterable[int]) -> Issues:
        """Those at these positions."""
        return self._part(array("I", map(self._order.__getitem__, positions)))

    def _part(self, order: Sequence[int]) -> Issues:
        return Issues(self._heads, self._places, self._head, self._row, self._pieces, order)

    # --- across a pipe -------------------------------------------------------------------------

    def packed(self) -> tuple[dict[str, Any], list[bytes]]:
        """Plain values and byte strings, for `unpacked`."""
        data = {
            "heads": [[h.code, h.level, *_plain(h.place)] for h in self._heads],
            "places": [_plain(place) for place in self._places],
        }
        order = self._order if isinstance(self._order, array) else array("I", self._order)
        arrays = (_little(array("I", a)) for a in (self._head, self._row, order))
        return data, [*arrays, *self._pieces]

    @staticmethod
    def unpacked(data: Mapping[str, Any], blobs: Sequence[bytes]) -> Issues:
        """The issues of which `packed` is the packed form."""
        heads = [IssueGroup(str(c), Level(v), _place(*place)) for c, v, *place in data["heads"]]
        places = [_place(*place) for place in data["places"]]
        head, row, order = map(_array, blobs[:3])
        return Issues(heads, places, head, row, blobs[3:], order)


class IssuePacker:
    """Issues on their way into columns."""

    def __init__(self) -> None:
        self._heads: dict[IssueGroup, int] = {}
        self._places: dict[Place, int] = {}
        self._head, self._row = array("I"), array("I")
        self._open: list[Any] = []
        self._pieces: list[bytes] = []

    def add(self, issue: Issue) -> None:
        head = self.head(issue.code, issue.level, issue.place)
        related = [(self.place(place), place.row) for place in issue.related]
        self.put(head, issue.place.row, issue.value, issue.params, related)

    def head(self, code: str, level: Level, place: Place) -> int:
        """The number of a head, for `put`: of all issues that differ by their rows alone."""
        head = IssueGroup(code, level, place.on(min(place.row, 1)))
        return self._heads.setdefault(head, len(self._heads))

    def place(self, place: Place) -> int:
        """The number of a place that others are related to, for `put`; its row does not count."""
        whole = place.on(0)
        return self._places.setdefault(whole, len(self._places))

    def put(
        self,
        head: int,
        row: int,
        value: str,
        params: Params,
        related: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Pack an issue; `related` are the numbers of places and their rows."""
        self._head.append(head)
        self._row.append(row)
        self._open.append((value, params, related))
        if len(self._open) == A_PIECE:
            self._close()

    def _close(self) -> None:
        text = json.dumps(self._open, ensure_ascii=False, separators=(",", ":"), default=dict)
        self._pieces.append(zlib.compress(text.encode("utf-8", "surrogatepass"), 1))
        self._open = []

    def done(self) -> Issues:
        if self._open:
            self._close()
        return Issues([*self._heads], [*self._places], self._head, self._row, self._pieces)


def _ranks(heads: Sequence[IssueGroup], key: Callable[[IssueGroup], Any]) -> list[int]:
    keys = [key(head) for head in heads]
    rank = {found: number for number, found in enumerate(sorted(set(keys)))}
    return [rank[found] for found in keys]


def _plain(place: Place) -> list[Any]:
    return [place.file, place.sheet, place.row, place.column, place.field]


def _place(file: Any, sheet: Any, row: Any, column: Any, field: Any) -> Place:
    return Place(str(file), str(sheet), int(row), int(column), str(field))


def _little(numbers: array[int]) -> bytes:
    """Four bytes a number, the same on every machine."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def _array(data: bytes) -> array[int]:
    numbers = array("I")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
