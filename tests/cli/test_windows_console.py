"""Consoles of Windows: colours that must be switched on, patterns, code pages, backslashes."""

from __future__ import annotations

import atexit
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from converter.cli import common, usage
from converter.files import windows_console
from tests import commands
from tests.sheets import MEMBER_SHEET, blank, fill, member_cell, put, saved

PLAIN, INTERPRETING = 3, 7  # a console's modes


class Kernel:
    """Windows' console: what it was set to. `refuses`: it is older than Windows 10."""

    def __init__(
        self, mode: int = PLAIN, *, refuses: bool = False, is_console: bool = True
    ) -> None:
        self.mode, self.refuses, self.is_console = mode, refuses, is_console
        self.GetStdHandle = lambda number: {-11: 70, -12: 71}[number]

    def GetConsoleMode(self, handle: Any, found: Any) -> int:
        found._obj.value = self.mode
        return int(self.is_console)

    def SetConsoleMode(self, handle: Any, mode: int) -> int:
        if self.refuses:
            return 0
        self.mode = mode
        return 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Callable[[Kernel], None]:
    monkeypatch.delenv("NO_COLOR", raising=False)

    def on(kernel: Kernel) -> None:
        kernel.GetStdHandle = _callable(kernel.GetStdHandle)
        monkeypatch.setattr(sys, "platform", "win32")
        monkeypatch.setattr(windows_console, "_kernel", lambda: kernel)

    return on


def _callable(real: Callable[[int], int]) -> Any:
    """A function that takes a `restype`, as those of ctypes do."""

    def call(number: int) -> int:
        return real(number)

    return call


def test_a_console_is_told_to_show_colours_until_the_program_ends(
    windows: Callable[[Kernel], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel, endings = Kernel(), list[Any]()
    windows(kernel)
    monkeypatch.setattr(atexit, "register", lambda what, *given: endings.append((what, given)))
    assert common.colourful(Terminal())
    assert kernel.mode == INTERPRETING
    ((what, given),) = endings
    what(*given)
    assert kernel.mode == PLAIN


@pytest.mark.parametrize("kernel", [Kernel(refuses=True), Kernel(is_console=False)])
def test_one_that_cannot_gets_no_codes(kernel: Kernel, windows: Callable[[Kernel], None]) -> None:
    windows(kernel)
    assert not common.colourful(Terminal())


def test_one_that_does_already_is_left_alone(windows: Callable[[Kernel], None]) -> None:
    windows(Kernel(INTERPRETING, refuses=True))
    assert common.colourful(Terminal())


def test_no_colour_asks_no_console(
    windows: Callable[[Kernel], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel()
    windows(kernel)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not common.colourful(Terminal())
    assert kernel.mode == PLAIN


@pytest.mark.windows("a console's own mode")
def test_a_real_console_is_never_shown_bare_codes(tmp_path: Path) -> None:
    """In a console of its own: after the command its mode was 7, or no code was written."""
    script = (
        "import sys, ctypes\n"
        "sys.stdout = open('CONOUT$', 'w', encoding='utf-8')\n"
        "from converter.cli import common\n"
        "shown = common.colourful(sys.stdout)\n"
        "mode = ctypes.c_uint()\n"
        "kernel = ctypes.windll.kernel32\n"
        "kernel.GetConsoleMode(kernel.GetStdHandle(-11), ctypes.byref(mode))\n"
        "sys.exit(10 + 2 * bool(shown) + bool(mode.value & 4))\n"
    )
    flags = getattr(subprocess, "CREATE_NEW_CONSOLE", 0)
    done = subprocess.run([sys.executable, "-c", script], creationflags=flags, check=False)
    assert done.returncode in (10, 11, 13)


# --- patterns ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("乙.xlsx", "甲.xlsx", "~$甲.xlsx", "表[1].xlsx", "表1.xlsx", "a.zip"):
        (tmp_path / name).touch()
    (tmp_path / "一县").mkdir()
    (tmp_path / "一县" / "丙.xlsx").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["check", "*.zip"], ["check", "a.zip"]),
        (["*.xlsx"], ["乙.xlsx", "甲.xlsx", "表1.xlsx", "表[1].xlsx"]),
        (["表[1].xlsx"], ["表[1].xlsx"]),
        (["表[1].*"], ["表[1].xlsx"]),
        (["?.xlsx", "-o", "b"], ["乙.xlsx", "甲.xlsx", "-o", "b"]),
        (["*.et"], ["*.et"]),
        (["--member=李*"], ["--member=李*"]),
        (["李*"], ["李*"]),
        ([os.path.join("*", "*.xlsx")], [os.path.join("一县", "丙.xlsx")]),  # noqa: PTH118
    ],
)
def test_patterns_are_replaced_by_the_files_they_fit(
    typed: list[str], expected: list[str], folder: Path
) -> None:
    assert windows_console.expanded(typed) == expected


def test_a_pattern_in_a_full_path(folder: Path) -> None:
    found = windows_console.expanded([str(folder / "*.zip")])
    assert found == [str(folder / "a.zip")]


# --- paths in messages --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        r"C:\没有\x.xlsx",
        r"\\server\share\x.xlsx",
        r"C:\new\tab.xlsx",
        "it's.xlsx",
        r"a'b\c.xlsx",
        'a"b.xlsx',
    ],
)
def test_a_path_is_shown_as_it_was_typed(path: str) -> None:
    parameter = click.Argument(["files"], type=click.Path(exists=True))
    with pytest.raises(click.BadParameter) as refused:
        parameter.type.convert(path, parameter, None)
    refused.value.param = parameter
    assert usage.explained(refused.value) == f"找不到：{path}"


def test_so_is_a_value_that_is_no_date() -> None:
    parameter = click.Option(["--due"], type=click.DateTime(["%Y-%m-%d"]))
    with pytest.raises(click.BadParameter) as refused:
        parameter.type.convert(r"2026\3\1", parameter, None)
    refused.value.param = parameter
    assert r"2026\3\1" in usage.explained(refused.value)


# --- code pages ---------------------------------------------------------------------------------


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 2, "身份证号"), "1")
    return saved(book, tmp_path)


def redirected(folder: Path, *arguments: str, encoding: str = "cp1252") -> tuple[bytes, bytes]:
    """What a command writes into files where the code page has no Chinese."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "converter", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return done.stdout, done.stderr


@pytest.mark.usefixtures("near_workers")
def test_text_is_utf_8_with_a_mark_where_the_code_page_has_no_chinese(faulty: Path) -> None:
    out, err = redirected(faulty.parent, "check", faulty.name)
    assert out.startswith(b"\xef\xbb\xbf")
    assert out.count(b"\xef\xbb\xbf") == 1
    assert "错误" in out.decode("utf-8-sig")
    assert "错误" in err.decode("utf-8")
    assert b"\xef\xbb\xbf" not in err


def test_in_one_file_the_mark_stands_once(faulty: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    with (faulty.parent / "out.txt").open("wb") as file:
        subprocess.run(
            [sys.executable, "-m", "converter", "check", faulty.name],
            cwd=faulty.parent, env=environment, stdout=file, stderr=file, check=False,
        )  # fmt: skip
    data = (faulty.parent / "out.txt").read_bytes()
    assert data.count(b"\xef\xbb\xbf") <= 1
    assert "?" not in data.decode("utf-8-sig").replace("？", "")


def test_json_has_no_mark(faulty: Path) -> None:
    out, _ = redirected(faulty.parent, "check", faulty.name, "--format", "json")
    assert json.loads(out)["files"][0]["status"] == "errors"


def test_a_page_is_whole(faulty: Path) -> None:
    out, _ = redirected(faulty.parent, "check", faulty.name, "--format", "html")
    assert "错误" in out.decode("utf-8")
    assert out.lower().startswith(b"<!doctype")


def test_chinese_code_pages_stay_what_they_are(faulty: Path) -> None:
    out, err = redirected(faulty.parent, "check", faulty.name, encoding="gbk")
    assert "错误" in out.decode("gbk")
    assert "错误" in err.decode("gbk")


def test_the_json_of_receive_is_whole_under_gbk(tmp_path: Path) -> None:
    from tests.usecases.receive.collection import Inbox

    box = Inbox(tmp_path / "收件")
    box.put("坏㐀.xlsx", b"PK\x03\x04")  # a name that GBK lacks
    out, _ = redirected(
        tmp_path, "receive", "收件", "--store", "库", "--format", "json", encoding="gbk"
    )
    assert json.loads(out)["rejected"][0]["file"] == "坏㐀.xlsx"
    assert commands.run("show", "--store", "库", cwd=tmp_path).returncode == 0
