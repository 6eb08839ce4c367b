"""A submission's contents as a page to print."""

from __future__ import annotations

import re

from converter.model.submissions import Contents
from converter.report import records
from tests.canonical import FORM, PEOPLE, UNIT
from tests.forms import small


def contents() -> Contents:
    keys = [field.key for field in FORM.main_table]
    columns = {key: [row[n] for row in PEOPLE] for n, key in enumerate(keys)}
    record = {field.key: UNIT.get(field.key, "") for field in FORM.record}
    return Contents(record, {FORM.main_table.key: columns})


def test_a_heading_stands_over_its_column() -> None:
    """The running numbers stand to the right, as their heading does."""
    page = records.html(contents(), FORM, "示例工会")
    (heading,) = re.findall(r'<th scope="col"([^>]*)>序号</th>', page)
    numbers = re.findall(r'<th scope="row"([^>]*)>[1-9]</th>', page)
    assert numbers == [heading] * len(PEOPLE)


def test_all_that_was_reported_is_signed_and_what_was_looked_up_is_not() -> None:
    for member, signed in (("", True), ("赵", False)):
        page = records.html(contents(), FORM, "示例工会", member=member)
        assert [text in page for text in ("填表人：", "负责人：", "（盖章）")] == [signed] * 3


def test_sums_of_money_have_their_unit_and_all_their_places() -> None:
    form = small.load(small.FOLDER / "fees")
    unit = {"dues": "0.1", "income": "30", "balance": "-0.5", "staff": "10"}
    record = {field.key: unit.get(field.key, "") for field in form.record}
    rows = {"name": ["1"], "income": ["1234567.1"]}
    answers, quarters = records.tables(Contents(record, {"quarter": rows}), form, "", False)
    shown = dict(answers.rows)
    assert (shown["拨缴经费收入（元）"], shown["全年收入（元）"]) == ("0.10", "30.00")
    assert (shown["结余（万元）"], shown["职工总数"]) == ("-0.5000", "10")
    assert quarters.header[-1] == "收入（元）"
    assert quarters.rows[0][-1] == "1234567.10"
    assert quarters.title == "季度（1 个）"
