"""Formulas of rows hold no inline arrays: LibreOffice would lose their references."""

from __future__ import annotations

import openpyxl
import pytest

from converter.model.forms import Form
from converter.template.constants import Constants
from converter.template.layout import MemberLayout
from tests.opened import opened
from tests.template import formula_lint as lint


def test_an_array_inside_sumproduct_becomes_a_name() -> None:
    constants = Constants()
    found = constants.replace('SUMPRODUCT(--ISNUMBER(FIND({"a","b"},$B5)))>0')
    assert found == "SUMPRODUCT(--ISNUMBER(FIND(array_1,$B5)))>0"
    assert constants.names == {("a", "b"): "array_1"}


def test_the_same_array_has_one_name_and_another_its_own() -> None:
    constants = Constants()
    constants.replace('SUMPRODUCT(--($A5={"a","b"}))')
    constants.replace('SUMPRODUCT(--($B5={"a","b"}))+SUMPRODUCT(MID($C5,{1,2,3},1)*1)')
    assert list(constants.names.values()) == ["array_1", "array_2"]


@pytest.mark.parametrize(
    "expression",
    [
        'OR($A5={"a","b"})',  # a range would not be compared element by element
        'SUMPRODUCT(IF($A5={"a","b"},1,0))',
        'SUMPRODUCT(--($A5={"a","\r"}))',  # a cell would not hold the carriage return
        "SUMPRODUCT({1,2;3,4}*$A5)",
    ],
)
def test_an_array_that_means_something_else_as_a_range_stays(expression: str) -> None:
    assert Constants().replace(expression) is None


@pytest.mark.parametrize(
    "expression", ["$A5+1", 'IF($A5="{","}","{1,2}")', 'LEN("""{")', "A1:B2", "-$A5%"]
)
def test_everything_else_is_left_as_it_is(expression: str) -> None:
    assert Constants().replace(expression) == expression


def test_constants_keep_their_types_and_quotes() -> None:
    book = openpyxl.Workbook()
    constants = Constants()
    constants.replace('SUMPRODUCT(--($A5={"""","=1"," "}))+SUMPRODUCT({1,2.5}*1)')
    constants.write(book, book.active, 3)
    rows = [[c.value for c in row[:3]] for row in book.active.iter_rows(min_row=3)]
    assert rows == [['"', "=1", " "], [1, 2.5, None]]
    assert {c.data_type for c in book.active[3][:3]} == {"s"}
    assert book.defined_names["array_1"].value == "'Sheet'!$A$3:$C$3"
    assert book.defined_names["array_2"].value == "'Sheet'!$A$4:$B$4"


def test_no_formula_of_a_row_holds_an_array(form: Form) -> None:
    found = lint.row_formulas(opened(form, rows=2)[form.main_table.title], MemberLayout.FIRST_ROW)
    assert len(found) > 12
    assert [column for column, text in found.items() if "{" in text] == []
