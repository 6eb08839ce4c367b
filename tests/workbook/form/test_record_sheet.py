"""The unit sheet: items found by text, answers beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from converter.model.cell_types import CellType
from converter.model.issues import Level
from tests.people import UNIT
from tests.workbook.books import (
    FORM,
    MEMBER_SHEET,
    UNIT_SHEET,
    answer,
    codes,
    member_rows,
    read,
    save,
    unit_rows,
)

STAFF_ROW = next(n for n, row in enumerate(unit_rows(), 1) if row[:1] == ["职工总数"])


def with_rows(
    folder: Path, rows: list[list[Any]], change: Callable[[Worksheet], Any] | None = None
) -> Path:
    def tweak(made: Workbook) -> None:
        if change:
            change(made[UNIT_SHEET])

    return save(folder, tweak, {UNIT_SHEET: rows, MEMBER_SHEET: member_rows()})


def items() -> list[list[Any]]:
    return unit_rows()[3:]


def moved(*columns: int | None) -> list[list[Any]]:
    """Items and answers in other columns: each entry says what stands in that column."""
    rows = [["项目", "填写"], *items()]
    return [[None if c is None else row[c] for c in columns] for row in rows]


LAYOUTS: dict[str, list[list[Any]]] = {
    "as handed out": unit_rows(),
    "answers left of the items": moved(1, 0),
    "columns between": moved(None, 0, None, None, 1),
    "extra rows above": [["标题"], [], ["填表说明：项目照实填写"], *moved(0, 1)],
    "no heading row": items(),
    "no heading row, answers further right": [[row[0], None, None, row[1]] for row in items()],
    "numbered items": [["项目", "填写"], *[[f"{n}、{r[0]}", r[1]] for n, r in enumerate(items(), 1)]],
    "bracketed numbers": [["项目", "填写"], *[[f"（{n}）{r[0]}", r[1]] for n, r in enumerate(items(), 1)]],
    "marked items": [["项目", "填写"], *[[f" {r[0]}＊：", r[1]] for r in items()]],
    "sections between": [
        ["项目", "填写"],
        *[line for row in items() for line in (["（单位概况）"], row, [])],
    ],
    "two blocks side by side": [
        ["项目", "填写", "项目", "填写"],
        *[[*a[:2], *b[:2]] for a, b in zip(items()[:20], items()[20:], strict=True)],
    ],
    "two blocks without headings": [
        [*a[:2], *b[:2]] for a, b in zip(items()[:20], items()[20:], strict=True)
    ],
    "the other way round": [["项目", "填写"], *reversed(items())],
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_answers_are_found(layout: str, tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, LAYOUTS[layout]))
    assert codes(submission) == []
    assert answer(submission, "单位工会名称") == (UNIT["单位工会名称"], CellType.TEXT)
    assert answer(submission, "职工总数") == ("15", CellType.NUMBER)
    assert answer(submission, "工会组建时间") == ("2005-06-01", CellType.DATE)
    assert answer(submission, "主席个人获得工会荣誉") == ("", CellType.BLANK)


def test_answer_keeps_its_address(tmp_path: Path) -> None:
    unit = read(with_rows(tmp_path, moved(None, 0, None, 1))).sheets["unit"]
    assert unit is not None
    assert len(unit) == 1
    row = STAFF_ROW - 2
    assert unit.place("f", "staff", 0).cell == f"D{row}"


@pytest.mark.parametrize(
    ("title", "code", "level"),
    [("职工总数", "S021", Level.ERROR), ("荣誉类别", "S022", Level.WARNING)],
)
def test_missing_item(title: str, code: str, level: Level, tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, [row for row in unit_rows() if row[:1] != [title]]))
    (issue,) = submission.issues
    assert (issue.code, issue.level, issue.place.cell) == (code, level, "A3")
    key = next(field.key for field in FORM.record if field.title == title)
    assert issue.place.field == key
    assert "unit" in submission.sheets
    assert key not in submission.sheets["unit"].columns


def test_missing_derived_item_does_not_matter(tmp_path: Path) -> None:
    rows = [row for row in unit_rows() if row[:1] != ["工会组织形式"]]
    assert codes(read(with_rows(tmp_path, rows))) == []


@pytest.mark.parametrize(
    ("first", "second", "value", "expected"),
    [
        (15, 16, "15", [("S023", f"B{STAFF_ROW + 1}")]),
        (15, 15, "15", []),
        (15, None, "15", []),
        (None, 16, "16", []),
    ],
)
def test_item_twice(
    first: Any, second: Any, value: str, expected: list[Any], tmp_path: Path
) -> None:
    rows = unit_rows({"职工总数": first})
    rows.insert(STAFF_ROW, ["职工总数", second])
    submission = read(with_rows(tmp_path, rows))
    assert codes(submission) == expected
    assert answer(submission, "职工总数")[0] == value


def test_sheet_without_items(tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, [["别的"], ["内容"]]))
    assert codes(submission) == [("S002", "")]
    assert "unit" not in submission.sheets


def test_reasons_and_unknown_items(tmp_path: Path) -> None:
    rows = unit_rows()
    rows[STAFF_ROW - 1] += [None, None, " 含劳务派遣 "]
    rows += [["传真", "0311-85550000"], ["备注", None], [None, "孤零零"]]
    unit = read(with_rows(tmp_path, rows)).sheets["unit"]
    assert unit is not None
    assert unit.explanation("staff", 0) == "含劳务派遣"
    assert unit.explanation("members", 0) == ""
    assert unit.leftovers == ((f"B{len(rows) - 2}", "0311-85550000"),)


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        (f"B{STAFF_ROW}:B{STAFF_ROW + 1}", [("S006", f"B{STAFF_ROW}")]),
        (f"A{STAFF_ROW}:B{STAFF_ROW}", [("S006", f"A{STAFF_ROW}")]),
        (f"B{STAFF_ROW}:E{STAFF_ROW}", []),
        ("A1:E1", []),
        (f"D{STAFF_ROW}:D{STAFF_ROW + 5}", []),
        (f"A{STAFF_ROW}:A{STAFF_ROW + 1}", [("S021", "A3")]),  # the lower item's text is gone
    ],
)
def test_merged_areas(area: str, expected: list[Any], tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, unit_rows(), lambda sheet: sheet.merge_cells(area)))
    assert codes(submission) == expected


def test_swallowed_answer_is_covered(tmp_path: Path) -> None:
    area = f"B{STAFF_ROW}:B{STAFF_ROW + 1}"
    submission = read(with_rows(tmp_path, unit_rows(), lambda sheet: sheet.merge_cells(area)))
    assert answer(submission, "职工总数") == ("15", CellType.NUMBER)
    assert answer(submission, "农民工人数") == ("", CellType.COVERED)


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        ((STAFF_ROW, STAFF_ROW + 1), "", [("S007", f"B{STAFF_ROW}")]),
        ((1, 2, 43), "", []),  # the last item is blank
        ((), "B", [("S008", "B4")]),
        ((), "ACDE", []),
    ],
)
def test_hidden_answers(
    rows: tuple[int, ...], columns: str, expected: list[Any], tmp_path: Path
) -> None:
    def hide(sheet: Worksheet) -> None:
        for row in rows:
            sheet.row_dimensions[row].hidden = True
        for column in columns:
            sheet.column_dimensions[column].hidden = True

    assert codes(read(with_rows(tmp_path, unit_rows(), hide))) == expected


def test_formula_that_nobody_has_computed(tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, unit_rows({"职工总数": "=7+8"})))
    assert answer(submission, "职工总数") == ("", CellType.UNCALCULATED)
