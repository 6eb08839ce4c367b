"""What is written is read back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import frictionless
from hypothesis import given
from hypothesis import strategies as st

from converter import identity, package
from converter.files import zip_writing
from converter.formulas.expressions import WHITESPACE
from converter.model.cell_types import CellType
from converter.model.forms import Resource
from converter.model.submissions import RawColumn
from converter.package import tables
from converter.validation import checking
from tests.canonical import CREATED, FORM, IDENTITY, PEOPLE, records, stamped
from tests.package.members import (
    as_records,
    built,
    codes,
    read,
    read_bytes,
    refitted,
    swap,
)


def test_a_package_reads_back(tmp_path: Path) -> None:
    found = read(built(), tmp_path)
    assert codes(found) == []
    assert found.from_package
    assert found.stamp == replace(stamped(records()).stamp, form=FORM.id)
    assert "unit" in found.sheets
    assert "member" in found.sheets
    assert found.sheets["unit"].columns["staff"] == RawColumn(["15"], [CellType.TEXT])
    assert found.sheets["unit"].columns["last_election_on"] == RawColumn([""], [CellType.BLANK])
    assert found.sheets["member"].columns["name"].text[-1] == "𠮷示例"
    assert found.sheets["member"].rows == [2, 3, 4, 5]


def test_places_are_lines_of_the_csv_files(tmp_path: Path) -> None:
    found = read(built(), tmp_path)
    assert "unit" in found.sheets
    assert "member" in found.sheets
    place = found.sheets["member"].place(found.file, "id_number", 2)
    assert (place.sheet, place.cell) == ("members.csv", "B4")
    place = found.sheets["unit"].place(found.file, "legal_entities", 0)
    assert (place.sheet, place.cell) == ("unit.csv", "C2")


def test_reasons_return_to_their_field_and_record(tmp_path: Path) -> None:
    found = read(built(), tmp_path)
    assert "unit" in found.sheets
    assert "member" in found.sheets
    assert found.sheets["unit"].explanation("members", 0) == "有 2 人借调，未入表"
    assert [found.sheets["member"].explanation("joined_on", n) for n in range(4)] == [
        "",
        "补录",
        "",
        "",
    ]


def test_text_of_nothing_but_blanks_is_blank_as_in_a_workbook(tmp_path: Path) -> None:
    found = read(built(records(unit={"address": " \u3000"})), tmp_path)
    assert "unit" in found.sheets
    assert found.sheets["unit"].columns["address"] == RawColumn([""], [CellType.BLANK])


TEXTS = st.text(max_size=12).filter(lambda t: not t or bool(t.strip(WHITESPACE)))
HARD = st.sampled_from(
    ["", ",", '"', '""', "a\nb", "a\r\nb", "a\rb", " a ", "𠮷", "054000", "=1", "\x0bx"]
)
CELLS = TEXTS | HARD
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, CELLS), max_size=5)
ANSWERS = st.fixed_dictionaries({}, optional={f.key: CELLS for f in FORM.record if not f.identity})
EXPLAINED = st.sets(st.integers(1, 5), max_size=3)


@given(ROWS, ANSWERS, EXPLAINED, CELLS)
def test_every_submission_rebuilds_to_the_same_bytes(
    rows: list[tuple[str, str, str, str, str]],
    answers: dict[str, str],
    explained: set[int],
    reason: str,
) -> None:
    reasons = tuple(
        ("member", str(n), reason) for n in sorted(explained) if n <= len(rows) and reason
    )
    before = stamped(records(answers, rows, reasons))
    members = package.build(before, FORM, None, CREATED)
    stream = BytesIO()
    zip_writing.pack(stream, members, when=CREATED)
    found = read_bytes(stream.getvalue())
    assert codes(found) == []
    after = as_records(found, before)
    assert (after.record, after.tables["member"]) == (before.record, before.tables["member"])
    assert after.reasons == before.reasons
    assert package.build(after, FORM, None, CREATED) == members


def test_half_characters_in_a_reason_survive(tmp_path: Path) -> None:
    found = read(built(records(reasons=(("unit.staff", "", "\ud800 半个字"),))), tmp_path)
    assert "unit" in found.sheets
    assert found.sheets["unit"].explanation("staff", 0) == "\ud800 半个字"


@given(st.lists(st.lists(st.text(max_size=5), min_size=3, max_size=3), max_size=4))
def test_tables_are_lossless(rows: list[list[str]]) -> None:
    columns = [[row[n] for row in rows] for n in range(3)]
    table = tables.decode(tables.encode(("a", "b", "c"), columns, "utf-8"), "utf-8")
    assert (table.header, table.columns) == (["a", "b", "c"], columns)


def test_a_table_of_one_column_keeps_its_blanks() -> None:
    table = tables.decode(tables.encode(("a",), [["", "x", ""]], "utf-8"), "utf-8")
    assert table.columns == [["", "x", ""]]


def test_a_profile_may_rename_reorder_and_recode(tmp_path: Path) -> None:
    resources = (
        replace(FORM.package.resources[0], path="jc.csv"),
        Resource("hy", "hy.csv", "member", (("SFZH", "id_number"), ("XM", "name"))),
    )
    renamed = replace(FORM, package=replace(FORM.package, encoding="gb18030", resources=resources))
    members = built(records(), renamed)
    assert members["hy.csv"].decode("gb18030").splitlines()[:2] == [
        "SFZH,XM",
        f"{PEOPLE[0][1]},赵示例",
    ]
    found = read(members, tmp_path, renamed)
    assert codes(found) == []
    assert "member" in found.sheets
    assert found.sheets["member"].columns["name"].text == [row[0] for row in PEOPLE]
    assert set(found.sheets["member"].columns) == {"name", "id_number"}
    assert frictionless.validate(str(tmp_path / "上报.zip")).valid


def test_checking_a_package_gives_the_records_it_was_made_from(tmp_path: Path) -> None:
    members = built()
    found = checking.check([read(members, tmp_path)], FORM, date(2026, 3, 1))[0]
    assert (found.outcome.status, [*found.outcome.issues]) == ("ok", [])
    whole = identity.compose(IDENTITY)
    assert dict(package.build(found.records, FORM, whole, CREATED)) == members


def test_a_fault_inside_a_package_is_placed_in_its_csv_file(tmp_path: Path) -> None:
    members = refitted(swap("members.csv", PEOPLE[2][1], PEOPLE[2][1][:17])(built()))
    found = checking.check([read(members, tmp_path)], FORM, date(2026, 3, 1))[0]
    places = [
        (issue.place.sheet, issue.place.cell)
        for issue in found.outcome.issues
        if issue.code.startswith("K")
    ]
    assert places == [("members.csv", "B4")]
