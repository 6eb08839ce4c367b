"""A form's workbook, saved by another program: its own formulas say what is wrong beside the row, and
nothing of it is lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from converter.form_editor.source_files import read_sources
from tests.form_editor.books import (
    FORMS,
    Edited,
    built,
    with_few_regions,
    without_regions,
    workbook,
)
from tests.form_editor.test_faults import with_faults
from tests.parity.office import recalculated
from tests.tools import needs

pytestmark = needs("libreoffice")

SHEETS = (
    "表单",
    "表",
    "项目",
    "名单",
    "规则",
    "填写说明",
    "统计表",
    "比率",
    "汇总项目",
    "年报表",
    "年报栏目",
    "上报文件",
)


@dataclass(frozen=True)
class Saved:
    """Workbooks as LibreOffice saves them: each form's by its folder, and one with faults."""

    sound: dict[Path, Path]
    faulty: Path
    edit: Edited  # the workbook with faults as it was typed into
    named: dict[str, tuple[str, str]]  # as `with_faults` gives them


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    folder = tmp_path_factory.mktemp("editor")
    forms = [with_few_regions(folder / one.name, one) for one in FORMS]
    edit = Edited(workbook(without_regions(folder / "faulty"), folder / "坏.xlsx"))
    named = with_faults(edit)
    edit.put("规则", edit.row("规则", "code", "X102"), code="X101")
    edit.put("规则", edit.row("规则", "code", "X175"), code="x17")
    edit.put("规则", edit.row("规则", "code", "X172"), min=None)
    edit.put("项目", edit.row("项目", "key", "postcode"), title="驻地通讯地址", key="邮编")
    edit.put("名单", edit.row("名单", "code", "B"), code="A")
    edit.put("表", 5, sheet__rows=None)
    edit.put("表单", edit.row("表单", "@key", "form.title"), value=None)
    sound = [workbook(one, folder / f"{one.name}.xlsx") for one in forms]
    faulty, *computed = recalculated([edit.save(), *sound], folder)
    return Saved(dict(zip(forms, computed, strict=True)), faulty, edit, named)


def live_checks(path: Path) -> dict[str, dict[int, str]]:
    """What the first column of each sheet says beside a row, by sheet and row."""
    book = openpyxl.load_workbook(path, data_only=True, read_only=True)
    found = {
        sheet: {
            row: str(text)
            for row, (text,) in enumerate(
                book[sheet].iter_rows(min_row=4, max_col=1, values_only=True), start=4
            )
            if text
        }
        for sheet in SHEETS
    }
    book.close()
    return found


def test_nothing_of_a_form_is_lost(saved: Saved) -> None:
    for folder, path in saved.sound.items():
        assert built(path) == read_sources(folder), folder.name


def test_nothing_is_said_of_sound_forms(saved: Saved) -> None:
    for path in saved.sound.values():
        assert live_checks(path) == {name: {} for name in SHEETS}, path


def test_the_workbook_says_beside_the_row_what_is_wrong(saved: Saved) -> None:
    edit, live = saved.edit, live_checks(saved.faulty)
    for place in saved.named:
        sheet, _, cell = place.strip("《").partition("》")
        if sheet in ("上报文件", "统计表") or place.startswith("《规则》P"):
            continue  # texts of another kind: only `form build` tells
        row = int("".join(filter(str.isdigit, cell)))
        where = (row, 2) if sheet == "表单" else (2, edit.book[sheet][cell].column)
        title = edit.book[sheet].cell(*where).value
        assert f"“{title}”" in live[sheet][row], place
    of_rules = "".join(live["规则"].values())
    assert of_rules.count("“编号”重复了") == 2
    assert "“编号”要写成 X 加三位数字" in of_rules
    assert "还没有写“最小周岁”" in of_rules
    assert "“名称”重复了" in live["项目"][edit.row("项目", "key", "address")]
    assert "“代号”只能用小写英文" in live["项目"][edit.row("项目", "key", "邮编")]
    assert sum("“代码”重复了" in text for text in live["名单"].values()) == 2
    assert "一行是什么" in live["表"][5]
    assert "还没有写“表单名称”" in live["表单"][edit.row("表单", "@key", "form.title")]
