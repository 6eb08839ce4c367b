"""Sums: what is a number to a clerk, in which unit, and how both faces compare it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.kinds import KINDS
from converter.model.errors import FormError
from converter.rules import places
from tests.kinds.validating import FORM, field, params, verdict

INCOME = field("unit.income")  # 元, two places
BALANCE = field("unit.balance")  # 万元, four places, may be negative


@pytest.mark.parametrize(
    ("typed", "text", "note"),
    [
        (0.1 + 0.2, "0.3", ""),
        (1e-17, "0", ""),
        (1234567.89, "1234567.89", ""),
        ("1,234.50", "1234.5", "K905"),
        ("１２．５ 元", "12.5", "K905"),
        ("1.5万元", "15000", "K905"),
        ("1.1万", "11000", "K905"),
        ("2亿元", "200000000", "K905"),
    ],
)
def test_sums_are_read(typed: Any, text: str, note: str) -> None:
    assert verdict(INCOME, typed) == (text, "", note)


def test_a_unit_of_ten_thousand_is_counted_in_itself() -> None:
    found = [verdict(BALANCE, text).text for text in ("1.5万元", "1.5万", "150元", "-1亿元")]
    assert found == ["1.5", "1.5", "0.015", "-10000"]


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("1.5万元元", "K301"), ("5¤", "K301"), ("50%", "K301"), ("1,23", "K301"), ("1e5", "K301"),
        ("3公里", "K301"), (1.005, "K308"), ("0.001元", "K308"), (1e-7, "K308"), (-1, "K302"),
        (1e10, "K305"), (date(2025, 1, 1), "K306"), ("1" * 16, "K301"),
    ],
)  # fmt: skip
def test_nothing_is_guessed(typed: Any, fault: str) -> None:
    assert verdict(INCOME, typed).fault == fault


def test_the_message_names_what_the_card_says() -> None:
    assert params(BALANCE, 0.00001)["places"] == "4"
    assert verdict(BALANCE, -100000.6).fault == "K304"
    assert params(BALANCE, -100000.6)["min"] == "-100000.5"


@pytest.mark.parametrize(
    "options", [{"places": 7}, {"min": 2, "max": 1}, {"max": 0.001}, {"max": 10**14}, {"unit": "1"}]
)
def test_a_card_that_no_number_fits_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(FormError):
        KINDS["decimal"].accept(field("unit.income", **options), FORM)


@given(st.integers(0, 10**11), st.integers(0, 10**11))
def test_differences_of_cents_are_exact(a: int, b: int) -> None:
    total, parts = (a + b) / 100, a / 100 + b / 100
    assert places.compared(lambda x, y: x == y, total, parts, 2)
    assert not places.compared(lambda x, y: x == y, total + 0.01, parts, 2)
