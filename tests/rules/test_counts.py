"""at_most, counts_rows, advise_from."""

from __future__ import annotations

import pandas as pd
import pytest

from converter.rules import FAMILIES
from tests.rules.tables import FORM, at, hits, rule, sentence, tables


def test_a_count_above_its_limit_is_reported_at_the_smaller_ones_cell() -> None:
    given = tables("members | staff\n12 | 10\n10 | 10\n9 | 10")
    assert at("X101", given) == [("unit.members", 0)]
    assert sentence("X101", given) == "会员总数（12）不应大于职工总数（10）"


def test_every_exceeded_limit_is_named_in_one_hit() -> None:
    given = tables("women_members | members | women_staff\n9 | 8 | 7")
    (hit,) = hits("X105", given)
    assert hit.params["limits"] == "会员总数（8）、女职工人数（7）"
    assert hit.related == (("unit.members", 0), ("unit.women_staff", 0))


def test_only_the_exceeded_limit_is_named() -> None:
    (hit,) = hits("X105", tables("women_members | members | women_staff\n9 | 20 | 7"))
    assert hit.params["limits"] == "女职工人数（7）"


def test_the_short_message_names_all_limits() -> None:
    texts = FAMILIES["at_most"].message_params(rule("X105"), "unit.women_members", FORM)
    assert texts == {"limits": "会员总数、女职工人数"}


@pytest.mark.parametrize("row", ["12 | ", "12 | !x", " | 10", "!x | 10"])
def test_a_blank_or_faulty_count_raises_nothing(row: str) -> None:
    assert at("X101", tables(f"members | staff\n{row}")) == []


MEMBERS = "# | sex\n0 | 1\n0 | 2\n0 | 2\n1 | 2"


def test_members_must_be_as_many_as_rows() -> None:
    given = tables("members\n4\n1", MEMBERS)
    assert at("X111", given) == [("unit.members", 0)]
    assert sentence("X111", given) == "《会员基本信息表》里填写的人数是 3，这里填了 4"


def test_rows_are_counted_by_condition() -> None:
    given = tables("women_members\n1\n1", MEMBERS)
    assert at("X112", given) == [("unit.women_members", 0)]
    assert sentence("X112", given) == ("《会员基本信息表》里会员性别为“女”的人数是 2，这里填了 1")


@pytest.mark.parametrize(("typed", "reported"), [(1, True), (2, False), (4, False), (5, True)])
def test_rows_of_unknown_sex_leave_a_range(typed: int, reported: bool) -> None:
    given = tables(f"women_members\n{typed}", "sex | name\n2 | a\n2 | b\n1 | c\n | d\n | e")
    assert bool(at("X112", given)) is reported
    if reported:
        (hit,) = hits("X112", given)
        assert hit.params["counted"] == "2–4"
        assert (hit.params["least"], hit.params["most"]) == (2, 4)


def test_an_empty_member_sheet_counts_as_none() -> None:
    assert at("X111", tables("members\n3\n0")) == [("unit.members", 0)]


def test_without_a_member_sheet_nothing_can_be_known() -> None:
    there = pd.Series([False, True])
    assert at("X111", tables("members\n3\n3", present={"member": there})) == [("unit.members", 1)]


def test_records_of_units_without_a_unit_sheet_are_passed_over() -> None:
    assert at("X111", tables("members\n2\n0", "# | name\n0 | a\n7 | b\n0 | c")) == []


@pytest.mark.parametrize("cell", ["", "!x"])
def test_a_count_that_is_not_usable_is_not_compared_with_rows(cell: str) -> None:
    assert at("X111", tables(f"members | staff\n{cell} | 1", MEMBERS)) == []


def test_advice_is_not_given_to_a_unit_that_has_followed_it() -> None:
    given = tables("members | unit_name\n25 | 示例公司工会委员会\n25 | 示例公司工会\n")
    assert at(rule("X113", unless=["工会委员会"]), given) == [("unit.members", 1)]


def test_advice_begins_at_its_number() -> None:
    given = tables("members\n24\n25\n!25\n")
    assert at("X113", given) == [("unit.members", 1)]
    assert "25" in sentence("X113", given)
    assert at(rule("X113", **{"from": 20}), given) == [("unit.members", 0), ("unit.members", 1)]
