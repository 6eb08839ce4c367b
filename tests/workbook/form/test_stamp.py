"""What a template says of itself, and the unit it was made for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook import Workbook

from converter import workbook
from converter.model.cell_types import CellType
from converter.model.issues import Level
from converter.model.submissions import Stamp, Submission
from tests.people import UNIT, id_number
from tests.workbook.books import (
    FORM,
    MEMBER_SHEET,
    UNIT_SHEET,
    answer,
    codes,
    member_rows,
    parts_of,
    patch,
    read,
    save,
    unit_rows,
)

NAME, SUPERIOR = str(UNIT["单位工会名称"]), str(UNIT["所属上级工会组织"])
STAMP = {
    "form": FORM.id,
    "version": FORM.version,
    "unit_code": "130102001",
    "unit_name": NAME,
    "superior_code": "130102",
    "superior_name": SUPERIOR,
    "period": "2026",
    "serial": "7",
}


def stamped(folder: Path, changes: dict[str, str], answers: dict[str, Any] | None = None) -> Path:
    def tweak(made: Workbook) -> None:
        for name, value in {**STAMP, **changes}.items():
            made.custom_doc_props.append(StringProperty(name=name, value=value))

    sheets = {UNIT_SHEET: unit_rows(answers), MEMBER_SHEET: member_rows()}
    return save(folder, tweak, sheets)


def test_stamp_is_read(tmp_path: Path) -> None:
    submission = read(stamped(tmp_path, {}))
    assert codes(submission) == []
    assert submission.stamp == Stamp(**{**STAMP, "serial": 7})  # type: ignore[arg-type]


def test_another_definition_of_the_same_version_is_noted(tmp_path: Path) -> None:
    form = replace(FORM, cards_digest="0123456789abcdef")
    assert workbook.read(stamped(tmp_path, {"digest": form.cards_digest}), form).issues == ()
    other = stamped(tmp_path, {"digest": "fedcba9876543210"})
    (issue,) = workbook.read(other, form).issues
    assert (issue.code, issue.level) == ("S015", Level.NOTE)
    amended = replace(form, digest="00")  # of cards that are the same
    assert workbook.read(stamped(tmp_path, {"digest": form.cards_digest}), amended).issues == ()


def test_workbook_without_a_stamp_is_fine(tmp_path: Path) -> None:
    submission = read(save(tmp_path))
    assert codes(submission) == []
    assert submission.stamp == Stamp()


def test_characters_of_xml_and_odd_serials_in_a_stamp(tmp_path: Path) -> None:
    changes = {"unit_name": 'A&B "<工会>"', "serial": "七", "other": "x"}
    stamp = read(stamped(tmp_path, changes, {"单位工会名称": 'A&B "<工会>"'})).stamp
    assert (stamp.unit_name, stamp.serial) == ('A&B "<工会>"', 0)


def test_stamp_as_other_programs_write_it(tmp_path: Path) -> None:
    path = stamped(tmp_path, {})
    custom = parts_of(path)["docProps/custom.xml"].decode()
    for tag in ("property", "Properties"):
        custom = custom.replace(f"<{tag}", f"<op:{tag}").replace(f"</{tag}", f"</op:{tag}")
    custom = custom.replace("xmlns=", "xmlns:op=")
    patch(path, "docProps/custom.xml", (parts_of(path)["docProps/custom.xml"].decode(), custom))
    assert read(path).stamp.unit_name == NAME


@pytest.mark.parametrize(
    ("version", "code"), [("2025.9", "S012"), ("2026.0", "S012"), ("2026.10", "S013")]
)
def test_other_version_is_a_warning(version: str, code: str, tmp_path: Path) -> None:
    assert FORM.version == "2026.1"
    submission = read(stamped(tmp_path, {"version": version}))
    (issue,) = submission.issues
    assert (issue.code, issue.level) == (code, Level.WARNING)
    assert issue.params == {"found": version, "expected": FORM.version}


def test_other_form_is_an_error_and_says_it_all(tmp_path: Path) -> None:
    def tweak(made: Workbook) -> None:
        made.custom_doc_props.append(StringProperty(name="form", value="qita"))

    cadres = [["干部姓名", "干部身份证号"], ["赵甲一", id_number("130102", "1985-04-12", 990)]]
    submission = read(save(tmp_path, tweak, {"工会干部名册": cadres}))
    (issue,) = submission.issues
    assert (issue.code, issue.level) == ("S011", Level.ERROR)


@pytest.mark.parametrize(
    ("found", "title"), [("shiming", "工会会员实名制信息采集表"), ("../shiming", "")]
)
def test_another_form_of_ours_is_named_by_its_title(found: str, title: str, tmp_path: Path) -> None:
    (issue,) = read(stamped(tmp_path, {"form": found})).issues
    assert (issue.code, issue.params["found"]) == ("S011", title or found)


def name_of_another_unit(submission: Submission) -> tuple[str, str, str, object]:
    (issue,) = submission.issues
    return issue.code, issue.place.cell, issue.place.field, issue.params["expected"]


@pytest.mark.parametrize(
    ("title", "row", "key", "expected"),
    [("所属上级工会组织", 4, "superior_union", SUPERIOR), ("单位工会名称", 5, "unit_name", NAME)],
)
def test_locked_name_was_changed(
    title: str, row: int, key: str, expected: str, tmp_path: Path
) -> None:
    submission = read(stamped(tmp_path, {}, {title: "另一个工会"}))
    assert name_of_another_unit(submission) == ("S014", f"B{row}", key, expected)
    assert submission.issues[0].level is Level.ERROR
    assert answer(submission, title)[0] == "另一个工会"


@pytest.mark.parametrize("typed", [NAME, f" {NAME}　", NAME[:2] + " " + NAME[2:]])
def test_blanks_do_not_make_another_name(typed: str, tmp_path: Path) -> None:
    assert codes(read(stamped(tmp_path, {}, {"单位工会名称": typed}))) == []


@pytest.mark.parametrize("typed", [None, "　 "])
def test_blank_name_is_filled_by_the_stamp(typed: str | None, tmp_path: Path) -> None:
    submission = read(stamped(tmp_path, {}, {"单位工会名称": typed}))
    assert codes(submission) == []
    assert answer(submission, "单位工会名称") == (NAME, CellType.TEXT)
    assert "unit" in submission.sheets
    assert submission.sheets["unit"].place("f", "unit_name", 0).cell == "B5"


def test_deleted_item_is_filled_by_the_stamp(tmp_path: Path) -> None:
    def delete(made: Workbook) -> None:
        for name, value in STAMP.items():
            made.custom_doc_props.append(StringProperty(name=name, value=value))
        made[UNIT_SHEET].delete_rows(5)

    submission = read(save(tmp_path, delete))
    assert codes(submission) == []
    assert answer(submission, "单位工会名称") == (NAME, CellType.TEXT)
