"""What a workbook stores, down to the XML that programs write differently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl.workbook import Workbook

from converter.model.cell_types import CellType
from tests.workbook.books import (
    MEMBER_SHEET,
    SHEET_XML,
    UNIT_SHEET,
    answer,
    codes,
    ids,
    member_rows,
    member_types,
    member_xml,
    members,
    names,
    parts_of,
    patch,
    read,
    rezip,
    save,
    unit_rows,
)

MEMBER_XML = SHEET_XML[MEMBER_SHEET]
TEXT, NUMBER, DATE, BLANK = CellType.TEXT, CellType.NUMBER, CellType.DATE, CellType.BLANK


def put(address: str, value: Any, number_format: str = "") -> Callable[[Workbook], None]:
    def tweak(made: Workbook) -> None:
        cell = made[MEMBER_SHEET][address]
        cell.value = value
        if number_format:
            cell.number_format = number_format

    return tweak


# --- values and types ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "number_format", "text", "kind"),
    [
        (date(2010, 5, 1), "", "2010-05-01", DATE),
        (datetime(2010, 5, 1, 8, 30), "", "2010-05-01T08:30:00", DATE),
        (40299, 'yyyy"年"m"月"d"日"', "2010-05-01", DATE),
        (40299, "yyyy年m月", "2010-05-01", DATE),
        (40299, "m/d/yy", "2010-05-01", DATE),
        (40299, "0", "40299", NUMBER),
        (40299, "#,##0.00_);[Red](#,##0.00)", "40299", NUMBER),
        (40299, "[h]:mm:ss", "40299", NUMBER),
        (20100501, "yyyy-mm-dd", "20100501", NUMBER),
        (-3, "yyyy-mm-dd", "-3", NUMBER),
        (0, "yyyy-mm-dd", "0", NUMBER),
        (0.25, "yyyy-mm-dd", "0.25", NUMBER),
        (60, "yyyy-mm-dd", "60", NUMBER),  # the 29th of February 1900, which never was
        (13812345678, "yyyy-mm-dd", "13812345678", NUMBER),
        (360426199001011234, "yyyy-mm-dd", "360426199001011000", NUMBER),
        (2010.1, "0.00", "2010.1", NUMBER),
        (2010.1, "yyyy-mm-dd", "1905-07-02T02:24:00", DATE),
        ("2010.5.1", "yyyy-mm-dd", "2010.5.1", TEXT),
        (" 2010-5-1 ", "", " 2010-5-1 ", TEXT),
        ("　\u200b ", "", "", BLANK),
        (True, "", "TRUE", CellType.BOOL),
        ("=1/0", "@", "", CellType.UNCALCULATED),
    ],
)
def test_value_of_a_cell(
    value: Any, number_format: str, text: str, kind: CellType, tmp_path: Path
) -> None:
    submission = read(save(tmp_path, put("D5", value, number_format)))
    assert codes(submission) == []
    assert members(submission, "joined_on")[0] == text
    assert member_types(submission, "joined_on")[0] is kind


@pytest.mark.parametrize("number", [*range(14, 18), 22, *range(27, 37), *range(50, 59)])
def test_builtin_date_formats_of_chinese_excel(number: int, tmp_path: Path) -> None:
    path = save(tmp_path)
    styles = parts_of(path)["xl/styles.xml"].decode()
    custom = styles.split("<cellXfs")[1].split('numFmtId="')[2].split('"')[0]
    patch(path, "xl/styles.xml", (f'numFmtId="{custom}"', f'numFmtId="{number}"'))
    assert members(read(path), "joined_on")[0] == "2010-01-05"


def test_workbook_without_styles_has_numbers_only(tmp_path: Path) -> None:
    parts = parts_of(save(tmp_path))
    del parts["xl/styles.xml"]
    assert members(read(rezip(tmp_path / "a.xlsx", parts)), "joined_on")[0] == "40183"


# --- the 1904 date system ------------------------------------------------------------------


def use_1904(path: Path, setting: str) -> Path:
    parts = parts_of(path)
    text = parts["xl/workbook.xml"].decode()
    start = text.index("<workbookPr")
    end = text.index(">", start) + 1
    parts["xl/workbook.xml"] = (text[:start] + setting + text[end:]).encode()
    return rezip(path, parts)


@pytest.mark.parametrize(
    "setting",
    [
        '<workbookPr date1904="1"/>',
        "<workbookPr date1904='true'></workbookPr>",
        '<workbookPr filterPrivacy="1"\n date1904 = "1" />',
    ],
)
def test_dates_of_the_1904_system(setting: str, tmp_path: Path) -> None:
    submission = read(use_1904(save(tmp_path, put("D6", 0, "yyyy-mm-dd")), setting))
    assert members(submission, "joined_on")[:2] == ["2014-01-06", "1904-01-01"]


def test_extension_does_not_switch_the_1904_system_off(tmp_path: Path) -> None:
    """Excel repeats <workbookPr> in its extension list; calamine takes that for the setting."""
    path = use_1904(save(tmp_path), '<workbookPr date1904="1"/>')
    extension = (
        '<extLst><ext uri="{0}" xmlns:x15="urn:x"><x15:workbookPr chartTrackingRefBase="1"/></ext>'
        "</extLst></workbook>"
    )
    patch(path, "xl/workbook.xml", ("</workbook>", extension))
    assert members(read(path), "joined_on")[0] == "2014-01-06"


def test_1904_said_to_be_off(tmp_path: Path) -> None:
    path = use_1904(save(tmp_path), '<workbookPr date1904="0"/>')
    assert members(read(path), "joined_on")[0] == "2010-01-05"


# --- errors and formulas -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["#N/A", "#REF!", "#VALUE!", "#SPILL!", "#GETTING_DATA", "#错误"])
@pytest.mark.parametrize("formula", ["", "<f>A1</f>", '<f t="shared" si="0"/>'])
def test_error_cell_keeps_its_name(name: str, formula: str, tmp_path: Path) -> None:
    row = f'<row r="8"><c r="B8" t="e">{formula}<v>{name}</v></c><c r="C8"><v>5</v></c></row>'
    submission = read(member_xml(save(tmp_path), row))
    assert codes(submission) == []
    assert members(submission, "name")[3] == name
    assert member_types(submission, "name")[3] is CellType.ERROR


def test_text_that_looks_like_an_error_is_text(tmp_path: Path) -> None:
    submission = read(save(tmp_path, put("B5", "#N/A!")))
    assert member_types(submission, "name")[0] is TEXT


def test_text_about_error_cells_is_left_alone(tmp_path: Path) -> None:
    shown = 'a t="e" b'
    row = f'<row r="8"><c r="B8" t="inlineStr"><is><t>{shown}</t></is></c></row>'
    assert members(read(member_xml(save(tmp_path), row)), "name")[3] == shown


def test_error_on_the_unit_sheet(tmp_path: Path) -> None:
    path = save(tmp_path)
    title = "单位工会联系电话"
    row = next(n for n, line in enumerate(unit_rows(), 1) if title in line)
    old = f'<c r="B{row}" t="s">'
    text = parts_of(path)[SHEET_XML[UNIT_SHEET]].decode()
    cell = text[text.index(old) : text.index("</c>", text.index(old)) + 4]
    patch(path, SHEET_XML[UNIT_SHEET], (cell, f'<c r="B{row}" t="e"><v>#N/A</v></c>'))
    assert answer(read(path), title) == ("#N/A", CellType.ERROR)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("<f>X1</f>", CellType.UNCALCULATED),
        ("<f>X1</f><v/>", CellType.UNCALCULATED),
        ("<f>X1</f><v />", CellType.UNCALCULATED),
        ("<f>X1</f><v></v>", CellType.UNCALCULATED),
        ('<f t="shared" si="0"/>', CellType.UNCALCULATED),
        ('<f t="shared" ref="B8:B9" si="0">X1</f><v></v>', CellType.UNCALCULATED),
        ("<f>X1</f><v>7</v>", NUMBER),
    ],
)
def test_formula_without_a_computed_value(cell: str, kind: CellType, tmp_path: Path) -> None:
    row = f'<row r="8"><c r="B8">{cell}</c><c r="C8"><v>5</v></c></row>'
    assert member_types(read(member_xml(save(tmp_path), row)), "name")[3] is kind


def test_formula_computed_to_an_empty_text_is_blank(tmp_path: Path) -> None:
    number = '<c r="C8" t="str"><v>130102198503070021</v></c>'
    row = f'<row r="8"><c r="B8" t="str"><f>X1</f><v></v></c>{number}</row>'
    assert member_types(read(member_xml(save(tmp_path), row)), "name")[3] is BLANK


def test_rows_of_formulas_nobody_has_computed_are_records(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{n}"><c r="B{n}"><f>X{n}</f></c><c r="C{n}"><f>Y{n}</f></c></row>'
        for n in range(8, 20)
    )
    assert len(members(read(member_xml(save(tmp_path), rows)), "name")) == 15


# --- texts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<t>赵示例</t>", "赵示例"),
        ("<t>A&amp;B &lt;C&gt; &#x4E00;</t>", "A&B <C> 一"),
        ("<r><t>赵</t></r><r><rPr><b/></rPr><t>示例</t></r>", "赵示例"),
        ('<t>赵示例</t><rPh sb="0" eb="1"><t>zhao</t></rPh><phoneticPr fontId="1"/>', "赵示例"),
        ('<t xml:space="preserve"> 赵 </t>', " 赵 "),
        ("<t>赵_x0007_示例</t>", "赵\x07示例"),
        ("<t>赵&#xA;示例</t>", "赵\n示例"),
        ("<t>_x005F_x0007_</t>", "_x0007_"),
        ("<t>𠮷</t>", "𠮷"),
        ("<t>\ue000</t>", "\ue000"),
    ],
)
@pytest.mark.parametrize("shared", [True, False])
def test_text_of_a_cell(inside: str, text: str, shared: bool, tmp_path: Path) -> None:
    path = save(tmp_path)
    if shared:
        parts = parts_of(path)
        strings = parts["xl/sharedStrings.xml"].decode()
        number = strings.count("<si>")
        strings = strings.replace("</sst>", f"<si>{inside}</si></sst>")
        rezip(path, {**parts, "xl/sharedStrings.xml": strings.encode()})
        cell = f'<c r="B8" t="s"><v>{number}</v></c>'
    else:
        cell = f'<c r="B8" t="inlineStr"><is>{inside}</is></c>'
    row = f'<row r="8">{cell}<c r="C8"><v>5</v></c></row>'
    assert members(read(member_xml(path, row)), "name")[3] == text


def test_iso_date_cell_of_strict_files(tmp_path: Path) -> None:
    row = '<row r="8"><c r="B8" t="str"><v>李示例</v></c><c r="D8" t="d"><v>2010-05-01T00:00:00</v></c></row>'
    submission = read(member_xml(save(tmp_path), row))
    assert members(submission, "joined_on")[3] == "2010-05-01"
    assert member_types(submission, "joined_on")[3] is DATE


# --- ways of writing the same ----------------------------------------------------------------


def rewritten(change: Callable[[str], str]) -> Callable[[Path], Path]:
    def apply(path: Path) -> Path:
        parts = parts_of(path)
        parts[MEMBER_XML] = change(parts[MEMBER_XML].decode()).encode()
        return rezip(path, parts)

    return apply


def _without_addresses(text: str) -> str:
    import re

    # Addresses can only go where no cell before is missing: rows are filled from column A.
    return re.sub(
        r'(<(?:c|row)) r="[A-Z]*[0-9]+"', r"\1", text.replace('<row r="4">', "<row/><row/><row>")
    )


def _prefixed(text: str) -> str:
    import re

    text = re.sub(r"<(/?)([a-zA-Z])", r"<\1x:\2", text)
    return text.replace("<x:worksheet xmlns=", "<x:worksheet xmlns:x=")


def _attributes_turned(text: str) -> str:
    import re

    return re.sub(r'<c( r="[^"]+")((?: [st]="[^"]+")+)', r"<c\2\1", text)


WRITINGS: dict[str, Callable[[str], str]] = {
    "no addresses": _without_addresses,
    "prefixed elements": _prefixed,
    "single quotes": lambda text: text.replace('"', "'"),
    "attributes in another order": _attributes_turned,
    "blanks around the equals sign": lambda text: text.replace(' r="', ' r = "'),
    "line breaks in tags": lambda text: text.replace("<c r=", "<c\n  r="),
    "small letters": lambda text: text.replace('<c r="B5"', '<c r="b5"'),
    "line breaks between tags": lambda text: text.replace("><", ">\n  <"),
    "wrong dimension": lambda text: text.replace('ref="A1:H7"', 'ref="A1"'),
    "nonsense dimension": lambda text: text.replace('ref="A1:H7"', 'ref="nonsense"'),
    "no dimension": lambda text: text.replace('<dimension ref="A1:H7" />', ""),
    "a comment": lambda text: text.replace("<sheetData>", "<!-- <c r='ZZ9'> --><sheetData>"),
    "an XML declaration": lambda text: f'<?xml version="1.0" encoding="UTF-8"?>\n{text}',
    "a byte order mark": lambda text: f"\ufeff{text}",
    "strict": lambda text: text.replace(
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    ),
    "spans and heights": lambda text: text.replace(
        '<row r="5">', '<row r="5" spans="1:8" ht="20.1" customHeight="1" x14ac:dyDescent="0.3">'
    ),
    "cell metadata": lambda text: text.replace('<c r="B5"', '<c r="B5" cm="1" vm="2"'),
    "a whole row formatted": lambda text: text.replace(
        '<row r="5">', '<row r="5" s="1" customFormat="1"><c r="XFC5" s="1"/>'
    ),
}  # fmt: skip


@pytest.mark.parametrize("writing", WRITINGS)
def test_same_sheet_written_differently(writing: str, tmp_path: Path) -> None:
    path = save(tmp_path)
    before = read(path)
    original = parts_of(path)[MEMBER_XML]
    after = read(rewritten(WRITINGS[writing])(path))
    assert parts_of(path)[MEMBER_XML] != original
    assert codes(after) == codes(before) == []
    assert after.sheets["member"] == before.sheets["member"]
    assert members(after, "name") == names(3)


def test_strict_workbook_is_read(tmp_path: Path) -> None:
    """ISO/IEC 29500 Strict: other namespaces and relationship types throughout."""
    parts = parts_of(save(tmp_path))
    for name, data in parts.items():
        text = data.decode()
        text = text.replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
        parts[name] = text.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main",
        ).encode()
    submission = read(rezip(tmp_path / "a.xlsx", parts))
    assert codes(submission) == []
    assert members(submission, "id_number") == ids(3)


@pytest.mark.parametrize("folder", ["xl", "other/place", ""])
def test_parts_may_stand_elsewhere(folder: str, tmp_path: Path) -> None:
    parts = parts_of(save(tmp_path))
    moved = {}
    for name, data in parts.items():
        target = name.replace("xl/", f"{folder}/" if folder else "", 1)
        moved[target] = data.replace(
            b'Target="/xl/', b'Target="/%b' % (f"{folder}/" if folder else "").encode()
        )
    rels = moved["_rels/.rels"].decode()
    target = f"{folder}/workbook.xml".lstrip("/")
    moved["_rels/.rels"] = rels.replace('Target="xl/workbook.xml"', f'Target="{target}"').encode()
    submission = read(rezip(tmp_path / "a.xlsx", moved))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)


def test_backslashes_and_capitals_in_member_names(tmp_path: Path) -> None:
    parts = parts_of(save(tmp_path))
    renamed = {
        name.replace("/", "\\").replace("sheet", "Sheet"): data for name, data in parts.items()
    }
    assert members(read(rezip(tmp_path / "a.xlsx", renamed)), "name") == names(3)


def test_numbers_far_beyond_excels_days_in_every_column_do_no_harm(tmp_path: Path) -> None:
    rows = member_rows(3)
    for row in rows[4:]:
        row[1:3] = [1e300, -12.5]
    submission = read(save(tmp_path, sheets={UNIT_SHEET: [["项目", "填写"]], MEMBER_SHEET: rows}))
    assert members(submission, "id_number") == ["-12.5"] * 3


def test_rich_text_inside_a_cell_is_no_odd_cell(tmp_path: Path) -> None:
    """<color> and <condense> begin like a cell does."""
    rich = (
        '<row r="8"><c r="B8" t="inlineStr"><is><r><rPr><condense val="0"/><color rgb="FF000000"/>'
        "</rPr><t>钱示</t></r><r><t>例</t></r></is></c></row>"
    )
    submission = read(member_xml(save(tmp_path), rich))
    assert members(submission, "name")[3] == "钱示例"


def test_time_of_day_in_words_is_kept(tmp_path: Path) -> None:
    number = '<c r="C8" t="str"><v>130102198503070021</v></c>'
    row = f'<row r="8"><c r="B8" t="d"><v>10:10:10</v></c>{number}</row>'
    path = member_xml(save(tmp_path), row)
    assert members(read(path), "name")[3] == "10:10:10"


def test_binary_part_with_a_byte_order_mark_is_none_of_our_business(tmp_path: Path) -> None:
    path = save(tmp_path)
    model = "\ufeffSTREAM".encode("utf-16-le") + b"\x00\xd8\x00\xd8\xff"
    assert codes(read(rezip(path, {**parts_of(path), "xl/model/item.data": model}))) == []
