"""Statistics of one submission: counts that add up, rates that round as people do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.model.errors import FormError
from converter.model.submissions import Records
from converter.statistics import StatisticsTable
from converter.statistics import submission as statistics
from tests.canonical import FORM, PEOPLE, records

TODAY = date(2026, 2, 25)


def tables(of: Records | None = None, today: date = TODAY) -> dict[str, StatisticsTable]:
    return {table.key: table for table in statistics.tables(of or records(), FORM, today)}


def with_card(card: Mapping[str, Any]) -> list[StatisticsTable]:
    settings = {"total": "合计", "unknown": "不详", "table": [card]}
    form = replace(FORM, prose={"statistics": settings})
    return statistics.tables(records(), form, TODAY)


def rates(of: Records) -> dict[object, object]:
    table = tables(of)["rates"]
    return dict(zip(table.column("item"), table.column("percent"), strict=True))


def born(*birthdays: str) -> Records:
    return records(people=[("赵示例", "", "", "1", day) for day in birthdays])


def test_counts_are_the_units_own_answers_under_their_titles() -> None:
    assert tables()["counts"].rows == (
        ("职工总数", 15),
        ("女职工人数", 6),
        ("农民工人数", 5),
        ("会员总数", 4),
        ("女职工会员数", 2),
        ("农民工会员数", 2),
    )


def test_blank_and_unreadable_counts_are_blank() -> None:
    rows = tables(records({"staff": "", "members": "四"}))["counts"].rows
    assert (rows[0], rows[3]) == (("职工总数", ""), ("会员总数", ""))


def test_rates_are_percentages_with_one_decimal() -> None:
    rows = rates(records())
    assert rows["职工入会率"] == 26.7
    assert rows["女会员占会员"] == 50.0


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [("1", "8", 12.5), ("1", "16", 6.3), ("49", "400", 12.3), ("0", "7", 0.0), ("7", "7", 100.0),
     ("1", "0", ""), ("", "7", ""), ("7", "", "")],
)  # fmt: skip
def test_rates_round_half_up_and_divide_by_nobody_only_in_blank(
    part: str, whole: str, expected: float | str
) -> None:
    rows = rates(records({"members": part, "staff": whole}))
    assert rows["职工入会率"] == expected


def test_ages_by_sex_add_up() -> None:
    table = tables()["ages"]
    assert table.title == "会员年龄与性别（按 2026-02-25 的周岁）"
    assert table.header == ("年龄", "男", "女", "合计")
    filled = [row for row in table.rows if row[-1]]
    assert filled == [
        ("20 岁以下", 0, 1, 1),
        ("30—34 岁", 1, 0, 1),
        ("40—44 岁", 0, 1, 1),
        ("60 岁及以上", 1, 0, 1),
        ("合计", 2, 2, 4),
    ]
    assert [row[0] for row in table.rows][:3] == ["20 岁以下", "20—24 岁", "25—29 岁"]


@pytest.mark.parametrize(
    ("birthday", "band"),
    [
        ("2006-02-25", "20—24 岁"),
        ("2006-02-26", "20 岁以下"),
        ("1966-02-25", "60 岁及以上"),
        ("1966-02-26", "55—59 岁"),
        ("2026-02-25", "20 岁以下"),
        ("1890-01-01", "60 岁及以上"),
    ],
)
def test_a_birthday_is_a_year_more_on_the_day_itself(birthday: str, band: str) -> None:
    rows = tables(born(birthday))["ages"].rows
    assert [row[0] for row in rows if row[-1]] == [band, "合计"]


def test_a_birthday_on_29_february_counts_from_1_march_in_common_years() -> None:
    before = tables(born("2008-02-29"), date(2028, 2, 28))["ages"].rows
    on = tables(born("2008-02-29"), date(2028, 2, 29))["ages"].rows
    common = tables(born("2004-02-29"), date(2029, 2, 28))["ages"].rows
    after = tables(born("2004-02-29"), date(2029, 3, 1))["ages"].rows
    assert [next(r[0] for r in rows if r[-1]) for rows in (before, on, common, after)] == [
        "20 岁以下",
        "20—24 岁",
        "20—24 岁",
        "25—29 岁",
    ]


def test_unknown_ages_and_sexes_show_only_where_there_are_any() -> None:
    unknown = records(
        people=[*PEOPLE, ("甲示例", "", "", "", ""), ("乙示例", "", "", "1", "2030-01-01")]
    )
    table = tables(unknown)["ages"]
    assert table.header == ("年龄", "男", "女", "不详", "合计")
    assert table.rows[-2:] == (("不详", 1, 0, 1, 2), ("合计", 3, 2, 1, 6))


def test_joining_years_stand_in_decades_with_the_unknown_last() -> None:
    table = tables()["years"]
    assert table.header == ("入会年份", "人数", "占比（%）")
    assert table.rows == (
        ("2010—2019", 2, 50.0),
        ("2020—2029", 1, 25.0),
        ("不详", 1, 25.0),
        ("合计", 4, 100.0),
    )


def test_a_unit_without_members_has_empty_tables() -> None:
    found = tables(records(people=[]))
    assert found["ages"].rows[-1] == ("合计", 0, 0, 0)
    assert found["years"].rows == (("合计", 0, ""),)


def test_nobody_is_named_in_statistics() -> None:
    shown = repr(statistics.tables(records(), FORM, TODAY))
    assert not any(row[0] in shown or row[1] in shown for row in PEOPLE)


def test_a_form_without_statistics_has_none() -> None:
    assert statistics.tables(records(), replace(FORM, prose={}), TODAY) == []


AGES = {
    "kind": "ages", "title": "t", "heading": "h", "born": "member.birthday", "by": "member.sex",
    "from": 20, "to": 60, "step": 10, "below": "<{from}", "band": "{first}-{last}", "above": "{to}+",
}  # fmt: skip


def test_bands_are_the_forms() -> None:
    labels = [row[0] for row in with_card(AGES)[0].rows]
    assert labels == ["<20", "20-29", "30-39", "40-49", "50-59", "60+", "合计"]


def test_a_table_goes_by_its_cards_key_or_else_by_its_kind() -> None:
    settings = {"total": "合计", "unknown": "不详", "table": [AGES, AGES | {"key": "decades"}]}
    found = statistics.tables(records(), replace(FORM, prose={"statistics": settings}), TODAY)
    assert [table.key for table in found] == ["ages", "decades"]
    settings["table"] = [AGES, AGES]
    with pytest.raises(FormError) as error:
        statistics.tables(records(), replace(FORM, prose={"statistics": settings}), TODAY)
    assert error.value.key == "statistics.table[2].key"


@pytest.mark.parametrize(
    ("card", "key"),
    [
        ({"kind": "pie"}, "kind"),
        ({}, "kind"),
        ({"kind": "counts", "title": "t", "header": ["a", "b"], "fields": ["unit.none"]}, "fields"),
        (
            {"kind": "counts", "title": "t", "header": ["a", "b"], "fields": ["unit.phone"]},
            "fields",
        ),
        ({"kind": "counts", "title": "t", "header": ["a"], "fields": ["unit.staff"]}, "header"),
        ({"kind": "counts", "header": ["a", "b"], "fields": ["unit.staff"]}, "title"),
        ({"kind": "rates", "title": "t", "header": ["a", "b"], "rates": [{"label": "x"}]}, "part"),
        (AGES | {"step": 7}, "step"),
        (AGES | {"from": 70}, "step"),
        (AGES | {"band": "{oops}"}, "band"),
        (AGES | {"by": "member.name"}, "by"),
        ({"kind": "years", "title": "t", "of": "member.joined_on", "step": 0, "band": "x"}, "step"),
    ],
)
def test_a_broken_card_is_refused_by_its_key(card: Mapping[str, Any], key: str) -> None:
    with pytest.raises(FormError) as error:
        with_card(card)
    assert error.value.key.endswith(f".{key}")


PERSON = st.tuples(
    st.just(""),
    st.just(""),
    st.dates(date(1900, 1, 1), TODAY).map(str) | st.just(""),
    st.sampled_from(["1", "2", "", "9"]),
    st.dates(date(1900, 1, 1), TODAY).map(str) | st.sampled_from(["", "unknown"]),
)


@given(st.lists(PERSON, max_size=30))
def test_nobody_is_lost_between_the_bands(people: list[tuple[str, str, str, str, str]]) -> None:
    found = tables(records(people=people))
    for key, column in (("ages", "total"), ("years", "count")):
        *bands, total = map(int, found[key].column(column))
        assert sum(bands) == total == len(people)
    for row in found["ages"].rows:
        assert sum(int(cell) for cell in row[1:-1]) == row[-1]
