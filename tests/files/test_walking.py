"""What lies below a folder, one by one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from converter.files import walking
from converter.files.walking import entries_below, is_folder


def test_files_are_those_that_os_walk_finds(tmp_path: Path) -> None:
    for name in ("a.xlsx", "县/b.xlsx", "县/乡/c.xlsx", "空/", "d e/..f"):
        path = tmp_path / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "县", target_is_directory=True)
    (tmp_path / "broken").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    found = [entry for entry in entries_below(tmp_path) if not is_folder(entry)]
    walked = {str(Path(root, name)) for root, _, names in os.walk(tmp_path) for name in names}
    assert sorted(entry.path for entry in found) == sorted(walked)
    left = {entry.name for entry in entries_below(tmp_path) if is_folder(entry)}
    linked = {
        n for root, names, _ in os.walk(tmp_path) for n in names if Path(root, n).is_symlink()
    }
    assert left == linked
    assert linked == {"link"} or os.name == "nt"  # Wine knows no links to folders


def test_a_folder_that_is_not_entered_is_named(tmp_path: Path) -> None:
    (tmp_path / "left" / "below").mkdir(parents=True)
    (tmp_path / "left" / "a").touch()
    assert [entry.name for entry in entries_below(tmp_path, lambda one: False)] == ["left"]
    assert [entry.name for entry in entries_below(tmp_path)] == ["a"]


def test_no_tree_is_too_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "OPEN_FOLDERS", 2)
    (tmp_path / "/".join("abcdefgh")).mkdir(parents=True)
    (tmp_path / "/".join("abcdefgh") / "file").touch()
    (tmp_path / "a" / "b" / "other").touch()
    assert {entry.name for entry in entries_below(tmp_path)} == {"file", "other"}


def test_a_folder_that_is_missing_holds_nothing(tmp_path: Path) -> None:
    assert list(entries_below(tmp_path / "nothing")) == []
