"""Numbers as their cells show them: what a clerk sees is what she answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from converter.kinds import KINDS
from converter.kinds.numeric import NumberKind
from converter.model.cell_types import CellType
from converter.model.forms import Sheet
from converter.model.submissions import RawColumn, RawSheet
from converter.text.number_formats import shown_otherwise
from converter.workbook.grid import CellFormats


class Formatted(Protocol):
    """A workbook that knows the number formats of its cells."""

    def number_formats(self, index: int, columns: list[int]) -> CellFormats: ...


def as_shown(book: Formatted, index: int, raw: RawSheet, sheet: Sheet) -> RawSheet:
    """The sheet with the text that is shown in place of each number whose format shows another
    one (5% for 0.05), among the answers that are numbers."""
    keys = [f.key for f in sheet if isinstance(KINDS[f.kind], NumberKind) and f.key in raw.at]
    formats = book.number_formats(index, sorted({raw.at[key][1] for key in keys}))
    if not formats:
        return raw
    columns = dict(raw.columns)
    for key in keys:
        row, column = raw.at[key]
        texts, types = list(raw.columns[key].text), list(raw.columns[key].type)
        for at, type_ in enumerate(types):
            code = formats.get((row or raw.rows[at], column), "")
            if type_ == CellType.NUMBER and (shown := shown_otherwise(texts[at], code)):
                texts[at], types[at] = shown, int(CellType.SHOWN_OTHERWISE)
        columns[key] = RawColumn(texts, bytes(types))
    return replace(raw, columns=columns)
