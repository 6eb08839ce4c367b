"""A form made in the workbook alone: a yearly survey of sums, from its fields to its statistics."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter.forms import loading
from tests.commands import run
from tests.form_editor.books import KEY_ROW, Edited

MONEY = {"kind": "人数、个数", "required": "是", "max": "999999999"}
UNIT = {
    "所属上级工会组织": "示例市总工会", "联合工会名称": "示例厂工会", "职工总数": 120, "会员总数": 100,
    "年初结余": 5000, "全年收入": 40000, "全年支出": 30000, "年末结余": 15000,
}  # fmt: skip


def emptied(edit: Edited, sheet: str, key: str, keep: tuple[str, ...] = ()) -> None:
    """Delete all rows but those whose cell is one of these."""
    for row in range(edit.free(sheet) - 1, KEY_ROW, -1):
        if edit.cell(sheet, row, key).value not in keep:
            edit.book[sheet].delete_rows(row)


def survey(edit: Edited) -> None:
    """What a maintainer types, sheet by sheet."""

    def add(sheet: str, **texts: str) -> None:
        edit.put(sheet, edit.free(sheet), **texts)

    def form(key: str, value: str) -> None:
        edit.put("表单", edit.row("表单", "@key", key), value=value)

    form("form.id", "nianbao")
    form("form.title", "工会经费年报")
    form("form.version", "2027.1")
    emptied(edit, "表", "@file", ("unit", "member"))
    edit.put("表", edit.row("表", "@file", "unit"), sheet__title="经费年报")
    edit.put(
        "表", edit.row("表", "@file", "member"), file="quarter", sheet__title="各季度收支",
        sheet__rows="季度", sheet__counter="个", sheet__aliases=None,
    )  # fmt: skip
    emptied(edit, "上报文件", "sheet", ("unit", "member"))
    row = edit.row("上报文件", "sheet", "member")
    edit.put("上报文件", row, name="quarters", path="quarters.csv", sheet="quarter")
    emptied(edit, "项目", "key", ("superior_union", "unit_name", "staff", "members"))
    edit.book["项目"].delete_rows(edit.row("项目", "@file", "entity"), 2)
    for key, title in (
        ("opening", "年初结余"),
        ("income", "全年收入"),
        ("spending", "全年支出"),
        ("closing", "年末结余"),
    ):
        add("项目", file="unit", key=key, title=title, note="整数元。", **MONEY)
    add(
        "项目",
        file="quarter",
        key="name",
        title="季度",
        kind="选择",
        required="是",
        codes="quarter",
    )
    for key, title in (("income", "收入"), ("spending", "支出")):
        add("项目", file="quarter", key=key, title=title, **MONEY)
    emptied(edit, "名单", "@list")
    for number, label in enumerate("一二三四", 1):
        add("名单", list="quarter", code=str(number), label=f"{label}季度")
    emptied(edit, "规则", "code")
    sums = "unit.opening + unit.income - unit.spending == unit.closing"
    add("规则", code="X101", family="算式", level="错误", at="unit.closing", condition=sums)
    add("规则", code="X102", family="等于各行相加", level="错误", at="unit.income 全年收入",
        rows="quarter.income 收入")  # fmt: skip
    add("规则", code="X103", family="不能重复", level="错误", at="quarter.name")
    emptied(edit, "统计表", "kind", ("各项数目",))
    emptied(edit, "比率", "@owner")
    emptied(edit, "汇总项目", "use", ("分组", "比率"))
    for use, field in (
        ("相加", "unit.income"),
        ("相加", "unit.spending"),
        ("和上期比", "unit.income"),
    ):
        add("汇总项目", use=use, field=field)
    edit.put("统计表", KEY_ROW + 1, fields="unit.income\nunit.spending\nunit.closing")


def fill(path: Path, output: Path, **other: Any) -> None:
    book = openpyxl.load_workbook(path)
    unit, rows = book["经费年报"], book["各季度收支"]
    for cell in unit["A"]:
        title = str(cell.value or "").rstrip("＊")
        if title in UNIT:
            unit.cell(cell.row, 2).value = other.get(title, UNIT[title])
    head = next(c for c in rows["A"] if c.value == "序号").row
    titles = {str(c.value).rstrip("＊"): c.column for c in rows[head] if c.value}
    for number, label in enumerate("一二三四", 1):
        for title, value in (("季度", f"{label}季度"), ("收入", 10000), ("支出", 7500)):
            rows.cell(head + number, titles[title]).value = value
    book.save(output)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(loading.form_dir("fenbiao"), folder / "起点")
    assert run("form", "edit", "起点", "-o", "表单.xlsx", cwd=folder).returncode == 0
    edit = Edited(folder / "表单.xlsx")
    survey(edit)
    edit.save()
    return folder


def test_the_form_goes_from_its_workbook_to_statistics(desk: Path) -> None:
    def form(*line: str) -> str:
        done = run("--form", "年报", *line, cwd=desk)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    built = run("form", "build", "表单.xlsx", "-o", "年报", cwd=desk)
    assert (built.returncode, "没有问题" in built.stderr) == (0, True), built.stdout
    form("template", "-o", "填报.xlsx")
    fill(desk / "填报.xlsx", desk / "好.xlsx")
    fill(desk / "填报.xlsx", desk / "坏.xlsx", 年末结余=14000, 全年收入=40001)
    assert "季度 4 个" in form("check", "好.xlsx")
    bad = run("--form", "年报", "check", "坏.xlsx", cwd=desk)
    assert (bad.returncode, "X101" in bad.stdout, "X102" in bad.stdout) == (1, True, True)
    (desk / "收").mkdir()
    form("convert", "好.xlsx", "-o", "收/甲.zip")
    form("receive", "收", "--store", "库")
    told = form("stats", "--store", "库")
    assert "全年收入" in told
    assert "40000" in told


@pytest.mark.parametrize("kind", ["table-schema", "csvw", "json-schema"])
def test_the_form_is_exported(desk: Path, kind: str) -> None:
    if not (desk / "年报").exists():
        run("form", "build", "表单.xlsx", "-o", "年报", cwd=desk)
    done = run("form", "export", "年报", "--as", kind, "-o", f"{kind}.json", cwd=desk)
    assert done.returncode == 0, done.stderr
    assert "季度" in (desk / f"{kind}.json").read_text("utf-8")
