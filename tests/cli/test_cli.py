"""The commands as a clerk runs them: exit codes, what goes where, and the whole way round."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest

from converter import cli
from converter.forms import loading
from converter.model.errors import InternalError
from converter.workers import pool
from tests.commands import plain, run
from tests.people import MEMBERS, UNIT
from tests.sheets import (
    MEMBER_SHEET,
    UNIT_SHEET,
    blank,
    fill,
    member_cell,
    put,
    saved,
)

pytestmark = pytest.mark.usefixtures("near_workers")  # of what runs in this process


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    return saved(fill(blank(), UNIT | {"驻地邮政编码": "100000"}), tmp_path, "有提示.xlsx")


def test_a_clean_workbook_exits_0(good: Path) -> None:
    done = plain("check", good)
    assert (done.returncode, "错误[" in done.stdout) == (0, False)


def test_an_error_exits_1_and_is_told_in_three_lines(bad: Path) -> None:
    done = run("check", bad)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("错误[K112]"))
    assert "会员基本信息表!C" in lines[first]
    assert lines[first + 1].startswith("  填写：1301********")
    assert lines[first + 2].startswith("  怎么改：")


def test_warnings_exit_1_only_when_strict(doubtful: Path) -> None:
    assert run("check", doubtful).returncode == 0
    assert run("check", doubtful, "--strict").returncode == 1


def test_the_json_is_what_the_contract_says(good: Path, bad: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.xlsx"
    junk.write_bytes(b"%PDF-1.7 nothing of ours")
    done = run("check", good, bad, junk, "--format", "json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["version"] == 1
    assert report["summary"] == {"files": 3, "ok": 1, "warnings": 0, "errors": 1, "unreadable": 1}
    by_name = {Path(f["file"]).name: f for f in report["files"]}
    assert by_name["填报.xlsx"]["status"] == "ok"
    assert by_name["填报.xlsx"]["unit"]["name"] == UNIT["单位工会名称"]
    assert by_name["填报.xlsx"]["members"] == 12
    (issue,) = by_name["有错.xlsx"]["issues"]
    assert set(issue) == {
        "code", "level", "sheet", "cell", "row", "field", "title", "value", "message", "fix", "related",
    }  # fmt: skip
    assert (issue["code"], issue["field"], issue["title"]) == ("K112", "id_number", "身份证号")
    assert issue["value"].startswith("1301***")
    assert by_name["junk.xlsx"]["status"] == "unreadable"


def test_ids_are_masked_unless_asked_for(bad: Path) -> None:
    number = MEMBERS[2][1][:-1]
    for layout in ("text", "json", "html"):
        assert number not in run("check", bad, "--format", layout).stdout
        assert number in run("check", bad, "--format", layout, "--show-ids").stdout


def test_a_folder_is_searched_and_droppings_are_passed_over(good: Path, bad: Path) -> None:
    inbox = good.parent / "收件" / "一县"
    inbox.mkdir(parents=True)
    shutil.copy(good, inbox / "a.xlsx")
    shutil.copy(bad, inbox / "b.xlsx")
    (inbox / "~$a.xlsx").write_bytes(b"lock")
    report = json.loads(run("check", inbox.parent, "--format", "json").stdout)
    assert [Path(f["file"]).name for f in report["files"]] == ["a.xlsx", "b.xlsx"]


def test_many_jobs_report_the_same_in_the_same_order(
    good: Path, bad: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = good.parent / "many"
    inbox.mkdir()
    for n in range(12):
        shutil.copy(bad if n % 3 else good, inbox / f"{n:02}.xlsx")
    monkeypatch.setattr("converter.usecases.check.FILES_A_BATCH", 2)
    reports = []
    for jobs in ("1", "3"):
        cli.run(["check", str(inbox), "--format", "json", "--jobs", jobs])
        reports.append(capsys.readouterr().out)
    assert reports[0] == reports[1]
    assert json.loads(reports[0])["summary"]["errors"] == 8


def test_convert_refuses_while_errors_stand(bad: Path, tmp_path: Path) -> None:
    target = tmp_path / "上报.zip"
    done = plain("convert", bad, "-o", target)
    assert done.returncode == 1
    assert not target.exists()
    assert "K112" in done.stdout


def test_convert_then_show_stats_and_check_the_package(good: Path, tmp_path: Path) -> None:
    target = tmp_path / "上报.zip"
    assert run("convert", good, "-o", target).returncode == 0
    assert run("check", target).returncode == 0
    shown = run("show", target)
    assert str(UNIT["单位工会名称"]) in shown.stdout
    assert "私营企业" in shown.stdout
    assert MEMBERS[0][1] not in shown.stdout
    assert MEMBERS[0][1] in run("show", target, "--show-ids").stdout
    one = run("show", target, "--member", MEMBERS[4][0])
    assert MEMBERS[4][0] in one.stdout
    assert MEMBERS[5][0] not in one.stdout
    assert "12" in run("stats", target).stdout
    assert "<table" in run("show", target, "--html").stdout


def test_package_to_workbook_to_package_is_the_same_tables(good: Path, tmp_path: Path) -> None:
    import zipfile

    first, book, second = tmp_path / "1.zip", tmp_path / "again.xlsx", tmp_path / "2.zip"
    assert run("convert", good, "-o", first).returncode == 0
    assert run("template", "--from", first, "-o", book).returncode == 0
    assert run("convert", book, "-o", second).returncode == 0
    with zipfile.ZipFile(first) as a, zipfile.ZipFile(second) as b:
        for name in ("unit.csv", "members.csv"):
            assert a.read(name) == b.read(name)


def test_two_halves_are_one_submission(tmp_path: Path) -> None:
    unit, member = fill(blank()), fill(blank())
    del unit[MEMBER_SHEET]
    del member[UNIT_SHEET]
    halves = [saved(unit, tmp_path, "单位.xlsx"), saved(member, tmp_path, "会员.xlsx")]
    target = tmp_path / "上报.zip"
    assert run("check", *halves).returncode == 0
    assert run("check", halves[0]).returncode == 1
    assert run("convert", *halves[::-1], "-o", target).returncode == 0
    assert "12" in run("show", target).stdout


def test_several_workbooks_become_several_packages(good: Path, bad: Path, tmp_path: Path) -> None:
    folder = tmp_path / "包"
    other = shutil.copy(good, tmp_path / "二.xlsx")
    both = run("convert", good, other, "-o", folder)
    assert both.returncode == 0
    assert f"都是“{UNIT['单位工会名称']}”的，只能交一份" in both.stderr
    assert sorted(p.name for p in folder.iterdir()) == ["二.zip", "填报.zip"]
    assert run("convert", good, bad, "-o", folder).returncode == 1


def test_since_tells_what_changed(good: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old.zip", tmp_path / "new.zip"
    assert run("convert", good, "-o", old).returncode == 0
    members = [*MEMBERS[1:], ("新示例", "130102199901010077", date(2020, 1, 1))]
    from tests.people import id_number

    members[-1] = ("新示例", id_number("130102", "1999-01-01", 7), date(2020, 1, 1))
    book = fill(blank(), UNIT | {"职工总数": 20}, members)
    done = run("convert", saved(book, tmp_path, "今年.xlsx"), "--since", old, "-o", new)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "新示例" in done.stdout
    assert MEMBERS[0][0] in done.stdout
    assert "15 → 20" in done.stdout
    assert "没有变化" in run("convert", good, "--since", old, "-o", old).stdout


def test_an_unrelated_file_is_not_overwritten(good: Path, tmp_path: Path) -> None:
    target = tmp_path / "论文.zip"
    target.write_bytes(b"mine")
    done = run("convert", good, "-o", target)
    assert (done.returncode, target.read_bytes()) == (0, b"mine")
    assert "没有动它" in done.stdout
    assert (tmp_path / "论文-2.zip").is_file()


def test_annotate_leaves_the_original_and_can_be_sent_back(bad: Path, tmp_path: Path) -> None:
    before = bad.read_bytes()
    folder = tmp_path / "批注"
    assert run("check", bad, "--annotate", folder).returncode == 1
    assert bad.read_bytes() == before
    (copy,) = folder.iterdir()
    assert run("check", copy).returncode == 1
    book = openpyxl.load_workbook(copy)
    assert book[MEMBER_SHEET][member_cell(book, 3, "身份证号")].comment is not None
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1])
    book.save(copy)
    assert run("check", copy).returncode == 0


@pytest.fixture
def untidy(tmp_path: Path) -> Path:
    """Right but for one digit, and written in ways that have to be read."""
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    put(book[MEMBER_SHEET], member_cell(book, 1, "身份证号"), f" {MEMBERS[0][1]}")
    put(book[MEMBER_SHEET], member_cell(book, 2, "加入工会时间"), "2010.5.1")
    return saved(book, tmp_path, "不整齐.xlsx")


def test_fix_writes_down_how_cells_are_read_and_lists_each(untidy: Path, tmp_path: Path) -> None:
    before = untidy.read_bytes()
    done = run("check", untidy, "--fix", tmp_path / "修正", "--format", "json", "--show-ids")
    assert done.returncode == 1  # a digit is missing: nobody can guess it
    assert untidy.read_bytes() == before
    (file,) = json.loads(done.stdout)["files"]
    fixed = {one["field"]: (one["code"], one["old"], one["new"]) for one in file["fixed"]}
    assert fixed == {
        "id_number": ("K901", f" {MEMBERS[0][1]}", MEMBERS[0][1]),
        "joined_on": ("K902", "2010.5.1", "2010-05-01"),
    }
    assert {one["cell"] for one in file["fixed"]} == {"C5", "D6"}
    (copy,) = (tmp_path / "修正").iterdir()
    changes = openpyxl.load_workbook(copy)["修改记录"]
    listed = [[c.value for c in row] for row in changes.iter_rows(min_row=5)]
    assert [(row[1], row[3], row[6], row[7]) for row in listed] == [
        ("K901", "C5", f" {MEMBERS[0][1]}", MEMBERS[0][1]),
        ("K902", "D6", "2010.5.1", "2010-05-01"),
    ]
    again = json.loads(run("check", copy, "--format", "json").stdout)["files"][0]
    assert [one["code"] for one in again["issues"]] == ["K112"]
    nothing = run("check", copy, "--fix", tmp_path / "再修正")
    assert not (tmp_path / "再修正").exists()
    assert "没有可以自动改的写法" in nothing.stderr


def test_fix_is_told_on_the_terminal_and_hides_ids(untidy: Path, tmp_path: Path) -> None:
    done = run("check", untidy, "--fix", tmp_path / "修正")
    assert "自动改了 2 处写法" in done.stdout
    assert "会员基本信息表!D6 加入工会时间 “2010.5.1” → “2010-05-01”（K902）" in done.stdout
    assert MEMBERS[0][1] not in done.stdout
    shown = run("check", untidy, "--fix", tmp_path / "修正", "--format", "json").stdout
    assert MEMBERS[0][1] not in shown


@pytest.mark.posix("names and links of other systems")
def test_copies_of_files_with_endless_names(bad: Path, tmp_path: Path) -> None:
    folder, copies = tmp_path / "表", tmp_path / "批注"
    folder.mkdir()
    for letter in "甲乙":
        shutil.copy(bad, folder / f"{'长' * 82}{letter}.xlsx")
    (folder / "loop.xlsx").symlink_to("loop.xlsx")
    assert run("check", folder, "--annotate", copies).returncode == 1
    assert len(list(copies.iterdir())) == 2


def test_annotated_and_corrected_copies_may_share_a_folder(untidy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "副本"
    run("check", untidy, "--fix", folder, "--annotate", folder)
    assert sorted(p.name for p in folder.iterdir()) == ["不整齐-修正.xlsx", "不整齐-批注.xlsx"]


def test_without_fix_the_json_says_nothing_of_it(untidy: Path) -> None:
    (file,) = json.loads(run("check", untidy, "--format", "json").stdout)["files"]
    assert "fixed" not in file


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "没有这个文件.xlsx"],
        ["check"],
        ["chek"],
        ["check", "--format", "pdf", "x"],
        ["template", "--rows", "0"],
        ["--form", "没有这个表", "fields"],
        ["explain", "K000"],
    ],
)
def test_wrong_usage_exits_2_in_chinese(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    output = done.stdout + done.stderr
    assert "Traceback" not in output
    assert any("\u4e00" <= c <= "\u9fff" for c in output)


def test_output_that_cannot_be_written_exits_2(good: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, no folder")
    done = run("template", "-o", tmp_path / "file" / "x.xlsx")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    done = run("convert", good, "-o", tmp_path / "file" / "x.zip")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_a_bug_exits_101_with_a_note_that_names_nobody(
    good: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(self: object, task: object) -> None:
        raise InternalError("KeyError: '110101199003070000' at line 3")

    monkeypatch.setattr(pool.Worker, "run", broken)
    assert cli.run(["check", str(good)]) == 101
    note = Path(capsys.readouterr().err.strip().rpartition("：")[2])
    text = note.read_text(encoding="utf-8")
    note.unlink()
    assert "KeyError" in text
    assert "110101199003070000" not in text


def test_a_gbk_console_does_not_stumble(tmp_path: Path) -> None:
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 1, "会员姓名"), "𠮷3")
    path = saved(book, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "converter", "check", str(path)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "gbk"},
    )
    assert done.returncode == 1
    assert "错误[K201]" in done.stdout.decode("gbk")


def test_the_form_may_change_without_python(tmp_path: Path) -> None:
    """A new field, a new code, another level and another limit go the whole way."""
    copy = Path(shutil.copytree(loading.form_dir(), tmp_path / "form"))
    unit = copy / "unit.toml"
    unit.write_text(
        unit.read_text(encoding="utf-8")
        + '\n[[field]]\nkey = "website"\ntitle = "单位网站"\nsection = "单位概况"\nkind = "text"\n',
        encoding="utf-8",
    )
    codes = copy / "codes" / "honour.csv"
    codes.write_text(codes.read_text(encoding="utf-8") + "7,示例荣誉\n", encoding="utf-8")
    rules = copy / "rules.toml"
    text = rules.read_text(encoding="utf-8")
    text = text.replace("min = 16", "min = 30")
    head, _, tail = text.partition('code = "X121"')
    rules.write_text(
        head + 'code = "X121"' + tail.replace('"error"', '"warning"', 1), encoding="utf-8"
    )
    workbook, package = tmp_path / "表.xlsx", tmp_path / "上报.zip"
    assert run("--form", copy, "template", "-o", workbook, "--rows", "20").returncode == 0
    book = openpyxl.load_workbook(workbook)
    members = [(n, i, None) for n, i, _ in MEMBERS]
    fill(
        book,
        UNIT | {"单位网站": "example.org", "荣誉类别": "示例荣誉", "荣获时间": date(2090, 1, 1)},
        members,
    )
    book.save(workbook)
    done = run("--form", copy, "check", workbook, "--format", "json")
    (found,) = json.loads(done.stdout)["files"]
    assert {(i["code"], i["level"]) for i in found["issues"]} == {("X121", "warning")}
    assert run("--form", copy, "convert", workbook, "-o", package).returncode == 0
    shown = run("--form", copy, "show", package).stdout
    assert "example.org" in shown
    assert "示例荣誉" in shown
    put(book[MEMBER_SHEET], member_cell(book, 12, "加入工会时间"), date(2010, 1, 1))
    book.save(workbook)
    done = run("--form", copy, "check", workbook, "--format", "json")
    assert done.returncode == 1  # seventeen in 2010: fine at sixteen, not at thirty
    assert "X172" in done.stdout


def test_the_same_workbook_gives_the_same_bytes_anywhere(good: Path, tmp_path: Path) -> None:
    surroundings = [
        {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
        {"TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "77"},
        {"TZ": "America/Los_Angeles", "LANG": "zh_CN.UTF-8", "PYTHONHASHSEED": "0"},
    ]
    made = []
    for number, environment in enumerate(surroundings):
        target = tmp_path / f"{number}.zip"
        done = plain(
            "convert", good, "-o", target, env=environment | {"SOURCE_DATE_EPOCH": "1790000000"}
        )
        assert done.returncode == 0, done.stderr
        made.append(target.read_bytes())
    assert made[0] == made[1] == made[2]


def test_every_command_explains_itself_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    def commands(group: Any, path: tuple[str, ...]) -> Any:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            yield (*path, name)
            if hasattr(command, "list_commands"):
                yield from commands(command, (*path, name))

    for path in [(), *commands(cli.cli, ())]:
        assert cli.run([*path, "--help"]) == 0
        output = capsys.readouterr().out
        assert output.startswith("用法：converter")
        assert not re.search(r"\[(required|default|\d)|Options:|Usage:|Commands:|exit\.", output)
