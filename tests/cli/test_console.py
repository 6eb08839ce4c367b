"""What a person meets who types little: consoles of all kinds, the program's icon, a bare call."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import openpyxl
import pytest

from converter import cli
from converter.cli import suggest
from converter.files import windows_console, zip_peek
from converter.report import table
from converter.report.table import Table
from converter.text import display
from converter.text.display import columns
from tests import commands, forking
from tests.identity.unions import office
from tests.people import MEMBERS, UNIT
from tests.sheets import MEMBER_SHEET, blank, correct, fill, member_cell, put, saved
from tests.usecases.receive.collection import packed, records

pty = pytest.importorskip("pty", reason="no pseudo terminals here")
CONVERTER = [sys.executable, "-m", "converter"]
pytestmark = pytest.mark.usefixtures("near_workers")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def terminal(*arguments: object, encoding: str = "utf-8", **environment: str) -> tuple[int, str]:
    """Run a command on a pseudo terminal; its exit code and all that it showed."""
    master, slave = pty.openpty()
    environment = {"TERM": "xterm-256color", "COLUMNS": "80", **environment}
    process: subprocess.Popen[bytes] | forking.Process
    if encoding == "utf-8":
        process = commands.begun(arguments, [slave] * 3, env=environment)
    else:  # settled when Python starts
        command = [*CONVERTER, *map(str, arguments)]
        process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **environment}
        )
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # Linux's way to say that nobody writes any more
            break
        if not piece:
            break
        shown += piece
    os.close(master)
    return process.wait(), shown.decode(encoding).replace("\r\n", "\n")


def piped(*arguments: object, encoding: str = "utf-8", **environment: str) -> tuple[int, str, str]:
    if not environment:
        near = commands.run(*arguments)
        return near.returncode, near.stdout, near.stderr
    done = subprocess.run(
        [*CONVERTER, *map(str, arguments)],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)


# --- consoles ----------------------------------------------------------------------------------


def test_a_terminal_gets_colours_and_says_so_in_words_too(bad: Path) -> None:
    code, shown = terminal("check", bad, NO_COLOR="")
    assert code == 1
    assert "\x1b[31m错误[K112]\x1b[0m" in shown
    assert "错误[K112]" in COLOUR.sub("", shown)


def test_no_color_and_pipes_get_none(bad: Path) -> None:
    assert "\x1b" not in terminal("check", bad, NO_COLOR="1")[1]
    assert "\x1b" not in "".join(piped("check", bad)[1:])


def test_a_gbk_terminal_reads_gbk(bad: Path) -> None:
    environment = {"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"}
    code, shown = terminal("check", bad, encoding="gbk", **environment)
    assert (code, "身份证号应为 18 位" in shown) == (1, True)


def test_the_plainest_surroundings_lose_nothing(bad: Path) -> None:
    code, shown, reported = piped("check", bad, LANG="C", LC_ALL="C", PYTHONUTF8="0")
    assert code == 1
    assert "会员基本信息表!C" in shown
    assert "共 1 个文件" in reported


def test_a_long_value_is_cut_to_a_narrow_terminal(tmp_path: Path) -> None:
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), "证件号码写在这里" * 30)
    path = saved(book, tmp_path)
    _, shown = terminal("check", path, COLUMNS="40", NO_COLOR="1")
    (typed,) = (line for line in shown.splitlines() if line.startswith("  填写："))
    assert columns(typed) <= 40


def test_a_wide_table_is_told_line_by_line_on_a_narrow_terminal(good: Path, tmp_path: Path) -> None:
    assert cli.run(["convert", str(good), "-o", str(tmp_path / "上报.zip")]) == 0
    _, wide = terminal("show", tmp_path / "上报.zip", COLUMNS="120")
    _, narrow = terminal("show", tmp_path / "上报.zip", COLUMNS="40")
    assert re.search(rf"序号 +会员姓名.*\n +1 +{MEMBERS[0][0]}", wide)
    assert f"    会员姓名：{MEMBERS[0][0]}\n" in narrow
    for name, _, _ in MEMBERS:
        assert narrow.count(name) == wide.count(name)


def test_stacked_lines_hold_every_cell() -> None:
    one = Table("表", ["名", "甲栏", "乙栏"], [["一" * 10, 12, "乙" * 10], ["二", 0, ""]])
    text = table.text([one], 30)
    assert text == f"表\n  {'一' * 10}\n    甲栏：12\n    乙栏：{'乙' * 10}\n  二\n    甲栏：0\n"
    assert table.text([one], 80) == table.text([one])


# --- pages and JSON where the console is not UTF-8 ----------------------------------------------


def test_a_page_written_by_a_chinese_windows_is_still_the_page(bad: Path) -> None:
    """`> page.html` writes the console's bytes, and the page says that it is UTF-8."""
    gbk = {"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"}
    page = piped("check", bad, "--format", "html", encoding="ascii", **gbk)[1]
    assert "&#38169;&#35823;" in page  # 错误
    assert '<meta charset="utf-8">' in page
    plain = piped("check", bad, "--format", "html", PYTHONUTF8="1")[1]
    assert "错误" in plain


def test_json_written_by_a_chinese_windows_is_plain_ascii(bad: Path) -> None:
    gbk = {"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"}
    text = piped("check", bad, "--format", "json", encoding="ascii", **gbk)[1]
    assert json.loads(text)["files"][0]["issues"][0]["title"] == "身份证号"


# --- progress ----------------------------------------------------------------------------------


@pytest.fixture
def many(good: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "许多"
    folder.mkdir()
    for number in range(12):
        shutil.copy(good, folder / f"{number}.xlsx")
    return folder


def test_long_work_shows_how_far_it_has_come(many: Path) -> None:
    code, shown = terminal("check", many, NO_COLOR="1")
    assert code == 0
    assert re.search(r"已完成.*12/12", ESCAPE.sub("", shown))
    assert "共 12 个文件" in shown.splitlines()[-2]
    # The bar is gone when the report is there: the last thing done to its line is to clear it.
    assert "12/12" not in shown.rpartition("\x1b[2K")[2]


def test_a_narrow_terminal_has_room_for_the_numbers(many: Path) -> None:
    _, shown = terminal("check", many, COLUMNS="40", NO_COLOR="1")
    bars = [line for line in re.split(r"[\r\n]", ESCAPE.sub("", shown)) if "12/12" in line]
    assert bars
    assert all(columns(line) <= 40 for line in bars)


def test_pipes_and_short_work_have_no_bar_and_no_library_for_it(many: Path, good: Path) -> None:
    script = (
        "import sys; from converter import cli; code = cli.run(sys.argv[1:]);"
        "print('rich' in sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "check", str(many)], capture_output=True, check=True
    )
    assert done.stderr.decode().splitlines()[-1] == "False"
    assert "1/1" not in terminal("check", good)[1]


def test_receiving_shows_how_far_it_has_come(many: Path, tmp_path: Path) -> None:
    code, shown = terminal("receive", many, "--store", tmp_path / "登记库", NO_COLOR="1")
    assert code == 0
    assert "12/12" in shown


def test_faults_of_several_files_are_summed_up(bad: Path, tmp_path: Path) -> None:
    shutil.copy(bad, tmp_path / "又一份.xlsx")
    reported = piped("check", bad, tmp_path / "又一份.xlsx")[2]
    assert "最常见的问题：\n  K112 身份证号位数不对：2 个文件，2 处\n" in reported
    assert "最常见" not in piped("check", bad)[2]


# --- a bare call -------------------------------------------------------------------------------


def bare(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    assert cli.run([]) == 0
    reported = capsys.readouterr().out
    assert len(reported.splitlines()) == 3
    return reported


def named(reported: str) -> list[str]:
    return re.findall(r"converter (?!--help)(.*)", reported)


def test_an_empty_folder_leads_to_a_template(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert named(bare(tmp_path, capsys, monkeypatch)) == ["template -o 填报表.xlsx"]


def test_from_identity_to_package_a_bare_call_knows_the_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command it names is run as it stands, until there is a package."""
    desk = tmp_path / "桌面"
    desk.mkdir()
    shutil.copy(office(tmp_path).file(), desk / "标识.xml")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772000000")
    (command,) = named(bare(desk, capsys, monkeypatch))
    assert cli.run(command.split()) == 0
    own = {k: v for k, v in UNIT.items() if k not in ("所属上级工会组织", "单位工会名称")}
    book = fill(openpyxl.load_workbook(desk / "填报表.xlsx"), own)
    book.save(desk / "填报表.xlsx")
    capsys.readouterr()
    (command,) = named(bare(desk, capsys, monkeypatch))
    assert command == "check 填报表.xlsx"
    assert cli.run(command.split()) == 0
    (command,) = named(capsys.readouterr().err)
    assert cli.run(command.split()) == 0
    capsys.readouterr()
    (command,) = named(bare(desk, capsys, monkeypatch))
    assert command == "show 上报.zip"
    assert cli.run(command.split()) == 0


def test_an_officer_is_told_of_roster_and_register(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.run(["template", "--roster", "-o", str(tmp_path / "名册.xlsx")]) == 0
    capsys.readouterr()
    reported = named(bare(tmp_path, capsys, monkeypatch))
    assert reported == ["identity issue 名册.xlsx --keys 密钥 -o 标识"]
    (tmp_path / "登记库").mkdir()
    (tmp_path / "登记库" / "register.duckdb").touch()
    assert named(bare(tmp_path, capsys, monkeypatch)) == ["stats --store 登记库"]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("2026年基层工会名册.xlsx", "identity issue 2026年基层工会名册.xlsx --keys 密钥 -o 标识"),
        ("会员花名册.xlsx", "check 会员花名册.xlsx"),
        ("填报.xlsx", "check 填报.xlsx"),
    ],
)
def test_a_roster_of_her_own_is_known_by_its_name(
    name: str,
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    openpyxl.Workbook().save(tmp_path / name)
    assert named(bare(tmp_path, capsys, monkeypatch)) == [command]


def test_a_workbook_that_changed_after_its_package_is_checked_again(
    good: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.run(["convert", str(good), "-o", str(good.with_name("上报.zip"))]) == 0
    capsys.readouterr()
    os.utime(good, (1_000, 1_000))
    assert named(bare(good.parent, capsys, monkeypatch)) == ["show 上报.zip"]
    os.utime(good.with_name("上报.zip"), (500, 500))
    assert named(bare(good.parent, capsys, monkeypatch)) == ["check 填报.xlsx"]


def test_what_lies_about_disturbs_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "~$填报.xlsx").write_bytes(b"lock")
    (tmp_path / "别的.zip").write_bytes(b"PK\x05\x06" + b"\0" * 18)
    (tmp_path / "坏.zip").write_bytes(b"PK\x03\x04 torn")
    (tmp_path / "菜单.xml").write_text("<menu/>")
    (tmp_path / "文件夹.xlsx").mkdir()
    assert "还没有填报表" in bare(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 torn", b"\xd0\xcf\x11\xe0 old", b"[x]" * 9])
def test_a_glance_at_anything_is_harmless(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(data)
    assert zip_peek.stamped(tmp_path / "a.xlsx", "form") is None
    assert zip_peek.stamped(tmp_path / "没有", "form") is None
    assert zip_peek.glance(tmp_path / "a.xlsx", "datapackage.json") is None


# --- the icon ----------------------------------------------------------------------------------


def drop(*paths: Path) -> int:
    return cli.run([str(path) for path in paths])


def test_a_clean_workbook_becomes_a_package_beside_it(
    good: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert drop(good) == 0
    assert zip_peek.is_package(good.with_suffix(".zip"))
    assert not list(elsewhere.iterdir())


def test_a_faulty_workbook_gets_a_marked_copy_and_stays_as_it_is(
    bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = bad.read_bytes()
    assert drop(bad) == 1
    reported = capsys.readouterr()
    assert "错误[K112]" in reported.out
    assert "有错-批注.xlsx" in reported.err
    assert sorted(p.name for p in bad.parent.iterdir()) == ["有错-批注.xlsx", "有错.xlsx"]
    assert bad.read_bytes() == before


def test_a_dropped_folder_is_checked_and_no_command_is_named(
    good: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder := good.parent / "收到").mkdir()
    shutil.copy(good, folder)
    assert drop(folder) == 0
    clean = capsys.readouterr()
    shutil.copy(bad, folder)
    assert drop(folder) == 1
    faulty = capsys.readouterr()
    for output in (clean, faulty):
        assert "converter" not in output.out + output.err
    assert "K112" in faulty.out


def test_a_file_nobody_can_read_is_not_said_to_hold_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (broken := tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04 torn")
    assert drop(broken) == 1
    output = capsys.readouterr().err
    assert "坏.xlsx 读不了，没有生成上报文件。" in output
    assert "还有错误" not in output


@pytest.mark.parametrize("lying", ["", "填报.xlsx", "填报-批注.xlsx", "标识.xml"])
def test_the_icon_alone_names_no_command(
    lying: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if lying:
        (tmp_path / lying).write_text("<identity/>")
    suggest.print_suggestion(tmp_path, "roster", window=True)
    output = capsys.readouterr().out
    assert lying in output
    assert "下一步：" in output
    assert "converter" not in output


def test_corrections_in_an_earlier_copy_are_never_written_over(bad: Path) -> None:
    corrected = bad.with_name("有错-批注.xlsx")
    corrected.write_bytes(b"hours of work")
    assert drop(bad) == 1
    assert corrected.read_bytes() == b"hours of work"
    assert drop(bad.with_name("有错-批注-2.xlsx")) == 1
    names = {p.name for p in bad.parent.iterdir()}
    assert names == {"有错.xlsx", "有错-批注.xlsx", "有错-批注-2.xlsx", "有错-批注-3.xlsx"}


def test_a_corrected_copy_becomes_the_package(bad: Path) -> None:
    assert drop(bad) == 1
    copy = bad.with_name("有错-批注.xlsx")
    book = openpyxl.load_workbook(copy)
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1])
    book.save(copy)
    assert drop(copy) == 0
    assert zip_peek.is_package(copy.with_suffix(".zip"))


def test_last_years_package_keeps_its_name(good: Path) -> None:
    last = good.with_suffix(".zip")
    last.write_bytes(packed(records(1), period="2025"))
    before = last.read_bytes()
    assert drop(good) == 0
    assert drop(good) == 0  # nothing has changed: this year's own stays
    assert last.read_bytes() == before
    assert sorted(p.name for p in good.parent.glob("*.zip")) == ["填报-2026.zip", "填报.zip"]


def test_several_are_dealt_with_each(good: Path, bad: Path) -> None:
    third = Path(shutil.copy(good, good.with_name("三.xlsx")))
    assert drop(good, bad, third) == 1
    names = {p.name for p in good.parent.iterdir()}
    assert {"填报.zip", "三.zip", "有错-批注.xlsx"} <= names
    assert "有错.zip" not in names


def test_packages_and_folders_are_checked(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drop(good) == 0
    assert drop(good.with_suffix(".zip")) == 0
    assert drop(good.parent) == 0
    assert "共 2 个文件" in capsys.readouterr().err


def test_the_identity_beside_it_signs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772000000")
    desk = tmp_path / "桌面"
    desk.mkdir()
    shutil.copy(office(tmp_path).file(), desk / "标识.xml")
    assert drop(correct(desk)) == 0
    reported = capsys.readouterr()
    assert "标识.xml" in reported.err
    assert "签名" in reported.out


def test_a_command_wins_over_a_file_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fields").write_text("a file")
    assert cli.run(["fields"]) == 0
    assert "身份证号" in capsys.readouterr().out


def test_a_file_that_does_not_exist_is_a_wrong_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.run(["没有.xlsx"]) == 2
    assert "没有" in capsys.readouterr().err


class _Console:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("platform", "programs", "own"),
    [
        ("win32", ["converter.exe"], True),  # double-clicked, or files dropped on it
        ("win32", ["基层工会填报.exe", "cmd.exe"], False),  # typed into a console
        ("win32", ["converter.exe", "cmd.exe"], False),
        ("win32", ["python.exe", "python.exe", "Converter.exe"], True),  # installed in a venv
        ("win32", ["python.exe", "cmd.exe"], False),  # python -m converter
        ("win32", ["python3.12.exe", "python.exe", "powershell.exe"], False),
        ("win32", ["python.exe", ""], False),  # nothing is reported of one
        ("win32", [], False),  # no console at all
        ("linux", ["converter.exe"], False),
        ("linux, from its menu", [], True),
    ],
)
def test_a_window_that_would_vanish_is_known(
    platform: str, programs: list[str], own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "menu" in platform:
        monkeypatch.setenv(windows_console.OWN_WINDOW, "1")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "stdin", _Console())
    monkeypatch.setattr(sys, "stdout", _Console())
    monkeypatch.setattr(windows_console, "_programs", lambda: programs)
    assert windows_console.is_own_window() is own


@pytest.mark.parametrize(
    ("frozen", "display", "terminal", "opens"),
    [
        (True, "DISPLAY", False, True),  # double-clicked in a file manager
        (True, "WAYLAND_DISPLAY", False, True),
        (True, "", False, False),  # by a script on a server
        (True, "DISPLAY", True, False),  # typed into a terminal
        (False, "DISPLAY", False, False),
    ],
)
def test_a_double_click_without_a_terminal_opens_the_page(
    frozen: bool, display: str, terminal: bool, opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if display:
        monkeypatch.setenv(display, ":0")
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    monkeypatch.setattr(sys, "argv", ["converter"])
    monkeypatch.setattr(sys, "stdin", _Console() if terminal else StringIO())
    started: list[bool] = []

    def run(_: object, *, window: bool) -> int:
        started.append(window)
        return 0

    monkeypatch.setattr(cli, "run", run)
    with pytest.raises(SystemExit):
        cli.main()
    assert started == [opens]


def test_the_window_waits_for_a_key_and_ends_with_the_same_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    requested: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(windows_console, "is_own_window", lambda: True)

    def answer(text: str) -> str:
        requested.append(text)
        return ""

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(sys, "argv", ["converter", "explain", "K112"])
    with pytest.raises(SystemExit) as ending:
        cli.main()
    assert ending.value.code == 0
    assert "回车" in requested[0]
    assert "K112" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    ["我 的.xlsx", "甲&乙.xlsx", "表^1.xlsx", "表(1).xlsx", "a;b.xlsx", "50%.xlsx", "it's.xlsx"],
)
def test_a_name_that_means_something_to_a_shell_is_quoted_in_a_command(name: str) -> None:
    assert display.argument(name) == f'"{name}"'


@pytest.mark.posix("Windows allows no such names, or takes them as they are")
@pytest.mark.parametrize("name", ["a$HOME.xlsx", "a`b`.xlsx", 'a"b.xlsx', "a!.xlsx", "$(x) y.xlsx"])
def test_the_shell_hands_over_the_very_name(name: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"printf %s {display.argument(name)}"], capture_output=True, check=True
    )
    assert done.stdout.decode() == name


@pytest.mark.posix("Windows takes the ? for any character in the program")
@pytest.mark.parametrize("name", ["填\u200b报.xlsx", "填\u202c 报(2).xlsx", "\ufeff$填报.xlsx"])
def test_a_name_that_nobody_can_type_is_found_all_the_same(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    done = subprocess.run(
        ["bash", "-c", f"printf %s {display.argument(name)}"],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.stdout.decode() == name


@pytest.mark.parametrize("name", ["填报.xlsx", "报表（二）.xlsx", "a-b_c.1.xlsx"])
def test_a_plain_name_stays_plain(name: str) -> None:
    assert display.argument(name) == name
