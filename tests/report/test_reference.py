"""What `explain` and `fields` tell, and that the pages under docs/ are fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from converter.forms.loading import form_dir, load, with_codes
from converter.kinds import KINDS
from converter.messages import catalogue as messages
from converter.model.forms import Form
from converter.report import reference
from converter.rules import FAMILIES
from converter.text.display import columns
from docs import build, options_reference

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    """The real one: these pages list it."""


@pytest.fixture(scope="module")
def form() -> Form:
    return with_codes(form_dir())


@pytest.mark.parametrize("name", ["checks.zh-CN.md", "fields.zh-CN.md"])
def test_generated_page_is_fresh(name: str) -> None:
    pages = build.pages(load(form_dir()))
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages[name], "run: make docs"


@pytest.mark.parametrize("name", build.OTHER_FORMS)
def test_the_fields_of_the_other_forms_are_fresh(name: str) -> None:
    page = f"fields-{name}.zh-CN.md"
    assert (ROOT / "docs" / page).read_text("utf-8") == build.pages_of_other_forms()[page]


def test_every_check_is_listed(form: Form) -> None:
    listed = re.findall(r"^  ([A-Z][0-9]{3}) ", reference.explain(form), re.MULTILINE)
    assert listed == list(messages.catalogue(form))
    assert "X101" in listed


def test_every_check_can_be_explained(form: Form) -> None:
    for code, entry in messages.catalogue(form).items():
        text = reference.explain(form, code)
        assert text.startswith(f"{code} ")
        assert not re.search(r"[{}]", text), text
        assert entry.title
        assert entry.sentence


def test_case_of_a_code_does_not_matter(form: Form) -> None:
    assert reference.explain(form, "k112") == reference.explain(form, "K112")


def test_unknown_code_is_said_to_be_unknown(form: Form) -> None:
    assert "K000" in reference.explain(form, "K000")
    assert not reference.explain(form, "K000").startswith("K000")


def test_check_of_a_kind_names_the_items_of_that_kind(form: Form) -> None:
    assert "项目：身份证号\n" in reference.explain(form, "K112")


def test_check_of_every_kind_names_no_item(form: Form) -> None:
    assert "项目：" not in reference.explain(form, "K001")


def test_rule_names_its_items_and_limits(form: Form) -> None:
    text = reference.explain(form, "X101")
    assert "会员总数" in text
    assert "职工总数" in text
    assert "情况说明" in text


def test_every_item_is_listed_with_its_key(form: Form) -> None:
    lines = reference.fields(form).splitlines()
    for sheet in form.sheets:
        for field in sheet:
            assert any(field.title in line and f" {field.key} " in line for line in lines)


def test_columns_of_the_field_table_stand_below_one_another(form: Form) -> None:
    rows = [line for line in reference.fields(form).splitlines() if line.startswith("  ")]
    keys = [field.key for sheet in form.sheets for field in sheet]
    starts = {
        columns(row[: row.index(f" {key} ")])
        for row, key in zip(rows[: len(form.record.fields)], keys, strict=False)
    }
    assert len(starts) == 1


def test_relative_links_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("samples/*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_kind_has_a_name_for_people() -> None:
    assert all(messages.message(f"report_kind_{kind}") for kind in KINDS)


def test_the_handbook_lists_every_option_of_kinds_and_families() -> None:
    page = (ROOT / "docs" / "maintainer.zh-CN.md").read_text(encoding="utf-8")
    assert options_reference.renewed(page) == page, "run docs/build.py"
    for declared in (KINDS, FAMILIES):
        for name, one in declared.items():
            assert f"`{name}`" in options_reference.block()
            assert all(f"`{name}` | " in row for row in _rows(name, len(one.options())))


def _rows(name: str, count: int) -> list[str]:
    lines = options_reference.block().splitlines()
    rows = [line for line in lines if re.match(rf"\| `{name}` \| \S+ \| `", line)]
    assert len(rows) == count
    return rows


def test_fields_show_the_options_of_their_cards(form: Form) -> None:
    line = next(x for x in reference.fields(form).splitlines() if " joined_on " in x)
    assert line.endswith("最早的日期 1921-01-01")
