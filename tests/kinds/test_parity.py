"""Both faces of every kind come to the same verdicts, as LibreOffice computes them.

A sheet a field, a cell a row: what was typed, the norm formula, the first condition that holds,
whether a rule may compute with it. Cells are chosen by hand where verdicts change, and bred from
those by chance (of a fixed seed), one slip of the keyboard after another.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from converter.formulas import expressions
from converter.kinds import KINDS
from converter.kinds.choice import fold, spelling_texts
from converter.kinds.date import names_month_only
from converter.messages.catalogue import entry
from converter.model.forms import Field
from converter.model.issues import Level
from converter.template.cell_text import put_formula, put_text
from converter.text.cell_values import number_text
from converter.text.characters import strip
from tests.kinds.validating import FORM, Verdict, cell_of, field, validate
from tests.parity.office import recalculated
from tests.people import credit_code, id_number, licence_number
from tests.tools import needs

pytestmark = needs("libreoffice")

GOOD = id_number("130102", "1966-03-12", 3)
WITH_X = next(n for s in range(99) if (n := id_number("130102", "1970-01-01", s))[-1] == "X")
CODE, UNION = credit_code("91130102MA0000000"), credit_code("81130102MC0000000")
LICENCE = licence_number("13010000001234")
# Around the day of birth that is still possible; a day that turns meanwhile changes nothing.
NEAR = [date.today() + timedelta(days) for days in (0, 2, 40)]
# A character that belongs beside Latin letters only, beside each of them.
LATIN = [f"{c}-" for c in string.ascii_letters + "ａｚＡＺé"]
DIGITS_WIDE = "".join(chr(ord(c) + 0xFEE0) for c in "0123456789")

# Field → cells by hand; a sheet name of their own for what is no field of the form.
CELLS: dict[str, list[Any]] = {
    "member.id_number": [
        GOOD, WITH_X, WITH_X.lower(), f"'{GOOD}", f"‘{GOOD}", "'", "''", f" {GOOD}\u200b", "无",
        GOOD[:-1], GOOD + "1", int(GOOD), int(GOOD[:16]), 130102660312003, "130102660312003",
        "130102661312003", "130102660230003", "130102600229003", 1e21, 0.5, -3, 12.75,
        *(id_number("130102", born, 3) for born in (
            "1849-12-31", "1850-01-01", "1900-02-29", "2000-02-29", "2001-02-29", "2000-13-01",
            "2000-00-10", "2000-04-31", "2000-04-00", "2999-01-01", "1999-12-31", "0000-01-01",
        )),
        id_number("139999", "1966-03-12", 3), id_number("990000", "1966-03-12", 3),
        *(id_number("130102", f"{born:%Y-%m-%d}", 3) for born in NEAR), "130489670512003",
        id_number("130102", "1966-02-29", 3), GOOD[:16] + "O" + GOOD[17:],
        "1301021966O3120031", GOOD[:17] + "Y", "X" + GOOD[1:], GOOD[:17] + "ｘ", date(1966, 3, 12),
        "E12345678", "ea1234567", "Ｈ1234567890", "HKG198001011234", "01234567", 1234567, "12345678",
        "AB12345", "AB123456", "ABC123456789012", "A1B3123456789012", "AB-123456", "é12345678",
    ],
    "member.name": [
        "张示例", "张 三", "阿依古丽·买买提", "阿依古丽•买买提", "阿依古丽.买买提", "·", "•.", "张1", "张１",
        "张（女）", "张-三", "J. Smith", "O'Neill Anne-Marie", "Ｊｏｈｎ", "Ｊ．Ｓ", "Smith，J", "张，三",
        "=张", "－张", "@", "张*", "张?", "张~", '张"三', "张。", "张\u2122", "𠮷示例", 12345, 1.5,
        "ئەلى بەكرى", "张\n三", "\u200b张", date(2010, 5, 1), "张" * 61, "李\ue000", "A1", "É", "É.",
        "·\u3000·", "·\u200b", *LATIN, *(f"张{chr(c)}" for c in range(0xFF01, 0xFF5F)),
    ],
    "unit.staff": [
        0, 120, -5, 1.5, -0.5, 10**7, 9999999, 1e21, 1e-7, "120", "１２０", "1,200", "1，200", "1,20",
        "0,200", "1,200.5", "-1,200", "12 人", "12人", "人", "12人人", "1人2", "约12", "十二", "007", "1.0",
        "3．00", "1.5", ".", ".5", "5.", "1.2.3", "-", "--5", "5-", "-5", "－5人", "1e5", "1E+5", "1/2", "50%",
        "0x10", "1" * 11, "1" * 12, "1" * 13, "*", "0|-0", "12\x0112", "￥5", "(5)", "5 5", "9,999,999",
        "10,000,000", "2010-05-01", "1:30", "TRUE", "'5", "٣", "²", "1.000000000000001", "-0", "-0.0",
    ],
    "unit.income": [
        0, 120, -5, 1.5, 0.1 + 0.2, 1.005, 1.234, 1e-17, 1e-7, 1e16, 1e21, 9999999999, 9999999999.01, -0.001,
        "1,234.50", "１，２３４．５", "12.5元", "12.5 万元", "1.1万", "2亿", "3亿元", "1万元元", "元", "5¤", "￥5", "5元5", "50%",
        "-5元", "1.234", "99999999.995", "1234567890123456", "123456789012345678901", "0.00001万", "0.0000001亿",
        "-0", "1,23.5", "0,200.5", "1.", ".5", "1e5", "十", "公里", "无", "9999999999.99", "100万人", 1234567.891,
    ],
    "unit.balance": [
        0, -5.5, 0.0001, 0.00001, -100000.5, -100000.6, 100000.0001, 1e15, 33.3333, 1 / 3, 0.1 * 3, "150元", "0.5元", "-5万元",
        "-1,234.5万", "-1.5亿元", "1亿", "万元", "1.00005万元", "１．５万元", "-,5", "--5", "10,000", "-10,000.25",
    ],
    "unit.budget_year": [
        2025, 1999, 2101, 999, 10000, 25, 2025.5, -2025, 1e21, "2025", "２０２５年", "2025年度", "2025 年", "25年", "二〇二五年",
        "2025年年", "年", "02025", "1899年", "2025-05", 202505, "2025.0",
    ],
    "unit.meeting_month": [
        1, 12, 0, 13, 1.5, -3, "3", "03", "３月", "3月份", "三月", "十月", "十一月", "十二月份", "二十月", "十三", "一十", "月", "003", "3月3",
        "上月", "正月", 1e21,
    ],
    "unit.paid_until": [
        "2025-03", "2025-3", "2025.3", "2025.03", "2025.1", "２０２５．１", "2025.10", "2025.1月", "2025/3", "２０２５／０３", "2025年3月",
        "2025 年 3 月份", "2025年03", "202503", "202513", "202500", "122025", "2025-0", "2025-00", "2025-13", "25-3", "25年3月", "2025", "2025年",
        "2025-003", "2025-月3", "2025月3", "2025--3", "2025-3月月", "02025-3", "0202-03", "2025-03-15", "2009-12", "2010-01", "2030-12", "2031-01",
        "月", "-", "无", "2025。3", "2025·11", "2025—12", "三月", "2025-1*", "2025?03", "-2025-3",
        2025.3, 2025.03, 2025.1, 2025.11, 2025.12, 2025.13, 2025.15, 2025.2, 2025.9, 2025.25, 2025.031, 2025, 202503, 202500, 202513,
        202503.5, 201001, 200912, 203101, 20250315, 20250230, 20250300, 25, 3, 0, -1, 0.5, 1899.9, 1900.05, 2099.12, 2100, 73415, 73415.5, 73416, 45717,
        45731, 1e21, 1e300, date(2025, 3, 1), date(2025, 3, 15), date(2031, 1, 1), datetime(2025, 3, 1, 8, 30), date(1905, 7, 2),
    ],
    "unit.file_number": [
        "冀AB-0123/X", "冀a7-0123/x", "冀 ＡＺ－０１２３／Ｘ", "冀ｚ９-0123/ｘ", "AB-0123/X", "冀7B-0123/X", "冀AB-012/X", "冀AB-0123/", "冀AB_0123/X",
        "冀é7-0123/X", "冀A*-0123/X", "冀A?-0123/X", "冀AB-0123/XX", "翼AB-0123/X", 123, 1.5, "冀AB-01２3/X", "冀AB-0123\\X",
    ],
    "unit.legal_entities": [0, 1, "0", "1", "01"],
    "unit.founded_on": [
        date(2010, 5, 1), datetime(2010, 5, 1, 8, 30), 40299, 40299.75, 20100501, 20100230, 20101301,
        19050501, 18000101, 18980501, 19200229, 19000229, 17991231, 21001231, 21010101, 20100501.5,
        2010, 2010.1, 1900, 1899, 1899.5, 2099.99, 2100, 1, 0, 0.5, -5, 61, 7670, 7671, 73415, 73416,
        201005, 2958465, 2958466, 3000000, 1e21, 1e300, date(1905, 7, 2), date(2110, 5, 1),
        date(1920, 12, 31), date(1921, 1, 1), "2010-05-01", "2010", "无", "2010-02-30", "20100501", 98.5, 980501,
        2010.0501, "98-5-1", "98 5", "5 98", "二〇一〇年五月", "May-10", "May", "廿", "5/1/2010", "民国99年5月1日",
    ],
    "unit.chair_birthday": [1, 61, 18980501, 20000229, date(1905, 9, 29), date(1905, 9, 30)],
    "unit.phone": [
        "0311-85551234", "031185551234", "0311 85551234", "0311—85551234", "０３１１－８５５５１２３４",
        "(0311)85551234", "(0311)8555", "863193100722", "85551234", "\u300085551234", "2555123", "3100722", 3100722, "8555-1234", "8555 1234",
        "0311-8555123", "0319-85551234", "03118", "0311-", "0311-1", "0311--85551234", "无", "1234",
        "12345", "123456", "12351", "95588", "955880", "9558800", "110", 13800138000, "1380013800",
        "138001380000", "138-0013-8000", "12345678901", "31185551234", "3193100722", 31185551234,
        "75585551234", "1065551234", "311-85551234", "010-65551234", "0755-85551234", "0755-8555",
        "0100-6555123", "0123456789", "0199-6555123", "0000000000", "008613800138000",
        "8613800138000", "86138001380", "+8613800138000", "4001234567", "400-123-4567", "400123456",
        "85551234、13800138000", "0311-85551234转801", "0311-8555123转801", "85551234转801", "转",
        "0321-1234567", 311.85551234, int(GOOD), 1e21, -85551234, "1" * 30, "0311-85551234-801",
    ],
    "unit.unit_category": ["私营企业", "私营 企业", "170", 170, "１７０", 17, 170.5, "私企", "*", "?营企业", "17*"],
    "unit.industry": [
        "农、林、牧、渔业", "农，林，牧，渔业", "农,林,牧,渔业", "A", "a", "Ａ", "ａ", "制造业", "制造", "～", "", "教育",
    ],
    "unit.industry_division": ["农业", "教育", "01", 1, "1", "001", "83", "０１"],
    "unit.production_status": ["停业(歇业)", "停业（歇业）", "停业", "歇业", "停业()", 2, "2", "02", 9, 10],
    "unit.chair_political_status": ["中共党员", "群众", "1", 1, "01", 0, 13, "013", "党员"],
    "unit.legal_person": ["是", "否", 0, 1, "0", "1", " ", "是的", "也许"],
    "member.sex": ["男", "女", "1", 2, " 男 ", "公"],
    "unit.postcode": [
        "054000", 54000, "54000", "５４０００", "054 000", "100000", 44000, "5400", "0540000", "O54000",
        54000.5, 100000, -54000, 1e21, "05400０",
    ],
    "unit.registration_number": [
        CODE, CODE.lower(), f" {CODE} ", CODE[:-1], CODE[:-2] + "OO", LICENCE, int(LICENCE), LICENCE[:-1],
        LICENCE[:13], int(LICENCE[:13]), int(GOOD), 10**15, 10**14, "无", 1.5, "1" * 15, "0" * 15,
        "0" * 18, "A" * 18, "Y" * 18, CODE[:-1] + "*", LICENCE[:-1] + "X", "".join(
            chr(ord(c) + 0xFEE0) for c in CODE.lower()), credit_code("N2370000MJD000000"),
    ],
    "unit.legal_person_certificate": [
        UNION, UNION.lower(), f"{UNION[:9]} {UNION[9:]}", CODE, CODE[:-1] + "*", UNION[:-1],
        UNION[:-2] + "OO", "工法证字第 030100123 号", "=1", int(UNION.replace("M", "1").replace("C", "1")
        if UNION.replace("M", "1").replace("C", "1").isdigit() else 10**17), 123456, "８１" + UNION[2:],
        "81" + "A" * 16, "８１" * 9,
    ],
    "unit.address": ["示例路1号", " =示例", "＝示例", "-5", -5, 5, "@", "\u200b+1", "1=1", "\n", "'=1"],
}  # fmt: skip

BRED = {"member.id_number": 500, "member.name": 300, "unit.staff": 500, "unit.phone": 800,
        "unit.postcode": 200, "unit.registration_number": 400, "unit.legal_person_certificate": 200,
        "unit.production_status": 150, "unit.industry": 150, "unit.chair_political_status": 100,
        "unit.founded_on": 200, "unit.income": 500, "unit.file_number": 400, "unit.balance": 300, "unit.paid_until": 400}  # fmt: skip
SLIPS = (
    "0123456789012345678901234567890 -.,'XxOo人元万·转()*?~\u3000\u200b（）－．，、x/＋+"
    + DIGITS_WIDE
)
FIRST_ROW = 2


def slip(text: str, draw: random.Random) -> str:
    """A text after one mistake, or one odd way of writing."""
    at, character = draw.randrange(len(text) + 1), draw.choice(SLIPS)
    return draw.choice([
        text[:at] + character + text[at:],
        text[:at] + character + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
        text[:at] + "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text[at:]),
    ])  # fmt: skip


def bred(path: str, draw: random.Random) -> Iterator[Any]:
    for _ in range(BRED.get(path, 0)):
        value = draw.choice(CELLS[path])
        if isinstance(value, date):
            continue
        for _ in range(draw.randrange(1, 4)):
            if isinstance(value, str):
                value = slip(value, draw)
            else:
                value = draw.choice([value + 1, value * 10, value // 10, str(value)])
        yield value


@cache
def sample(path: str) -> list[Any]:
    cells = [*CELLS[path], *bred(path, random.Random(f"20260301 {path}"))]
    # What stage K refuses before any kind is asked, and what no cell can hold.
    return [c for c in cells if not (isinstance(c, str) and ("\x01" in c or not c))]


def write(page: Any, of: Field) -> None:
    kind = KINDS[of.kind]
    for row, typed in enumerate(sample(of.path), FIRST_ROW):
        raw, norm, fault, usable, cleaned = (page[f"{letter}{row}"] for letter in "ABCDE")
        if isinstance(typed, str):
            put_text(raw, typed)
        else:
            raw.value = typed
        if kind.excel_text_cell:
            put_formula(cleaned, kind.excel_cleaned(f"$A${row}", of, FORM))
        text = f"$E${row}" if kind.excel_text_cell else ""
        put_formula(norm, kind.excel_norm(f"$A${row}", of, FORM, text))
        cases = [
            (c.wrong, expressions.quote(c.code))
            for c in kind.excel_faults(f"$A${row}", f"$B${row}", of, FORM)
        ]
        put_formula(fault, f'IF($B${row}="","",{expressions.first_of(cases)})')
        put_formula(usable, kind.excel_usable(f"$B${row}"))


def write_lists(book: Any) -> None:
    """The code lists by the names that the template gives them."""
    page, row = book.create_sheet("lists"), 0
    for codes in {of.options["codes"] for of in map(field, CELLS) if of.kind == "choice"}:
        entries = FORM.codes[codes].entries
        (spellings,) = spelling_texts(FORM.codes[codes])
        for name, texts in {
            "label": [e.label for e in entries],
            "code": [e.code for e in entries],
            "parent": [e.parent for e in entries],
            "spellings": [spellings],
        }.items():
            row += 1
            for column, text in enumerate(texts, 1):
                put_text(page.cell(row, column), text)
            defined = expressions.list_name(codes, name)
            area = f"lists!$A${row}:${get_column_letter(len(texts))}${row}"
            book.defined_names[defined] = DefinedName(defined, attr_text=area)


DIVISION = field("unit.industry_division")
CHOSEN = [*(entry.code for entry in FORM.codes["industry"].entries), "", "x"]


def division_list(chosen: str) -> str:
    return KINDS["choice"].excel_list(DIVISION, FORM, lambda key: chosen)


def write_dropdowns(page: Any, formula: Callable[[str], str] = division_list) -> None:
    """A row for each choice that a list depends on: how much is offered, its first and last."""
    for row, code in enumerate(CHOSEN, 1):
        area = formula(f"$A${row}")
        put_text(page[f"A{row}"], code)
        put_formula(page[f"B{row}"], f"ROWS({area})*COLUMNS({area})")
        put_formula(page[f"C{row}"], f"INDEX({area},1,1)")
        put_formula(page[f"D{row}"], f"INDEX({area},1,COLUMNS({area}))")


def offered(page: Any) -> list[tuple[Any, ...]]:
    return [
        tuple(page[f"{letter}{row}"].value for letter in "BCD") for row in range(1, len(CHOSEN) + 1)
    ]


def belonging() -> Iterator[tuple[Any, ...]]:
    every = FORM.codes["industry_division"].entries
    for code in CHOSEN:
        labels = [e.label for e in every if e.parent == code] or [e.label for e in every]
        yield len(labels), labels[0], labels[-1]


EXPECTED = list(belonging())


def sheet_name(path: str) -> str:
    return path.replace(".", "_")


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """All samples of all kinds in one workbook, recalculated in one run."""
    folder = tmp_path_factory.mktemp("kinds")
    book = openpyxl.Workbook()
    for path in CELLS:
        write(book.create_sheet(sheet_name(path)), field(path))
    write_lists(book)
    write_dropdowns(book.create_sheet("dropdowns"))
    source = folder / "kinds.xlsx"
    book.save(source)
    (result,) = recalculated([source], folder)
    return openpyxl.load_workbook(result, data_only=True)


def expected_norm(of: Field, text: str) -> Any:
    if of.kind in ("count", "year", "month"):
        return int(text)
    if of.kind == "decimal":
        return pytest.approx(float(text), rel=1e-14, abs=1e-9)
    if of.kind == "date":
        return (date.fromisoformat(text) - date(1899, 12, 30)).days
    return text


def waits_for_the_check(value: Any) -> bool:
    """Whether formulas leave a cell to the check: it holds characters that nobody sees."""
    return isinstance(value, str) and bool(set(value) & set(expressions.INVISIBLE) and strip(value))


def may_be_a_day(value: Any) -> bool:
    """Whether a number means another thing in a cell of dates than in others, or names a month or a
    day by its decimals: what is in error of those waits for the check."""
    if isinstance(value, int | float):
        return value < 1900 or len(number_text(value).partition(".")[2]) > 2
    return isinstance(value, datetime) and value.time() != time()


def is_live(code: str, of: Field) -> bool:
    return not entry(code, FORM, of).pipeline_only


def is_pipelines_alone(of: Field, value: Any, found: Verdict) -> bool:
    """Readings that formulas leave to the pipeline: months without a day, labels without marks."""
    if of.kind == "date":
        return not isinstance(value, str) and names_month_only(cell_of(value)[0])
    if of.kind == "choice" and found.note == "K904":
        entries = FORM.codes[of.options["codes"]].entries
        return fold(str(value)) not in {
            fold(s) for e in entries for s in (e.code, e.label, *e.aliases)
        }
    return False


@pytest.mark.parametrize("path", CELLS)
def test_the_spreadsheet_names_the_same_faults(path: str, computed: Any) -> None:
    of, page, differing = field(path), computed[sheet_name(path)], []
    typed = sample(path)
    for row, (value, found) in enumerate(zip(typed, validate(of, *typed), strict=True), FIRST_ROW):
        fault = found.fault if found.fault and is_live(found.fault, of) else ""
        if waits_for_the_check(value):
            continue
        if of.kind == "date" and isinstance(value, str):
            fault = "K401" if page[f"C{row}"].value == "K401" == fault else "later"
        live = page[f"C{row}"].value or ""
        live = live if live == "later" or (live and is_live(live, of)) else ""
        waits = not found.fault or not is_live(found.fault, of) or may_be_a_day(value)
        if live == "later" and waits:
            continue
        if (found.fault, live) == ("K117", "K116"):
            continue  # both are wrong, and only one of them is told
        if live != fault and not is_pipelines_alone(of, value, found):
            differing.append((row, value, live, found))
    assert differing == []


# Rules compare the values of these kinds; texts and names are compared by the pipeline alone.
COMPARED = {
    "id_number",
    "count",
    "decimal",
    "pattern",
    "year",
    "month",
    "year_month",
    "date",
    "choice",
    "postcode",
    "registration_number",
}


@pytest.mark.parametrize("path", CELLS)
def test_a_rule_may_compute_with_every_sound_cell(path: str, computed: Any) -> None:
    of, page, typed = field(path), computed[sheet_name(path)], sample(path)
    for row, (value, found) in enumerate(zip(typed, validate(of, *typed), strict=True), FIRST_ROW):
        if waits_for_the_check(value):
            continue
        if found.text and not (of.kind == "date" and isinstance(value, str)):
            assert page[f"D{row}"].value is True, value
        elif isinstance(value, str) and not strip(value):
            assert page[f"D{row}"].value is False, value


@pytest.mark.parametrize("path", [p for p in CELLS if field(p).kind in COMPARED])
def test_sound_cells_have_the_same_value(path: str, computed: Any) -> None:
    of, page, differing = field(path), computed[sheet_name(path)], []
    typed = sample(path)
    for row, (value, found) in enumerate(zip(typed, validate(of, *typed), strict=True), FIRST_ROW):
        if not found.text or is_pipelines_alone(of, value, found):
            continue
        if of.kind == "date" and isinstance(value, str):
            continue  # texts wait for the check
        if waits_for_the_check(value):
            continue
        if page[f"C{row}"].value == "later":
            continue  # only the check can read it
        if found.text.startswith("1900-0"):
            continue  # Excel and LibreOffice disagree about the days before March
        norm = page[f"B{row}"].value
        norm = (norm.date() - date(1899, 12, 30)).days if isinstance(norm, datetime) else norm
        if norm != expected_norm(of, found.text):
            differing.append((row, value, norm, found))
    assert differing == []


def test_a_dropdown_offers_what_belongs_to_the_choice_that_was_made(computed: Any) -> None:
    assert offered(computed["dropdowns"]) == EXPECTED


def test_every_condition_holds_somewhere_and_every_fault_is_met(computed: Any) -> None:
    for path in CELLS:
        of = field(path)
        shown = {cell.value for cell in computed[sheet_name(path)]["C"]}
        met = {found.fault for found in validate(of, *sample(path))}
        if path in (
            "unit.staff",
            "unit.founded_on",
            "unit.phone",
            "member.id_number",
            "member.name",
        ):
            codes = {c.code for c in KINDS[of.kind].excel_faults("A1", "B1", of, FORM)} - {
                "",
                "later",
            }
            assert codes <= shown
        errors = {c for c in met if c and entry(c, FORM, of).level is Level.ERROR}
        assert errors, path


def test_blanks_alone_are_nothing(computed: Any) -> None:
    for path in CELLS:
        for row, value in enumerate(sample(path), FIRST_ROW):
            if isinstance(value, str) and not strip(value):
                assert not computed[sheet_name(path)][f"B{row}"].value
