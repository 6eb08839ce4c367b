"""What is right stays without an issue, however odd it looks, and reads the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from tests.workbook.books import (
    FORM,
    MEMBER_SHEET,
    UNIT_SHEET,
    Tweak,
    codes,
    ids,
    members,
    names,
    parts_of,
    read,
    rezip,
    save,
)


def _fill_rows(made: Workbook) -> None:
    for row in range(8, 3_000):
        for column in range(1, 15):
            made[MEMBER_SHEET].cell(row, column).fill = PatternFill("solid", "FFFF00")


def _chart(made: Workbook) -> None:
    chart = BarChart()
    chart.add_data(Reference(made[MEMBER_SHEET], min_col=1, min_row=4, max_row=7))
    made[MEMBER_SHEET].add_chart(chart, "K2")
    made.create_chartsheet("图").add_chart(BarChart())


def _numbers_below(made: Workbook) -> None:
    for row in range(8, 60):
        made[MEMBER_SHEET].cell(row, 1).value = row - 4


def _checks(made: Workbook) -> None:
    for row in range(5, 60):
        made[MEMBER_SHEET].cell(row, 7).value = "错误：请填写"
        made[MEMBER_SHEET].cell(row, 8).value = "说明" if row < 8 else None


def _spaces(made: Workbook) -> None:
    for row in range(8, 20):
        for column in range(1, 9):
            made[MEMBER_SHEET].cell(row, column).value = "　 "


def member(action: Callable[..., object]) -> Tweak:
    return lambda made: action(made[MEMBER_SHEET])


def unit(action: Callable[..., object]) -> Tweak:
    return lambda made: action(made[UNIT_SHEET])


def put(address: str, value: object) -> Callable[..., object]:
    def action(sheet: object) -> None:
        sheet[address].value = value  # type: ignore[index]

    return action


TWEAKS: dict[str, Tweak] = {
    "nothing": lambda made: None,
    "an extra sheet before": lambda made: made.create_sheet("封面", 0),
    "an extra sheet with data": lambda made: made.create_sheet("草稿").append(["职工总数", 3]),
    "a hidden sheet": lambda made: setattr(made.create_sheet("代码"), "sheet_state", "veryHidden"),
    "sheets in another order": lambda made: made.move_sheet(UNIT_SHEET, 1),
    "a chart and a chart sheet": _chart,
    "a table": member(lambda s: s.add_table(Table(displayName="会员", ref="A4:H7"))),
    "a filter that hides nothing": member(lambda s: setattr(s.auto_filter, "ref", "A4:H7")),
    "frozen panes": member(lambda s: setattr(s, "freeze_panes", "C5")),
    "protection": member(lambda s: s.protection.set_password("x")),
    "a dropdown": member(
        lambda s: s.add_data_validation(DataValidation("list", formula1='"男,女"'))
    ),
    "conditional colours": member(
        lambda s: s.conditional_formatting.add(
            "B5:B9", CellIsRule("equal", ["1"], font=Font(b=True))
        )
    ),
    "a comment": member(lambda s: setattr(s["B5"], "comment", Comment("核实过", "某人"))),
    "a hyperlink": member(lambda s: setattr(s["B5"], "hyperlink", "https://example.org/")),
    "a name": lambda made: made.defined_names.add(
        DefinedName("会员", attr_text=f"'{MEMBER_SHEET}'!$B$5")
    ),
    "wrapped text": member(lambda s: setattr(s["B5"], "alignment", Alignment(wrap_text=True))),
    "thousands of coloured blank rows": _fill_rows,
    "row numbers below the last member": _numbers_below,
    "verdicts and reasons": _checks,
    "rows of blanks": _spaces,
    "no row numbers": member(lambda s: [put(f"A{n}", None)(s) for n in (5, 6, 7)]),
    "text row numbers": member(lambda s: [put(f"A{n}", f"{n:03d}")(s) for n in (5, 6, 7)]),
    "a total below": member(put("A9", "合计")),
    "a signature far right": member(put("K12", "经办人：张某")),
    "a hidden number column": member(lambda s: setattr(s.column_dimensions["A"], "hidden", True)),
    "a hidden derived column": member(lambda s: setattr(s.column_dimensions["E"], "hidden", True)),
    "a hidden title": member(lambda s: setattr(s.row_dimensions[1], "hidden", True)),
    "hidden blank rows": member(lambda s: setattr(s.row_dimensions[40], "hidden", True)),
    "a merged title": member(lambda s: s.merge_cells("A1:H2")),
    "a merged remark": member(lambda s: (put("A9", "备注")(s), s.merge_cells("A9:H9"))),
    "a deleted check column": member(lambda s: s.delete_cols(7)),
    "deleted derived columns": member(lambda s: s.delete_cols(5, 2)),
    "an inserted column": member(lambda s: s.insert_cols(2)),
    "inserted rows above": member(lambda s: s.insert_rows(1, 5)),
    "a tilted heading": member(
        lambda s: setattr(s["B4"], "alignment", Alignment(text_rotation=90))
    ),
    "a starred heading": member(put("B4", "会员姓名 *")),
    "another zoom and colour": member(lambda s: setattr(s.sheet_properties, "tabColor", "FF0000")),
    "print titles": member(lambda s: setattr(s, "print_title_rows", "4:4")),
    "a unit sheet with notes": unit(lambda s: [put(f"D{n}", "照实填写")(s) for n in range(4, 44)]),
    "a unit sheet with sections": unit(lambda s: (s.insert_rows(8), put("A8", "职工与会员")(s))),
    "a unit sheet with merged sections": unit(
        lambda s: (s.insert_rows(8), put("A8", "职工与会员")(s), s.merge_cells("A8:E8"))
    ),
    "a unit sheet with wide answers": unit(lambda s: s.merge_cells("B6:C6")),
    "a unit sheet with a signature": unit(put("A50", "填表人：张某")),
    "document properties": lambda made: setattr(made.properties, "modified", datetime(2026, 1, 1)),
}


@pytest.mark.parametrize("oddity", TWEAKS)
def test_oddity_makes_no_issue_and_no_difference(oddity: str, tmp_path: Path) -> None:
    plain = read(save(tmp_path))
    submission = read(save(tmp_path, TWEAKS[oddity]))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)
    assert members(submission, "id_number") == ids(3)
    assert members(submission, "joined_on") == members(plain, "joined_on")
    assert "unit" in plain.sheets
    assert "unit" in submission.sheets
    assert submission.sheets["unit"].columns == plain.sheets["unit"].columns


def _add_part(name: str, data: bytes) -> Callable[[Path], Path]:
    return lambda path: rezip(path, {**parts_of(path), name: data})


def _drop(*names: str) -> Callable[[Path], Path]:
    return lambda path: rezip(path, {n: d for n, d in parts_of(path).items() if n not in names})


FILES: dict[str, Callable[[Path], Path]] = {
    "a picture": _add_part("xl/media/image1.png", b"\x89PNG" + bytes(range(256)) * 50),
    "a thumbnail": _add_part("docProps/thumbnail.jpeg", b"\xff\xd8\xff"),
    "a folder entry": _add_part("xl/folder/", b""),
    "printer settings": _add_part("xl/printerSettings/printerSettings1.bin", bytes(600)),
    "a calculation chain": _add_part("xl/calcChain.xml", b"<calcChain/>"),
    "custom XML": _add_part("customXml/item1.xml", b"\xff\xfe<\x00a\x00/\x00>\x00"),
    "WPS parts": _add_part("xl/wpsCustomData.xml", b"<?xml version='1.0'?><a/>"),
    "no theme": _drop("xl/theme/theme1.xml"),
    "no document properties": _drop("docProps/app.xml", "docProps/core.xml"),
    "no content types": _drop("[Content_Types].xml"),
}


@pytest.mark.parametrize("oddity", FILES)
def test_other_parts_of_the_file_do_not_matter(oddity: str, tmp_path: Path) -> None:
    submission = read(FILES[oddity](save(tmp_path)))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)


def test_our_own_template_filled_and_blank(tmp_path: Path) -> None:
    from tests import sheets

    for book, count in ((sheets.blank(), 0), (sheets.fill(sheets.blank()), 12)):
        path = sheets.saved(book, tmp_path)
        submission = read(path)
        assert codes(submission) == []
        assert members(submission, "name") == names(count)
        assert submission.stamp.form == FORM.id
        assert "unit" in submission.sheets
        assert "member" in submission.sheets
        assert submission.sheets["unit"].leftovers == submission.sheets["member"].leftovers == ()
        assert len(submission.sheets["unit"].columns) == len(FORM.record.fields)
