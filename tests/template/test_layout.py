"""What the clerk finds: sheets, headings, marks, protection, dropdowns, print set-up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet

from converter.kinds.date import Date
from converter.model.forms import Form
from converter.model.submissions import Stamp
from converter.template import renderer_of
from converter.template.layout import UnitLayout
from tests.canonical import IDENTITY
from tests.opened import opened

STAMP = replace(Stamp().of_holder(IDENTITY), unit_name="示例厂 & 分厂工会")


@pytest.fixture(scope="module")
def stamped(form: Form) -> Any:
    return opened(form, rows=5, stamp=STAMP)


def line(sheet: Worksheet, form: Form, key: str) -> int:
    return UnitLayout(form.record).rows[key]


def test_four_sheets_and_the_lists_are_hidden(blank: Any, form: Form) -> None:
    assert [(s.title, s.sheet_state) for s in blank] == [
        ("填写说明", "visible"),
        (form.record.title, "visible"),
        (form.main_table.title, "visible"),
        ("代码表", "hidden"),
    ]
    assert blank.active.title == "填写说明"


def test_headings_come_from_the_form(blank: Any, form: Form) -> None:
    unit = [c.value for c in blank[form.record.title][3][:5]]
    assert unit == ["项目", "填写", "核对", "说明", "情况说明"]
    member = [c.value for c in blank[form.main_table.title][4][:8]]
    assert member == [
        "序号", "会员姓名＊", "身份证号＊", "加入工会时间", "会员性别", "会员生日", "核对", "情况说明",
    ]  # fmt: skip


def test_a_field_a_line_under_its_section_with_required_marks(blank: Any, form: Form) -> None:
    sheet = blank[form.record.title]
    items = [sheet.cell(row, 1).value for row in range(4, sheet.max_row + 1)]
    expected, section = [], ""
    for field in form.record:
        if field.section != section:
            section = field.section
            expected.append(section)
        expected.append(field.title + ("＊" if field.required else ""))
    assert items == expected


def test_unit_sheet_is_protected_but_for_answers_and_reasons(blank: Any, form: Form) -> None:
    sheet = blank[form.record.title]
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    assert not sheet.protection.formatColumns
    assert not sheet.protection.formatRows
    open_cells = {c.coordinate for row in sheet for c in row if not c.protection.locked}
    rows = UnitLayout(form.record).rows
    derived = {f.key for f in form.record if f.derive}
    assert open_cells == {
        f"{letter}{row}" for key, row in rows.items() for letter in "BE"
        if letter == "E" or key not in derived
    }  # fmt: skip


def test_identity_fields_are_filled_in_and_locked(stamped: Any, form: Form) -> None:
    sheet = stamped[form.record.title]
    for key, text in (
        ("unit_name", STAMP.unit_name),
        ("superior_union", STAMP.superior_name),
    ):
        cell = sheet.cell(line(sheet, form, key), 2)
        assert (cell.value, cell.protection.locked) == (text, True)


def test_identity_fields_are_open_without_an_identity(blank: Any, form: Form) -> None:
    sheet = blank[form.record.title]
    cell = sheet.cell(line(sheet, form, "unit_name"), 2)
    assert (cell.value, cell.protection.locked) == (None, False)


def test_member_sheet_is_not_protected_so_rows_can_be_sorted_and_deleted(
    blank: Any, form: Form
) -> None:
    sheet = blank[form.main_table.title]
    assert not sheet.protection.sheet
    # Copied to the protected sheet, no member cell locks its new place.
    assert [c.coordinate for c in sheet[5][:8] if c.protection.locked] == []


def test_ids_and_postcodes_keep_their_zeros_and_dates_show_as_dates(blank: Any, form: Form) -> None:
    unit, member = blank[form.record.title], blank[form.main_table.title]
    assert unit.cell(line(unit, form, "postcode"), 2).number_format == "@"
    assert unit.cell(line(unit, form, "phone"), 2).number_format == "@"
    assert unit.cell(line(unit, form, "founded_on"), 2).number_format == Date.number_format
    formats = [member.cell(5, column).number_format for column in range(2, 7)]
    assert formats == ["@", "@", Date.number_format, "General", Date.number_format]


def test_ids_typed_below_the_prepared_rows_stay_text_too(blank: Any, form: Form) -> None:
    assert blank[form.main_table.title].column_dimensions["C"].number_format == "@"


def test_filter_freeze_and_print_set_up(blank: Any, form: Form) -> None:
    unit, member = blank[form.record.title], blank[form.main_table.title]
    assert member.auto_filter.ref == "A4:H34"
    assert (unit.freeze_panes, member.freeze_panes) == ("B4", "C5")
    assert (unit.print_title_rows, member.print_title_rows) == ("$3:$3", "$4:$4")
    for sheet in (blank["填写说明"], unit, member):
        assert sheet.page_setup.paperSize == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        most = 2 if sheet is unit else 0  # 0: as many pages as it takes
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, most)
        assert "&P" in sheet.oddFooter.center.text


def test_everything_to_fill_in_is_on_a_screen_of_1366_pixels(designed: Any, form: Form) -> None:
    """A column has 5 pixels more than its digits, each 7 wide in Arial of 10 points; row numbers
    and the bar to scroll with take 60. Few systems lack all of Arial's stand-ins."""
    standard = designed._fonts[0]
    assert (standard.name, standard.sz) == ("Arial", 10)
    for title in (form.record.title, form.main_table.title):
        columns = designed[title].column_dimensions.values()
        assert sum(7 * c.width + 5 for c in columns if not c.hidden) + 60 <= 1366


def test_every_visible_sheet_says_what_is_printed(designed: Any, form: Form) -> None:
    for sheet in (
        designed["填写说明"],
        designed[form.record.title],
        designed[form.main_table.title],
    ):
        assert "_xlnm.Print_Area" in sheet.defined_names


def test_helper_columns_are_hidden(blank: Any, form: Form) -> None:
    for key in ("unit", "member"):
        sheet = blank[form.sheet(key).title]
        helpers = {c.column_letter for row in sheet for c in row if c.column > 20 and c.value}
        assert helpers
        hidden = [d for d in sheet.column_dimensions.values() if d.hidden]
        columns = {n for d in hidden for n in range(d.min, d.max + 1)}
        assert {column_index_from_string(letters) for letters in helpers} <= columns


def test_dropdowns_offer_but_do_not_refuse(blank: Any, form: Form) -> None:
    """A code may be typed; the 核对 column judges."""
    sheet = blank[form.record.title]
    lists = {str(v.sqref): v for v in sheet.data_validations.dataValidation}
    rows = UnitLayout(form.record).rows
    for field in form.record:
        if field.kind == "choice" and not field.derive:
            dropdown = lists[f"B{rows[field.key]}"]
            assert dropdown.type == "list"
            assert not dropdown.showErrorMessage
            assert not dropdown.formula1.startswith('"')  # inline lists end at 255 characters
            assert not dropdown.formula1.startswith("=")


def test_stamp_stands_in_the_document_properties(stamped: Any, form: Form) -> None:
    found = {p.name: p.value for p in stamped.custom_doc_props.props}
    assert found == {
        "form": form.id,
        "version": form.version,
        "unit_code": STAMP.unit_code,
        "unit_name": "示例厂 & 分厂工会",
        "superior_code": STAMP.superior_code,
        "superior_name": "示例县总工会",
        "period": "2026",
        "serial": str(STAMP.serial),
        "digest": form.digest,
    }


def test_without_identity_only_the_form_is_stamped(blank: Any) -> None:
    names = {p.name for p in blank.custom_doc_props.props}
    assert names == {"form", "version", "digest"}


def test_ampersand_in_a_unit_name_is_no_footer_command(stamped: Any, form: Form) -> None:
    assert "示例厂 && 分厂工会" in stamped[form.record.title].oddFooter.left.text


def test_guide_shows_every_line_of_the_form_and_the_contacts(blank: Any, form: Form) -> None:
    shown = {c.value for row in blank["填写说明"] for c in row}
    sections = [*form.prose["template"]["guide"], form.prose["contacts"]]
    wanted = {text for s in sections for text in (s["heading"], *s["lines"])}
    assert wanted <= shown


def test_every_prepared_row_names_the_formula_of_its_column(form: Form) -> None:
    book = opened(form, rows=30)
    sheet = book[form.main_table.title]
    names = {f"={name}" for name in sheet.defined_names if name.startswith("row")}
    assert len(names) > 12
    for row in range(5, 35):
        assert {c.value for c in sheet[row] if c.data_type == "f" and c.column > 1} == names
        for cell in sheet[row]:
            if cell.data_type == "f" and cell.column > 1:
                assert cell.value == f"=row{cell.column_letter}"


def test_a_name_looks_at_the_row_that_asks_for_it(form: Form) -> None:
    """As the file has it: from A1, so that the first row's address is row 1."""
    text = opened(form, rows=5)[form.main_table.title].defined_names["rowAA"].value
    assert f"'{form.main_table.title}'!$B1" in text
    assert "$B5" not in text


@pytest.mark.parametrize(("rows", "most"), [(500, 64_000), (2_000, 150_000)])
def test_blank_workbooks_are_small(form: Form, rows: int, most: int) -> None:
    assert len(renderer_of(form).blank(rows=rows)) <= most
