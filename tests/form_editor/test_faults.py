"""What is wrong in an edited workbook: `form build` names every cell."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from converter.messages import errors
from converter.model.errors import UsageError
from converter.usecases import form_editing
from tests.form_editor.books import Edited, without_regions, workbook


@pytest.fixture
def edit(tmp_path: Path) -> Edited:
    return Edited(workbook(without_regions(tmp_path / "form"), tmp_path / "表单.xlsx"))


def with_faults(edit: Edited) -> dict[str, tuple[str, str]]:
    """A workbook with a fault of every sort: the cell → what stands there, a choice offered."""
    named: dict[str, tuple[str, str]] = {}

    def put(sheet: str, row: int, key: str, text: str, choice: str = "") -> None:
        edit.cell(sheet, row, key).value = text
        named[f"《{sheet}》{edit.cell(sheet, row, key).coordinate}"] = (text, choice)

    def field(key: str) -> int:
        return edit.row("项目", "key", key)

    def rule(code: str) -> int:
        return edit.row("规则", "code", code)

    put("项目", field("phone"), "kind", "电话机", "电话")
    put("项目", field("legal_entities"), "min", "一个")
    put("项目", field("honour"), "codes", "honours", "honour")
    put("项目", field("staff"), "codes", "honour")
    put("项目", field("address"), "required", "要", "是")
    put("项目", field("unit_name"), "identity", "名字", "单位名称")
    put("规则", rule("X135"), "years", "五")
    put("规则", rule("X131"), "since", "unit.founded", "unit.founded_on")
    put("规则", rule("X141"), "when.group", "政府", "企业")
    put("规则", rule("X113"), "level", "严重", "提示")
    put("表单", edit.row("表单", "@key", "limits.rows"), "@value", "很多")
    put("统计表", 6, "step", "7")
    put("上报文件", 4, "path", "../a.csv")
    put("项目", edit.free("项目"), "@file", "unitt", "unit")
    edit.put("项目", edit.free("项目") - 1, key="new", title="新", kind="文字")
    return named


def faults(path: Path, folder: Path) -> dict[str, str]:
    """Place → all that is printed about it."""
    found = form_editing.build(path, folder, force=False).faults
    assert not folder.exists()
    return {fault.key.partition("（")[0]: errors.text(fault) for fault in found}


def test_every_fault_is_named_with_its_cell_in_one_pass(edit: Edited, tmp_path: Path) -> None:
    named = with_faults(edit)
    found = faults(edit.save(), tmp_path / "新")
    assert set(found) == set(named)
    for place, (text, choice) in named.items():
        assert text in found[place].partition("现在写的是：")[2], place
        assert choice in found[place].partition("可以写：")[2], place
        assert "表单.xlsx" in found[place]


def test_names_that_are_none_hide_nothing(edit: Edited, tmp_path: Path) -> None:
    def put(sheet: str, row: int, key: str, text: str | None) -> str:
        edit.cell(sheet, row, key).value = text
        return f"《{sheet}》{edit.cell(sheet, row, key).coordinate}"

    def field(key: str) -> int:
        return edit.row("项目", "key", key)

    def rule(code: str) -> int:
        return edit.row("规则", "code", code)

    owner = f"《项目》{edit.cell('项目', field('staff'), 'key').coordinate}"
    twice = put("项目", field("legal_entities"), "key", "staff")
    named = {
        twice,
        put("项目", field("address"), "key", "地址"),
        put("项目", field("honour"), "key", None),
        put("项目", field("members"), "@file", "单位表"),
        put("项目", field("postcode"), "title", None),
        put("项目", field("phone"), "kind", "电话机"),
        put("表", 4, "@file", "单位"),
        put("表", 4, "sheet.shape", "行"),
        put("规则", rule("X131"), "code", "191"),
        put("规则", rule("X141"), "code", "X113"),
        put("规则", rule("X101"), "family", None),
        put("规则", rule("X102"), "at", None),
        put("规则", rule("X135"), "years", "五"),
        put("名单", edit.row("名单", "label", "市级"), "@list", "a/b"),
        put("表单", edit.row("表单", "@key", "form.version"), "@value", None),
        put("统计表", 6, "step", "7"),
    }
    put("项目", field("women_members"), "@file", "基层单位信息表")  # the table's title will do
    found = faults(edit.save(), tmp_path / "新")
    assert set(found) == named
    assert owner in found[twice]


def test_a_field_that_is_gone_is_named_by_what_mentions_it(edit: Edited, tmp_path: Path) -> None:
    edit.book["项目"].delete_rows(edit.row("项目", "key", "women_members"))
    kind = edit.row("项目", "key", "members")
    edit.put("项目", kind, kind="数")  # which rules and tables mention, too
    found = faults(edit.save(), tmp_path / "新")
    assert "没有这种类型" in found.pop(f"《项目》{edit.cell('项目', kind, 'kind').coordinate}")
    rules = {f"《规则》{edit.cell('规则', edit.row('规则', 'code', code), 'at').coordinate}"
             for code in ("X105", "X112")}  # fmt: skip
    assert rules < set(found)
    assert {place for place in set(found) - rules if "统计表" in place or "表单" in place}
    assert all('"unit.women_members"' in text for text in found.values())


def test_a_row_of_a_list_is_named(edit: Edited, tmp_path: Path) -> None:
    row = edit.row("名单", "label", "市级")
    edit.put("名单", row, code="1")
    found = faults(edit.save(), tmp_path / "新")
    assert "代码 1 出现了两次" in found.pop(f"《名单》第 {row} 行")
    (place,) = found  # the annual report counts the code that is no more
    assert place.startswith("《年报栏目》")


def test_rows_inserted_above_and_columns_moved_do_not_matter(edit: Edited, tmp_path: Path) -> None:
    edit.put("项目", edit.row("项目", "key", "phone"), kind="电话机")
    edit.book["项目"].insert_rows(1, 2)
    edit.book["项目"].insert_cols(3)
    (place,) = faults(edit.save(), tmp_path / "新")
    assert place == "《项目》G9"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"key = 1\n"])
def test_another_file_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(data)
    with pytest.raises(UsageError, match="editor_no_workbook"):
        form_editing.build(tmp_path / "a.xlsx", tmp_path / "新", force=False)


def test_another_workbook_is_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    with pytest.raises(UsageError, match="editor_no_workbook"):
        form_editing.build(tmp_path / "a.xlsx", tmp_path / "新", force=False)
