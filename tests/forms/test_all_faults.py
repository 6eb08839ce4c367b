"""`form check`: every broken card of a form in one pass."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from converter.forms import loading
from converter.forms.all_faults import all_faults
from converter.usecases import form_checking
from tests import commands
from tests.forms import small

SHIPPED = ("jiceng", "shiming", "fenbiao")
# (file, what stands there, what stands there now) → the key that the fault names.
SLIPS = [
    ("unit.toml", 'kind = "text"\nrequired = true\nidentity = "unit_name"',
     'kind = "txet"\nrequired = true\nidentity = "unit_name"', "unit_name.kind"),
    ("cadre.toml", 'codes = "post"', 'codes = "posts"', "post.codes"),
    ("entity.toml", 'width = 34', 'widht = 34', "name.widht"),
    ("rules.toml", 'rows = "entity.code"', 'rows = "entity.cod"', "X131.rows"),
    ("rules.toml", 'rows = "entity.staff"', 'rows = "entity.code"', "X116.rows"),
    ("form.toml", 'of = "cadre.since"', 'of = "cadre.sinse"', "statistics.table[3].of"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(loading.form_dir("fenbiao"), tmp_path / "form"))


def slip(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text, old
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


def test_all_slips_are_named_at_once(folder: Path) -> None:
    for file, old, new, _ in SLIPS:
        slip(folder, file, old, new)
    found = all_faults(folder)
    assert {fault.key for fault in found} == {key for *_, key in SLIPS}


def test_each_file_is_read_though_others_are_broken(folder: Path) -> None:
    slip(folder, "unit.toml", "[sheet]", "[sheet")
    slip(folder, "codes/post.csv", "1,主席", "1,")
    slip(folder, "rules.toml", 'level = "error"', 'level = "eror"')
    slip(folder, "member.toml", 'key = "entity"', 'key = "实体"')
    files = {Path(fault.file).name for fault in all_faults(folder)}
    assert files == {"unit.toml", "post.csv", "rules.toml", "member.toml"}


def test_a_rule_of_no_field_is_named_beside_others(folder: Path) -> None:
    slip(folder, "rules.toml", 'at = "unit.members"', 'at = "unit.member"')
    slip(folder, "rules.toml", 'at = "unit.cadres"', 'at = "unit.cadre"')
    assert {fault.key for fault in all_faults(folder)} >= {"X101.at", "X113.at"}


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_is_wrong_with_what_is_shipped(name: str) -> None:
    found = form_checking.check(loading.form_dir(name))
    assert [*found.faults, *found.unused, *found.too_long] == []


@pytest.mark.parametrize("folder_", small.FOLDERS, ids=lambda one: one.name)
def test_nothing_is_wrong_with_the_small_forms(folder_: Path) -> None:
    assert not form_checking.check(folder_).faults


def test_the_command_lists_faults_and_doubts(folder: Path) -> None:
    (folder / "codes" / "rest.csv").write_text("code,label\n1,一\n", "utf-8")
    done = commands.run("form", "check", folder)
    assert done.returncode == 0
    assert "没有用到的名单：codes/rest.csv" in done.stdout
    for file, old, new, _ in SLIPS:
        slip(folder, file, old, new)
    done = commands.run("form", "check", folder)
    assert done.returncode == 2
    assert all(key in done.stdout for *_, key in SLIPS)
    assert f"共 {len(SLIPS)} 处要改" in done.stderr
