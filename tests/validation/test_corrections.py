"""Cells corrected one by one: checked again by the same pipeline, written down as they are read,
and nothing else is touched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from converter import api
from converter.model.cell_types import CellType
from converter.model.corrections import CellEdit, removal
from converter.model.issues import Level
from converter.model.submissions import Submission
from converter.report.correction_builder import correction_table
from converter.report.correction_table import CorrectionTable
from converter.validation import corrections
from converter.validation.corrections import Corrected
from converter.workers.pool import Worker
from converter.workers.requests.corrections import CorrectionRequest
from tests.people import MEMBERS, UNIT, id_number
from tests.sheets import FORM, MEMBER_SHEET, blank, fill, member_cell, put, saved, unit_cell
from tests.sheets import UNIT_SHEET as UNITS
from tests.web.world import FOLDER

TODAY = date(2026, 6, 1)
TITLES = {field.title: field.key for field in FORM.record}


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Two members and two items are wrong."""
    book = fill(blank(15))
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    put(book[MEMBER_SHEET], member_cell(book, 5, "加入工会时间"), "去年")
    put(book[UNITS], unit_cell(book, "单位类别"), "私人的")
    put(book[UNITS], unit_cell(book, "农民工人数"), 99)
    return saved(book, tmp_path)


def row_of(submission: Submission, number: int) -> int:
    return submission.sheets["member"].rows[number - 1]


def errors(found: Corrected) -> set[tuple[str, str]]:
    issues = found.checked.outcome.issues
    return {(i.code, i.place.field) for i in issues if i.level is Level.ERROR}


def correct(path: Path, *edits: CellEdit) -> Corrected:
    return corrections.correct(api.read(path, FORM), edits, FORM, TODAY)


def test_without_edits_it_is_what_check_finds(faulty: Path) -> None:
    found = correct(faulty)
    (plain,) = api.check([api.read(faulty, FORM)], FORM, TODAY)
    assert list(found.checked.outcome.issues) == list(plain.outcome.issues)
    assert not found.changes
    assert not found.edits


def test_faults_go_one_by_one_and_what_was_typed_is_tidied(faulty: Path) -> None:
    submission = api.read(faulty, FORM)
    third, fifth = row_of(submission, 3), row_of(submission, 5)
    before = errors(correct(faulty))
    edits = [
        CellEdit("member", third, "id_number", " ".join(MEMBERS[2][1])),
        CellEdit("member", fifth, "joined_on", "２０１１年5月"),
        CellEdit("unit", 0, TITLES["单位类别"], "私营企业 "),
        CellEdit("unit", 0, TITLES["农民工人数"], "５ "),
    ]
    for number, edit in enumerate(edits):
        after = errors(correct(faulty, *edits[: number + 1]))
        assert after < before, edit
        before = after
    found = correct(faulty, *edits)
    assert found.checked.outcome.status == "ok"
    assert [e.text for e in found.edits] == [MEMBERS[2][1], "2011-05-01", "私营企业", "5"]
    member = found.checked.submission.sheets["member"]
    record = member.record(fifth)
    assert record is not None
    assert member.columns["joined_on"].type[record] == CellType.DATE
    unit = found.checked.submission.sheets["unit"]
    assert unit.columns[TITLES["农民工人数"]].type[0] == CellType.NUMBER
    # Nothing else changed, and the submission that was read is as it was.
    assert submission.sheets["member"].columns["name"] == member.columns["name"]
    assert api.read(faulty, FORM) == submission
    assert len(found.changes) == 4
    assert [change.old for change in found.changes][1] == "去年"


def test_a_wrong_correction_stays_as_typed_and_is_told(faulty: Path) -> None:
    third = row_of(api.read(faulty, FORM), 3)
    found = correct(faulty, CellEdit("member", third, "id_number", "12345"))
    assert ("K112", "id_number") in errors(found)
    assert [e.text for e in found.edits] == ["12345"]


def test_the_last_edit_of_a_cell_counts_and_going_back_is_none(faulty: Path) -> None:
    submission = api.read(faulty, FORM)
    third = row_of(submission, 3)
    there = CellEdit("member", third, "id_number", MEMBERS[2][1])
    back = CellEdit("member", third, "id_number", MEMBERS[2][1][:-1])
    assert correct(faulty, there, back).edits == ()
    assert correct(faulty, back, there).edits == (there,)


@pytest.mark.parametrize(
    "edit",
    [
        CellEdit("member", 3, "name", "甲"),  # above the first member
        CellEdit("member", 99_999, "name", "甲"),
        CellEdit("member", 9, "nothing", "甲"),
        CellEdit("unit", 7, "staff", "3"),
        CellEdit("nowhere", 0, "staff", "3"),
        CellEdit("unit", 0, "nothing", "3", reason=True),
    ],
)
def test_an_edit_of_no_cell_is_none(faulty: Path, edit: CellEdit) -> None:
    found = correct(faulty, edit)
    assert found.edits == ()
    assert list(found.checked.outcome.issues) == list(correct(faulty).checked.outcome.issues)


def test_a_row_can_be_taken_out_and_comes_back(tmp_path: Path) -> None:
    people = [*MEMBERS, MEMBERS[0]]
    path = saved(fill(blank(15), {**UNIT, "会员总数": 13}, people), tmp_path)
    twice = correct(path)
    submission = api.read(path, FORM)
    last = row_of(submission, 13)
    table = correction_table(twice, FORM)
    rows = {row.row for sheet in table.sheets if sheet.key == "member" for row in sheet.rows}
    assert {row_of(submission, 1), last} <= rows  # the two that are compared
    found = correct(path, *removal(FORM, "member", last))
    assert found.checked.outcome.members == 12
    assert not [i for i in found.checked.outcome.issues if i.place.field == "id_number"]
    shown = {r.row: r for s in correction_table(found, FORM).sheets for r in s.rows}
    assert shown[last].removed
    again = correct(
        path,
        *removal(FORM, "member", last),
        CellEdit("member", last, "name", "周示例"),
        CellEdit("member", last, "id_number", id_number("130102", "1980-01-01", 991)),
    )
    assert again.checked.outcome.members == 13
    assert again.checked.records.tables["member"]["name"][-1] == "周示例"


def test_a_reason_excuses_what_may_be_excused(tmp_path: Path) -> None:
    young = (MEMBERS[-1][0], id_number("130102", "2009-01-01", 990), date(2020, 1, 1))
    people = [*MEMBERS[:-1], young]
    path = saved(fill(blank(15), UNIT, people), tmp_path)
    row = row_of(api.read(path, FORM), len(people))
    assert [code for code, _ in errors(correct(path))] == ["X172"]
    cells = [
        c for s in correction_table(correct(path), FORM).sheets for r in s.rows for c in r.cells
    ]
    (reason,) = [c for c in cells if c.edit.reason]
    found = correct(path, CellEdit("member", row, "", "特殊工种，经批准", reason=True))
    assert reason.edit.row == row
    assert errors(found) == set()
    assert ("member", str(len(people)), "特殊工种，经批准") in found.checked.records.reasons


def _table(path: Path, *edits: CellEdit, target: Path | None = None) -> CorrectionTable:
    with Worker() as worker:
        answer = worker.run(CorrectionRequest(FOLDER, (path,), edits, target))
    assert answer.table is not None
    return answer.table


def test_the_corrected_workbook_is_clean_and_the_original_is_untouched(
    faulty: Path, tmp_path: Path
) -> None:
    original = faulty.read_bytes()
    submission = api.read(faulty, FORM)
    edits = (
        CellEdit("member", row_of(submission, 3), "id_number", MEMBERS[2][1]),
        CellEdit("member", row_of(submission, 5), "joined_on", "2011.5"),
        CellEdit("unit", 0, TITLES["单位类别"], "私营企业"),
        CellEdit("unit", 0, TITLES["农民工人数"], "5"),
    )
    target = tmp_path / "改好.xlsx"
    table = _table(faulty, *edits, target=target)
    assert (table.errors, table.warnings, table.changes) == (0, 0, 4)
    assert faulty.read_bytes() == original
    (checked,) = api.check([api.read(target, FORM)], FORM, TODAY)
    assert checked.outcome.status == "ok"
    assert checked.records.tables["member"]["joined_on"][4] == "2011-05-01"
    (before,) = api.check([api.read(faulty, FORM)], FORM, TODAY)
    for key, texts in before.records.tables["member"].items():
        different = [
            n for n, t in enumerate(checked.records.tables["member"][key]) if t != texts[n]
        ]
        assert len(different) <= 1, key


def test_choices_are_lists_and_follow_the_field_they_depend_on(tmp_path: Path) -> None:
    book = fill(blank(15))
    put(book[UNITS], unit_cell(book, "细分行业类别"), "农业")  # of another section
    path = saved(book, tmp_path)
    cells = [
        cell
        for sheet in correction_table(correct(path), FORM).sheets
        for row in sheet.rows
        for cell in row.cells
    ]
    detail = next(cell for cell in cells if cell.title == "细分行业类别")
    assert "通用设备制造业" in detail.choices
    assert "农业" not in detail.choices


def test_what_no_cell_stands_for_is_listed_beside_the_table(tmp_path: Path) -> None:
    book = fill(blank(15))
    del book[MEMBER_SHEET]
    table = correction_table(correct(saved(book, tmp_path)), FORM)
    assert [group.code for group in table.elsewhere.groups] == ["S001"]


SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.mark.parametrize(
    "path",
    sorted(SAMPLES.glob("0[1-7]*/input/*.xlsx")),
    ids=lambda path: f"{path.parts[-3][:2]}-{path.stem}",
)
def test_every_fault_stands_in_a_cell_or_beside_the_table(path: Path) -> None:
    table = correction_table(correct(path), FORM)
    cells = [c for sheet in table.sheets for row in sheet.rows for c in row.cells]
    shown = sum(len(cell.faults) for cell in cells)
    beside = sum(table.elsewhere.counts[:2])
    assert shown + beside == table.errors + table.warnings or table.more
    assert len({cell.edit.cell for cell in cells}) == len(cells)
