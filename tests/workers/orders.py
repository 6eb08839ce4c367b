"""A request that a test's own tasks fulfil, in place of the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.workers.requests.base import Request


@dataclass(frozen=True, slots=True)
class Obeyed:
    """What was done, by which process; the data as they came."""

    done: tuple[str, ...] = ()
    pid: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Order(Request[Obeyed]):
    """Things to do, one after the other."""

    what: tuple[str, ...] = ()
    data: bytes = b""

    @property
    def sources(self) -> Sequence[Path]:
        return [Path(one) for one in self.what]


def split(order: Order) -> list[Order]:
    return [Order((one,), order.data) for one in order.what]
