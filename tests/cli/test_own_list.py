"""`template --from` somebody's own list: who comes along, what is asked, what is told."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font

from converter import cli, workbook
from converter.cli import template
from converter.files.own_folder import state_folder
from converter.model.submissions import Submission
from tests.commands import run
from tests.forms import test_several_tables as several_tables
from tests.people import MEMBERS, UNIT
from tests.sheets import FORM, MEMBER_SHEET, blank, correct, fill, saved
from tests.workbook.own_list.layouts import as_text
from tests.workbook.own_list.test_reading import A, B, C

ROOT = Path(__file__).parents[2]
HEADINGS = ["工号", "员工姓名", "证件号", "入职日期", "部门", "手机"]
ROWS = [
    ["001", "赵一", A, "2010-05-01", "装配", "13100000001"],
    ["002", "钱二", B, "2011-06-01", "装配", "13100000002"],
]


@pytest.fixture
def hr(tmp_path: Path) -> Path:
    return book_of({"在职": [HEADINGS, *ROWS]}, tmp_path / "花名册.xlsx")


def book_of(sheets: dict[str, list[list[Any]]], path: Path) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def made(path: Path) -> Submission:
    return workbook.read(path, FORM)


def people(path: Path) -> list[tuple[str, ...]]:
    columns = made(path).sheets[FORM.main_table.key].columns
    keys = ("name", "id_number", "joined_on")
    return list(zip(*(columns[key].text for key in keys), strict=True))


def test_names_and_numbers_come_along_and_doubtful_dates_are_named(
    hr: Path, tmp_path: Path
) -> None:
    done = run("template", "--from", hr, "-o", "填报表.xlsx", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert people(tmp_path / "填报表.xlsx") == [("赵一", A, ""), ("钱二", B, "")]
    assert "“入职日期”没有带：不知道是不是加入工会时间" in done.stdout
    assert "没有带：“工号”、“部门”、“手机” 3 列，2 人" in done.stdout
    assert A not in done.stdout
    assert not list(tmp_path.glob(".*json"))


def test_a_mapping_is_remembered_beside_the_list(hr: Path, tmp_path: Path) -> None:
    line = ("template", "--from", hr, "-o", "填报表.xlsx", "--map", "入职日期=加入工会时间")
    assert run(*line, cwd=tmp_path).returncode == 0
    assert [one[2] for one in people(tmp_path / "填报表.xlsx")] == ["2010-05-01", "2011-06-01"]
    kept = json.loads((tmp_path / ".花名册-对应.json").read_text("utf-8"))
    assert kept == {"version": 1, "columns": {"入职日期": "joined_on"}}
    assert run("template", "--from", hr, "-o", "又.xlsx", cwd=tmp_path).returncode == 0
    assert [one[2] for one in people(tmp_path / "又.xlsx")] == ["2010-05-01", "2011-06-01"]


def test_a_list_with_the_same_headings_is_known_wherever_it_lies(hr: Path, tmp_path: Path) -> None:
    line = ("template", "-o", "表.xlsx", "--map", "入职日期=加入工会时间", "--from")
    assert run(*line, hr, cwd=tmp_path).returncode == 0
    (tmp_path / "下月").mkdir()
    later = [["003", "孙三", C, "2012-07-01", "后勤", "13100000003"]]
    moved = book_of({"Sheet1": [HEADINGS, *later]}, tmp_path / "下月" / "人事导出.xlsx")
    done = run("template", "-o", "下月.xlsx", "--from", moved, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert people(tmp_path / "下月.xlsx") == [("孙三", C, "2012-07-01")]
    assert "已照那次确认的处理：入职日期=加入工会时间" in done.stdout
    other = [[heading.replace("部门", "车间") for heading in HEADINGS], *later]
    changed = book_of({"Sheet1": other}, tmp_path / "下月" / "换了标题.xlsx")
    done = run("template", "-o", "换了.xlsx", "--from", changed, cwd=tmp_path)
    assert people(tmp_path / "换了.xlsx") == [("孙三", C, "")]
    assert "“入职日期”没有带" in done.stdout


def test_what_is_kept_of_a_list_names_nobody(tmp_path: Path) -> None:
    bare = book_of({"表": [[row[1], row[2], row[3]] for row in ROWS]}, tmp_path / "无标题.xlsx")
    line = ("template", "-o", "表.xlsx", "--map", "C=加入工会时间", "--from")
    assert run(*line, bare, cwd=tmp_path).returncode == 0
    kept = [path.read_text("utf-8") for path in state_folder().glob("*.json")]
    assert not any(word in text for text in kept for word in ("赵一", A))


def test_yes_takes_the_guesses_but_no_doubtful_date(hr: Path, tmp_path: Path) -> None:
    assert run("template", "--yes", "--from", hr, "-o", "表.xlsx", cwd=tmp_path).returncode == 0
    assert people(tmp_path / "表.xlsx") == [("赵一", A, ""), ("钱二", B, "")]
    kept = json.loads((tmp_path / ".花名册-对应.json").read_text("utf-8"))
    assert kept["columns"] == {"员工姓名": "name", "证件号": "id_number"}


def test_the_unit_of_last_year_and_the_members_of_the_list(tmp_path: Path) -> None:
    correct(tmp_path, "去年.xlsx")
    assert run("convert", "去年.xlsx", "-o", "去年.zip", cwd=tmp_path).returncode == 0
    rows = [["姓名", "证件号"], ["赵一", A], [MEMBERS[0][0], MEMBERS[0][1]]]
    book_of({"一车间": rows, "二车间": [["姓名", "证件号"], ["孙三", C]]}, tmp_path / "今年.xlsx")
    for last in ("去年.xlsx", "去年.zip"):
        target = f"填报-{last.replace('.', '')}.xlsx"
        done = run("template", "--from", "今年.xlsx", "--from", last, "-o", target, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert {one[1] for one in people(tmp_path / target)} == {A, C, MEMBERS[0][1]}
        record = made(tmp_path / target).sheets[FORM.record.key].columns
        assert record["unit_name"].text == [UNIT["单位工会名称"]]
        assert "多了 2 人：赵一、孙三" in done.stdout
        assert f"少了 {len(MEMBERS) - 1} 人" in done.stdout
        joined = {one[1]: one[2] for one in people(tmp_path / target)}
        assert joined[MEMBERS[0][1]] == (str(MEMBERS[0][2]) if MEMBERS[0][2] else "")


def test_a_second_sheet_of_a_filled_template_comes_along(tmp_path: Path) -> None:
    book = fill(blank())
    more = book.create_sheet("退休会员")
    for row in (["姓名", "身份证号"], ["赵一", A]):
        more.append(row)
    saved(book, tmp_path, "去年.xlsx")
    done = run("template", "--from", "去年.xlsx", "-o", "今年.xlsx", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(people(tmp_path / "今年.xlsx")) == len(MEMBERS) + 1
    assert "退休会员" in done.stdout


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_a_text_file_is_a_list_too(encoding: str, tmp_path: Path) -> None:
    as_text([HEADINGS, *ROWS], tmp_path / "名单.csv", encoding)
    done = run("template", "--from", "名单.csv", "-o", "表.xlsx", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one[:2] for one in people(tmp_path / "表.xlsx")] == [("赵一", A), ("钱二", B)]


def test_a_list_of_nobody_writes_nothing(tmp_path: Path) -> None:
    book_of({"设备": [["名称", "数量"], ["车床", 3]]}, tmp_path / "设备.xlsx")
    done = run("template", "--from", "设备.xlsx", "-o", "表.xlsx", cwd=tmp_path)
    assert (done.returncode, "没有找到人" in done.stdout) == (1, True)
    assert not (tmp_path / "表.xlsx").exists()


@pytest.mark.parametrize(
    ("option", "name", "text", "ending"),
    [
        ("--from", "网页.xls", "<html><table><tr><td>赵一</td></tr></table></html>", "读不了"),
        ("--from", "空.xlsx", "", "读不了"),
        ("--from", "坏.et", "PK\x03\x04", "读不了"),
        ("--identity", "标识.xml", "x", "有错误"),
    ],
)
def test_what_is_wrong_with_a_source_is_said_of_the_source(
    hr: Path, option: str, name: str, text: str, ending: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    done = run("template", "--from", hr, option, name, "-o", "表.xlsx", cwd=tmp_path)
    assert done.returncode == 1
    assert f"{ending} {name}" in done.stdout.splitlines()
    assert "表.xlsx" not in done.stdout + done.stderr
    assert "--annotate" not in done.stderr  # there is nothing to mark in it
    assert not (tmp_path / "表.xlsx").exists()


def test_a_wrong_mapping_names_the_items(hr: Path, tmp_path: Path) -> None:
    done = run("template", "--from", hr, "--map", "工号=年龄", "-o", "表.xlsx", cwd=tmp_path)
    assert (done.returncode, "会员姓名、身份证号" in done.stderr) == (2, True)


def test_an_annotated_copy_of_a_list_copies_no_unread_columns(hr: Path, tmp_path: Path) -> None:
    done = run("check", hr, "--annotate", "批注", cwd=tmp_path)
    assert done.returncode == 1
    assert f"converter template --from {hr} -o" in done.stderr
    for copy in (tmp_path / "批注").glob("*.xlsx"):
        book = openpyxl.load_workbook(copy)
        cells = {str(c.value) for sheet in book for row in sheet for c in row}
        assert "13100000001" not in cells


@pytest.mark.usefixtures("near_workers")
def test_a_terminal_is_asked_and_a_doubtful_date_is_no_unless_said(
    hr: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(template, "sys", SimpleNamespace(stdin=folder, stdout=folder))
    requested: list[tuple[str, bool]] = []

    def confirm(question: str, *, default: bool) -> bool:
        requested.append((question, default))
        return answers.get(question[:6], default)

    monkeypatch.setattr(click, "confirm", confirm)
    answers: dict[str, bool] = {}
    line = ["template", "--from", str(hr), "-o"]
    assert cli.run([*line, str(tmp_path / "甲.xlsx")]) == 0
    assert [(question[:6], default) for question, default in requested] == [
        ("“员工姓名”", True),
        ("“证件号”是", True),
        ("“入职日期”", False),
    ]
    assert "赵一、钱二" in requested[0][0]
    assert A not in requested[1][0]
    assert people(tmp_path / "甲.xlsx") == [("赵一", A, ""), ("钱二", B, "")]
    requested.clear()
    assert cli.run([*line, str(tmp_path / "乙.xlsx")]) == 0
    assert requested == []  # remembered
    (tmp_path / ".花名册-对应.json").unlink()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "another user"))
    answers["“入职日期”"] = True
    assert cli.run([*line, str(tmp_path / "丙.xlsx")]) == 0
    assert [one[2] for one in people(tmp_path / "丙.xlsx")] == ["2010-05-01", "2011-06-01"]


@pytest.mark.usefixtures("near_workers")
def test_a_list_on_its_side_is_asked_about_with_three_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    for row in (["姓名", "赵一", "钱二"], ["身份证号", A, B]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "横排.xlsx")
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(template, "sys", SimpleNamespace(stdin=terminal, stdout=terminal))
    questions: list[str] = []

    def confirm(question: str, *, default: bool) -> bool:
        questions.append(question)
        return default and len(questions) > 1

    monkeypatch.setattr(click, "confirm", confirm)
    line = ["template", "--from", str(tmp_path / "横排.xlsx"), "-o", str(tmp_path / "填.xlsx")]
    assert cli.run(line) == 2
    assert not (tmp_path / "填.xlsx").exists()
    assert "转置" in capsys.readouterr().err
    assert cli.run(line) == 0
    assert all("一列一个人" in text and "赵一" in text and A not in text for text in questions)
    assert [one[:2] for one in people(tmp_path / "填.xlsx")] == [("赵一", A), ("钱二", B)]
    assert "一列一个人" in capsys.readouterr().out


def test_names_without_numbers_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["姓名", "身份证号"], ["赵一", A], ["钱二", B]):
        book.worksheets[0].append(row)
    retired = book.create_sheet("退休")
    for row in (["姓名", "部门"], ["赵一", "机关"], ["孙三", "机关"]):
        retired.append(row)
    book.save(tmp_path / "名单.xlsx")
    done = run("template", "--from", "名单.xlsx", "-o", "填.xlsx", cwd=tmp_path)
    assert done.returncode == 0
    assert "《退休》“姓名”有 1 人没有身份证号，没有带" in done.stdout


def test_numbers_that_are_missing_or_rounded_are_named_whatever_the_headings(
    tmp_path: Path,
) -> None:
    book = openpyxl.Workbook()
    rows = [["姓名", "身份证号", "入会时间"], ["赵一", A], ["钱二", int(B[:17] + "0")]]
    for row in (*rows, ["孙三", "=B2&C2", "2010-05-01"]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "名单.xlsx")
    done = run("template", "--from", "名单.xlsx", "-o", "填.xlsx", cwd=tmp_path)
    assert (
        "1 人的身份证号被 Excel 存成了数字，末尾几位已经丢了，请对照证件重填：钱二" in done.stdout
    )
    assert "1 人没有身份证号，请对照证件补上，不是会员的请删除：孙三" in done.stdout
    again = run("template", "--from", "填.xlsx", "-o", "再填.xlsx", cwd=tmp_path)
    assert "没有身份证号，请对照证件补上，不是会员的请删除：孙三" in again.stdout


def test_what_a_form_tells_of_people_is_told_of_the_new_one(tmp_path: Path) -> None:
    book = fill(blank())
    sheet = book[MEMBER_SHEET]
    sheet["M6"], sheet["N6"] = "陈示例", A  # beside the table
    sheet["A8"] = "例："
    sheet.row_dimensions[9].hidden = True
    for cell in sheet[7]:
        cell.font = Font(strike=True)
    sheet["B10"].comment = Comment("3月已调走", "会计")
    target = tmp_path / "新.xlsx"
    done = run("template", "--from", saved(book, tmp_path), "--yes", "-o", target)
    assert done.returncode == 0
    assert target.is_file()
    for code in ("S007", "S024", "S028", "S029"):
        assert f"提示[{code}]" in done.stdout
    assert f"有 1 处批注没有带过来：{MEMBER_SHEET}!B10“3月已调走”" in done.stdout


def test_the_other_tables_of_a_form_come_along_and_nobody_twice(tmp_path: Path) -> None:
    """A cadre is a member, too: she stands in both tables, once in each."""
    members = [["姓名", "身份证号"], ["示甲", A], ["示 乙", B], ["示乙", B]]
    cadres = [["干部姓名", "干部身份证号", "工会职务"], ["示甲", A, "主席"]]
    book_of({"会员名册": members, "工会干部名册": cadres}, tmp_path / "名册.xlsx")
    assert several(tmp_path, "--from", "名册.xlsx") == ([A, B], [A], 0)
    filled = ROOT / "samples" / "10-several-tables" / "input" / "填报.xlsx"
    book_of({"在册": members[:3]}, tmp_path / "名单.xlsx")
    assert several(tmp_path, "--from", filled, "--from", "名单.xlsx")[1:] == (
        [several_tables.IDS[0], several_tables.IDS[3]], 3,
    )  # fmt: skip
    unnamed = [["身份证号", "手机"], [A, "13100000001"]]  # a further list of the same people
    book_of({"会员": members[:3], "电话": unnamed}, tmp_path / "两张.xlsx")
    assert several(tmp_path, "--from", "两张.xlsx")[0] == [A, B]


@pytest.mark.parametrize(
    ("post", "members", "cadres", "told"),
    [
        ("副主席", [], [A, B], "带出工会干部 2 人（Sheet1）"),
        ("工程师", [A, B], [], "带出 2 人（Sheet1）"),  # no post of a union
    ],
)
def test_a_list_of_one_further_table_comes_along_by_its_answers(
    post: str, members: list[str], cadres: list[str], told: str, tmp_path: Path
) -> None:
    rows = [["姓名", "工会职务", "身份证号", "任职时间"], ["示甲", post, A, "2020-01-01"]]
    path = book_of({"Sheet1": [*rows, ["示乙", post, B, "2021-05-01"]]}, tmp_path / "名单.xlsx")
    done = run("--form", "fenbiao", "template", "--from", path, "-o", tmp_path / "干.xlsx")
    assert told in done.stdout
    assert "没有找到人" not in done.stdout
    assert several(tmp_path, "--from", path) == (members, cadres, 0)


def several(folder: Path, *arguments: object) -> tuple[list[str], list[str], int]:
    """The members and cadres of the form that is made of sources, and how many entities."""
    done = run(
        "--form", "fenbiao", "template", *arguments, "-o", "表.xlsx", "--yes", "--force", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    found = workbook.read(folder / "表.xlsx", several_tables.FORM).sheets
    numbers = [list(found[key].columns["id_number"].text) for key in ("member", "cadre")]
    return numbers[0], numbers[1], len(found["entity"])
