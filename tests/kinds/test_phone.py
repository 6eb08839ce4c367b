"""Telephone numbers: what offices write, and the traps of the numbering plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.kinds import KINDS
from converter.kinds import phone as kind
from converter.model.errors import FormError
from converter.model.forms import Code, CodeList
from tests.kinds.validating import FORM, field, params, verdict

KIND = KINDS["phone"]

PHONE = field("unit.phone")


@pytest.mark.parametrize(
    "typed",
    [
        "0311-85551234",
        "0319-3100722",
        "0319-3100722转801",
        "0319-3100722转801234",
        "010-65551234",
        "0755-85551234",
        "13800138000",
        "19912345678",
        "4001234567",
        "8001234567",
        "12351",
        "95588",
        "955881",
        "96110",
        "961101",
        "021-65551234",
        "0512-65551234",
        "0311-85551234、13800138000",
    ],
)
def test_canonical_numbers_stay_as_they_are(typed: str) -> None:
    assert verdict(PHONE, typed) == (typed, "", "")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("031185551234", "0311-85551234"),
        ("0311 85551234", "0311-85551234"),
        ("0311 8555 1234", "0311-85551234"),
        ("0311—85551234", "0311-85551234"),
        ("０３１１－８５５５１２３４", "0311-85551234"),
        ("(0311)85551234", "0311-85551234"),
        ("（0311） 8555-1234", "0311-85551234"),
        ("0311-8555-1234", "0311-85551234"),
        ("+86 311 85551234", "0311-85551234"),
        ("+86-0311-85551234", "0311-85551234"),
        ("+86 10 65551234", "010-65551234"),
        ("0086-311-85551234", "0311-85551234"),
        ("+86 13800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("400-123-4567", "4001234567"),
        ("0319-3100722-801", "0319-3100722转801"),
        ("0319-3100722转分机801", "0319-3100722转801"),
        ("03193100722ext.801", "0319-3100722转801"),
        ("0319-3100722分机801", "0319-3100722转801"),
        ("0319-3100722x801", "0319-3100722转801"),
        ("0319-3100722#801", "0319-3100722转801"),
        ("0319-3100722Ext801", "0319-3100722转801"),
        ("0319-3100722转：801", "0319-3100722转801"),
        ("0319-3100722-801234", "0319-3100722转801234"),
        ("0319-3100722 转 801", "0319-3100722转801"),
        ("0311-85551234/13800138000", "0311-85551234、13800138000"),
        ("0311-85551234；13800138000", "0311-85551234、13800138000"),
        ("0311-85551234，0319-3100722", "0311-85551234、0319-3100722"),
        ("0311-85551234 13800138000", "0311-85551234、13800138000"),
        ("0311-85551234\n13800138000", "0311-85551234、13800138000"),
        ("13800138000、", "13800138000"),
        ("0311-85551234、85551235", "0311-85551234、0311-85551235"),
        ("0311-85551234|13800138000", "0311-85551234、13800138000"),
        ("0311-85551234,13800138000", "0311-85551234、13800138000"),
        ("86-311-85551234", "0311-85551234"),
        ("863193100722", "0319-3100722"),
        *((f"0311{dash}85551234", "0311-85551234") for dash in "—–―‐‑−－"),
        ("0311-8555\u200b1234", "0311-85551234"),
        ("0086 13800138000", "13800138000"),
        ("0311-85551234/2345", "0311-85551234、0311-85552345"),
        ("0311-85551234/35", "0311-85551234、0311-85551235"),
        ("0311-85551234、0319-3100722、3100723", "0311-85551234、0319-3100722、0319-3100723"),
        ("0311-85551234、 、13800138000", "0311-85551234、13800138000"),
        ("0311-85551234-", "0311-85551234"),
        ("13800138000、-0311-85551234", "13800138000、0311-85551234"),
        ("0311-85551234/5/6", "0311-85551234、0311-85551235、0311-85551236"),
    ],
)
def test_writings_are_tidied(typed: str, text: str) -> None:
    assert verdict(PHONE, typed) == (text, "", "K901")


def test_a_numeric_cell_may_hold_a_mobile_number() -> None:
    assert verdict(PHONE, 13800138000) == ("13800138000", "", "")


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("85551234", "K501"),
        ("3100722", "K501"),  # no 310 0722
        (3100722, "K501"),
        ("0311-8555123", "K502"),
        ("0311-855512345", "K502"),
        ("0319-85551234", "K502"),
        ("031985551234", "K502"),
        ("03118", "K502"),
        ("无", "K503"),
        ("110", "K503"),
        ("办公室1234", "K503"),  # fewer digits than any number has
        ("办公室12345", "K513"),
        ("97588", "K503"),
        ("9558812", "K501"),
        ("1234567", "K503"),
        ("12345678", "K503"),
        ("2555123", "K501"),
        ("855512345", "K513"),
        ("022-2345678", "K503"),
        ("0311-85551234/23456", "K513"),
        ("0319-3100722转8012345", "K513"),
        ("13800138000-1234567", "K513"),  # no extension is that long
        ("123456", "K503"),
        ("1380013800", "K503"),
        ("138001380000", "K503"),
        ("0000000000", "K513"),
        ("0755-8555", "K503"),
        ("0755-855123", "K503"),
        ("855512", "K503"),
        ("13800138000 85551234", "K511"),
        ("0319-3100722-1转801", "K512"),
        ("0319-3100722转801/35", "K513"),
        ("0755-855512345", "K503"),
        ("555185551234", "K503"),
        ("1~~~~", "K503"),
        ("01-85551234", "K513"),
        ("0319-3100722转", "K513"),
        ("03111-855512", "K512"),
        ("8555\u200b1234", "K501"),
        ("86-105551234", "K513"),
        (130102196603120000, "K503"),
        (1e21, "K503"),
        (31185551234, "K504"),
        ("31185551234", "K504"),
        ("3193100722", "K504"),
        ("75585551234", "K514"),  # an area of another province: Excel has no list of them
        ("1065551234", "K514"),
        ("12345678901", "K513"),
        ("8555-1234", "K511"),
        ("8555 1234", "K511"),
        ("85551234转801", "K511"),
        ("85551234-801", "K511"),
        ("85551234、13800138000", "K511"),
        ("13800138000、85551234", "K511"),
        ("0311-8555123转1", "K512"),
        ("0311-85551234、0319-85551234", "K512"),
        ("0311-85551234、张示例", "K513"),
        ("办公室0311-85551234", "K513"),
        ("+852 21234567", "K513"),
        ("311-85551234", "K514"),
        ("0321-1234567", "K505"),
    ],
)
def test_faults_are_told_apart(typed: Any, fault: str) -> None:
    assert verdict(PHONE, typed).fault == fault


def test_a_cell_is_looked_through_up_to_its_limit() -> None:
    many = "、".join(["13800138000"] * 16)
    assert verdict(PHONE, many + "、" * (200 - len(many))) == (many, "", "K901")
    beyond = many + "、" * (201 - len(many))
    assert verdict(PHONE, beyond).fault == "K513"
    assert params(PHONE, beyond)["part"] == f"{many[:20]}…"


@pytest.mark.parametrize("typed", ["８５５５１２３４", "(0311) 8555", "13800138000-1234567", "无"])
def test_an_unreadable_text_comes_back_as_it_is(typed: str) -> None:
    found = kind.read(typed, {})
    assert found.text == typed
    assert found.code


def test_a_doubtful_number_is_kept() -> None:
    assert verdict(PHONE, "03211234567") == ("0321-1234567", "K505", "K901")
    assert verdict(PHONE, "0321-1234567转801") == ("0321-1234567转801", "K505", "")
    assert params(PHONE, "0321-1234567") == {"area": "0321", "part": "0321-1234567"}


@pytest.mark.parametrize("character", "、 ")
def test_of_several_doubtful_numbers_the_first_is_named(character: str) -> None:
    typed = f"13800138000{character}0321-1234567{character}0321-1234568"
    assert verdict(PHONE, typed)[:2] == ("13800138000、0321-1234567、0321-1234568", "K505")
    assert params(PHONE, typed)["part"] == "0321-1234567"
    two = verdict(PHONE, f"0321-1234567{character}0321-1234568")
    assert two[:2] == ("0321-1234567、0321-1234568", "K505")


def test_sentences_get_their_figures() -> None:
    figures = params(PHONE, "0311-8555123")
    assert (figures["area"], figures["city"]) == ("0311", "石家庄")
    assert (figures["digits"], figures["typed"]) == (8, 7)
    assert figures["part"] == "0311-8555123"
    assert params(PHONE, 31185551234)["offer"] == "0311-85551234"
    assert params(PHONE, "0311-85551234、85551x")["part"] == "85551x"


def test_without_a_list_of_areas_the_plan_alone_decides() -> None:
    anywhere = field("unit.phone", areas=None)
    assert verdict(anywhere, "031185551234") == ("0311-85551234", "", "K901")
    assert verdict(anywhere, "3100722").fault == "K501"
    faults = KIND.excel_faults("A1", "B1", anywhere, FORM)
    assert [fault.code for fault in faults if fault.code] == ["K503", "K501", "K503"]


@pytest.mark.parametrize("areas", ["no_such_list", "sex"])
def test_a_card_with_an_unfit_list_of_areas_is_refused(areas: str) -> None:
    with pytest.raises(FormError, match=r"^areas: "):
        KIND.accept(field("unit.phone", areas=areas), FORM)


@pytest.mark.parametrize(
    ("code", "digits"), [("0999", "x"), ("0999", ""), ("999", "8"), ("0", "8")]
)
def test_an_area_without_its_zero_or_its_digits_is_refused(code: str, digits: str) -> None:
    KIND.accept(PHONE, FORM)
    KIND.accept(field("unit.phone", areas=None), FORM)
    entries = (*FORM.codes["phone_area"].entries, Code(code, "甲", extra={"digits": digits}))
    other = replace(FORM, codes={**FORM.codes, "phone_area": CodeList("phone_area", entries)})
    with pytest.raises(FormError, match=f"^areas: .*'{code}'"):
        KIND.accept(PHONE, other)


@given(st.sampled_from(FORM.codes["phone_area"].entries), st.integers(2, 9), st.data())
def test_every_number_of_a_listed_area_passes(area: Any, first: int, data: st.DataObject) -> None:
    length = int(area.extra["digits"])
    local = f"{first}{data.draw(st.integers(0, 10 ** (length - 1) - 1)):0{length - 1}}"
    assert verdict(PHONE, f"{area.code}{local}")[:2] == (f"{area.code}-{local}", "")


@given(st.text("0123456789-、/;, 转+()（）－ext86", max_size=40))
def test_what_was_read_once_reads_the_same_again(text: str) -> None:
    once = verdict(PHONE, text)
    if once.text:
        assert verdict(PHONE, once.text)[:2] == once[:2]
        assert verdict(PHONE, once.text).note == ""
