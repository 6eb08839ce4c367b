"""Every slip in the statistics of a form is named in one pass, however many there are."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from converter.forms import loading
from converter.forms.all_faults import all_faults

SHIPPED = ("jiceng", "shiming", "fenbiao")
PATH = re.compile(r'"((?:unit|member|cadre|entity)\.\w+)"')
TITLE = re.compile(r"^title = .*\n", re.MULTILINE)
# (what stands there, what stands there now) → the key of the fault.
SLIPS = [
    ('header = ["项目", "人数"]', 'header = ["项目"]', "statistics.table[1].header"),
    ('"unit.women_staff", "unit.migrant', '"unit.chair_name", "unit.migrant', "statistics.table[1].fields"),
    ('label = "女职工入会率"', 'lable = "女职工入会率"', "statistics.table[2].rates[2].label"),
    ('whole = "unit.migrant_workers"', 'whole = 3', "statistics.table[2].rates[3].whole"),
    ('below = "{from} 岁以下"', 'below = "{form} 岁以下"', "statistics.table[3].below"),
    ("step = 5\n", "step = 7\n", "statistics.table[3].step"),
    ('kind = "years"', 'kind = "yeers"', "statistics.table[4].kind"),
    ("jump = 30 ", "jump = 0 ", "statistics.collection.jump"),
    ('"superior_union", ', '"superior_union", "upper", ', "statistics.collection.by"),
    ('units = "单位数"\n', "", "statistics.collection.units"),
    ('change_header = ["项目", ', "change_header = [", "statistics.collection.change_header"),
    ('group_title = "按{title}', 'group_title = "按{titel}', "statistics.collection.group_title"),
    ('headings = ["项目", "行次", "本期"]', 'headings = "项目"', "statistics.annual.headings"),
    ('{ label = "基层工会数", compared = true }', "{ compared = 1 }", "statistics.annual.table[1].measures[1].label"),
    ('by = "unit.unit_category"', 'by = "unit.staff"', "statistics.annual.table[2].by"),
]  # fmt: skip


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name = getattr(request, "param", "jiceng")
    return Path(shutil.copytree(loading.form_dir(name), tmp_path / "form"))


def changed(folder: Path, text: str) -> set[tuple[str, str]]:
    (folder / "form.toml").write_text(text, "utf-8")
    return {(fault.key, fault.found) for fault in all_faults(folder)}


def test_slips_of_every_kind_are_named_beside_one_another(folder: Path) -> None:
    text = (folder / "form.toml").read_text("utf-8")
    for old, new, _ in SLIPS:
        assert old in text, old
        text = text.replace(old, new, 1)
    named = [key for key, _ in changed(folder, text)]
    assert {key for *_, key in SLIPS} <= set(named)
    assert len(named) == len(set(named))
    # One slip may break two keys: a label that is misspelt is missing, and an unknown key.
    further = {re.sub(r"\.\w+$", "", key) for *_, key in SLIPS}
    assert all(re.sub(r"\.\w+$", "", key) in further for key in named)


@pytest.mark.parametrize("folder", SHIPPED, indirect=True)
def test_each_path_that_leads_nowhere_is_named(folder: Path) -> None:
    text = (folder / "form.toml").read_text("utf-8")
    before, start, statistics = text.partition("[statistics]")
    number = iter(range(1000))
    wrong = PATH.sub(lambda found: f'"{found[1]}_{next(number)}"', statistics)
    wanted = {f'"{path}"' for path in PATH.findall(wrong)}
    assert len(wanted) > 5
    assert {found for _, found in changed(folder, before + start + wrong)} == wanted


@pytest.mark.parametrize("folder", SHIPPED, indirect=True)
def test_each_table_without_a_title_is_named(folder: Path) -> None:
    text = (folder / "form.toml").read_text("utf-8")
    before, start, statistics = text.partition("[statistics]")
    count = len(TITLE.findall(statistics))
    named = {key for key, _ in changed(folder, before + start + TITLE.sub("", statistics))}
    assert len(named) == count
    assert all(key.endswith(".title") for key in named)
