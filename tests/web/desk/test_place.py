"""Her own place: plain names, years found again, nothing replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from converter.web.desk.place import ClerkFolder, default_root, free, shown
from converter.web.desk.presence import LEFT, SILENT, Presence


@pytest.fixture
def place(tmp_path: Path) -> ClerkFolder:
    return ClerkFolder(tmp_path / "文档" / "基层工会填报", "2026")


def written(path: Path, data: bytes = b"1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_nothing_is_replaced_and_the_same_bytes_are_kept_once(
    place: ClerkFolder, tmp_path: Path
) -> None:
    shelf = place.shelf("示例工会")
    first = shelf.keep(written(tmp_path / "填报.xlsx", b"one"))
    second = shelf.keep(written(tmp_path / "填报.xlsx", b"two"))
    assert (first.name, second.name) == ("填报.xlsx", "填报-2.xlsx")
    assert shelf.keep(written(tmp_path / "填报.xlsx", b"two")) == second
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")
    assert first.parent == place.root / "示例工会" / "2026"
    assert shelf.free("填报.xlsx").name == "填报-3.xlsx"


def test_names_with_patterns_are_taken_as_they_are(place: ClerkFolder, tmp_path: Path) -> None:
    shelf = place.shelf("示例工会")
    shelf.keep(written(tmp_path / "a[1]-x.xlsx", b"one"))
    assert shelf.keep(written(tmp_path / "a[1].xlsx", b"two")).name == "a[1].xlsx"


def test_files_are_her_own(place: ClerkFolder, tmp_path: Path) -> None:
    path = place.shelf("示例工会").keep(written(tmp_path / "填报.xlsx"))
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


def test_last_year_is_found_again(place: ClerkFolder) -> None:
    old = written(place.shelf("示例工会", "2025").folder / "上报.zip")
    older = written(place.shelf("示例工会", "2024").folder / "填报表.xlsx")
    written(place.shelf("示例工会").folder / "填报表.xlsx")
    written(place.shelf("别的工会", "2025").folder / "填报表.xlsx")
    assert place.earlier("示例工会") == [old, older]
    assert place.units() == ["别的工会", "示例工会"]


def test_the_unit_that_was_worked_on_last_comes_back(place: ClerkFolder) -> None:
    assert place.latest_unit() == ""
    for number, unit in enumerate(("一工会", "二工会", "三工会")):
        folder = place.shelf(unit).folder
        written(folder / "填报表.xlsx")
        os.utime(folder, (1000 + (number * 7) % 5, 1000 + (number * 7) % 5))
    assert place.latest_unit() == "三工会"


def test_what_office_programs_leave_behind_is_no_form(place: ClerkFolder) -> None:
    folder = place.shelf("").folder
    for name in ("~$填报表.xlsx", ".~lock.填报表.xlsx#", "填报表.xlsx", "说明.txt"):
        written(folder / name)
    assert [path.name for path in place.shelf("").forms()] == ["填报表.xlsx"]


@pytest.mark.parametrize("unit", ["../外面", "/etc", "a/b", "..", "CON", "名:字", "x" * 400])
def test_no_name_of_a_unit_leads_out(place: ClerkFolder, unit: str) -> None:
    folder = place.shelf(unit).folder
    assert folder.parent.parent == place.root
    assert folder.resolve().is_relative_to(place.root.resolve())


def test_documents_are_where_the_desktop_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "家")
    assert default_root() == tmp_path / "家" / "Documents" / "基层工会填报"
    written(tmp_path / "user-dirs.dirs", 'XDG_DOCUMENTS_DIR="$HOME/文档"\n'.encode())
    assert default_root() == tmp_path / "家" / "文档" / "基层工会填报"


def test_a_free_name_counts_on(tmp_path: Path) -> None:
    for name in ("a.zip", "a-2.zip"):
        written(tmp_path / name)
    assert free(tmp_path / "a.zip").name == "a-3.zip"


def test_it_ends_soon_after_the_page_was_left() -> None:
    presence = Presence()
    presence.left()
    assert [presence.look() for _ in range(LEFT)] == [False] * (LEFT - 1) + [True]


def test_a_page_that_comes_back_or_sleeps_keeps_it() -> None:
    presence = Presence()
    presence.left()
    presence.look()
    presence.seen()  # another page: it was only changed
    assert not any(presence.look() for _ in range(SILENT - 1))
    assert presence.look()


def test_a_path_is_shown_from_the_users_own_folder_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "家"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "家"))
    assert shown(tmp_path / "家" / "文档" / "填报") == str(Path("文档", "填报"))
    assert shown(tmp_path / "别处") == str(tmp_path / "别处")
