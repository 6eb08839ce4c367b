"""One sheet as every reader gives it: texts and types by row and column, and what is unusual.

Rows and columns count from 1. Whole columns are arrays: a sheet may have a million rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from converter.model.cell_types import WIDEST

Box = tuple[int, int, int, int]  # first row, first column, last row, last column
Texts = npt.NDArray[np.object_]
Types = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class GridColumn:
    """Cells below each other. Blank ones have the text ''."""

    texts: Texts
    types: Types  # CellType of each

    def __len__(self) -> int:
        return len(self.types)

    def cut(self, first: int, last: int) -> GridColumn:
        """A copy of some rows."""
        return GridColumn(self.texts[first:last].copy(), self.types[first:last].copy())


@dataclass(frozen=True, slots=True)
class FormulaCells:
    """Where a column holds formulas."""

    rows: npt.NDArray[np.int32]
    computed: npt.NDArray[np.bool_]  # a program has computed it


NO_FORMULAS = FormulaCells(np.empty(0, np.int32), np.empty(0, np.bool_))


@dataclass(frozen=True, slots=True)
class GridFacts:
    """What is known of a sheet beside its cells."""

    name: str
    hidden: bool
    top: int  # row and column of the first value
    left: int
    width: int  # columns from there to the last value
    merges: tuple[Box, ...] = ()
    hidden_rows: frozenset[int] = field(default_factory=frozenset)
    hidden_columns: frozenset[int] = field(default_factory=frozenset)

    @property
    def columns(self) -> range:
        """The columns that hold anything and are looked at."""
        return range(self.left, min(self.left + self.width, WIDEST + 1))


class CellComment(NamedTuple):
    """A comment on a cell."""

    author: str
    text: str


CellPlace = tuple[int, int]  # row and column of a cell
CellComments = dict[CellPlace, CellComment]
CellFormats = Mapping[CellPlace, str]  # number formats


class Grid(Protocol):
    """A sheet. What goes wrong while it is read raises UnreadableFile."""

    @property
    def facts(self) -> GridFacts: ...

    def head(self, count: int) -> list[list[str]]:
        """Texts of the first `count` rows from `top` on, each from the first of `columns`."""

    def read(self, columns: Sequence[int], first: int, last: int = 0) -> dict[int, GridColumn]:
        """Whole columns from row `first` to `last` (0 = the last that holds a value), all of
        the same length. Columns outside of `facts.columns` are left out."""

    def texts(self, columns: Sequence[int], first: int) -> dict[int, dict[int, str]]:
        """Column → row → text, of cells from row `first` on that hold a text."""

    def formulas(self, columns: Sequence[int]) -> dict[int, FormulaCells] | None:
        """Where formulas stand; None = the format does not say."""
