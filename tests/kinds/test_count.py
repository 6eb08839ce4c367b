"""Counts: what is a number to a clerk, and what is none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.kinds import KINDS
from converter.model.errors import FormError
from tests.kinds.validating import FORM, cells, field, params, verdict

KIND = KINDS["count"]

STAFF = field("unit.staff")
ENTITIES = field("unit.legal_entities")  # at least 1


@pytest.mark.parametrize(
    ("typed", "text", "note"),
    [
        (120, "120", ""),
        (0, "0", ""),
        (120.0, "120", ""),
        ("120", "120", "K905"),
        ("０", "0", "K905"),
        ("１２０", "120", "K905"),
        ("1,200", "1200", "K905"),
        ("1，200", "1200", "K905"),
        ("9,999,999", "9999999", "K905"),
        ("12 人", "12", "K905"),
        *((f"12{unit}", "12", "K905") for unit in "名个家位"),
        ("007", "7", "K905"),
        ("3.0", "3", "K905"),
        ("3．00", "3", "K905"),
        (" 5\u200b", "5", "K905"),
        ("123,456", "123456", "K905"),
        ("0" * 10 + "12", "12", "K905"),
    ],
)
def test_numbers_are_read(typed: Any, text: str, note: str) -> None:
    assert verdict(STAFF, typed) == (text, "", note)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("十二", "K301"),
        ("约12", "K301"),
        ("人", "K301"),
        ("12人人", "K301"),
        ("1人2", "K301"),
        (".", "K301"),
        (".5", "K301"),
        ("5.", "K301"),
        ("1.2.3", "K301"),
        ("-", "K301"),
        ("--5", "K301"),
        ("5-", "K301"),
        ("1e5", "K301"),
        ("1e+5", "K301"),
        ("0x10", "K301"),
        ("1/2", "K301"),
        ("50%", "K301"),
        ("1,20", "K301"),
        ("1,2000", "K301"),
        ("1234,567", "K301"),
        ("0,200", "K301"),
        ("-1,200", "K301"),
        ("1,200.5", "K301"),
        ("٣", "K301"),
        ("1" * 13, "K301"),
        ("0" * 11 + "12", "K301"),
        (-5, "K302"),
        (-0.5, "K302"),
        ("-5", "K302"),
        ("－5人", "K302"),
        (1.5, "K303"),
        ("1.5", "K303"),
        (1e-7, "K303"),
        (10_000_000, "K305"),
        (1e21, "K305"),
        ("10,000,000", "K305"),
        ("1" * 12, "K305"),
        (date(2010, 5, 1), "K306"),
    ],
)
def test_what_is_no_count_of_people_is_named(typed: Any, fault: str) -> None:
    assert verdict(STAFF, typed).fault == fault


def test_limits_stand_on_the_card() -> None:
    assert verdict(ENTITIES, 0).fault == "K304"
    assert params(ENTITIES, 0)["min"] == 1
    capped = field("unit.staff", max=100)
    assert [verdict(capped, n).fault for n in (100, 101)] == ["", "K305"]
    assert params(capped, 101)["max"] == 100
    assert params(STAFF, 10_000_000) == {"min": 0, "max": 9_999_999}
    KIND.accept(field("unit.staff", min=5, max=5), FORM)
    KIND.accept(field("unit.staff", min=0), FORM)


@pytest.mark.parametrize(
    "options", [{"min": -1}, {"max": True}, {"max": "5"}, {"min": 5, "max": 4}]
)
def test_a_card_with_unfit_limits_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(FormError, match=r"^(min|max): "):
        KIND.accept(field("unit.staff", **options), FORM)


def test_what_is_no_number_has_not_been_kept_as_one() -> None:
    assert KIND.normalise(cells("十二", "12", 12), STAFF, FORM).note.tolist() == ["", "K905", ""]


def test_values_are_whole_numbers_with_holes() -> None:
    values = KIND.value(cells("12", "", "0").text, STAFF, FORM)
    assert str(values.dtype) == "Int64"
    assert values.isna().tolist() == [False, True, False]
    assert values.dropna().tolist() == [12, 0]


@given(st.integers(0, 9_999_999))
def test_every_writing_of_a_number_comes_to_the_same(number: int) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in str(number))
    for typed in (number, str(number), f"{number:,}", f"{number}人", wide, f"00{number}"):
        assert verdict(STAFF, typed)[:2] == (str(number), "")
