"""not_future, not_before, not_after, within_years, age_at, age_today."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from converter.messages.catalogue import message
from converter.model.errors import FormError
from converter.rules import FAMILIES
from converter.rules.ages import age
from converter.rules.within_years import years_before
from tests.rules.tables import FORM, TODAY, at, hits, rule, sentence, tables


def test_today_is_not_the_future() -> None:
    given = tables("founded_on\n2026-03-01\n2026-03-02\n!2030-01-01", "joined_on\n2027-01-01")
    assert at("X121", given) == [("unit.founded_on", 1), ("member.joined_on", 0)]
    assert sentence("X121", given) == "工会组建时间（2026-03-02）还没有到，今天是 2026-03-01"


@pytest.mark.parametrize(
    ("key", "fine", "later"),
    [("budget_year", "2026", "2027"), ("paid_until", "2026-03", "2026-04")],
)
def test_this_month_and_this_year_are_not_the_future(key: str, fine: str, later: str) -> None:
    of = replace(rule("X121"), at=(f"unit.{key}",))
    given = tables(f"{key}\n{fine}\n{later}\n!2030\n ", today=date(2026, 3, 31))
    (hit,) = hits(of, given)
    assert (hit.record, hit.params) == (1, {"value": later, "today": "2026-03-31"})


@pytest.mark.parametrize(
    ("key", "fine", "older"),
    [("budget_year", "2021", "2020"), ("paid_until", "2021-03", "2021-02")],
)
def test_months_and_years_may_lie_just_so_many_years_back(key: str, fine: str, older: str) -> None:
    of = replace(rule("X135"), at=(f"unit.{key}",))
    assert at(of, tables(f"{key}\n{fine}\n{older}\n!1990")) == [(f"unit.{key}", 1)]


def test_a_month_of_no_year_is_no_day_of_the_calendar() -> None:
    of = replace(rule("X121"), at=("unit.staff",))
    with pytest.raises(FormError) as error:
        FAMILIES[of.family].accept(of, FORM)
    assert error.value.key == "at"


def test_an_election_on_the_founding_day_is_fine() -> None:
    given = tables(
        "last_election_on | founded_on\n2010-05-01 | 2010-05-01\n2010-04-30 | 2010-05-01"
    )
    assert at("X131", given) == [("unit.last_election_on", 1)]
    assert sentence("X131", given) == (
        "工会上次换届时间（2010-04-30）不应早于工会组建时间（2010-05-01）"
    )


@pytest.mark.parametrize(
    "row", [" | 2010-05-01", "2010-04-30 | ", "!x | 2010-05-01", "2010-04-30 | !x"]
)
def test_a_blank_or_faulty_date_is_not_compared(row: str) -> None:
    assert at("X131", tables(f"last_election_on | founded_on\n{row}")) == []
    assert at("X134", tables(f"founded_on | opened_on\n{row}")) == []


def test_opening_after_founding_is_reported_at_opening() -> None:
    given = tables("opened_on | founded_on\n2010-05-02 | 2010-05-01\n2010-05-01 | 2010-05-01")
    assert at("X134", given) == [("unit.opened_on", 0)]
    assert "不应晚于工会组建时间（2010-05-01）" in sentence("X134", given)


def test_an_election_exactly_five_years_ago_is_in_time() -> None:
    given = tables("last_election_on\n2021-03-01\n2021-02-28\n!x\n")
    (hit,) = hits("X135", given)
    assert (hit.path, hit.record) == ("unit.last_election_on", 1)
    assert hit.params == {"years": 5, "value": "2021-02-28"}


def test_on_a_leap_day_the_limit_is_the_28th() -> None:
    given = tables("last_election_on\n2019-02-28\n2019-02-27", today=date(2024, 2, 29))
    assert at("X135", given) == [("unit.last_election_on", 1)]
    assert years_before(date(2024, 2, 29), 4) == date(2020, 2, 29)


def test_joining_on_the_sixteenth_birthday_is_fine() -> None:
    given = tables(member="joined_on | birthday\n2016-05-01 | 2000-05-01\n2016-04-30 | 2000-05-01")
    assert at("X172", given) == [("member.joined_on", 1)]
    assert sentence("X172", given) == "加入工会时间（2016-04-30）那天只有 15 岁，不满 16 岁"


def test_a_leap_day_child_is_sixteen_on_the_29th() -> None:
    given = tables(member="joined_on | birthday\n2020-02-28 | 2004-02-29\n2020-02-29 | 2004-02-29")
    assert at("X172", given) == [("member.joined_on", 0)]


def test_joining_before_birth_is_one_fault_not_two() -> None:
    given = tables(member="joined_on | birthday\n1999-05-01 | 2000-05-01\n2000-05-01 | 2000-05-01")
    assert at("X171", given) == [("member.joined_on", 0)]
    assert at("X172", given) == [("member.joined_on", 1)]


@pytest.mark.parametrize("row", [" | 2010-01-01", "2011-01-01 | ", "!x | 2010-01-01"])
def test_without_a_date_or_a_birthday_there_is_no_age(row: str) -> None:
    assert at("X172", tables(member=f"joined_on | birthday\n{row}")) == []


ID = "130102190001010011"


def test_a_member_may_be_a_hundred_but_not_more() -> None:
    given = tables(
        member=f"id_number | birthday\n{ID} | 1925-03-01\n{ID} | 1925-03-02\n{ID} | 2026-03-02"
    )
    assert at("X173", given) == [("member.id_number", 0)]
    assert sentence("X173", given) == "按会员生日计算，现在 101 岁，超过 100 岁"


def test_a_newborn_is_not_too_old() -> None:
    assert at("X173", tables(member=f"id_number | birthday\n{ID} | 2026-03-01")) == []


def test_an_age_names_the_birthday_beside_the_cell_that_it_is_reported_at() -> None:
    (hit,) = hits("X173", tables(member=f"id_number | birthday\n{ID} | 1900-01-01"))
    assert hit.related == (("member.birthday", 0),)
    (hit,) = hits("X175", tables("chair_birthday\n2020-01-01"))
    assert hit.related == ()


def test_age_needs_the_reported_cell_usable() -> None:
    given = tables(member="id_number | birthday\n!1 | 1910-01-01\n | 1910-01-01")
    assert at("X173", given) == []


def test_a_chair_is_eighteen() -> None:
    given = tables("chair_birthday\n2008-03-01\n2008-03-02\n2026-03-02\n!x\n")
    assert at("X175", given) == [("unit.chair_birthday", 1)]
    assert sentence("X175", given).endswith("现在 17 岁，不满 18 岁")


def test_both_limits_of_an_age_may_stand_together() -> None:
    both = rule("X175", min=18, max=60)
    given = tables("chair_birthday\n1965-03-01\n1966-03-01\n2009-01-01")
    assert [record for _, record in at(both, given)] == [0, 2]
    texts = FAMILIES[both.family].message_params(both, "unit.chair_birthday", FORM)
    assert texts["wrong"] == message("age_outside", min=18, max=60)


@drawn(st.dates(date(1850, 1, 1), TODAY), st.dates(date(1850, 1, 1), TODAY))
def test_age_counts_completed_years(one: date, other: date) -> None:
    born, on = sorted((one, other))
    years = int(age(np.array([born], "M8[D]"), np.array([on], "M8[D]"))[0])
    assert years == on.year - born.year - ((on.month, on.day) < (born.month, born.day))
