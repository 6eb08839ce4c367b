"""What a check rests on is shown wherever it is explained."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from converter import template, workbook
from converter.forms import loading
from converter.messages import catalogue
from converter.model.clock import today
from converter.model.errors import FormError
from converter.model.forms import Certainty, Form
from converter.report import reference
from converter.report.annotate import annotated
from converter.validation import checking
from tests.sheets import FORM, blank, fill, put, saved, unit_cell

SHIPPED = ("jiceng", "shiming", "fenbiao")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_rule_of_a_shipped_form_says_what_it_rests_on(name: str) -> None:
    form = loading.read(loading.templates_dir() / name)
    assert [rule.code for rule in form.rules if rule.certainty is None] == []
    for rule in form.rules:
        assert bool(rule.source) == (rule.certainty is Certainty.STATED), rule.code
        if rule.certainty is Certainty.UNCERTAIN:
            assert rule.level != "error", rule.code


def resting(source: str, certainty: Certainty | None) -> Form:
    rules = tuple(
        replace(r, source=source, certainty=certainty) if r.code == "X101" else r
        for r in FORM.rules
    )
    return replace(FORM, rules=rules)


@pytest.mark.parametrize(
    ("source", "certainty", "shown"),
    [
        ("示例通知", Certainty.STATED, "示例通知"),
        ("示例通知", None, "示例通知"),
        ("示例通知", Certainty.UNCERTAIN, "示例通知（没有明文规定，只是提醒）"),
        ("", Certainty.INFERRED, "按常理"),
        ("", None, ""),
    ],
)
def test_it_is_explained_and_stands_in_the_copy(
    source: str, certainty: Certainty | None, shown: str, tmp_path: Path
) -> None:
    form = resting(source, certainty)
    assert catalogue.entry("X101", form).basis == shown
    assert (f"依据：{shown}\n" in reference.explain(form, "X101")) == bool(shown)
    book = fill(blank())
    put(book[form.record.title], unit_cell(book, "职工总数"), 1)
    path = saved(book, tmp_path)
    (checked,) = checking.check([workbook.read(path, form)], form, today())
    copy = annotated(template.TemplateRenderer(form), checked.submission, checked.outcome)
    made = openpyxl.load_workbook(BytesIO(b"".join(copy)))
    at = unit_cell(made, "会员总数")
    comment = made[form.record.title][at].comment.text
    listed = [str(c.value) for row in made.worksheets[0] for c in row if c.value]
    assert (f"依据：{shown}" in comment) == bool(shown)
    assert any(f"（依据：{shown}）" in text for text in listed) == bool(shown)


def test_the_check_of_a_cell_rests_on_its_fields_standard() -> None:
    form = loading.read(loading.templates_dir() / "shiming")
    field = next(f for s in form.sheets for f in s if f.source == "GB 32100-2015")
    assert catalogue.entry("K801", form, field).basis == "GB 32100-2015"
    assert catalogue.entry("K001", form, field).basis == ""


def test_stated_asks_for_a_source(tmp_path: Path) -> None:
    from converter.forms import cards

    path = tmp_path / "rules.toml"
    card = '[[rule]]\ncode = "X101"\nfamily = "unique"\nlevel = "error"\nat = "a.b"\n'
    for line in ('certainty = "stated"', 'certainty = "sure"'):
        path.write_text(card + line, "utf-8")
        with pytest.raises(FormError):
            cards.rules(path)
