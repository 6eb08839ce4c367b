"""What every kind is made of: cells in, normalised text, checks in order, two faces.

A kind is one module of this folder. Its pandas face works on a whole column at once, its
Excel face writes formulas that come to the same verdicts. See `Kind` for the shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from converter.excel import BLANKS
from converter.model import CellType, Field, Form

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cells:
    """One field over all rows of a batch. Both series share one unique index."""

    text: pd.Series  # str; '' = blank
    type: pd.Series  # int8, CellType

    def is_type(self, *types: CellType) -> Mask:
        return np.isin(self.type.to_numpy(), [int(t) for t in types])


@dataclass(frozen=True, slots=True)
class Normal:
    """Canonical text beside the code of the note that says what was changed ('' = nothing).

    Text that cannot be read stays as it was typed; a check will name it.
    """

    text: pd.Series
    note: pd.Series


@dataclass(frozen=True, slots=True)
class Check:
    """One way to be wrong. `passes` sees normalised text with the original cell types and
    must not raise on anything; of several failing checks only the first is reported."""

    code: str
    passes: Callable[[Cells], Mask]


@dataclass(frozen=True, slots=True)
class Condition:
    """The Excel face of a check: an expression that is TRUE where the cell is wrong.

    Evaluated only for cells that are neither blank nor an error, in order, first one wins.
    """

    code: str
    wrong: str


class Kind(Protocol):
    """The shape of every module in this folder."""

    NAME: str
    OPTIONS: tuple[str, ...]  # card options it reads
    NUMBER_FORMAT: str  # of the cell: '@', 'yyyy-mm-dd', '0'

    def accept(self, field: Field, form: Form) -> None:
        """Refuse a card: ValueError('option: reason')."""

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normal: ...

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]: ...

    def value(self, text: pd.Series, field: Field, form: Form) -> pd.Series:
        """Canonical text of sound cells → what rules compute with (Int64, datetime64, str);
        blank and unsound cells come in as '' and go out as NA (or '' for str)."""

    def params(
        self, code: str, raw: str, text: str, field: Field, form: Form
    ) -> Mapping[str, str | int]:
        """What the sentence of this code fills in, for one failing cell."""

    def cell(self, text: str, field: Field, form: Form) -> str | int | date:
        """Canonical text → what a workbook's cell shall hold (label, date, number)."""

    def excel_norm(self, raw: str, field: Field, form: Form) -> str:
        """Expression: the canonical value of the cell `raw`, '' when blank. Unreadable
        values come out as text."""

    def excel_faults(
        self, raw: str, norm: str, field: Field, form: Form
    ) -> tuple[Condition, ...]: ...

    def excel_usable(self, norm: str) -> str:
        """Expression: TRUE where a rule may compute with `norm` (not blank, of the type)."""

    def excel_list(self, field: Field, form: Form, norm_of: Callable[[str], str]) -> str:
        """Formula of the dropdown ('' = none). `norm_of(key)` is another field's norm cell
        of the same record, for lists that depend on it."""


# --- shared by the pandas faces ------------------------------------------------------------

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_BLANK_TABLE: dict[int, None] = {ord(c): None for c in BLANKS}


def strip(text: str) -> str:
    """Remove visible and invisible blanks at both ends."""
    return text.strip(BLANKS)


def squeeze(text: str) -> str:
    """Remove every blank and turn full-width signs into half-width ones."""
    return text.translate(_BLANK_TABLE).translate(_FULL_WIDTH)


def half_width(text: str) -> str:
    return text.translate(_FULL_WIDTH)


def map_unique(series: pd.Series, fn: Callable[[str], Any]) -> pd.Series:
    """Apply a function once a distinct text: columns of choices, dates and counts repeat."""
    codes, uniques = pd.factorize(series)
    mapped = np.array([fn(u) for u in uniques], dtype=object)
    return pd.Series(mapped[codes], index=series.index)


def same_text(cells: Cells, text: pd.Series, note: str) -> Normal:
    """Normal with `note` wherever the text differs from what was typed."""
    changed = text.to_numpy() != cells.text.to_numpy()
    return Normal(text, pd.Series(np.where(changed, note, ""), index=text.index))


def number_text(value: float) -> str:
    """A number as a spreadsheet shows it: 15 significant digits, no exponent for integers."""
    if value == int(value) and abs(value) < 1e21:
        return str(int(float(f"{value:.15g}"))) if abs(value) >= 1e15 else str(int(value))
    return f"{value:.15g}"


def option_date(value: Any, option: str) -> date:
    """A card's date option. Raises ValueError('option: reason')."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{option}: must be a date like 2000-01-31, is {value!r}") from error


def option_list(field: Field, form: Form, option: str) -> str:
    """The name of a code list that a card must give and the form must have."""
    name = field.options.get(option)
    if not isinstance(name, str) or name not in form.codes:
        raise ValueError(f"{option}: no code list {name!r} in codes/")
    return name
