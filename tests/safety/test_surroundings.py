"""Where files lie and what they are called: nothing is waited for, followed or shown raw."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from converter import cli, workbook
from converter.workbook import type_detection
from converter.workbook.xlsx import archive
from tests import commands
from tests.safety import making
from tests.sheets import MEMBER_SHEET
from tests.workbook.books import FORM, only_code

pytestmark = pytest.mark.usefixtures("near_workers")
posix = pytest.mark.posix("POSIX file system")


def checked(capsys: pytest.CaptureFixture[str], *paths: Path) -> tuple[int, str]:
    capsys.readouterr()
    code = cli.run(["check", *map(str, paths)])
    reported = capsys.readouterr()
    return code, reported.out + reported.err


def verdicts(folder: Path) -> Any:
    done = commands.run("check", folder, "--format", "json")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    return json.loads(done.stdout)


@posix
def test_what_is_no_file_is_neither_opened_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "管道.xlsx")
    (tmp_path / "设备.xlsx").symlink_to("/dev/zero")
    (tmp_path / "圈.xlsx").symlink_to(tmp_path / "圈.xlsx")
    (tmp_path / "断.xlsx").symlink_to(tmp_path / "没有.xlsx")
    (tmp_path / "夹.xlsx").mkdir()
    place = Path.cwd()
    os.chdir(tmp_path)  # a socket's name may be a hundred bytes long
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("s.xlsx")
    finally:
        os.chdir(place)
    found = {p.stem: only_code(p) for p in sorted(tmp_path.iterdir())}
    assert found == {
        "管道": "F003", "设备": "F003", "s": "F003", "圈": found["圈"], "断": "F001", "夹": "F002",
    }  # fmt: skip
    assert found["圈"] in ("F001", "F005")


@posix
def test_no_command_waits_for_a_pipe(tmp_path: Path) -> None:
    pipe, identity = tmp_path / "管道.xlsx", tmp_path / "标识.xml"
    os.mkfifo(pipe)
    os.mkfifo(identity)
    for arguments in (
        ("show", pipe),
        ("restore", pipe, "-o", tmp_path / "还原"),
        ("identity", "show", identity),
        (pipe, identity),  # dropped on the program's icon
    ):
        done = subprocess.run(
            [sys.executable, "-m", "converter", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode in (1, 2), arguments


@posix
def test_a_folder_of_all_that_goes_on_to_the_sound_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1管道.xlsx")
    (tmp_path / "2断.xlsx").symlink_to(tmp_path / "没有.xlsx")
    making.write(tmp_path / "3好.xlsx", {})
    reported = verdicts(tmp_path)
    assert [f["status"] for f in reported["files"]] == ["unreadable", "unreadable", "errors"]
    assert reported["files"][2]["members"] == 3


@posix
def test_links_of_folders_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "甲").mkdir()
    (tmp_path / "甲" / "乙").symlink_to(tmp_path)
    making.write(tmp_path / "甲" / "好.xlsx", {})
    reported = verdicts(tmp_path)
    assert len(reported["files"]) == 1


NAMES = [
    "\x1b[2J\x1b[31m填报.xlsx",  # clears the screen
    "填报\u202exslx.exe.xlsx",  # reads backwards
    "填报\r覆盖.xlsx",
    "填报\n错误[K112] 假的.xlsx",
    "\u200b\ufeff填报.xlsx",
    "填报\x07\x9b31m.xlsx",
    "<script>alert(1)<\u2028.xlsx",
]


@posix
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names_are_shown_harmless(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    making.write(tmp_path / name.replace("/", "_"), {})
    code, reported = checked(capsys, tmp_path)
    assert code == 1
    assert not set(reported) & set("\x1b\x07\r\x9b\u202e\u200b\ufeff\u2028")
    assert "\n错误[K112] 假的" not in reported
    page = tmp_path / "页.html"
    capsys.readouterr()
    cli.run(["check", str(tmp_path), "--format", "html"])
    page_text = capsys.readouterr().out
    assert "<script>alert(1)" not in page_text
    assert "\u202e" not in page_text
    assert not page.exists()


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="names in bytes")
def test_a_name_that_is_no_text_is_read_and_told(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xcc\xee\xb1\xa8.xlsx"  # GBK
    Path(os.fsdecode(path)).write_bytes(making.sound())
    reported = verdicts(tmp_path)
    (found,) = reported["files"]
    assert found["members"] == 3


def test_sheets_with_hostile_names_are_told_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = making.text(making.BOOK).replace("</sheets>", "</sheets>")
    title = MEMBER_SHEET
    assert title in book
    path = making.write(
        tmp_path / "a.xlsx", {making.BOOK: book.replace(title, "\u202e表&#x9b;31m")}
    )
    _, reported = checked(capsys, path)
    assert not set(reported) & set("\x1b\x9b\u202e")


@posix
@pytest.mark.skipif(os.name != "nt" and os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = making.write(tmp_path / "a.xlsx", {})
    path.chmod(0)
    assert only_code(path) == "F005"


def test_a_file_that_vanishes_before_it_is_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = making.write(tmp_path / "a.xlsx", {})
    whole = type_detection.unreadable_reason

    def gone(requested: Path) -> str:
        found = whole(requested)
        requested.unlink()
        return found

    monkeypatch.setattr(workbook, "unreadable_reason", gone)
    assert only_code(path) == "F005"


@pytest.mark.parametrize("how", ["grows", "is written over"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was read is one state of the file, or nothing."""
    path = making.write(tmp_path / "a.xlsx", {})
    real = os.fstat
    looks: list[int] = []

    def changing(handle: int) -> os.stat_result:
        found = real(handle)
        if not looks:
            looks.append(handle)
            if how == "grows":
                with path.open("ab") as file:
                    file.write(b"more")
            else:
                os.utime(path, (1, 1))
        return found

    monkeypatch.setattr(os, "fstat", changing)
    assert only_code(path) == "F010"


def test_no_more_is_read_than_a_file_may_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = making.write(tmp_path / "a.xlsx", {})
    monkeypatch.setattr(archive, "LARGEST_FILE", 100)
    found = workbook.read(path, FORM)
    assert [issue.code for issue in found.issues] == ["F006"]


def test_json_survives_any_name(tmp_path: Path) -> None:
    (tmp_path / "a'b`c$(d).xlsx").write_bytes(b"")
    reported = verdicts(tmp_path)
    assert json.dumps(reported)
    assert reported["files"][0]["issues"][0]["code"] == "F004"
