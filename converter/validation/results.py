"""What validating a sheet yields. A sheet may hold a fault in each of a million cells: violations
are kept as arrays, and become objects while they are iterated over."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat

import numpy as np
import numpy.typing as npt

from converter.model.issues import Params
from converter.rules.base import ValidatedColumn

Texts = npt.NDArray[np.object_]
REMEMBERED = 1024  # columns repeat their faults


@dataclass(frozen=True, slots=True)
class CellViolation:
    """A fault or note of one cell; its level stands in the catalogue."""

    code: str
    field: str  # field key
    record: int  # label of the record
    params: Params = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CellViolations:
    """Findings at one field, in the order of its cells."""

    field: str
    records: npt.NDArray[np.int64]  # labels
    codes: Sequence[str]
    raw: Texts  # as typed
    text: Texts  # canonical
    params: Callable[[str, str, str], Params]  # of code, raw, text

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[CellViolation]:
        params = lru_cache(REMEMBERED)(self.params)
        found = map(params, self.codes, self.raw, self.text)
        return map(CellViolation, self.codes, repeat(self.field), self.records.tolist(), found)


@dataclass(frozen=True, slots=True)
class ValidatedSheet:
    """One sheet over a batch: what rules work on, what is wrong, what was rewritten."""

    columns: Mapping[str, ValidatedColumn]
    faults: Sequence[CellViolations]
    rewritten: Sequence[CellViolations]

    @property
    def findings(self) -> Iterator[CellViolation]:
        return chain.from_iterable(self.faults)

    @property
    def notes(self) -> Iterator[CellViolation]:
        return chain.from_iterable(self.rewritten)
