"""An annotated copy in a real spreadsheet program: it opens, it judges, it can be corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter import workbook
from converter.model.clock import today
from converter.model.issues import Level
from converter.report.annotate import annotated
from converter.template import renderer_of
from converter.template.conditional_formats import BLANK_WAS
from converter.template.layout import MemberLayout
from converter.template.text_sheets import HEAD_ROW
from converter.validation import checking, fixing
from converter.validation.checking import Checked
from tests import sheets
from tests.parity import verdicts
from tests.parity.office import edited
from tests.people import MEMBERS
from tests.sheets import FORM, MEMBER_SHEET, put
from tests.tools import needs

pytestmark = needs("libreoffice", "uno")

MEMBERS_AT = 3  # the sheet in a copy, after the list of problems
FIRST = MemberLayout.FIRST_ROW


def validated(path: Path) -> Checked:
    return checking.check([workbook.read(path, FORM)], FORM, today())[0]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A copy as it comes, corrected, and turned upside down, each as LibreOffice saved it."""
    folder = tmp_path_factory.mktemp("copies")
    book = sheets.fill(sheets.blank())
    people = book[MEMBER_SHEET]
    put(people, sheets.member_cell(book, 2, "身份证号"), MEMBERS[1][1][:-1])
    put(people, sheets.member_cell(book, 5, "会员姓名"), None)
    put(people, sheets.member_cell(book, 4, "加入工会时间"), "2010.5.1")
    people.cell(FIRST + 6, 12, "一条旁注")
    found = validated(sheets.saved(book, folder))
    done = fixing.fix(found.submission, found.outcome, found.records, FORM)
    files = {found.submission.file: Path(found.submission.file)}
    pieces = annotated(renderer_of(FORM), done.submission, done.outcome, done.changes, files)
    copy = folder / "copy.xlsx"
    copy.write_bytes(b"".join(pieces))
    place = f"sheet:{MEMBERS_AT}"
    fix_one = f"write:C{FIRST + 1}={MEMBERS[1][1]},write:B{FIRST + 4}={MEMBERS[4][0]}"
    steps = {
        "as it comes": f"{place},write:A1=会员基本信息表",
        "corrected": f"{place},{fix_one}",
        "sorted, then corrected": f"{place},{fix_one},sort:A{FIRST}:I{FIRST + 30}:2,delete:{FIRST + 20}",
    }
    made = {name: folder / f"{n}.xlsx" for n, name in enumerate(steps)}
    edited([(copy, made[name], what) for name, what in steps.items()], folder)
    verdicts.validated_together(list(made.values()), FORM)
    return made


def test_the_live_checks_of_a_copy_say_what_the_pipeline_says(results: dict[str, Path]) -> None:
    for path in results.values():
        assert verdicts.differences(path, FORM) == []
        assert verdicts.error_cells(path, path) == []


def test_faults_stand_in_the_copy_and_vanish_when_corrected(results: dict[str, Path]) -> None:
    codes = [
        i.code for i in validated(results["as it comes"]).outcome.issues if i.level is Level.ERROR
    ]
    assert sorted(codes) == ["K001", "K112"]
    for name in ("corrected", "sorted, then corrected"):
        outcome = validated(results[name]).outcome
        assert [i.code for i in outcome.issues if i.level is Level.ERROR] == []
        assert outcome.members == len(MEMBERS)


def test_the_ways_to_the_next_fault_are_computed(results: dict[str, Path]) -> None:
    sheet = verdicts.values(results["as it comes"])[MEMBER_SHEET]
    column = MemberLayout(FORM.main_table, 1).jump
    shown = {row: sheet.cell(row, column).value for row in range(FIRST, FIRST + 30)}
    assert {row: text for row, text in shown.items() if text} == {
        FIRST + 1: "下一处",
        FIRST + 4: "回清单",
    }


def test_lines_of_the_list_tick_themselves_off(results: dict[str, Path]) -> None:
    def ticks(name: str) -> list[Any]:
        sheet = verdicts.values(results[name])["问题清单"]
        headings = [cell.value for cell in sheet[HEAD_ROW]]
        column = headings.index("已改") + 1
        rows = range(HEAD_ROW + 1, HEAD_ROW + 3)
        return [sheet.cell(row, column).value or "" for row in rows]

    assert ticks("as it comes") == ["", ""]
    assert ticks("corrected") == ["✓", "✓"]


def test_the_next_fault_is_the_cell_that_is_still_in_question(results: dict[str, Path]) -> None:
    layout = MemberLayout(FORM.main_table, 1)
    for name, open_cells in (("as it comes", {FIRST + 1: "C", FIRST + 4: "B"}), ("corrected", {})):
        sheet = verdicts.values(results[name])[MEMBER_SHEET]
        found = {row: sheet.cell(row, layout.open).value for row in range(FIRST, FIRST + 12)}
        assert {row: letters for row, letters in found.items() if letters} == open_cells


def test_lists_comments_and_remains_survive_a_real_program(results: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(results["corrected"])
    assert book.sheetnames[0] == "问题清单"
    assert {"修改记录", "原表其他内容"} <= set(book.sheetnames)
    assert "K112" in book[MEMBER_SHEET].cell(FIRST + 1, 3).comment.text
    assert "一条旁注" in [c.value for row in book["原表其他内容"] for c in row]
    assert book[FORM.record.title].protection.sheet


def test_colour_goes_with_the_fault(results: dict[str, Path]) -> None:
    """By the rule that watches a marked cell: still what it was in the copy, another one corrected."""
    for name, changed in (("as it comes", False), ("corrected", True)):
        book = verdicts.values(results[name])
        sheet, layout = book[MEMBER_SHEET], MemberLayout(FORM.main_table, 1)
        for key, row in (("id_number", FIRST + 1), ("name", FIRST + 4)):
            now = sheet.cell(row, layout.columns[key]).value or BLANK_WAS
            assert (now != sheet.cell(row, layout.was[key]).value) == changed
        rules = [r for area in sheet.conditional_formatting for r in area.rules]
        assert sum("EXACT(" in r.formula[0] for r in rules) == len(layout.was)
