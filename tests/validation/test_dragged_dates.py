"""Dates that somebody dragged down a column, and dates as the clerk knows them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from converter.report import issue_text
from tests.corpus.test_foreign_sheets import HEADINGS, own
from tests.sheets import FORM, MEMBER_SHEET, outcome, saved

START = date(2012, 3, 5)


def warned(folder: Path, dates: list[Any], column: str = "D") -> list[Any]:
    book = own((*HEADINGS, "会员生日"))
    for row, value in enumerate(dates, 2):
        book[MEMBER_SHEET][f"{column}{row}"].value = value
    found = outcome(saved(book, folder))
    return [(i.place.cell, i.params["rows"]) for i in found.issues if i.code == "X176"]


def months(count: int, step: int = 1, day: int = 5) -> list[Any]:
    """The same day of every `step`th month, at most the last."""
    at = [divmod(24_144 + step * n, 12) for n in range(count)]  # from 2012 on
    return [date(y, m + 1, min(day, monthrange(y, m + 1)[1])) for y, m in at]


def days(count: int, step: int = 1, shown: str = "") -> list[Any]:
    found = [START + timedelta(step * n) for n in range(count)]
    return [f"{d.year}年{d.month}月{d.day}日" for d in found] if shown else list(found)


DRAGGED = [
    days(12), days(12, -1), days(12, 1, "text"), days(12, 2), days(12, -7),
    months(12), months(12, -1), months(12, 3), months(12, 1, 31),
    [f"{day:%Y-%m}" for day in months(12)], [f"{d.year}年{d.month}月" for d in months(12)],
]  # fmt: skip


@pytest.mark.parametrize("dates", DRAGGED, ids=str)
def test_a_dragged_column_is_asked_about_once(dates: list[Any], tmp_path: Path) -> None:
    assert warned(tmp_path, dates) == [("D2", "第 2–13 行")]


def test_several_runs_are_named_together(tmp_path: Path) -> None:
    dates = [*days(5), START, *days(6)]
    assert warned(tmp_path, dates) == [("D2", "第 2–6 行、第 8–13 行")]


def test_a_dragged_birthday_is_asked_about(tmp_path: Path) -> None:
    assert warned(tmp_path, days(12), "E") == [("E2", "第 2–13 行")]


HIRED = [START + timedelta(n) for n in (0, 0, 1, 2, 2, 4, 5, 5, 6, 7, 11, 12)]  # in this order
ALIKE = [
    days(4), [START] * 12, days(9, 2), [date(2010 + n, 9, 1) for n in range(12)], HIRED,
    months(9), [d for d in months(6) for _ in (1, 2)], months(12, 12), months(12, 1, 30)[::-5],
]  # fmt: skip


@pytest.mark.parametrize("dates", ALIKE, ids=str)
def test_other_columns_are_not(dates: list[Any], tmp_path: Path) -> None:
    assert warned(tmp_path, [*dates, *[START] * (12 - len(dates))]) == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [(date(1905, 7, 2), "2010"), (datetime(1905, 7, 2, 2, 24), "2010.1")],
)
@pytest.mark.parametrize("column", ["D", "E"])
def test_nobody_is_shown_a_day_of_1905(
    column: str, typed: date, shown: str, tmp_path: Path
) -> None:
    book = own((*HEADINGS, "会员生日"))
    book[MEMBER_SHEET][f"{column}2"].value = typed
    texts = [
        f"{one.message} {one.value}"
        for one in issue_text.findings(outcome(saved(book, tmp_path)), FORM, show_ids=True)
        if one.place.cell == f"{column}2"
    ]
    assert len(texts) == 1
    assert shown in texts[0]
    assert "1905" not in texts[0]
    assert "T" not in texts[0]


def test_a_moved_date_is_counted_a_day_later_and_asked_about(tmp_path: Path) -> None:
    book = own()
    book[MEMBER_SHEET]["D2"].value = datetime(2010, 4, 30, 16)
    book[MEMBER_SHEET]["D2"].number_format = "yyyy-mm-dd"
    found = [i for i in outcome(saved(book, tmp_path)).issues if i.place.cell == "D2"]
    assert [(i.code, i.level.value, i.params["to"]) for i in found] == [
        ("K908", "warning", "2010-05-01")
    ]
