"""Workbooks that commands are tried with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, blank, correct, fill, member_cell, put, saved


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Without a fault."""
    return correct(tmp_path)


@pytest.fixture(scope="session")
def _bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    return saved(book, tmp_path_factory.mktemp("bad"), "有错.xlsx")


@pytest.fixture
def bad(_bad: Path, tmp_path: Path) -> Path:
    """The third ID number lacks its last character."""
    return Path(shutil.copy(_bad, tmp_path))
