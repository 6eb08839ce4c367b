"""ID numbers: every way to mistype one, and the ways that are right but odd."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.kinds import KINDS
from converter.model.errors import FormError
from converter.model.forms import Code, CodeList
from tests.kinds.validating import FORM, field, params, validate, verdict
from tests.people import id_number

KIND = KINDS["id_number"]

ID = field("member.id_number")
GOOD = id_number("130102", "1966-03-12", 3)  # sequence 003 is invented like the person
WITH_X = next(n for s in range(1, 99) if (n := id_number("130102", "1970-01-01", s))[-1] == "X")
REGIONS = [entry.code for entry in FORM.codes["region"].entries]


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


@pytest.mark.parametrize(
    ("typed", "text", "note"),
    [
        (GOOD, GOOD, ""),
        (WITH_X, WITH_X, ""),
        (WITH_X.lower(), WITH_X, "K901"),
        (wide(WITH_X), WITH_X, "K901"),
        (wide(WITH_X.lower()), WITH_X, "K901"),
        (f" {GOOD[:6]} {GOOD[6:14]}\u3000{GOOD[14:]}\u200b", GOOD, "K901"),
        (f"'{GOOD}", GOOD, "K901"),
        (f"‘{GOOD}", GOOD, "K901"),
        (f"’{GOOD}", GOOD, "K901"),
        (f"＇{GOOD}", GOOD, "K901"),
        (f"`{GOOD}", GOOD, "K901"),
        (f"\ufeff{GOOD}", GOOD, "K901"),
        (f"{GOOD} ", GOOD, "K901"),
    ],
)
def test_writings_of_a_right_number_are_tidied(typed: str, text: str, note: str) -> None:
    assert verdict(ID, typed) == (text, "", note)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (int(GOOD), "K111"),
        (130102196603120000, "K111"),
        (1301021966031200, "K111"),
        (1.30102196603120e18, "K111"),
        (1e21, "K111"),
        (130102660312003, "K113"),
        ("130102660312003", "K113"),
        (" 130102 660312 003", "K113"),
        ("130102661312003", "K112"),  # no first-generation number: month 13
        (130102661312003, "K112"),
        ("130102660332003", "K112"),  # nor day 32
        ("130102000229003", "K112"),  # nor a leap day of 1900
        ("130105000229003", "K112"),
        ("130102610229003", "K112"),
        ("130102600229003", "K113"),
        ("13010266O312003", "K112"),
        ("X30102660312003", "K112"),
        ("13010266031200", "K112"),
        (GOOD[:-1], "K112"),
        (GOOD + "1", "K112"),
        (GOOD + GOOD, "K112"),
        ("无", "K112"),
        ("'", ""),  # nothing is left of it: blank
        (date(1966, 3, 12), "K112"),
        (12345, "K112"),
        (0.0130102196603123, "K112"),
        (-GOOD.count("1"), "K112"),
        ("1301021966O3120031", "K114"),
        ("1301021966/3120031", "K114"),
        ("1301021966:3120031", "K114"),
        (GOOD[:-1] + "Y", "K114"),
        (WITH_X[:16] + "OX", "K114"),
        ("X" + GOOD[1:], "K114"),
        (GOOD[:8] + "١" + GOOD[9:], "K114"),  # a digit, but not one of ours
        (GOOD[:10] + "13" + GOOD[12:], "K115"),
        (GOOD[:10] + "00" + GOOD[12:], "K115"),
        (GOOD[:10] + "0001" + GOOD[14:], "K115"),
        (GOOD[:12] + "32" + GOOD[14:], "K115"),
        (GOOD[:12] + "00" + GOOD[14:], "K115"),
        (id_number("130102", "1849-12-31", 3), "K115"),
        (id_number("130102", "1850-01-01", 3), ""),
        (id_number("130102", "2001-02-29", 3), "K115"),
        (id_number("130102", "2000-02-29", 3), ""),
        (id_number("130102", "1900-02-29", 3), "K115"),
        (id_number("130102", "1966-02-29", 3), "K115"),
        (id_number("130102", "2005-02-29", 3), "K115"),
        (id_number("130102", "2004-02-29", 3), ""),
        (id_number("130102", "1996-02-29", 3), ""),
        (GOOD[:-1] + str((int(GOOD[-1]) + 1) % 10), "K116"),
        (GOOD[1] + GOOD[0] + GOOD[2:], "K116"),
        (id_number("139999", "1966-03-12", 3), "K118"),
        (id_number("000000", "1966-03-12", 3), "K118"),
        (id_number("810000", "1966-03-12", 3), ""),
        (id_number("810001", "1966-03-12", 3), ""),
        (id_number("820001", "1966-03-12", 3), ""),
        (id_number("830099", "1966-03-12", 3), ""),
        (id_number("911301", "1966-03-12", 3), ""),  # a foreign permanent resident
    ],
)
def test_the_first_fault_is_the_one_that_is_reported(typed: Any, fault: str) -> None:
    assert verdict(ID, typed).fault == fault


def test_every_known_region_passes_whatever_the_year_of_birth() -> None:
    numbers = [id_number(code, f"{1955 + n % 50}-06-15", 3) for n, code in enumerate(REGIONS)]
    assert [v for v in validate(ID, *numbers) if v.fault] == []


@pytest.mark.parametrize("month", range(1, 13))
def test_a_month_has_its_days(month: int) -> None:
    last = monthrange(1999, month)[1]
    born = [f"1999-{month:02}-{day:02}" for day in (1, last, last + 1)]
    numbers = [id_number("130102", day, 3) for day in born]
    assert [v.fault for v in validate(ID, *numbers)] == ["", "", "K115"]


def test_nobody_is_born_tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772380800")  # 2026-03-02 0:00 in China
    today = date(2026, 3, 2)
    born = [id_number("130102", str(today + timedelta(n)), 3) for n in (-1, 0, 1)]
    assert [v.fault for v in validate(ID, *born)] == ["", "", "K117"]


def test_the_future_outranks_the_check_character() -> None:
    born = f"{date.today() + timedelta(40):%Y-%m-%d}"
    right = id_number("130102", born, 3)
    assert verdict(ID, right[:-1] + ("1" if right[-1] != "1" else "2")).fault == "K117"


def test_without_a_list_no_region_is_unknown() -> None:
    assert verdict(field("member.id_number", regions=None), id_number("139999", "1966-03-12", 3)) == (
        id_number("139999", "1966-03-12", 3), "", "",
    )  # fmt: skip


def test_a_warning_keeps_the_number_and_its_note() -> None:
    unusual = id_number("139999", "1966-03-12", 3)
    assert verdict(ID, f" {unusual}") == (unusual, "K118", "K901")


def test_sentences_get_their_figures() -> None:
    assert params(ID, GOOD[:-1] + " ") == {"length": 17}
    assert params(ID, 130102660312003) == {"offer": id_number("130102", "1966-03-12", 3)}
    assert params(ID, id_number("139999", "1966-03-12", 3)) == {"region": "139999"}


def test_no_birth_date_slips_out_beside_a_masked_number() -> None:
    for typed in (GOOD[:12] + "32" + GOOD[14:], id_number("130102", "2999-01-01", 3)):
        assert params(ID, typed) == {}


def test_the_offer_for_an_old_number_is_a_sound_number() -> None:
    offer = params(ID, "130102660312003")["offer"]
    assert verdict(ID, offer) == (offer, "", "")


@pytest.mark.parametrize("regions", ["no_such_list", 5, ["region"], "sex"])
def test_a_card_with_an_unfit_list_of_regions_is_refused(regions: Any) -> None:
    with pytest.raises(FormError, match=r"^regions: "):
        KIND.accept(field("member.id_number", regions=regions), FORM)


def test_codes_of_regions_are_six_digits() -> None:
    KIND.accept(ID, FORM)
    KIND.accept(field("member.id_number", regions=None), FORM)
    for code in ("13010", "1301020", "13010X"):
        codes = CodeList("region", (Code("130102", "甲"), Code(code, "乙")))
        with pytest.raises(FormError, match=r"^regions: "):
            KIND.accept(ID, replace(FORM, codes={**FORM.codes, "region": codes}))


births = st.dates(date(1850, 1, 1), date(2020, 12, 31)).map(str)
numbers = st.builds(id_number, st.sampled_from(REGIONS), births, st.integers(0, 999))


@given(st.lists(numbers, min_size=1))
def test_a_right_number_passes_untouched(typed: list[str]) -> None:
    assert validate(ID, *typed) == [(n, "", "") for n in typed]


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(number: str, at: int, by: int) -> None:
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert verdict(ID, wrong).fault in {"K115", "K116", "K117"}


@given(numbers, st.integers(0, 15))
def test_two_digits_swapped_never_pass(number: str, at: int) -> None:
    wrong = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if wrong != number:
        assert verdict(ID, wrong).fault in {"K115", "K116", "K117"}


def test_a_whole_column_is_judged_cell_by_cell() -> None:
    typed = [GOOD, "", GOOD[:-1], int(GOOD), f"{GOOD} ", WITH_X.lower(), "", "x" * 40]
    assert validate(ID, *typed) == [verdict(ID, value) for value in typed]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("X" * 18, "K114"),
        ("130102********0017", "K114"),
        ("000000000000000000", "K115"),
        ("123456789012345678", "K115"),
        ("110101199001011234", "K116"),
    ],
)
def test_a_made_up_number_may_be_an_example_left_in(typed: str, code: str) -> None:
    assert verdict(ID, typed)[1] == code
    assert params(ID, typed)["variant"] == "example"
    assert "variant" not in params(ID, f"{GOOD[:17]}{(int(GOOD[17:].replace('X', '0')) + 1) % 10}")
