"""The shape of a request, and what worker process and pool exchange beside requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast, get_args

A = TypeVar("A")


class Request(Generic[A]):
    """A task for a worker. Its parameter is the class of the answer."""

    __slots__ = ()

    @property
    def sources(self) -> Sequence[Path]:
        """The outside files that the task reads, in order. Their sizes set the task's limits; a
        file stands several times where the task takes several times as long."""
        return ()

    @property
    def memory_by_size(self) -> bool:
        """Whether the size of the sources tells how much memory the task may take. What writes
        workbooks takes memory by rows instead."""
        return True

    @classmethod
    def answer_class(cls) -> type[A]:
        (parameter,) = get_args(cast("Any", cls).__orig_bases__[0])
        return cast("type[A]", parameter)


@dataclass(frozen=True, slots=True)
class FormRequest(Request[A]):
    """A task that needs the form in the folder `form`."""

    form: Path


@dataclass(frozen=True, slots=True)
class FileRequest(FormRequest[A]):
    """A task that reads one outside file."""

    file: Path

    @property
    def sources(self) -> Sequence[Path]:
        return (self.file,)


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of a task that only writes files."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Sent with a request: bytes of memory that the worker may take for each source in turn."""

    bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StartFolder:
    """Sent with a request: the folder in which its relative paths start."""

    folder: str


@dataclass(frozen=True, slots=True)
class Reading:
    """From a worker: the number of the source that it is about to read."""

    source: int


@dataclass(frozen=True, slots=True)
class Failed:
    """From a worker in place of an answer. `how`: 'memory', 'form', 'output' or 'bug'."""

    how: str
    detail: tuple[str, ...] = ()
