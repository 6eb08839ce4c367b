"""Members who have no ID number: a permit or a passport, with a reason, sex and birthday typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.corpus.test_foreign_sheets import HEADINGS, own
from tests.sheets import MEMBER_SHEET, outcome, saved

COLUMNS = (*HEADINGS, "会员性别", "会员生日", "情况说明")


def found(folder: Path, cells: dict[str, Any]) -> set[tuple[str, str, str]]:
    book = own(COLUMNS)
    for address, value in cells.items():
        book[MEMBER_SHEET][address].value = value
    return {
        (i.place.cell, i.code, i.level.value)
        for i in outcome(saved(book, folder)).issues
        if i.level.value != "note"
    }


NUMBERS = ["E12345678", "H1234567890", "HKG198001011234", "TK1234567", "01234567", "ea1234567"]


@pytest.mark.parametrize("number", NUMBERS)
def test_with_a_reason_it_is_a_warning(number: str, tmp_path: Path) -> None:
    typed = {"C2": number, "E2": "男", "F2": "1985-03-07", "G2": "外籍职工，只有护照"}
    assert found(tmp_path, typed) == {("C2", "K119", "warning")}


@pytest.mark.parametrize("number", NUMBERS)
def test_without_a_reason_it_is_an_error(number: str, tmp_path: Path) -> None:
    typed = {"C2": number, "E2": "男", "F2": "1985-03-07"}
    assert found(tmp_path, typed) == {("C2", "K119", "error")}


@pytest.mark.parametrize(
    "number", ["13010219600110", "13010219", "AB12345", "20011231", "E1234567890123"]
)
def test_what_is_no_other_document_needs_a_number(number: str, tmp_path: Path) -> None:
    typed = {"C2": number, "E2": "男", "F2": "1985-03-07", "G2": "只有护照"}
    assert found(tmp_path, typed) == {("C2", "K112", "error")}


def test_sex_and_birthday_are_typed_and_read(tmp_path: Path) -> None:
    typed = {"C2": "E12345678", "G2": "只有护照", "E2": "某", "F2": None}
    kind = ("C2", "K119", "warning")
    assert found(tmp_path, typed) == {kind, ("E2", "K601", "error"), ("F2", "K001", "error")}
    typed |= {"E2": "男", "F2": "2009-01-01"}  # the member joined a year later
    assert found(tmp_path, typed) == {kind, ("D2", "X172", "warning")}


def test_a_reason_that_counts_for_nothing_is_told(tmp_path: Path) -> None:
    book = own(COLUMNS)
    book[MEMBER_SHEET]["C2"].value, book[MEMBER_SHEET]["G2"].value = "13010219600110", "就是这样"
    issues = [i for i in outcome(saved(book, tmp_path)).issues if i.code == "K112"]
    assert [dict(i.params)["reason_in_vain"] for i in issues] == [1]
