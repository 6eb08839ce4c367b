"""Every formula keeps to what Excel 2010, WPS and LibreOffice share."""

from __future__ import annotations

import re
from typing import Any

import pytest

from converter.model.forms import Form
from converter.model.issues import column_letters
from converter.template.layout import MemberLayout
from tests.template import formula_lint as lint


@pytest.fixture(scope="module")
def formulas(designed: Any) -> list[tuple[str, str]]:
    return list(lint.formulas(designed))


def test_formulas_are_found_on_every_sheet(formulas: list[tuple[str, str]], form: Form) -> None:
    where = " ".join(place for place, _ in formulas)
    assert form.record.title in where
    assert form.main_table.title in where
    assert "dropdown" in where
    assert "format" in where
    assert "name list_sex_label" in where


def test_only_functions_that_all_programs_share(formulas: list[tuple[str, str]]) -> None:
    strange = {name for _, text in formulas for name in lint.functions(text)} - lint.SHARED
    assert strange == set()


def test_no_function_with_a_prefix_of_later_versions(formulas: list[tuple[str, str]]) -> None:
    assert [place for place, text in formulas if "_xl" in text.replace("_xlnm.", "")] == []


def test_no_formula_of_a_row_is_volatile_or_looks_at_a_volatile_cell(
    designed: Any, form: Form
) -> None:
    """Else every edit computes the whole table anew: seconds at some thousand rows."""
    for table in form.tables:
        sheet, member = designed[table.title], MemberLayout(table, 30)
        volatile = {member.total(name) for name in ("today", "future", "target", "status")}
        found = lint.row_formulas(sheet, member.FIRST_ROW)
        assert len(found) > 5
        for column, text in found.items():
            assert not lint.functions(text) & lint.VOLATILE, column
            assert not [v for v in volatile if v in text], column


def test_few_helper_cells_and_formulas_a_row(form: Form) -> None:
    assert len(MemberLayout(form.main_table, 30).helpers) <= 12


def test_length_depth_and_literals_stay_small(formulas: list[tuple[str, str]]) -> None:
    lengths = {place: len(lint.without_sheets(text)) for place, text in formulas}
    longest = {place: length for place, length in lengths.items() if length > lint.LONGEST}
    assert max(len(text) for _, text in formulas) < 8192
    deepest = {p: lint.depth(text) for p, text in formulas if lint.depth(text) > lint.DEEPEST}
    literal = [p for p, text in formulas if lint.longest_text(text) > lint.LONGEST_TEXT]
    assert (longest, deepest, literal) == ({}, {}, [])


def test_parentheses_close(formulas: list[tuple[str, str]]) -> None:
    for place, text in formulas:
        outside = re.sub(r'"(?:[^"]|"")*"', "", text)
        assert outside.count("(") == outside.count(")"), place


def test_id_numbers_are_never_counted_as_numbers(
    formulas: list[tuple[str, str]], form: Form
) -> None:
    """COUNTIF reads 18 digits as a number and keeps 15 of them."""
    member = MemberLayout(form.main_table, 30)
    columns = [
        column_letters(column)
        for field in form.main_table
        if field.kind == "id_number"
        for column in (member.columns[field.key], member.helpers[field.key, "norm"])
    ]
    for place, text in formulas:
        for area in lint.counted_ranges(text):
            letters = re.findall(r"\$?([A-Z]+)\$?[0-9]*", area.rsplit("!", 1)[-1])
            if form.main_table.title in place or form.main_table.title in area:
                assert not set(letters) & set(columns), (place, area)


def test_member_formulas_look_at_their_own_row_or_at_fixed_ranges(
    designed: Any, form: Form
) -> None:
    """So that sorting and inserting leave them right."""
    member = MemberLayout(form.main_table, 30)
    there = f"'{form.main_table.title}'!"
    # One cell of its own row as a range: single addresses are watched row by row, which is what
    # takes the time and the memory where a hundred thousand rows are opened.
    own = re.compile(rf"{there}(\$[A-Z]+1):\1")
    fixed = re.compile(rf"({there})?\$[A-Z]+\$[0-9]+(:\$[A-Z]+\$[0-9]+)?")
    names = set(designed.defined_names)
    found = lint.row_formulas(designed[form.main_table.title], member.FIRST_ROW)
    assert len(found) > 12
    for column, text in found.items():
        for token in lint.tokens(text):
            if token.type == "OPERAND" and token.subtype == "RANGE":
                area = token.value
                assert own.fullmatch(area) or fixed.fullmatch(area) or area in names, (column, area)
