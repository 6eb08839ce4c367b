"""What differs between two versions of a form, for those who get the newer one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from converter.messages import catalogue
from converter.model.forms import Field, Form, Rule


class FormChange(NamedTuple):
    """One difference: the key of its sentence (`form_change_…`), and what that fills in."""

    key: str
    params: Mapping[str, str]


def changes(before: Form, now: Form) -> Iterator[FormChange]:
    """Differences in fields, rules and lists, in the order of the newer form. Both forms need
    their code lists."""
    yield from _fields(before, now)
    yield from _rules(before, now)
    for name in sorted(before.codes.keys() & now.codes.keys()):
        if before.codes[name].entries != now.codes[name].entries:
            titles = "、".join(_drawing(name, now)) or name
            yield FormChange("form_change_list", {"titles": titles})


def _fields(before: Form, now: Form) -> Iterator[FormChange]:
    old = {field.path: field for sheet in before.sheets for field in sheet}
    new = {field.path: field for sheet in now.sheets for field in sheet}
    for path, field in new.items():
        params = {"sheet": now.sheet(field.sheet).title, "title": field.title}
        known = old.get(path)
        if known is None:
            yield FormChange("form_change_field_new", params)
            continue
        if known.title != field.title:
            yield FormChange("form_change_field_title", {**params, "old": known.title})
        if known.required != field.required:
            key = "form_change_required" if field.required else "form_change_optional"
            yield FormChange(key, params)
        if _accepted(known) != _accepted(field):
            yield FormChange("form_change_field", params)
    for path, field in old.items():
        if path not in new:
            params = {"sheet": before.sheet(field.sheet).title, "title": field.title}
            yield FormChange("form_change_field_gone", params)


def _accepted(field: Field) -> tuple[object, ...]:
    """What a cell may hold."""
    return field.kind, dict(field.options), field.derive


def _rules(before: Form, now: Form) -> Iterator[FormChange]:
    for rule in now.rules:
        params = {"code": rule.code, "heading": catalogue.heading(rule.code, now)}
        known = before.rule(rule.code)
        if known is None:
            yield FormChange("form_change_rule_new", params)
            continue
        levels = [catalogue.entry(rule.code, form).level for form in (before, now)]
        if levels[0] is not levels[1]:
            old, new = (catalogue.message(f"report_{level}") for level in levels)
            yield FormChange("form_change_level", {**params, "old": old, "new": new})
        if _requirement(known) != _requirement(rule):
            yield FormChange("form_change_rule", params)
    for rule in before.rules:
        if now.rule(rule.code) is None:
            params = {"code": rule.code, "heading": catalogue.heading(rule.code, before)}
            yield FormChange("form_change_rule_gone", params)


def _requirement(rule: Rule) -> tuple[object, ...]:
    return rule.family, rule.at, dict(rule.options), rule.explainable


def _drawing(name: str, form: Form) -> list[str]:
    """Titles of the fields that draw from a list."""
    found = [f.title for sheet in form.sheets for f in sheet if name in f.options.values()]
    return list(dict.fromkeys(found))
