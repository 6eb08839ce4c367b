"""A form of four tables: what its rows owe one another, in both faces and in the package."""

from __future__ import annotations

import json
import random
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converter.forms import loading
from converter.model.errors import FormError
from converter.model.forms import Rule
from converter.model.issues import Level
from converter.model.submissions import Submission
from tests import tools
from tests.forms import small
from tests.parity import verdicts
from tests.parity.office import recalculated
from tests.people import credit_code, id_number

FORM = loading.load(loading.form_dir("fenbiao"))
IDS = [id_number("130102", f"19{60 + n}-05-06", 990 + n % 10) for n in range(20)]
ENTITIES = [
    {"code": f"0{n}", "name": f"示例{n}厂", "staff": "5", "members": "2",
     "registration_number": credit_code(f"91130102MA000000{n}")}
    for n in (1, 2, 3)
]  # fmt: skip
MEMBERS = [
    {"name": "示甲", "id_number": IDS[n], "entity": f"0{n // 2 + 1}", "joined_on": "2010-01-02"}
    for n in range(6)
]
CADRES = [
    {"name": "示甲", "id_number": IDS[n], "post": "主席", "full_time": "是", "since": "2020-01-02"}
    for n in (0, 3)
]
UNIT = {
    "superior_union": "示例总工会", "unit_name": "示例联合工会", "entities": "3", "staff": "15",
    "members": "6", "women_members": str(sum(int(i[16]) % 2 == 0 for i in IDS[:6])), "cadres": "2",
}  # fmt: skip
Rows = Sequence[Mapping[str, str]]


def submission(
    unit: Mapping[str, str] = {},
    member: Rows = MEMBERS,
    cadre: Rows = CADRES,
    entity: Rows = ENTITIES,
) -> Submission:
    return small.submission(FORM, unit=UNIT | dict(unit), member=member, cadre=cadre, entity=entity)


def changed(rows: Rows, at: int, **answers: str) -> Rows:
    return [{**row, **answers} if n == at else row for n, row in enumerate(rows)]


STRANGER = id_number("130102", "1985-03-07", 992)
# What is typed → which codes on which sheets: one fault, one alarm.
CASES: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "all is well": ({}, set()),
    "a cadre is no member": (
        {"cadre": changed(CADRES, 0, id_number=STRANGER)}, {("X132", "工会干部名册")},
    ),
    "a member's number is wrong, and a cadre's may be it": (
        {"member": changed(MEMBERS, 0, id_number=IDS[0][:-1] + "?")},
        {("K114", "会员名册")},
    ),
    "a member names no entity": (
        {"member": changed(MEMBERS, 0, entity="09")}, {("X131", "会员名册")},
    ),
    "an entity has another number of members": (
        {"entity": changed(ENTITIES, 1, members="3")}, {("X115", "涵盖单位表")},
    ),
    "a member moved to another entity": (
        {"member": changed(MEMBERS, 0, entity="03")}, {("X115", "涵盖单位表")},
    ),
    "staff do not add up": ({"unit": {"staff": "14"}}, {("X116", "联合工会信息表")}),
    "an entity's staff is unknown": (
        {"entity": changed(ENTITIES, 2, staff="?")}, {("K301", "涵盖单位表")},
    ),
    "an entity has fewer staff than members": (
        {"entity": changed(ENTITIES, 1, staff="1"), "unit": {"staff": "11"}},
        {("X103", "涵盖单位表")},
    ),
    "one entity twice": (
        {"entity": [*ENTITIES, {**ENTITIES[0], "name": "另一个"}],
         "unit": {"entities": "4", "staff": "20"}},
        {("X192", "涵盖单位表")},
    ),
    "other numbers of rows": (
        {"unit": {"members": "7", "women_members": "9", "entities": "4"}},
        {("X111", "联合工会信息表"), ("X112", "联合工会信息表"), ("X102", "联合工会信息表"),
         ("X114", "联合工会信息表")},
    ),
    "a number of rows": ({"unit": {"cadres": "3"}}, {("X113", "联合工会信息表")}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_fault_is_found_once(case: str) -> None:
    answers, expected = CASES[case]
    found = small.codes(small.checked(submission(**answers), FORM))
    assert {(code, sheet) for code, sheet, _ in found} == expected


def test_a_value_may_be_kept_out_of_another_table() -> None:
    rule = Rule("X193", "not_in", Level.ERROR, ("cadre.id_number",), {"rows": "member.id_number"})
    form = replace(FORM, rules=(*(r for r in FORM.rules if r.code != "X132"), rule))
    stranger = changed(CADRES, 0, id_number=STRANGER)
    found = small.codes(small.checked(submission(cadre=stranger), form))
    assert [code for code, *_ in found] == ["X193"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('rows = "entity.code"', 'rows = "unit.members"', "form_not_in_table"),
        ('rows = "entity.code"', 'rows = "cadre.since"', "form_rows_required"),
        ('rows = "entity.staff"', 'rows = "entity.name"', "form_field_kind"),
        ('same = "entity.code"', 'same = "unit.staff"', "form_one_sheet"),
        ('same = "entity.code"\n', "", "form_by_same"),
        ('by = "member.entity"', 'by = "cadre.name"', "form_other_sheet"),
        ('at = "cadre.id_number"\nrows = "member.id_number"',
         'at = "member.id_number"\nrows = "member.id_number"', "form_rows_itself"),
    ],
)  # fmt: skip
def test_a_slip_in_a_rule_is_named(old: str, new: str, message: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(loading.form_dir("fenbiao"), tmp_path / "form"))
    rules = (folder / "rules.toml").read_text("utf-8")
    assert old in rules
    (folder / "rules.toml").write_text(rules.replace(old, new), "utf-8")
    with pytest.raises(FormError) as error:
        loading.load(folder)
    assert error.value.key.startswith("X")
    assert error.value.message_key == message


@tools.needs("libreoffice")
def test_formulas_come_to_the_same(tmp_path: Path) -> None:
    files = []
    for number, (answers, _) in enumerate(CASES.values()):
        files.append(tmp_path / f"{number}.xlsx")
        small.written(submission(**answers), FORM, files[-1])
    dice = random.Random(20)
    for number in range(4):
        files.append(tmp_path / f"drawn{number}.xlsx")
        small.written(drawn(dice), FORM, files[-1])
    seen = verdicts.agreed(files, recalculated(files, tmp_path), FORM)
    assert seen >= {"X103", "X111", "X112", "X113", "X114", "X115", "X116", "X131", "X132"}


def drawn(dice: random.Random) -> Submission:
    """Rows that mostly belong together, and some that are blank, wrong or strangers."""

    def some(*right: str) -> str:
        return dice.choice(["", "?", "09", STRANGER]) if dice.random() < 0.1 else dice.choice(right)

    member = [{**row, "entity": some("01", "02", "03")} for row in MEMBERS]
    cadre = [{**row, "id_number": some(*IDS[:6])} for row in CADRES]
    entity = [{**row, "code": some(row["code"]), "staff": some("5", "6")} for row in ENTITIES]
    return submission({"staff": some("15", "16")}, member, cadre, entity)


def test_keys_between_the_tables_stand_in_the_package(tmp_path: Path) -> None:
    from frictionless import Package, system

    path = small.packed(submission(), FORM, tmp_path / "上报.zip")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "open")
    described = tmp_path / "open" / "datapackage.json"
    keys = {
        resource["name"]: resource["schema"].get("foreignKeys", [])
        for resource in json.loads(described.read_text("utf-8"))["resources"]
    }
    assert keys == {
        "unit": [],
        "members": [
            {"fields": ["entity"], "reference": {"resource": "entities", "fields": ["code"]}}
        ],
        "cadres": [
            {"fields": ["id_number"], "reference": {"resource": "members", "fields": ["id_number"]}}
        ],
        "entities": [],
    }
    with system.use_context(trusted=True):
        assert Package(str(described)).validate().valid
        cadres = described.with_name("cadres.csv")
        cadres.write_text(cadres.read_text("utf-8").replace(IDS[0], STRANGER), "utf-8")
        report = Package(str(described)).validate()
    assert "foreign-key" in {error.type for task in report.tasks for error in task.errors}
