"""Forms of any shape do what the shipped one does: other keys, no ID numbers, two tables."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter import package
from converter.forms import loading
from converter.kinds import is_searched
from converter.model.forms import Form
from converter.register import Snapshot, schema
from converter.report.annotate import annotated
from converter.template import renderer_of
from converter.validation import checking, diff, fixing
from tests import commands
from tests.forms import small, test_real_names, test_several_tables
from tests.people import id_number

UNIT = {"superior_union": "示例总工会", "unit_name": "示例厂工会"}
IDS = [id_number("130102", f"19{70 + n}-05-06", 991 + n) for n in range(3)]
PEOPLE = [{"name": f"示{c}", "id_number": id_} for c, id_ in zip("甲乙丙", IDS, strict=True)]
GROUPS = [
    {"name": "一车间小组", "leader": "示甲", "founded_on": "2020-05-06", "size": "2"},
    {"name": "二车间小组", "leader": "示乙", "founded_on": "", "size": "１"},
]
STAFF = [
    {"name": "示甲", "born_on": "1970-05-06", "sex": "男", "post": "主席"},
    {"name": "示乙", "born_on": "1971-05-06", "sex": "女", "post": ""},
]
ANSWERS: dict[str, dict[str, Any]] = {
    "tiny": {
        "unit": UNIT | {"staff": "3", "members": "3"},
        "member": [{**one, "joined_on": "2000-01-02"} for one in PEOPLE],
    },
    "without_ids": {
        "office": UNIT | {"staff": "2", "founded_on": "1990-01-01"},
        "people": STAFF,
    },
    "census": {"unit": UNIT | {"staff": "30", "women": "12", "men": "18"}},
    "shiming": {
        "unit": test_real_names.UNIT | {"members": "2"},
        "member": [test_real_names.FOREIGNER, test_real_names.TWICE],
    },
    "fenbiao": {
        "unit": test_several_tables.UNIT,
        "member": test_several_tables.MEMBERS,
        "cadre": test_several_tables.CADRES,
        "entity": test_several_tables.ENTITIES,
    },
    "two_tables": {
        "unit": UNIT | {"members": "3", "groups": "2"},
        "member": PEOPLE,
        "group": GROUPS,
    },
}


SHIPPED = tuple(map(loading.form_dir, ("shiming", "fenbiao")))


@pytest.fixture(params=(*small.FOLDERS, *SHIPPED), ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def form(folder: Path) -> Form:
    return small.load(folder)


@pytest.fixture
def filled(form: Form, tmp_path: Path) -> Path:
    given = small.submission(form, **ANSWERS[form.id])
    return small.written(given, form, tmp_path / "填报.xlsx")


def converter(folder: Path, *arguments: object) -> commands.Done:
    return commands.run("--form", folder, *arguments)


def test_every_command_takes_the_form(folder: Path, filled: Path, tmp_path: Path) -> None:
    blank, sent = tmp_path / "空白.xlsx", tmp_path / "上报.zip"
    for arguments in (
        ("template", "-o", blank),
        ("check", filled, "--strict"),
        ("convert", filled, "-o", sent),
        ("convert", filled, "-o", tmp_path / "再报.zip", "--since", sent),
        ("template", "--from", sent, "-o", tmp_path / "明年.xlsx"),
        ("check", sent),
        ("show", sent),
        ("stats", sent),
        ("fields",),
        ("explain",),
    ):
        done = converter(folder, *arguments)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    assert converter(folder, "check", blank).returncode == 1
    shown = converter(folder, "show", sent).stdout
    form = small.load(folder)
    assert all(sheet.rows_name in shown for sheet in form.tables)
    assert ("示甲" in shown) == bool(form.tables)


def test_what_is_received_is_counted(folder: Path, filled: Path, tmp_path: Path) -> None:
    """The register keeps every table: it is counted, looked up, exported and removed."""
    inbox, store, form = tmp_path / "inbox", tmp_path / "库", small.load(folder)
    inbox.mkdir()
    filled.rename(inbox / filled.name)
    done = converter(folder, "receive", inbox, "--store", store)
    assert done.returncode == 0, done.stdout + done.stderr
    expected = {
        schema.table_of(form, sheet.key): len(ANSWERS[form.id][sheet.key]) for sheet in form.tables
    }
    assert _kept(store, expected) == expected
    done = converter(folder, "export", "--store", store, "-o", tmp_path / "全部.xlsx")
    assert done.returncode == 0, done.stdout + done.stderr
    book = openpyxl.load_workbook(tmp_path / "全部.xlsx")
    assert book.sheetnames == ["单位", *(sheet.rows_name for sheet in form.tables)]
    assert [book[s.rows_name].max_row - 1 for s in form.tables] == [*expected.values()]
    named = [sheet for sheet in form.tables if any(map(is_searched, sheet))]
    shown = converter(folder, "show", "--store", store, "--member", "示甲", "--html").stdout
    for sheet in named:
        rows = ANSWERS[form.id][sheet.key]
        count = sum("示甲" in " ".join(row.values()) for row in rows)
        assert f"{sheet.rows_name}：找到 {count} 处" in shown
    assert converter(folder, "period", "close", "2026", "--store", store).returncode == 0
    gone = converter(folder, "forget", "--store", store, "--period", "2026", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert not any(_kept(store, expected).values())


def _kept(store: Path, tables: Iterable[str]) -> dict[str, int]:
    with Snapshot(store) as found:
        return {table: found.query(f"SELECT count(*) FROM {table}")[0][0] for table in tables}


def test_a_workbook_is_read_as_it_was_filled_in(form: Form, filled: Path) -> None:
    found = small.read(filled, form)
    assert [*found.sheets] == [sheet.key for sheet in form.sheets]
    assert small.codes(small.checked(found, form)) == []
    for key, given in ANSWERS[form.id].items():
        rows = [given] if isinstance(given, dict) else given
        for field, texts in small.texts(found, key).items():
            if not form.sheet(key).field(field).derive:
                assert texts == [row.get(field, "") for row in rows], (key, field)


def test_a_package_has_one_table_a_sheet_and_reads_back(form: Form, tmp_path: Path) -> None:
    given = small.submission(form, **ANSWERS[form.id])
    path = small.packed(given, form, tmp_path / "上报.zip")
    with zipfile.ZipFile(path) as archive:
        described = json.loads(archive.read("datapackage.json"))
    assert [r["path"] for r in described["resources"]] == [
        resource.path for resource in form.package.resources
    ]
    again = package.read(path, form)
    assert [*again.sheets] == [sheet.key for sheet in form.sheets]
    assert small.checked(again, form).records == replace(
        small.checked(given, form).records, stamp=again.stamp
    )


def test_an_annotated_copy_marks_every_sheet_and_leads_through_them(
    form: Form, tmp_path: Path
) -> None:
    """Each sheet is made to hold a fault: a required answer is missing."""
    answers = {
        key: {**given, "unit_name": ""} if isinstance(given, dict) else [{**given[0], "name": ""}]
        for key, given in ANSWERS[form.id].items()
    }
    path = small.written(small.submission(form, **answers), form, tmp_path / "错.xlsx")
    done = small.checked(small.read(path, form), form)
    missing = [place for code, *place in small.codes(done) if code == "K001"]
    assert {sheet for sheet, _ in missing} == {sheet.title for sheet in form.sheets}
    copy = tmp_path / "批注.xlsx"
    copy.write_bytes(b"".join(annotated(renderer_of(form), done.submission, done.outcome)))
    book = openpyxl.load_workbook(copy)
    for sheet, cell in missing:
        assert "K001" in book[sheet][cell].comment.text
    titles = [sheet.title for sheet in form.sheets]
    for title, following in zip(titles, [*titles[1:], book.sheetnames[0]], strict=True):
        links = [c.value for row in book[title] for c in row if "下一处" in str(c.value)]
        assert any(f"#'{following}'!" in str(link) for link in links[1:]), title
    assert small.codes(small.checked(small.read(copy, form), form)) == small.codes(done)


# --- two tables ------------------------------------------------------------------------------


@pytest.fixture
def two() -> Form:
    return small.load(small.TWO_TABLES)


def test_each_table_is_checked_by_its_own_fields_and_counted_by_its_own_rule(two: Form) -> None:
    answers = ANSWERS["two_tables"]
    unit = answers["unit"] | {"groups": "3"}
    groups = [*GROUPS, {**GROUPS[0], "founded_on": "2099-01-01", "leader": "示1"}]
    found = small.checked(small.submission(two, unit=unit, member=PEOPLE[:2], group=groups), two)
    assert {(code, sheet) for code, sheet, _ in small.codes(found)} == {
        ("X111", "单位"), ("X192", "工会小组"), ("X121", "工会小组"), ("K201", "工会小组"),
    }  # fmt: skip


def test_fields_of_one_key_on_two_tables_are_told_apart(two: Form) -> None:
    members = [{**PEOPLE[0], "name": ""}]
    groups = [{**GROUPS[0], "name": ""}]
    given = small.submission(two, unit=ANSWERS["two_tables"]["unit"], member=members, group=groups)
    found = small.checked(given, two)
    titles = {
        (i.place.sheet, two.field_at(i.place.sheet, i.place.field).title)  # type: ignore[union-attr]
        for i in found.outcome.issues
        if i.code == "K001"
    }
    assert titles == {("会员", "姓名"), ("工会小组", "小组名称")}


def test_fixing_reaches_every_table(two: Form) -> None:
    found = small.checked(small.submission(two, **ANSWERS["two_tables"]), two)
    done = fixing.fix(found.submission, found.outcome, found.records, two)
    assert small.texts(done.submission, "group")["size"] == ["2", "1"]
    assert done.submission.sheets["member"] is found.submission.sheets["member"]


def test_what_changed_is_told_of_each_table(two: Form) -> None:
    answers = ANSWERS["two_tables"]
    moved = [{**GROUPS[0], "leader": "示丙"}, {**GROUPS[1], "name": "三车间小组"}]
    old, new = (
        small.checked(small.submission(two, **answers | changed), two).records
        for changed in ({}, {"group": moved, "member": PEOPLE[1:]})
    )
    members, groups = diff.changes(old, new, two).tables
    assert [p.name for p in members.left] == ["示甲"]
    assert (members.joined, members.changed) == ((), ())
    assert [(p.name, p.id) for p in groups.joined] == [("三车间小组", "")]
    assert [c.fields for c in groups.changed] == [(diff.FieldChange("leader", "示甲", "示丙"),)]


def test_halves_that_lack_different_tables_are_joined(two: Form) -> None:
    answers = ANSWERS["two_tables"]
    first = small.submission(two, unit=answers["unit"], group=GROUPS)
    second = replace(small.submission(two, member=PEOPLE), file="会员.xlsx")
    for halves in ((first, second), (second, first)):
        (joined,) = checking.merge_halves(halves, two, "S001")
        assert {*joined.sheets} == {"unit", "group", "member"}
        assert joined.file_of("member") == "会员.xlsx"
        assert joined.file_of("group") == "填报.xlsx"
    assert len(checking.merge_halves((first, first), two, "S001")) == 2


def test_rows_of_each_table_are_prepared(two: Form, tmp_path: Path) -> None:
    many = [{"name": f"小组{n}"} for n in range(300)]
    given = small.submission(two, **ANSWERS["two_tables"] | {"group": many})
    found = small.read(small.written(given, two, tmp_path / "a.xlsx"), two)
    assert (found.count("member"), found.count("group")) == (3, 300)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    last = {sheet.title: book[sheet.title].auto_filter.ref for sheet in two.tables}
    assert [ref.rpartition("$")[2][-3:].lstrip("ABCDEFGH:") for ref in last.values()] == [
        "27", "334",
    ]  # fmt: skip


# --- without ID numbers ------------------------------------------------------------------------


def test_people_without_numbers_are_told_apart_by_their_required_fields() -> None:
    form = small.load(small.WITHOUT_IDS)
    answers = ANSWERS["without_ids"]
    twin = {**STAFF[0], "born_on": "1980-01-01"}
    old, new = (
        small.checked(small.submission(form, **answers | {"people": people}), form).records
        for people in (STAFF, [{**STAFF[0], "post": "委员"}, twin])
    )
    (people,) = diff.changes(old, new, form).tables
    assert [(p.name, p.id) for p in people.joined] == [("示甲", "1980-01-01")]
    assert [(p.name, p.id) for p in people.left] == [("示乙", "1971-05-06")]
    assert [c.fields for c in people.changed] == [(diff.FieldChange("post", "主席", "委员"),)]


def test_dates_stay_dates(tmp_path: Path) -> None:
    form = small.load(small.WITHOUT_IDS)
    path = small.written(
        small.submission(form, **ANSWERS["without_ids"]), form, tmp_path / "a.xlsx"
    )
    book = openpyxl.load_workbook(path)
    for row in book["人员"].iter_rows(min_row=5, max_row=6):
        row[2].value = date.fromisoformat(str(row[2].value)[:10])
    book.save(path)
    assert small.texts(small.read(path, form), "people")["born_on"] == ["1970-05-06", "1971-05-06"]
