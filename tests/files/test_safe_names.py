"""Names that every file system takes, and paths that Windows and Excel open."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.files import safe_names, writing

FOLDER = "C:/Users/示例/Documents/基层工会/回复"
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1, max_size=120)


@pytest.fixture(autouse=True)
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        safe_names, "_has_room", lambda folder, path: safe_names.has_room_on_windows(folder, path)
    )


def length(path: str) -> int:
    return len(path.encode("utf-16-le")) // 2


@given(st.lists(NAMES, min_size=1, max_size=6))
def test_a_reply_can_be_opened_wherever_the_sender_put_the_file(parts: list[str]) -> None:
    found = safe_names.below(FOLDER, "/".join(parts), ".xlsx")
    folder = f"{FOLDER}/{found}".rpartition("/")[0]
    assert length(f"{FOLDER}/{found}") + len("2") <= 259
    assert length(folder) + 1 + safe_names.PRIVATE_NAME <= 259


def test_a_short_path_stays() -> None:
    assert safe_names.below(FOLDER, "一县/批注-表", ".xlsx") == "一县/批注-表.xlsx"


def test_a_long_one_stands_by_itself_and_no_two_become_one() -> None:
    deep = "/".join(["很长的文件夹名字" * 4] * 8)
    found = {safe_names.below(FOLDER, f"{deep}/{n}/批注-表", ".xlsx") for n in range(50)}
    assert len(found) == 50
    assert all("/" not in name and re.search(r"~[0-9a-f]{8}\.xlsx$", name) for name in found)


def test_characters_outside_the_basic_plane_count_twice() -> None:
    assert safe_names.has_room_on_windows("C:/x", "好" * 240)
    assert not safe_names.has_room_on_windows("C:/x", "𠮷" * 240)


def test_a_private_name_is_as_long_as_is_reckoned_with() -> None:
    longest = writing.private_name(Path()).name.replace(f"-{os.getpid()}-", "-4294967295-")
    assert len(longest) <= safe_names.PRIVATE_NAME
