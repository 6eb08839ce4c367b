"""Mending writes down how cells are read: nothing that was said before is said otherwise after."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from converter import workbook
from converter.model.cell_types import CellType
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.issues import Issue
from converter.model.submissions import RawColumn, RawSheet, Stamp, Submission
from converter.report import annotate
from converter.report.annotate import annotated
from converter.template import renderer_of, text_sheets
from converter.validation import checking, fixing
from converter.validation.checking import Checked
from tests.opened import rendered
from tests.parity.cases import Clerk
from tests.people import id_number
from tests.sheets import FORM

TEXT, NUMBER, DATE = CellType.TEXT, CellType.NUMBER, CellType.DATE
ID = id_number("130102", "1990-01-01", 88)


def validated(submission: Submission) -> Checked:
    return checking.check([submission], FORM, today())[0]


def fixed(submission: Submission) -> fixing.FixResult:
    found = validated(submission)
    return fixing.fix(submission, found.outcome, found.records, FORM)


def submission(
    unit: dict[str, tuple[str, CellType]], members: list[tuple[str, str, tuple[str, CellType]]]
) -> Submission:
    columns = {key: RawColumn([text], [int(kind)]) for key, (text, kind) in unit.items()}
    at = {key: (4 + n, 2) for n, key in enumerate(unit)}
    text = [int(TEXT)] * len(members)
    people = {
        "name": RawColumn([m[0] for m in members], text),
        "id_number": RawColumn([m[1] for m in members], text),
        "joined_on": RawColumn([m[2][0] for m in members], [int(m[2][1]) for m in members]),
    }
    places = {"name": (0, 2), "id_number": (0, 3), "joined_on": (0, 4)}
    rows = [9 + 3 * n for n in range(len(members))]
    return Submission(
        "填报.xlsx",
        {
            "unit": RawSheet("单位", columns, [0], at, {}),
            "member": RawSheet("名单", people, rows, places, {}),
        },
        Stamp(),
    )


@pytest.mark.parametrize(
    ("key", "typed", "becomes"),
    [
        ("unit_name", (" 示例厂工会 ", TEXT), ("示例厂工会", TEXT)),
        ("staff", ("１２ 人", TEXT), ("12", NUMBER)),
        ("staff", ("约１２人", TEXT), ("约１２人", TEXT)),  # no count: stays as it was typed
        ("staff", ("１２", TEXT), ("12", NUMBER)),
        ("postcode", ("54000", NUMBER), ("054000", TEXT)),
        ("founded_on", ("2010.5.1", TEXT), ("2010-05-01", DATE)),
        ("founded_on", ("2010.1", TEXT), ("2010.1", TEXT)),  # January or October: nobody knows
        ("unit_category", ("国有企业", TEXT), ("国有企业", TEXT)),
    ],
)
def test_what_is_read_otherwise_is_written_so(
    key: str, typed: tuple[str, CellType], becomes: tuple[str, CellType]
) -> None:
    done = fixed(submission({key: typed}, []))
    assert "unit" in done.submission.sheets
    column = done.submission.sheets["unit"].columns[key]
    assert (column.text[0], CellType(column.type[0])) == becomes
    assert [(c.old, c.new) for c in done.changes] == (
        [(typed[0], becomes[0])] if typed != becomes else []
    )


def test_lost_digits_are_never_guessed() -> None:
    given = submission(
        {}, [("示例", ID[:-1], ("", CellType.BLANK)), ("示", f" {ID}", ("20100501", TEXT))]
    )
    done = fixed(given)
    assert "member" in done.submission.sheets
    assert done.submission.sheets["member"].columns["id_number"].text == [ID[:-1], ID]
    assert [c.note.place.cell for c in done.changes] == ["C12", "D12"]


def test_what_is_no_note_is_still_to_be_said() -> None:
    done = fixed(submission({"founded_on": ("1920.12.31", TEXT), "staff": ("十二", TEXT)}, []))
    assert [c.note.code for c in done.changes] == ["K902"]
    left = {i.code for i in done.outcome.issues}
    assert {"K405", "K301"} <= left
    assert "K902" not in left


def test_a_sheet_without_changes_stays_the_one_it_was() -> None:
    given = submission({"staff": ("１２", TEXT)}, [("示例", ID, ("2010-05-01", DATE))])
    done = fixed(given)
    assert [c.new for c in done.changes] == ["12"]
    assert done.submission.sheets["member"] is given.sheets["member"]


@pytest.mark.parametrize("half", ["unit", "member"])
def test_half_a_submission_is_fixed_like_a_whole_one(half: str) -> None:
    whole = submission({"staff": ("１２", TEXT)}, [("示例", f" {ID}", ("2010-05-01", DATE))])
    given = replace(whole, sheets={half: whole.sheets[half]})
    done = fixed(given)
    assert [c.new for c in done.changes] == [ID if half == "member" else "12"]
    assert ("unit" not in done.submission.sheets, "member" not in done.submission.sheets) == (
        half == "member",
        half == "unit",
    )


def test_what_was_given_is_left_alone() -> None:
    given = submission({"staff": ("１２", TEXT)}, [("示例 ", ID, ("2010.5.1", TEXT))])
    before = repr(given)
    assert fixed(given).changes
    assert repr(given) == before


def test_a_package_holds_nothing_to_fix() -> None:
    given = replace(submission({"staff": ("12", TEXT)}, []), from_package=True)
    assert fixed(given).submission is given


@pytest.mark.parametrize("seed", range(8))
def test_corrected_copies_raise_no_notes_and_all_else_as_before(seed: int, tmp_path: Path) -> None:
    """Whatever was typed, through a real file: what is left is what was there but for the notes."""
    clerk = Clerk(FORM, seed=seed)
    given = clerk.submission("", 40, wrong=0.5)
    path = tmp_path / "a.xlsx"
    path.write_bytes(rendered(FORM, rows=50, data=given))
    original = workbook.read(path, FORM)
    before, done = validated(original), fixed(original)
    pieces = annotated(renderer_of(FORM), done.submission, done.outcome, done.changes)
    path.write_bytes(b"".join(pieces))
    after = validated(workbook.read(path, FORM))
    notes = [i for i in after.outcome.issues if i.code.startswith("K9")]
    # A word for nothing that is all a row holds stays: without it there would be no such row.
    assert {i.code for i in notes} <= {"K906"}
    assert reported(after, FORM) == reported(before, FORM)
    assert done.changes
    assert after.records.record == before.records.record
    assert after.records.tables["member"] == before.records.tables["member"]
    assert not fixing.fix(after.submission, after.outcome, after.records, FORM).changes


def reported(checked: Checked, form: Form) -> Counter[tuple[str, str, str, int]]:
    """Issues but for the notes of reading; members counted from the first one."""
    member = checked.submission.sheets["member"]
    record = {row: n for n, row in enumerate(member.rows)} if member else {}

    def one(issue: Issue) -> tuple[str, str, str, int]:
        at = record.get(issue.place.row, -1) if issue.place.sheet == form.main_table.title else -1
        return issue.code, str(issue.level), issue.place.field, at

    return Counter(one(i) for i in checked.outcome.issues if not i.code.startswith("K9"))


def test_a_long_list_of_changes_names_every_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first ones lead to their cells, the others are plain lines with the same figures."""
    numbers = [f" {id_number('130102', '1990-01-01', n)}{' ' * (n % 3)}" for n in range(40)]
    done = fixed(submission({}, [("赵示例", number, ("", TEXT)) for number in numbers]))
    assert len(done.changes) == 40
    monkeypatch.setattr(annotate, "EXPLAINED", 3)
    monkeypatch.setattr(text_sheets, "LINES_AT_ONCE", 4)
    path = tmp_path / "a.xlsx"
    pieces = annotated(renderer_of(FORM), done.submission, done.outcome, done.changes)
    path.write_bytes(b"".join(pieces))
    sheet = openpyxl.load_workbook(path)["修改记录"]
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=text_sheets.HEAD_ROW + 1)]
    assert len(rows) == len(done.changes)
    assert [str(row[0]) for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    assert [row[6] for row in rows] == numbers
    assert [row[7] for row in rows] == [number.strip() for number in numbers]
    assert [row[3] for row in rows] == [f"C{5 + n}" for n in range(40)]
    linked = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert linked == ["D5", "D6", "D7"]
