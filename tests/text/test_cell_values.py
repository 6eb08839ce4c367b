"""From stored values to texts and types."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.model.cell_types import CellType
from converter.text.cell_values import (
    Serial,
    number_text,
    read_column,
    read_value,
    serial_text,
    shows_date,
)

TEXT, NUMBER, DATE, BLANK = CellType.TEXT, CellType.NUMBER, CellType.DATE, CellType.BLANK


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"),
        (-3.0, "-3"),
        (0.1 + 0.2, "0.3"),
        (2010.1, "2010.1"),
        (130102196001010011.0, "130102196001010000"),  # 15 digits: the rest is lost in the file
        (1e15, "1000000000000000"),
        (13812345678.0, "13812345678"),
        (-0.0, "0"),
    ],
)
def test_number_is_shown_as_a_spreadsheet_shows_it(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("serial", "date1904", "text", "kind"),
    [
        (40299, False, "2010-05-01", DATE),
        (38837, True, "2010-05-01", DATE),
        (40299.5, False, "2010-05-01T12:00:00", DATE),
        (40299.3333333333, False, "2010-05-01T08:00:00", DATE),
        (1, False, "1900-01-01", DATE),
        (59, False, "1900-02-28", DATE),
        (60, False, "60", NUMBER),  # 1900-02-29 never was
        (61, False, "1900-03-01", DATE),
        (0, True, "1904-01-01", DATE),
        (0, False, "0", NUMBER),
        (0.5, False, "0.5", NUMBER),
        (-5, False, "-5", NUMBER),
        (2958465, False, "9999-12-31", DATE),
        (2958466, False, "2958466", NUMBER),
        (20100501, False, "20100501", NUMBER),
        (float("inf"), False, "inf", TEXT),
    ],
)
def test_serial_is_a_date_or_stays_a_number(
    serial: float, date1904: bool, text: str, kind: CellType
) -> None:
    assert serial_text(serial, date1904=date1904) == (text, kind)


@given(st.dates(min_value=date(1900, 3, 1)))
def test_every_day_since_march_1900_comes_back(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert serial_text(serial) == (day.isoformat(), DATE)
    if day >= date(1904, 1, 1):
        assert serial_text(serial - 1462, date1904=True) == (day.isoformat(), DATE)


@given(st.datetimes(min_value=datetime(1900, 3, 1), max_value=datetime(9999, 12, 31)))
def test_times_come_back_to_the_second(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    passed = moment - datetime(1899, 12, 30)
    text, kind = serial_text(passed.days + passed.seconds / 86_400)
    assert kind is DATE
    assert datetime.fromisoformat(text) == moment


@pytest.mark.parametrize(
    "code",
    [
        "yyyy-mm-dd",
        'yyyy"年"m"月"d"日"',
        "yyyy年m月d日",
        '[$-804]yyyy"年"m"月"d"日";@',
        "[DBNum1][$-804]yyyy年m月d日",
        "[$-F800]dddd, mmmm dd, yyyy",
        "d/m/yy h:mm AM/PM",
        "h:mm",
        "m/d",
        "e年m月",
    ],
)
def test_format_shows_a_date(code: str) -> None:
    assert shows_date(code)


@pytest.mark.parametrize(
    "code",
    [
        "General",
        "G/通用格式",
        "0",
        "@",
        "#,##0.00_);[Red](#,##0.00)",
        "0.00E+00",
        '0"days"',
        "0\\d",
        "[h]:mm:ss",
        "[$￥-804]#,##0.00",
        "[Red]0",
        "0_m",
        "*y0",
        ";;;@",
    ],
)
def test_format_shows_no_date(code: str) -> None:
    assert not shows_date(code)


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        ("", "", BLANK),
        (" \u3000\u200b\t", "", BLANK),
        (" 张 ", " 张 ", TEXT),
        (True, "TRUE", CellType.BOOL),
        (False, "FALSE", CellType.BOOL),
        (7, "7", NUMBER),
        (7.0, "7", NUMBER),
        (float("nan"), "nan", TEXT),
        (Serial(40299), "2010-05-01", DATE),
        (date(2010, 5, 1), "2010-05-01", DATE),
        (datetime(2010, 5, 1), "2010-05-01", DATE),
        (datetime(2010, 5, 1, 8, 0), "2010-05-01T08:00:00", DATE),
        (datetime(2010, 5, 1, 23, 59, 59, 999_000), "2010-05-02", DATE),
        ("字" * 40_000, "字" * 32_767, TEXT),
    ],
)
def test_value_becomes_text_and_type(value: object, text: str, kind: CellType) -> None:
    assert read_value(value) == (text, kind)
    assert read_column([value, "x", 1.5]) == ([text, "x", "1.5"], [kind, TEXT, NUMBER])


def test_true_and_one_in_a_column_stay_apart() -> None:
    assert read_column([True, 1.0, 1, False, 0.0])[0] == ["TRUE", "1", "1", "FALSE", "0"]


@given(st.lists(st.text()))
def test_column_of_texts_is_read_like_its_cells(values: list[str]) -> None:
    texts, types = read_column(values)
    assert list(zip(texts, types, strict=True)) == [read_value(value) for value in values]
