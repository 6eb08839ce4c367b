from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from converter.text import masking
from tests.report.conftest import ID


def test_id_keeps_first_six_and_last_two() -> None:
    assert masking.text(ID) == "130102********05"


def test_missing_digit_is_masked_too() -> None:
    assert masking.text(ID[:17]) == "1301********0"


@pytest.mark.parametrize("blank", [" ", "\u3000", "\u200b", "\u00a0"])
def test_blanks_inside_do_not_hide_an_id(blank: str) -> None:
    assert masking.text(f"{ID[:6]}{blank}{ID[6:14]}{blank}{ID[14:]}") == "130102********05"


def test_full_width_digits_are_masked() -> None:
    wide = ID.translate({ord(str(d)): 0xFF10 + d for d in range(10)})
    assert masking.text(wide) == "１３０１０２********０５"


def test_letters_in_place_of_digits_do_not_save_an_id() -> None:
    assert masking.text("13O1O219800101990X") == "13O1O2********0X"


def test_ids_inside_a_sentence_are_masked_each() -> None:
    assert masking.text(f"{ID}与{ID[:15]}重复") == "130102********05与1301********9重复"


@pytest.mark.parametrize(
    "text", ["0311-85551234转801", "2010-05-01", "12345678901234", "91130100MA0EXAMPLE"]
)
def test_other_numbers_stay(text: str) -> None:
    assert masking.text(text) == text


def test_badly_typed_number_is_masked_as_a_whole() -> None:
    assert masking.whole("13010219-8001-01#9905") == "130102********5"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("", ""), ("13", "********"), ("1301021", "13********"), ("130102199", "130********")],
)
def test_short_pieces_of_a_number_are_masked(typed: str, shown: str) -> None:
    assert masking.whole(typed) == shown


@given(st.text(alphabet="0123456789X", max_size=40))
def test_of_any_other_number_at_most_a_third_is_shown(number: str) -> None:
    assume(len(number) >= masking.SHORTEST or set(number) - {"X"})  # X alone is a word
    shown = masking.whole(number).replace("*", "")
    assert len(shown) == 8 if len(number) == 18 else len(shown) <= len(number) / 3


def test_of_a_day_the_year_stays() -> None:
    assert masking.year_only("生于1990-01-02,不是2010-01-02") == "生于1990,不是2010"
    assert masking.year_only("0311-85551234") == "0311-85551234"


@given(st.text(alphabet="0123456789X", min_size=15, max_size=40), st.text(max_size=10))
def test_no_run_of_fifteen_survives(number: str, around: str) -> None:
    masked = masking.text(f"{around}、{number}、{around}")
    assert number not in masked
    assert masking.text(masked) == masked
