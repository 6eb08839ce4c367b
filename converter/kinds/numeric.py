"""What kinds with a lowest and a highest value share, and what those that are numbers share.

>>> [NumberKind().excel_value(text) for text in ("12", "-1", "甲")]
[12, '-1', '甲']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from converter.kinds.base import Cells, Check, Kind, failing, map_unique, numbers
from converter.kinds.options import Option
from converter.model.arrays import np
from converter.model.cell_types import CellType
from converter.model.errors import option_error
from converter.model.forms import Field, Form

if TYPE_CHECKING:
    import numpy.typing as npt


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-")


class LimitedKind(Kind):
    """A kind whose cards set a lowest and a highest value."""

    min: ClassVar[Option[Any]]
    max: ClassVar[Option[Any]]

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        if self.min(field) > self.max(field):
            raise option_error("min", "form_min_above_max", self.min(field))

    def schema_constraints(self, field: Field, form: Form) -> Mapping[str, Any]:
        return {"minimum": self.min(field), "maximum": self.max(field)}


class NumberKind(LimitedKind):
    """A kind whose canonical text stands in a workbook as a number."""

    excel_text_cell = True
    number_format = "General"  # 1.5 shows as 1.5

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        return raw

    def excel_usable(self, norm: str) -> str:
        return f"ISNUMBER({norm})"

    def excel_value(self, text: str) -> str | float:
        return int(text) if text.isdecimal() else text


def is_formatted(cells: Cells) -> npt.NDArray[np.bool_]:
    """Where a cell's format shows something else than the number that it holds."""
    return np.asarray(cells.is_type(CellType.DATE) | cells.is_type(CellType.SHOWN_OTHERWISE))


def no_number(is_number: Callable[[Cells], npt.NDArray[np.bool_]]) -> Check:
    """A cell formatted as a date, or whose format shows another number without saying which one is
    meant. No formula sees that."""

    def wrong(cells: Cells) -> npt.NDArray[np.bool_]:
        return is_formatted(cells) & (cells.is_type(CellType.DATE) | ~is_number(cells))

    return failing("K306", wrong)


def no_number_variant(raw: str) -> dict[str, str]:
    """What the message of K306 says of a cell that is no date."""
    return {} if _DAY.match(raw) else {"variant": "shown"}


def read_numbers(cells: Cells, number: Callable[[str], float]) -> npt.NDArray[np.float64]:
    """NaN where no number stands. Only a numeric cell's text may have an exponent: `number` reads
    the others."""
    numeric = numbers(cells)
    return np.where(np.isnan(numeric), map_unique(cells.text, number).to_numpy(float), numeric)
