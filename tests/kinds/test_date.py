"""Dates: the ways clerks write them, and the ones that nobody can be sure of."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.kinds import KINDS
from converter.kinds import date as kind
from converter.model.cell_types import CellType
from converter.model.errors import FormError
from tests.kinds.validating import FORM, cells, field, params, validate, verdict

KIND = KINDS["date"]

FOUNDED = field("unit.founded_on")  # from 1921-01-01
BIRTHDAY = field("unit.chair_birthday")  # from whenever


@pytest.mark.parametrize(
    ("typed", "text", "note"),
    [
        (date(2010, 5, 1), "2010-05-01", ""),
        ("2010-05-01", "2010-05-01", ""),
        (datetime(2010, 5, 1, 8, 30), "2010-05-01", "K902"),
        ("2010.5.1", "2010-05-01", "K902"),
        ("2010．5．1", "2010-05-01", "K902"),
        ("2010。5。1", "2010-05-01", "K902"),
        ("2010年5月1日", "2010-05-01", "K902"),
        ("2010\\5\\1", "2010-05-01", "K902"),
        ("2010·5·1", "2010-05-01", "K902"),
        ("2010–5–1", "2010-05-01", "K902"),
        ("2010-05/01", "2010-05-01", "K902"),
        ("2010/05-01", "2010-05-01", "K902"),
        ("2010年5月1号", "2010-05-01", "K902"),
        ("2010年05月01", "2010-05-01", "K902"),
        ("2010 年 5 月 1 日", "2010-05-01", "K902"),
        ("2010年5月1日 周六", "2010-05-01", "K902"),
        ("2010年5月1日星期六 8:30", "2010-05-01", "K902"),
        ("2010-05-01 08:30:15.250", "2010-05-01", "K902"),
        ("2010年5月1日星期六", "2010-05-01", "K902"),
        ("２０１０－５－１", "2010-05-01", "K902"),
        ("2010—05—01", "2010-05-01", "K902"),
        ("20100501", "2010-05-01", "K902"),
        (20100501, "2010-05-01", "K902"),
        ("2010/5/1", "2010-05-01", "K902"),
        ("2010-5-1", "2010-05-01", "K902"),
        (" 2010-05-01\u200b", "2010-05-01", "K902"),
        ("20\u200b10-05-01", "2010-05-01", "K902"),
        ("2010-05-01 00:00:00", "2010-05-01", "K902"),
        ("2010-05-01T00:00:00", "2010-05-01", "K902"),
        ("2010/5/1 0:00", "2010-05-01", "K902"),
        ("2010年5月1日8:30", "2010-05-01", "K902"),
        ("2010-05-01 8:3", "2010-05-01", "K902"),
        ("2010-05-01 8:30:5", "2010-05-01", "K902"),
        ("2010-05", "2010-05-01", "K902"),
        ("2010年5月", "2010-05-01", "K902"),
        ("2010年5月份", "2010-05-01", "K902"),
        ("2010/5", "2010-05-01", "K902"),
        ("2010-1", "2010-01-01", "K902"),
        ("2010.10", "2010-10-01", "K902"),
        ("2010.5", "2010-05-01", "K902"),
        (40299, "2010-05-01", "K902"),
        (2010.05, "2010-05-01", "K902"),
        (2010.12, "2010-12-01", "K902"),
        (2099.5, "2099-05-01", "K902"),
        (201005, "2010-05-01", "K902"),
        ("201005", "2010-05-01", "K902"),
        (datetime(2010, 4, 30, 23, 59, 17), "2010-05-01", "K908"),
        (datetime(2010, 4, 30, 15, 59, 17), "2010-05-01", "K908"),
        ("2010-04-30T15:59:17.000Z", "2010-05-01", "K908"),
        (date(2450, 4, 30), "2010-05-01", "K902"),  # 201005, typed into a date's cell
        (datetime(2010, 4, 30, 16, 0, 0), "2010-05-01", "K908"),
        ("2010-04-30T16:00:00.000Z", "2010-05-01", "K908"),
        (datetime(2010, 4, 30, 15, 0, 0), "2010-04-30", "K902"),
        (40298 + 16 / 24, "2010-05-01", "K908"),
        ("2010/4/30 16:00:00", "2010-05-01", "K908"),
        ("2010-04-30 16:00:00+0800", "2010-04-30", "K902"),
        (980501, "1998-05-01", "K902"),
        (2010.0501, "2010-05-01", "K902"),
        (2100, "1905-09-30", "K902"),
        (18000101, "1800-01-01", "K902"),
        (21001231, "2100-12-31", "K902"),
        ("1800-01-01", "1800-01-01", ""),
        ("2100-12-31", "2100-12-31", ""),
        (73415, "2100-12-31", "K902"),
        (40299.75, "2010-05-01", "K902"),
        ("2000-02-29", "2000-02-29", ""),
        (19050501, "1905-05-01", "K902"),
        (date(1905, 3, 13), "1905-03-13", ""),
        (date(1899, 12, 31), "1899-12-31", ""),
        (date(1905, 9, 30), "1905-09-30", ""),
        (18980501, "1898-05-01", "K902"),
        ("1898-05-01", "1898-05-01", ""),
    ],
)
def test_writings_are_read(typed: Any, text: str, note: str) -> None:
    assert verdict(BIRTHDAY, typed) == (text, "", note)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("去年", "K401"),
        ("5/1/2010", "K402"),
        ("10-05-01", "K402"),
        ("22.5.1", "K402"),
        ("2010-2011", "K401"),
        ("2010-05-01-02", "K401"),
        ("2010-05-01xx", "K401"),
        ("2010--1", "K401"),
        ("2010-123-1", "K401"),
        ("2010-1-123", "K401"),
        ("2010-1-", "K401"),
        ("2010-123", "K401"),
        ("2010-", "K401"),
        ("2010-05-01 :30", "K401"),
        ("2010-05-01 8:", "K401"),
        ("2010-05-01 123:30", "K401"),
        ("2010-05-01 8:305", "K401"),
        ("2010-05-01 8:30:", "K401"),
        ("2010-05-01 8:30:155", "K401"),
        ("2010-05-01 8:30:15.", "K401"),
        ("08:30:00", "K401"),
        ("2010年五一", "K401"),
        ("2010年十一", "K401"),
        ("2010年5月1日离职", "K401"),
        ("农历2010年5月1日", "K401"),
        ("2010年5月上旬", "K401"),
        ("2010年5月1日至2012年6月1日", "K401"),
        ("5月1日", "K401"),
        ("May-10", "K401"),
        ("1272643200", "K401"),
        ("٢٠١٠-٠٥-٠١", "K401"),
        (-5, "K401"),
        (0, "K401"),
        (0.5, "K401"),
        (98.5, "K402"),  # no day of 1900
        (1899, "K402"),
        (datetime(1900, 4, 7, 12), "K402"),  # 98.5 typed into a date's cell
        (3_000_000, "K401"),
        (20100501.5, "K401"),
        (1e21, "K401"),
        (2010, "K402"),
        (2010.1, "K402"),
        ("2010", "K402"),
        ("2010年", "K402"),
        ("2010.1", "K402"),
        ("2010。1", "K402"),
        (date(1905, 7, 2), "K402"),  # 2010 typed into a cell that is formatted as a date
        (datetime(1905, 7, 2, 2, 24), "K402"),  # 2010.1
        (date(1905, 3, 14), "K402"),
        (date(1905, 9, 29), "K402"),
        (datetime(1905, 9, 29, 23, 59, 59), "K402"),
        (1900, "K402"),
        ("2010·1", "K402"),
        ("2010 年", "K402"),
        ("2010 . 1", "K402"),
        (date(1899, 12, 30), "K401"),
        ("2010-05-011", "K401"),
        ("2010-0x-01", "K401"),
        ("2010-05-0:", "K401"),
        ("2010-05-0/", "K401"),
        ("2010-05-00", "K403"),
        ("1800-02-30", "K403"),
        ("2100-02-30", "K403"),
        ("2010-02-29", "K403"),
        ("2010-04-31", "K403"),
        ("2010-13-01", "K403"),
        ("2010-02-30", "K403"),
        ("2010年13月1日", "K403"),
        ("2010-13", "K403"),
        ("2010-00-01", "K403"),
        ("1900-02-29", "K403"),
        (20100230, "K403"),
        ("20101301", "K403"),
        ("1010-05-01", "K404"),
        ("3010-05-01", "K404"),
        ("17991231", "K404"),
        ("0010-05-02", "K404"),
        ("1799-12-31", "K404"),
        ("2101-01-01", "K404"),
        ("2101-02-30", "K404"),
        (73416, "K404"),
        (2_958_465, "K404"),  # the last day that a spreadsheet counts
        (2_958_466, "K401"),
        (17991231, "K401"),
        (18000100, "K401"),
        (21001232, "K401"),
        (date(2110, 5, 1), "K404"),
    ],
)
def test_what_cannot_be_read_for_sure_is_refused(typed: Any, fault: str) -> None:
    assert verdict(FOUNDED, typed).fault == fault


def test_a_numeric_cell_whose_text_is_no_number_is_no_date() -> None:
    assert kind.read("无", CellType.NUMBER) == ("无", "K401")


def test_a_mere_time_is_no_date() -> None:
    assert kind.read("08:30:00", CellType.DATE) == ("08:30:00", "K401")


def test_the_card_says_what_is_too_early() -> None:
    assert verdict(FOUNDED, date(1920, 12, 31)) == ("1920-12-31", "K405", "")
    assert verdict(FOUNDED, date(1921, 1, 1)).fault == ""
    assert params(FOUNDED, "1920.12.31") == {"earliest": "1921-01-01"}
    with pytest.raises(FormError, match=r"^earliest: "):
        KIND.accept(field("unit.founded_on", earliest="1921"), FORM)
    KIND.accept(BIRTHDAY, FORM)
    KIND.accept(field("unit.founded_on", earliest=date(1921, 1, 1)), FORM)


def test_what_was_typed_into_a_date_cell_is_shown_again() -> None:
    assert params(FOUNDED, date(1905, 7, 2)) == {"typed": "2010", "variant": "date_cell"}
    assert params(FOUNDED, datetime(1905, 7, 2, 2, 24))["typed"] == "2010.1"
    assert verdict(FOUNDED, datetime(1905, 7, 2, 21, 36)).text == "2010-09-01"
    assert params(FOUNDED, datetime(1905, 7, 2, 0, 0, 44))["typed"] == "2010.0005"
    assert params(FOUNDED, date(2110, 5, 1)) == {"typed": "2110-05-01"}
    assert params(FOUNDED, "去年") == {}
    assert params(FOUNDED, "2010年 ") == {"typed": "2010年"}
    assert params(FOUNDED, "2010-02-30") == {"typed": "2010-02-30"}


def test_values_are_timestamps_with_holes() -> None:
    values = KIND.value(cells("2010-05-01", "", "1898-05-01").text, FOUNDED, FORM)
    assert values.isna().tolist() == [False, True, False]
    assert values.iloc[2] == pd.Timestamp(1898, 5, 1)


def test_a_workbook_gets_dates_but_text_where_it_cannot_count() -> None:
    assert KIND.cell("2010-05-01", FOUNDED, FORM) == date(2010, 5, 1)
    assert KIND.cell("1900-01-01", FOUNDED, FORM) == date(1900, 1, 1)
    assert KIND.cell("1899-12-31", FOUNDED, FORM) == "1899-12-31"


# One character off a day, at every place.
NEARLY = [
    day[:at] + character + day[at + 1 :]
    for day in ("2010-05-01", "1999-12-28", "1906-10-19")
    for at in range(10)
    for character in "0123456789-/:.x"
]


def test_a_day_at_a_glance_is_judged_like_one_that_is_read() -> None:
    expected = [kind.read(typed, CellType.TEXT) for typed in NEARLY]
    found = validate(BIRTHDAY, *NEARLY)
    assert [(v.text, v.fault) for v in found] == [("" if f else t, f) for t, f in expected]


def test_days_that_are_right_at_a_glance_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "read", None)
    years = [*range(1906, 2101, 7), 1909, 1990, 2000, 2099, 2100]
    typed = [f"{y}-{m:02}-{d:02}" for y in years for m in range(1, 13) for d in range(1, 29)]
    assert validate(BIRTHDAY, *typed) == [(day, "", "") for day in typed]


days = st.dates(date(1800, 1, 1), date(2100, 12, 31))


@given(days)
def test_every_writing_of_a_day_comes_to_the_same(day: date) -> None:
    y, m, d = day.year, day.month, day.day
    for typed in (
        day.isoformat(), f"{y}.{m}.{d}", f"{y}/{m:02}/{d:02}", f"{y}年{m}月{d}日",
        f"{y}{m:02}{d:02}", int(f"{y}{m:02}{d:02}"), f"{y} - {m} - {d}", f"{day} 00:00:00",
    ):  # fmt: skip
        assert verdict(BIRTHDAY, typed)[:2] == (day.isoformat(), "")


@given(st.integers(1900, 73_415))
def test_a_serial_number_is_its_day_unless_it_looks_like_a_year(serial: int) -> None:
    day = date(1899, 12, 30) + timedelta(serial)
    expected = ("", "K402") if serial < 2100 else (day.isoformat(), "")
    assert verdict(BIRTHDAY, serial)[:2] == expected
    assert verdict(BIRTHDAY, day)[:2] == expected
