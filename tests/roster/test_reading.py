"""A roster is checked like any other sheet, and against itself: (code, cell) of each fault."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter import roster
from converter.forms import loading
from converter.messages import catalogue
from converter.model.errors import FormError
from converter.model.issues import Level
from converter.model.submissions import Unit
from converter.roster import reading, table_sheet

FOLDER = loading.form_dir()
TABLE = roster.definition(loading.load(FOLDER), FOLDER)
COLUMNS = ["单位代码", "单位工会名称", "所属上级工会组织", "上级工会代码", "联系人和电话"]
FIRST = 4  # the first row below the headings of the blank roster

Row = list[Any]
GOOD: list[Row] = [
    ["130102-0001", "示例机械有限公司工会委员会", "示例县总工会", "130102", "王示例 0311-85551234"],
    ["130102-0002", "示例纺织厂工会委员会", "示例县总工会", "130102", None],
    ["130102-0003", "示例小学工会委员会", "示例县教育工会", None, None],
]


def filled(folder: Path, rows: list[Row]) -> Path:
    path = folder / "名册.xlsx"
    table_sheet.write(TABLE, path)
    book = openpyxl.load_workbook(path)
    for number, row in enumerate(rows, FIRST):
        for column, value in enumerate(row, 1):
            book.active.cell(number, column).value = value
    book.save(path)
    return path


def read(folder: Path, rows: list[Row]) -> reading.Roster:
    return reading.read(filled(folder, rows), TABLE)


def found(of: reading.Roster) -> list[tuple[str, str]]:
    return [(i.code, i.place.cell) for i in of.outcome.issues if i.level is not Level.NOTE]


def changed(row: int, column: int, value: Any) -> list[Row]:
    rows = [list(r) for r in GOOD]
    rows[row][column] = value
    return rows


def test_a_sound_roster_gives_its_units(tmp_path: Path) -> None:
    got = read(tmp_path, GOOD)
    assert found(got) == []
    assert got.outcome.status == "ok"
    assert got.units == (
        Unit(*map(str, (GOOD[0][0], GOOD[0][1], GOOD[0][2], GOOD[0][3], GOOD[0][4]))),
        Unit("130102-0002", "示例纺织厂工会委员会", "示例县总工会", "130102"),
        Unit("130102-0003", "示例小学工会委员会", "示例县教育工会"),
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (changed(1, 1, "　"), [("K001", "B5")]),
        (changed(1, 2, None), [("K001", "C5")]),
        (changed(1, 0, "130102-0001"), [("C801", "A5")]),
        (changed(1, 0, "１３０１０２-0001"), [("C804", "A5")]),
        (changed(1, 0, "0130102-0001"), [("C801", "A5")]),
        (
            [[*r[:1], *r[1:]] for r in [["a1", *GOOD[0][1:]], ["A1", *GOOD[1][1:]]]],
            [("C801", "A5")],
        ),
        (changed(1, 1, GOOD[0][1]), [("C802", "B5")]),
        (changed(1, 1, "示例机械 有限公司（工会委员会）"), [("C803", "B5")]),
        ([GOOD[0], GOOD[0]], [("C801", "A5")]),
        (changed(1, 2, "示例县总工会。"), [("C806", "C5")]),
        (changed(2, 1, GOOD[0][1]), []),  # the same name under another upper union
        (changed(1, 1, "示例机械二厂工会委员会"), []),
        (changed(1, 0, "../etc"), [("C804", "A5")]),
        (changed(1, 0, "一号"), [("C804", "A5")]),
        (changed(1, 0, "x" * 41), [("C804", "A5")]),
        (changed(1, 3, "一 号"), [("C804", "D5")]),
        (changed(1, 0, 130102000002), []),
        (changed(1, 0, 130102000000000000), [("C805", "A5")]),
        (changed(1, 1, "=1+1|x"), [("K003", "B5")]),
        (changed(1, 1, "＝示例厂工会"), [("K007", "B5")]),
        (changed(1, 1, "长" * 201), [("K008", "B5")]),
        (changed(1, 1, "示例\ue000厂工会"), [("K006", "B5")]),
        ([], [("C811", "")]),
    ],
)
def test_each_fault_is_told_at_its_cell(
    rows: list[Row], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    got = read(tmp_path, rows)
    assert found(got) == expected
    assert (got.outcome.status == "errors") == bool(expected)
    assert len(got.units) == len(rows) - len([1 for code, _ in expected if code != "C811"])


def test_both_places_of_a_double_are_named(tmp_path: Path) -> None:
    issue = read(tmp_path, changed(2, 0, GOOD[0][0])).outcome.issues[0]
    assert [place.cell for place in issue.related] == ["A4"]
    assert "A4" in catalogue.sentence(issue, TABLE)
    assert catalogue.field_title(issue, TABLE) == "单位代码"


def test_headings_are_found_by_text_in_any_order(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "2026年单位"
    for row in [["某县名单"], [], ["序号", "上级工会", "单位名称", "编号"], *(
        [n, row[2], row[1], row[0]] for n, row in enumerate(GOOD, 1)
    )]:  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "名单.xlsx")
    got = reading.read(tmp_path / "名单.xlsx", TABLE)
    assert found(got) == []
    assert [unit.code for unit in got.units] == [row[0] for row in GOOD]


def test_a_missing_column_is_named_once(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "单位名册"
    for row in ([*COLUMNS[:1], *COLUMNS[2:]], *([*r[:1], *r[2:]] for r in GOOD)):
        book.active.append(row)
    book.save(tmp_path / "名册.xlsx")
    got = reading.read(tmp_path / "名册.xlsx", TABLE)
    assert [code for code, _ in found(got)] == ["S003"]
    assert got.outcome.status == "errors"


def test_what_is_no_workbook_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "名册.xlsx").write_bytes(b"%PDF-1.7")
    got = reading.read(tmp_path / "名册.xlsx", TABLE)
    assert (got.outcome.status, got.units) == ("unreadable", ())


def test_a_filled_in_form_is_no_roster(tmp_path: Path) -> None:
    from tests.sheets import blank as blank_form
    from tests.sheets import fill, saved

    got = reading.read(saved(fill(blank_form()), tmp_path), TABLE)
    assert [code for code, _ in found(got)] == ["S011"]
    (issue,) = got.outcome.issues
    assert "不是单位名册" in catalogue.sentence(issue, TABLE)
    assert "--roster" in catalogue.fix(issue, TABLE)


def test_columns_of_codes_are_text_in_every_row(tmp_path: Path) -> None:
    table_sheet.write(TABLE, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [c.value for c in sheet[FIRST - 1]] == [
        "单位代码", "单位工会名称＊", "所属上级工会组织＊", "上级工会代码", "联系人", "联系电话", "原名称",
        "上级工会联系人和电话",
    ]  # fmt: skip
    assert sheet.column_dimensions["A"].number_format == "@"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('identity = "unit_code"\n', "", "field"),
        ('identity = "superior_code"', 'identity = "secret"', "superior_code.identity"),
        ('title = "上级工会代码"', 'title = "单位代码"', "superior_code"),
        ("[sheet]", "[sheets]", "sheets"),
    ],
)
def test_a_broken_card_is_refused_with_its_key(
    old: str, new: str, key: str, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "form"))
    card = folder / "roster.toml"
    text = card.read_text("utf-8")
    assert old in text
    card.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(FormError) as caught:
        roster.definition(loading.read(folder), folder)
    assert (caught.value.file, caught.value.key) == (str(card), key)


def test_the_roster_may_change_without_python(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "form"))
    card = folder / "roster.toml"
    card.write_text(card.read_text("utf-8").replace("单位代码", "机构编码"), "utf-8")
    table = roster.definition(loading.load(folder), folder)
    table_sheet.write(table, tmp_path / "a.xlsx")
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").active["A3"].value == "机构编码"
