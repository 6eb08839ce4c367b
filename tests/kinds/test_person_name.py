"""Names of all peoples pass; digits, punctuation and broken characters do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.kinds import KINDS
from converter.model.errors import FormError
from tests.kinds.validating import FORM, field, params, verdict

KIND = KINDS["person_name"]

NAME = field("member.name")


@pytest.mark.parametrize(
    "typed",
    [
        "张示例",
        "王",
        "欧阳示例",
        "阿依古丽·买买提",
        "一二三·四五六·七八九",
        "李〇",
        "𠮷示例",  # beyond the basic plane
        "李㐂",  # extension A
        "林\ufa11",  # a compatibility ideograph of its own right
        "々田",
        "\U0002ebf1示例",  # younger than the tables of some programs
        "\U0002ebf1·示例",
        "John Smith",
        "J. S",
        "É. Smith",
        "J. Smith",
        "al-hasan bin sa'id",
        "Anne-Marie O'Neill",
        "Smith, John Jr.",
        "José Müller",
        "ئەلى بەكرى",
        "བསྟན་འཛིན",
        "ᠪᠠᠲᠤ",
        "김示例",
    ],
)
def test_right_names_stay_as_they_are(typed: str) -> None:
    assert verdict(NAME, typed) == (typed, "", "")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (" 张三\u3000", "张三"),
        ("张 三", "张三"),
        ("张\u3000\u3000三", "张三"),
        ("佐々 木", "佐々木"),
        ("李 㐂", "李㐂"),
        ("𠮷 示", "𠮷示"),
        ("阿依古丽· 买买提", "阿依古丽·买买提"),
        ("阿依古丽 ·买买提", "阿依古丽·买买提"),
        ("É.É", "É·É"),
        ("李 〇 明", "李〇明"),
        ("林 \ufa11", "林\ufa11"),
        ("张\u200b三", "张三"),
        ("张\n三", "张三"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽‧买买提", "阿依古丽·买买提"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽･买买提", "阿依古丽·买买提"),
        ("阿依古丽∙买买提", "阿依古丽·买买提"),
        ("阿依古丽⋅买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("Ｊｏｈｎ\u3000Ｓｍｉｔｈ", "John Smith"),
        ("John   Smith", "John Smith"),
        ("Ｊ．Smith", "J.Smith"),
        ("\u2f63示例", "\u751f示例"),  # the radical 生
    ],
)
def test_writings_are_tidied(typed: str, text: str) -> None:
    assert verdict(NAME, typed) == (text, "", "K901")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("示例甲 示例乙", "示例甲示例乙"),
        ("示例甲\n示例乙", "示例甲示例乙"),
        ("王示\u3000李例", "王示李例"),
        ("示例甲 女", "示例甲女"),
        ("王示 男", "王示男"),
        ("示例甲 组长", "示例甲组长"),
        ("买买提 艾力", "买买提艾力"),
        ("\u200b王示 李例", "王示李例"),
    ],
)
def test_blanks_between_what_hardly_is_one_name_are_asked_about(typed: str, text: str) -> None:
    assert verdict(NAME, typed) == (text, "", "K204")


@pytest.mark.parametrize(
    "typed", ["欧阳 示例", "示 例 男", "王 示例男", "王示 例", "王\n示例", "阿依 古丽·买买提"]
)
def test_one_name_may_be_spaced(typed: str) -> None:
    assert verdict(NAME, typed).note == "K901"


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("张三1", "K201"),
        ("张三１", "K201"),
        ("张三(女)", "K201"),
        ("张三（女）", "K201"),
        ("张三、李四", "K201"),
        ("张三，李四", "K201"),
        ("张三,李四", "K201"),
        ("张三。", "K201"),
        ("张*三", "K201"),
        ("张？", "K201"),
        ("张□", "K201"),
        ("张-三", "K201"),
        ("张'三", "K201"),
        ("John Smith2", "K201"),
        ("John_Smith", "K201"),
        ("·", "K201"),
        ("••", "K201"),
        (12345, "K201"),
        (1.5, "K201"),
        ("张\U0001f600", "K202"),
        ("张\ufffd", "K202"),
        ("张\u2122", "K202"),
        ("\u2ea0示例", "K202"),  # a radical that nobody can tell the character of
        ("张\ue000三", "K006"),
        ("张\U000f0001", "K006"),
        ("=张三", "K007"),
        ("＝张三", "K007"),
        ("\u200b =张三", "K007"),
        ("-张三", "K007"),
        ("@张三", "K007"),
        ("+张三", "K007"),
        ("张" * 61, "K008"),
        ("张" * 60, ""),
        ("𠮷" * 60, ""),
    ],
)
def test_the_first_fault_is_the_one_that_is_reported(typed: Any, fault: str) -> None:
    assert verdict(NAME, typed).fault == fault


@pytest.mark.parametrize("character", "-.,'’‘‐‑–＇－，")
def test_signs_of_western_names_belong_beside_latin_letters(character: str) -> None:
    assert verdict(NAME, f"Ann{character}Lee").fault == ""
    if character != ".":  # the dot of a name, there
        assert verdict(NAME, f"张{character}三").fault == "K201"


@pytest.mark.parametrize(
    "character",
    '0123456789!"#$%&()*+/:;<=>?@[\\]^_`{|}~、。〃“”《》〈〉【】「」『』〔〕…—―￥£€§°×÷±※№→←↑↓√□■○●◎△▲▽▼☆★◇◆',
)
def test_no_name_holds_a_sign_of_writing(character: str) -> None:
    assert {verdict(NAME, f"{name}{character}").fault for name in ("张三", "Ann")} == {"K201"}


def test_a_form_without_the_limit_is_refused() -> None:
    with pytest.raises(FormError, match=r"form_limit.*name_length"):
        KIND.accept(NAME, replace(FORM, limits={}))


def test_the_wrong_signs_are_named() -> None:
    assert params(NAME, "张1三（1")["characters"] == "1("
    assert params(NAME, "张-三")["characters"] == "-"
    assert params(NAME, "张\ue000三") == {}
    assert params(NAME, "张" * 70) == {"length": 70, "limit": 60}


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=60))
def test_chinese_characters_are_never_in_the_way(name: str) -> None:
    assert verdict(NAME, name) == (name, "", "")


@given(st.text(max_size=30))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    once = verdict(NAME, text)
    if once.text:
        assert verdict(NAME, once.text) == (once.text, once.fault, "")
