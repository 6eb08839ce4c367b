"""Choices: labels, codes, short names, and the near misses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from converter.kinds import KINDS
from converter.kinds import choice as kind
from converter.model.errors import FormError
from converter.model.forms import Code, CodeList, Form
from tests.kinds.validating import FORM, field, params, verdict

KIND = KINDS["choice"]

CATEGORY = field("unit.unit_category")
INDUSTRY = field("unit.industry")
DIVISION = field("unit.industry_division")
STATUS = field("unit.production_status")
PARTY = field("unit.chair_political_status")
EDUCATION = field("unit.chair_education")
YES_NO = field("unit.legal_person")


@pytest.mark.parametrize(
    ("of", "typed", "text", "note"),
    [
        (CATEGORY, "私营企业", "170", ""),
        (CATEGORY, "170", "170", "K904"),
        (CATEGORY, 170, "170", "K904"),
        (CATEGORY, " 私营企业\u3000", "170", "K901"),
        (CATEGORY, "私营 企业", "170", "K901"),
        (CATEGORY, " 170", "170", "K904"),
        (CATEGORY, "１７０", "170", "K904"),
        (STATUS, "停业(歇业)", "2", ""),
        (STATUS, "停业（歇业）", "2", "K901"),
        (STATUS, "歇业", "2", "K904"),
        (PARTY, "中共党员", "01", "K904"),
        (PARTY, "01", "01", "K904"),
        (PARTY, "1", "01", "K903"),
        (PARTY, 1, "01", "K903"),
        (PARTY, 13, "13", "K904"),
        (YES_NO, 0, "0", "K904"),
        (YES_NO, "√", "1", "K904"),
        (YES_NO, "×", "0", "K904"),
        (field("unit.chair_sex"), "F", "2", "K904"),
        (INDUSTRY, "农、林、牧、渔业", "A", ""),
        (INDUSTRY, "农，林，牧，渔业", "A", "K901"),
        (INDUSTRY, "农,林,牧,渔业", "A", "K901"),
        (INDUSTRY, "Ａ", "A", "K904"),
        (DIVISION, "教育", "83", ""),
        (DIVISION, "C34", "34", "K904"),
        (DIVISION, "通用设备制造", "34", "K904"),
        (INDUSTRY, "农林牧渔业", "A", "K904"),
        (INDUSTRY, "C 制造业", "C", "K904"),
        (CATEGORY, "民营企业", "170", "K904"),
        (CATEGORY, "事业单位", "400", "K904"),
        (CATEGORY, "国企", "110", "K904"),
        (EDUCATION, "本科", "20", "K904"),
        (EDUCATION, "大专", "30", "K904"),
        (EDUCATION, "高中", "60", "K904"),
        (PARTY, "党员", "01", "K904"),
        (PARTY, "团员", "03", "K904"),
        (STATUS, "正常", "1", "K904"),
        (YES_NO, "有", "1", "K904"),
        (YES_NO, "无", "0", "K904"),
    ],
)
def test_entries_are_found(of: Any, typed: Any, text: str, note: str) -> None:
    assert verdict(of, typed) == (text, "", note)


@pytest.mark.parametrize(
    ("of", "typed"),
    [
        (CATEGORY, "*"),
        (CATEGORY, "?营企业"),
        (CATEGORY, "国有企业、集体企业"),
        (CATEGORY, 17),
        (CATEGORY, 170.5),
        (INDUSTRY, "a"),
        (PARTY, 0),
        (PARTY, "001"),
        (YES_NO, "也许"),
    ],
)
def test_anything_else_is_no_entry(of: Any, typed: Any) -> None:
    assert verdict(of, typed).fault == "K601"


@pytest.mark.parametrize(
    ("of", "typed", "suggestion"),
    [
        (CATEGORY, "私营企业。", "私营企业"),
        (INDUSTRY, "制造叶", "制造业"),
        (STATUS, "已停业", "停业(歇业)"),
        (
            CATEGORY,
            "属于机关，没有其他业务活动",
            "机关",
        ),  # what it holds, however much stands around
        (EDUCATION, "大学本科毕业生", "大学本科毕业"),
    ],
)
def test_the_remedy_names_the_entry_that_looks_most_alike(
    of: Any, typed: str, suggestion: str
) -> None:
    assert params(of, typed) == {"suggestion": suggestion}


@pytest.mark.parametrize(
    ("of", "typed"), [(CATEGORY, "乡镇企业"), (DIVISION, "制造业"), (DIVISION, "X99"), (PARTY, "x")]
)
def test_the_remedy_names_no_entry_where_none_is_near(of: Any, typed: str) -> None:
    assert params(of, typed) == {"variant": "far"}


def test_every_label_and_alias_is_found_and_shown_again() -> None:
    for sheet in FORM.sheets:
        for of in (f for f in sheet if f.kind == "choice"):
            for entry in FORM.codes[of.options["codes"]].entries:
                assert verdict(of, entry.label) == (entry.code, "", "")
                assert verdict(of, entry.code) == (entry.code, "", "K904")
                assert KIND.cell(entry.code, of, FORM) == entry.label
                assert {verdict(of, a)[:2] for a in entry.aliases} <= {(entry.code, "")}


def test_a_code_that_the_list_no_longer_has_is_shown_as_it_is() -> None:
    assert KIND.cell("999", CATEGORY, FORM) == "999"


def with_list(*entries: Code) -> Form:
    return replace(FORM, codes={**FORM.codes, "unit_category": CodeList("unit_category", entries)})


def test_signs_that_are_typed_for_one_another_read_alike() -> None:
    read = kind.Reader(CodeList("any", (Code("1", "甲“乙”‘丙’—丁–戊、己"),)))
    assert read("甲\"乙\"'丙'-丁-戊,己") == ("1", "K901")
    assert read("甲乙丙丁戊己") == ("1", "K904")


@pytest.mark.parametrize(
    ("codes", "width"), [(("01", "02"), 2), (("1", "02"), 0), (("A1", "02"), 0), (("A1", "B2"), 0)]
)
def test_only_codes_of_one_length_can_have_lost_zeros(codes: tuple[str, ...], width: int) -> None:
    entries = tuple(Code(code, f"甲{code}") for code in codes)
    assert kind.code_width(CodeList("any", entries)) == width


def test_a_list_where_two_entries_read_alike_is_refused() -> None:
    with pytest.raises(FormError, match=r"^codes: "):
        KIND.accept(CATEGORY, with_list(Code("1", "甲(乙)"), Code("2", "甲（乙）")))
    with pytest.raises(FormError, match=r"^codes: "):
        KIND.accept(CATEGORY, with_list(Code("1", "甲", ("丙",)), Code("2", "乙", ("丙",))))
    with pytest.raises(FormError, match=r"^codes: "):
        KIND.accept(CATEGORY, with_list(Code("1", "甲"), Code("2", "1")))


@pytest.mark.parametrize("options", [{"codes": "nothing"}, {"within": "staff"}, {"within": "none"}])
def test_a_card_with_an_unfit_option_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(FormError, match=f"^{next(iter(options))}: "):
        KIND.accept(field("unit.industry_division", **options), FORM)


def test_entries_of_one_parent_must_stand_together() -> None:
    divisions = FORM.codes["industry_division"].entries
    mixed = CodeList("industry_division", (*divisions[1:], divisions[0]))
    with pytest.raises(FormError, match=r"^within: "):
        KIND.accept(DIVISION, replace(FORM, codes={**FORM.codes, "industry_division": mixed}))


def test_a_parent_that_the_other_list_lacks_is_refused() -> None:
    orphan = CodeList("industry_division", (Code("01", "农业", parent="Z"),))
    with pytest.raises(FormError, match=r"^within: .*'Z'"):
        KIND.accept(DIVISION, replace(FORM, codes={**FORM.codes, "industry_division": orphan}))


def test_the_dropdown_is_a_range_of_labels() -> None:
    assert KIND.excel_list(CATEGORY, FORM, str) == "list_unit_category_label"
    assert "list_industry_division_parent" in KIND.excel_list(DIVISION, FORM, lambda key: "Q7")
    assert "Q7" in KIND.excel_list(DIVISION, FORM, lambda key: {"industry": "Q7"}[key])


@pytest.mark.parametrize(
    ("of", "typed"),
    [(PARTY, "非党员"), (field("unit.chair_origin"), "间接选举"), (STATUS, "半停产")],
)
def test_the_opposite_is_never_proposed(of: Any, typed: str) -> None:
    assert params(of, typed) == {"variant": "far"}


@pytest.mark.parametrize("typed", ["半停产", " 半 停产（部分）"])
def test_a_word_of_what_the_list_does_not_have_is_named(typed: str) -> None:
    of = field("unit.production_status", unlisted=["半停产"])
    assert params(of, typed) == {"variant": "unlisted", "typed": typed.strip()}
