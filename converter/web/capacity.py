"""The room for uploads that are in progress, in shares.

An upload takes a place from its first byte until its result is known, and room for the bytes that
have come in, never for those that were announced. One visitor gets a share of both, and all
visitors who are not signed in together leave a reserve to the units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from converter.web.visitor import Visitor

STRANGERS = 3 / 4  # of all places and bytes may belong to visitors who are not signed in
ONE_STRANGER, ONE_UNIT = 1 / 4, 1 / 8  # may belong to a single one


class CapacityExceeded(Exception):
    """There is no room now for one more upload, or for more bytes of it."""


@dataclass(slots=True)
class _Usage:
    """What is taken of one resource, by visitor."""

    most: int
    total: int = 0
    strangers: int = 0
    each: Counter[Visitor] = field(default_factory=Counter)

    def take(self, visitor: Visitor, amount: int) -> None:
        own = self.most * (ONE_UNIT if visitor.is_unit else ONE_STRANGER)
        if (
            self.total + amount > self.most
            or self.each[visitor] + amount > max(own, 1)
            or (not visitor.is_unit and self.strangers + amount > self.most * STRANGERS)
        ):
            raise CapacityExceeded
        self._add(visitor, amount)

    def give_back(self, visitor: Visitor, amount: int) -> None:
        self._add(visitor, -amount)
        if not self.each[visitor]:
            del self.each[visitor]

    def _add(self, visitor: Visitor, amount: int) -> None:
        self.total += amount
        self.each[visitor] += amount
        self.strangers += 0 if visitor.is_unit else amount


class UploadSlot:
    """The place of one upload."""

    def __init__(self, visitor: Visitor, bytes_: _Usage) -> None:
        self._visitor, self._usage = visitor, bytes_
        self.received = 0

    def add(self, count: int) -> None:
        """Bytes have come in. Raises CapacityExceeded."""
        self._usage.take(self._visitor, count)
        self.received += count


class Capacity:
    """All uploads of a running portal. Belongs to one event loop."""

    def __init__(self, uploads: int, bytes_: int) -> None:
        self._places, self._bytes = _Usage(uploads), _Usage(bytes_)

    @property
    def uploads(self) -> int:
        """How many uploads are in progress."""
        return self._places.total

    @contextmanager
    def upload(self, visitor: Visitor) -> Iterator[UploadSlot]:
        """A place for one upload. Raises CapacityExceeded."""
        self._places.take(visitor, 1)
        slot = UploadSlot(visitor, self._bytes)
        try:
            yield slot
        finally:
            self._places.give_back(visitor, 1)
            self._bytes.give_back(visitor, slot.received)
