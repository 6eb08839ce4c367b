"""Beside the ends of an ID number a listing shows the year of birth alone."""

from __future__ import annotations

from dataclasses import replace

from converter.model.forms import Form
from converter.model.submissions import Contents
from converter.report import records
from converter.report.personal import mask_of

from .conftest import ID

BORN = f"{ID[6:10]}-{ID[10:12]}-{ID[12:14]}"


def contents(form: Form) -> Contents:
    texts = {"id_number": ID, "birthday": BORN, "name": "钱示例"}
    member = {field.key: [texts.get(field.key, "")] for field in form.main_table}
    return Contents({f.key: "" for f in form.record}, {form.main_table.key: member})


def test_a_listing_shows_the_year_of_birth_beside_the_ends_of_the_number(form: Form) -> None:
    text = records.text(contents(form), form)
    assert f"{ID[:6]}********{ID[-2:]}" in text
    assert ID[6:10] in text
    assert BORN not in text


def test_the_page_to_print_does_the_same(form: Form) -> None:
    page = records.html(contents(form), form, "单位")
    assert ID not in page
    assert BORN not in page


def test_both_are_shown_on_request(form: Form) -> None:
    text = records.text(contents(form), form, show_ids=True)
    assert ID in text
    assert BORN in text


def test_a_typed_birthday_is_known_by_the_rules_about_ages(form: Form) -> None:
    fields = tuple(replace(f, derive=None) for f in form.main_table)
    table = replace(form.main_table, fields=fields)
    typed = replace(form, sheets=(form.record, table))
    assert mask_of(table.field("birthday"), typed)(BORN) == BORN[:4]
    assert mask_of(table.field("birthday"), replace(typed, rules=()))(BORN) == BORN


def test_other_dates_stay(form: Form) -> None:
    assert mask_of(form.field("member.joined_on"), form)("2010-05-01") == "2010-05-01"
    assert mask_of(form.field("unit.chair_birthday"), form)("1980-05-01") == "1980-05-01"
