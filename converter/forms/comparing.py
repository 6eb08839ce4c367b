"""What differs between two versions of a form, for those who get the newer one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.forms import Field, Form, FormChange, Rule

# Kinds of differences, and what each one names. `message("diff_…")` tells all of it.
KINDS = {
    **dict.fromkeys(("field_new", "field_gone"), ("sheet", "title")),
    "field_title": ("sheet", "title", "old"),
    **dict.fromkeys(("required", "optional", "field"), ("sheet", "title")),
    **dict.fromkeys(("rule_new", "rule_gone", "rule"), ("code", "heading")),
    "level": ("code", "heading", "old", "new"),
    "list": ("titles",),
}
# For a clerk, who needs no code of a check: what is alike stands together.
_SUMMARISED = {
    "new": ("field_new",),
    "gone": ("field_gone",),
    "renamed": ("field_title",),
    "required": ("required",),
    "optional": ("optional",),
    "filled": ("field", "list"),
    "checks": ("rule_new", "rule_gone", "rule", "level"),
}
_NAMED = 5  # of one group in a summary


def changes(before: Form, now: Form) -> Iterator[FormChange]:
    """Differences in fields, rules and lists, in the order of the newer form. Both forms need
    their code lists."""
    yield from _fields(before, now)
    yield from _rules(before, now)
    yield from _amended(before, now)
    for name in sorted(before.codes.keys() & now.codes.keys()):
        if before.codes[name].entries != now.codes[name].entries:
            yield FormChange("list", {"titles": "、".join(_drawing(name, now)) or name})


def summary(found: Iterable[FormChange]) -> str:
    """The differences in one sentence, a few names of each kind; '' where there are none."""
    found = list(found)
    groups = []
    for group, kinds in _SUMMARISED.items():
        names = dict.fromkeys(_name(change) for change in found if change.kind in kinds)
        if not names:
            continue
        shown = "、".join(list(names)[:_NAMED])
        if len(names) > _NAMED:
            shown = message("since_more", names=shown, count=len(names))
        groups.append(message(f"since_{group}", names=shown))
    return "；".join(groups)


def _name(change: FormChange) -> str:
    params = change.params
    if change.kind == "field_title":
        return message("since_old_new", old=params["old"], new=params["title"])
    return next(params[key] for key in ("title", "titles", "heading") if key in params)


def _fields(before: Form, now: Form) -> Iterator[FormChange]:
    old = {field.path: field for sheet in before.sheets for field in sheet}
    new = {field.path: field for sheet in now.sheets for field in sheet}
    for path, field in new.items():
        params = {"sheet": now.sheet(field.sheet).title, "title": field.title}
        known = old.get(path)
        if known is None:
            yield FormChange("field_new", params)
            continue
        if known.title != field.title:
            yield FormChange("field_title", {**params, "old": known.title})
        if known.required != field.required:
            yield FormChange("required" if field.required else "optional", params)
        if _accepted(known) != _accepted(field):
            yield FormChange("field", params)
    for path, field in old.items():
        if path not in new:
            params = {"sheet": before.sheet(field.sheet).title, "title": field.title}
            yield FormChange("field_gone", params)


def _accepted(field: Field) -> tuple[object, ...]:
    """What a cell may hold."""
    return field.kind, dict(field.options), field.derive


def _rules(before: Form, now: Form) -> Iterator[FormChange]:
    for rule in now.rules:
        params = {"code": rule.code, "heading": catalogue.heading(rule.code, now)}
        known = before.rule(rule.code)
        if known is None:
            yield FormChange("rule_new", params)
            continue
        yield from _levels(before, now, params, rule.code)
        if _requirement(known) != _requirement(rule):
            yield FormChange("rule", params)
    for rule in before.rules:
        if now.rule(rule.code) is None:
            params = {"code": rule.code, "heading": catalogue.heading(rule.code, before)}
            yield FormChange("rule_gone", params)


def _amended(before: Form, now: Form) -> Iterator[FormChange]:
    """Checks of cells whose level was amended; rules have been compared."""
    for target, one in {**before.amendments, **now.amendments}.items():
        known = one.field in ("", *(field.path for sheet in now.sheets for field in sheet))
        if known and not (before.rule(one.code) or now.rule(one.code)):
            params = {"code": target, "heading": catalogue.amended_heading(one, now)}
            yield from _levels(before, now, params, one.code, one.field)


def _levels(
    before: Form, now: Form, params: Mapping[str, str], code: str, path: str = ""
) -> Iterator[FormChange]:
    old, new = (_level(code, form, path) for form in (before, now))
    if old != new:
        yield FormChange("level", {**params, "old": old, "new": new})


def _level(code: str, form: Form, path: str) -> str:
    """What a check's findings are called, or that it is switched off."""
    fields = [field for sheet in form.sheets for field in sheet if field.path == path]
    field = next(iter(fields), None)
    amendment = catalogue.amendment_of(code, form, field)
    if amendment and amendment.level is None:
        return message("amended_off")
    return message(f"report_{catalogue.entry(code, form, field).level}")


def _requirement(rule: Rule) -> tuple[object, ...]:
    return rule.family, rule.at, dict(rule.options), rule.explainable


def _drawing(name: str, form: Form) -> list[str]:
    """Titles of the fields that draw from a list."""
    found = [f.title for sheet in form.sheets for f in sheet if name in f.options.values()]
    return list(dict.fromkeys(found))
