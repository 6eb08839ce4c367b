"""Workbooks of forms, edited as a maintainer does."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import openpyxl

from converter.form_editor import book_reading, book_writing
from converter.form_editor.building import build
from converter.form_editor.rows import all_rows
from converter.form_editor.source_files import read_sources
from converter.forms import loading
from tests.forms import small

SHIPPED = [loading.form_dir(name) for name in ("jiceng", "shiming", "fenbiao")]
FORMS = [*SHIPPED, *small.FOLDERS, small.EVERY_KIND, small.FOLDER / "sums"]
KEY_ROW = 3


_written: dict[tuple[tuple[str, bytes], ...], bytes] = {}


def workbook(folder: Path, path: Path) -> Path:
    """What `form edit` writes; a form that was written before is copied."""
    sources = read_sources(folder)
    key = tuple(sorted(sources.items()))
    if key in _written:
        path.write_bytes(_written[key])
    else:
        book_writing.write(all_rows(sources), sources, path)
        _written[key] = path.read_bytes()
    return path


def with_few_regions(folder: Path, source: Path | None = None) -> Path:
    """A form (the one of every handbook) in a new folder, with twenty of its seven thousand regions."""
    shutil.copytree(source or loading.form_dir(), folder)
    regions = folder / "codes" / "region.csv"
    if regions.exists():
        regions.write_bytes(b"".join(regions.read_bytes().splitlines(keepends=True)[:21]))
    return folder


def without_regions(folder: Path) -> Path:
    """The form of every handbook in a new folder, without its list of seven thousand regions."""
    shutil.copytree(loading.form_dir(), folder)
    (folder / "codes" / "region.csv").unlink()
    card = folder / "member.toml"
    card.write_text(card.read_text("utf-8").replace('regions = "region"\n', ""), "utf-8")
    return folder


def built(path: Path) -> dict[str, bytes]:
    """The files of an edited workbook."""
    book = book_reading.read(path)
    return build(book.rows, book.sources)


class Edited:
    """A workbook open for editing; sheets by their Chinese names, columns by their keys."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path)

    def column(self, sheet: str, key: str) -> int:
        return next(int(c.column) for c in self.book[sheet][KEY_ROW] if c.value == key)

    def row(self, sheet: str, key: str, value: str) -> int:
        column = self.column(sheet, key)
        rows = range(KEY_ROW + 1, self.book[sheet].max_row + 1)
        return next(row for row in rows if self.book[sheet].cell(row, column).value == value)

    def cell(self, sheet: str, row: int, key: str) -> Any:
        return self.book[sheet].cell(row, self.column(sheet, key))

    def put(self, sheet: str, row: int, /, **texts: str | None) -> None:
        """Type into a row; `when__group` is the column when.group, `file` @file."""
        for name, text in texts.items():
            key = {"file": "@file", "comments": "@comments", "list": "@list", "value": "@value"}
            self.cell(sheet, row, key.get(name, name.replace("__", "."))).value = text

    def free(self, sheet: str) -> int:
        """The first row in which nothing stands."""
        found = self.book[sheet]
        rows = range(KEY_ROW + 1, found.max_row + 1)
        return next(row for row in rows if not any(c.value for c in found[row][1:]))

    def save(self, path: Path | None = None) -> Path:
        self.book.save(path or self.path)
        return path or self.path
