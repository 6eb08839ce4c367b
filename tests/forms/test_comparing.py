"""What a person is told who gets a newer version of a form."""

from __future__ import annotations

from dataclasses import replace

import pytest

from converter.forms import comparing, loading
from converter.messages.catalogue import message
from converter.model.forms import Amendment, Code, CodeList, Field, Form, Rule
from converter.model.issues import Level

FORM: Form = loading.with_codes(loading.templates_dir() / "jiceng")


def with_field(**changes: object) -> Form:
    """The form with its address changed; without one where nothing is given."""

    def changed(field: Field) -> Field | None:
        if field.key != "address":
            return field
        return replace(field, **changes) if changes else None  # type: ignore[arg-type]

    sheets = tuple(
        replace(s, fields=tuple(f for one in s.fields if (f := changed(one)))) for s in FORM.sheets
    )
    return replace(FORM, sheets=sheets)


def with_rule(**changes: object) -> Form:
    def changed(rule: Rule) -> Rule | None:
        if rule.code != "X101":
            return rule
        return replace(rule, **changes) if changes else None  # type: ignore[arg-type]

    return replace(FORM, rules=tuple(r for one in FORM.rules if (r := changed(one))))


def with_list() -> Form:
    entries = (*FORM.codes["honour"].entries, Code("99", "示例荣誉"))
    return replace(FORM, codes={**FORM.codes, "honour": CodeList("honour", entries)})


ADDRESS = next(f.title for s in FORM.sheets for f in s if f.key == "address")
OFF = {"X101": Amendment("X101", None, "2026-11-20", "口径有误")}


@pytest.mark.parametrize(
    ("now", "keys"),
    [
        (FORM, []),
        (replace(FORM, version="2030.1"), []),
        (with_field(), ["field_gone"]),
        (with_field(title="新地址"), ["field_title"]),
        (with_field(required=True), ["required"]),
        (with_field(kind="count"), ["field"]),
        (with_field(note="另一句说明"), []),
        (with_rule(), ["rule_gone"]),
        (with_rule(level=Level.WARNING), ["level"]),
        (with_rule(beta=True), ["level"]),
        (with_rule(options={"limits": ["unit.migrant_workers"]}), ["rule"]),
        (replace(FORM, amendments=OFF), ["level"]),
        (with_list(), ["list"]),
    ],
)
def test_every_difference_is_told_once(now: Form, keys: list[str]) -> None:
    found = list(comparing.changes(FORM, now))
    assert [change.kind for change in found] == keys
    for change in found:
        assert "{" not in message(f"diff_{change.kind}", **change.params)


def test_what_is_new_is_told_the_other_way_round() -> None:
    assert [c.kind for c in comparing.changes(with_field(), FORM)] == ["field_new"]
    assert [c.kind for c in comparing.changes(with_rule(), FORM)] == ["rule_new"]
    (change,) = comparing.changes(with_field(title="旧地址"), FORM)
    assert change.params["title"] == ADDRESS
    assert change.params["old"] == "旧地址"
