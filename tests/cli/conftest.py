"""Workbooks that commands are tried with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, blank, fill, member_cell, put, saved


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Without a fault."""
    return saved(fill(blank()), tmp_path)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """The third ID number lacks its last character."""
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    return saved(book, tmp_path, "有错.xlsx")
