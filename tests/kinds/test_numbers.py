"""Postcodes, registration numbers and certificate numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.kinds import KINDS, registration_number, uscc
from converter.model.errors import FormError
from tests.kinds.validating import FORM, field, params, verdict
from tests.people import USCC, credit_code, licence_number

POSTCODE = field("unit.postcode")
LICENCE = field("unit.registration_number")
CERTIFICATE = field("unit.legal_person_certificate")

CODE = credit_code("91130102MA0000000")
UNION = credit_code("81130102MC0000000")
NUMBER = licence_number("13010000001234")


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


@pytest.mark.parametrize(
    ("typed", "text", "fault", "note"),
    [
        ("054000", "054000", "", ""),
        (54000, "054000", "", "K903"),
        ("54000", "054000", "", "K903"),
        ("５４０００", "054000", "", "K903"),
        (wide("054000"), "054000", "", "K901"),
        ("054 000", "054000", "", "K901"),
        ("100000", "100000", "K702", ""),
        (100000, "100000", "K702", ""),
        ("540001", "540001", "K702", ""),
        (44000, "", "K701", ""),  # with a zero it would not begin like this province's
        ("5400", "", "K701", ""),
        ("0540000", "", "K701", ""),
        ("O54000", "", "K701", ""),
        ("054000（示例县）", "", "K701", ""),
        (54000.5, "", "K701", ""),
        (date(2010, 5, 1), "", "K701", ""),
    ],
)
def test_postcodes(typed: Any, text: str, fault: str, note: str) -> None:
    assert verdict(POSTCODE, typed) == (text, fault, note)


def test_without_prefixes_no_zero_is_made_up_and_no_place_is_strange() -> None:
    anywhere = field("unit.postcode", prefixes=None)
    assert verdict(anywhere, 54000).fault == "K701"
    assert verdict(anywhere, "100000").fault == ""
    assert params(POSTCODE, "100000") == {"prefixes": "05、06、07"}
    assert params(POSTCODE, "1000") == {}
    KINDS["postcode"].accept(POSTCODE, FORM)


@pytest.mark.parametrize("prefixes", ["05", [5], ["x"], [""], ["٠٥"]])
def test_unfit_prefixes_are_refused(prefixes: Any) -> None:
    with pytest.raises(FormError, match=r"^prefixes: "):
        KINDS["postcode"].accept(field("unit.postcode", prefixes=prefixes), FORM)


@pytest.mark.parametrize(
    ("typed", "text", "fault", "note"),
    [
        (CODE, CODE, "", ""),
        (CODE.lower(), CODE, "", "K901"),
        (wide(CODE), CODE, "", "K901"),
        (wide(CODE.lower()), CODE, "", "K901"),
        (f" {CODE[:8]} {CODE[8:]}", CODE, "", "K901"),
        (NUMBER, NUMBER, "", ""),
        (int(NUMBER), NUMBER, "", ""),
        (CODE[:-1] + ("1" if CODE[-1] != "1" else "2"), None, "K803", ""),
        (NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10), None, "K802", ""),
        ("1301000000123", "1301000000123", "K804", ""),
        (1301000000123, "1301000000123", "K804", ""),
        (911301020000000000, "", "K805", ""),
        (10**15, "", "K805", ""),
        (10**15 - 1, "999999999999999", "K802", ""),
        ("91130102MA00000", "", "K801", ""),
        (CODE[:-2] + "OO", "", "K801", ""),
        ("12345", "", "K801", ""),
        ("无", "", "K801", ""),
        (1.5, "", "K801", ""),
        (date(2010, 5, 1), "", "K801", ""),
    ],
)
def test_registration_numbers(typed: Any, text: str | None, fault: str, note: str) -> None:
    assert verdict(LICENCE, typed) == (typed if text is None else text, fault, note)


def test_a_number_of_no_known_length_names_its_length() -> None:
    assert params(LICENCE, "12345") == {"length": 5}
    assert params(LICENCE, NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)) == {}


@pytest.mark.parametrize("typed", ["", "无", CODE[:-1], CODE[:-1] + "O"])
def test_what_has_no_shape_of_a_credit_code_is_none(typed: str) -> None:
    assert not uscc.is_valid(typed)


@given(st.text(USCC, min_size=17, max_size=17))
def test_every_credit_code_passes_whatever_it_begins_with(body: str) -> None:
    code = credit_code(body)
    assert uscc.is_valid(code)
    assert verdict(LICENCE, code) == (code, "", "")


@given(st.text(USCC, min_size=17, max_size=17), st.integers(0, 17), st.integers(1, 30))
def test_one_wrong_character_of_a_credit_code_never_passes(body: str, at: int, by: int) -> None:
    code = credit_code(body)
    wrong = code[:at] + USCC[(USCC.index(code[at]) + by) % 31] + code[at + 1 :]
    assert verdict(LICENCE, wrong).fault == "K803"


@given(st.text("0123456789", min_size=14, max_size=14), st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_of_a_licence_number_never_passes(body: str, at: int, by: int) -> None:
    number = licence_number(body)
    assert registration_number.mod_11_10(number)
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert verdict(LICENCE, wrong).fault == "K802"


def test_check_characters_agree_with_another_implementation() -> None:
    stdnum = pytest.importorskip("stdnum.iso7064.mod_11_10")
    for body in ("13010000001234", "00000000000000", "99999999999999", "11010800000001"):
        assert stdnum.calc_check_digit(body) == licence_number(body)[-1]
    codes = pytest.importorskip("stdnum.cn.uscc")
    for body in ("91130102MA0000000", "81130102MC0000000", "12100000000018032"):
        assert codes.calc_check_digit(body) == uscc.check_character(body)


@pytest.mark.parametrize(
    ("typed", "text", "fault", "note"),
    [
        (UNION, UNION, "", ""),
        (UNION.lower(), UNION, "", "K901"),
        (wide(UNION), UNION, "", "K901"),
        (f" {UNION[:8]} {UNION[8:]}", UNION, "", "K901"),
        (UNION[:-1] + ("1" if UNION[-1] != "1" else "2"), None, "K811", ""),
        (CODE[:-1] + ("1" if CODE[-1] != "1" else "2"), None, "", ""),  # not a union's code
        ("工法证字第 030100123 号", None, "", ""),
        ("81130102MC000000OO", None, "", ""),  # not the alphabet of a code: free text
        (" 冀工法 12 号 ", "冀工法 12 号", "", "K901"),
        (123456, "123456", "", ""),
        (811301020000000000, "", "K805", ""),
        ("=1+1", "", "K007", ""),
        ("证\ue000", "", "K006", ""),
        ("证" * 201, "", "K008", ""),
    ],
)
def test_certificate_numbers(typed: Any, text: str | None, fault: str, note: str) -> None:
    assert verdict(CERTIFICATE, typed) == (typed if text is None else text, fault, note)


def test_a_long_certificate_number_names_its_length() -> None:
    assert params(CERTIFICATE, "证" * 201) == {"length": 201, "limit": 200}
    with pytest.raises(FormError, match=r"^prefixes: "):
        KINDS["certificate_number"].accept(field(CERTIFICATE.path, prefixes="81"), FORM)
    with pytest.raises(FormError, match=r"^prefixes: "):
        KINDS["certificate_number"].accept(field(CERTIFICATE.path, prefixes=[""]), FORM)
    with pytest.raises(FormError, match=r"form_limit.*text_length"):
        KINDS["certificate_number"].accept(CERTIFICATE, replace(FORM, limits={}))


def test_all_arrays_that_a_formula_multiplies_are_of_one_length() -> None:
    """Excel makes an error of others; LibreOffice takes them as they come."""
    arrays = re.findall(r"\{([0-9,]+)\}", uscc.excel_wrong("A1"))
    assert [len(array.split(",")) for array in arrays] == [18, 17, 17]


def test_without_prefixes_no_formula_asks_for_them() -> None:
    anywhere = field("unit.postcode", prefixes=None)
    faults = KINDS["postcode"].excel_faults("A1", "B1", anywhere, FORM)
    assert [fault.code for fault in faults] == ["K701"]
