"""Raw reads of both sheets, nothing looked at: the limit that a check is held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.filling import FORM

SHEETS = (FORM.record.title, FORM.main_table.title)


def calamine(paths: Sequence[str], warm: str) -> Iterator[dict[str, Any] | None]:
    """python-calamine's `to_python`: lists of typed values."""
    from python_calamine import CalamineWorkbook

    def read(path: str) -> int:
        book = CalamineWorkbook.from_path(path)
        return sum(len(book.get_sheet_by_name(name).to_python()) for name in SHEETS)

    read(warm)
    yield None
    yield {"rows": sum(map(read, paths))}


def fastexcel(paths: Sequence[str], warm: str) -> Iterator[dict[str, Any] | None]:
    """fastexcel, every column as text, to Arrow."""
    import fastexcel as reader

    def read(path: str) -> int:
        book = reader.read_excel(path)
        tables = (
            book.load_sheet(name, header_row=None, dtypes="string").to_arrow() for name in SHEETS
        )
        return sum(table.num_rows for table in tables)

    read(warm)
    yield None
    yield {"rows": sum(map(read, paths))}
