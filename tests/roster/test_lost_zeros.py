"""Codes that a spreadsheet took for numbers."""

from __future__ import annotations

from pathlib import Path

from converter.model.submissions import Unit
from converter.roster import reading
from tests.roster.test_reading import TABLE, Row, filled, found


def read(folder: Path, rows: list[Row], issued: list[str]) -> reading.Roster:
    known = [Unit(code, "", "") for code in issued]
    return reading.read(filled(folder, rows), TABLE, known)


def test_a_code_that_may_be_one_of_several_is_refused_with_its_cell(tmp_path: Path) -> None:
    rows: list[Row] = [[1, "甲厂工会", "示例县总工会"], [2, "乙厂工会", "示例县总工会"]]
    got = read(tmp_path, rows, ["001", "0001", "02"])
    assert found(got) == [("C807", "A4")]
    assert [unit.code for unit in got.units] == ["2"]


def test_a_code_that_was_issued_just_so_is_right(tmp_path: Path) -> None:
    rows: list[Row] = [[1, "甲厂工会", "示例县总工会"]]
    assert found(read(tmp_path, rows, ["001", "0001", "1"])) == []
