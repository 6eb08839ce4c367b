"""Codes and params → Chinese sentences. All prose that is not in the form stands in
the `.zh.toml` files beside this module.

An entry holds `level`, `title`, `brief` (for the 核对 column), `sentence`, `fix` and, where
only the pipeline can tell, `pipeline_only = true`; `explainable = true` where a reason typed in
情况说明 makes a warning of the error. A rule's entry stands under its family's
name; the rule's card may replace any of its texts. `sentence_…` and `fix_…` are texts for one
variant of a fault, which the issue's params name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from converter.model.forms import Field, Form
from converter.model.issues import Issue, Level


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One line of the catalogue of checks."""

    code: str
    level: Level
    title: str
    brief: str
    sentence: str
    fix: str
    pipeline_only: bool = False
    explainable: bool = False


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


@cache
def _data() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in sorted(Path(__file__).parent.glob("*.zh.toml")):
        if path.name == "help.zh.toml":
            continue
        for key, value in tomllib.loads(path.read_text(encoding="utf-8")).items():
            merged.setdefault(key, {}).update(value)
    return merged


def message(key: str, /, **params: Any) -> str:
    """A sentence of the program's own, from the [messages] table."""
    text: str = _data()["messages"][key]
    return text.format_map(_Lenient(params))


def workbook_texts() -> dict[str, str]:
    """What the workbook says unless the form says otherwise, by the key a form uses."""
    texts = _data()["messages"].items()
    return {k.removeprefix("workbook_"): v for k, v in texts if k.startswith("workbook_")}


def placeholders(text: str) -> set[str]:
    """The names in braces that a text fills in. Raises ValueError where a brace has no other."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def entry(code: str, form: Form, field: Field | None = None) -> CatalogueEntry:
    """What the catalogue says of a code; levels as the form (and the field) wants them.

    Raises KeyError for a code that no catalogue has: a bug.
    """
    rule = form.rule(code)
    data = _data()[rule.family if rule else code]
    level = rule.level if rule else Level(data["level"])
    level = form.levels.get(code, level)
    if field:
        level = field.levels.get(code, level)

    def prose(key: str) -> str:
        return str((rule and getattr(rule, key)) or data.get(key, ""))

    return CatalogueEntry(
        code=code,
        level=level,
        title=prose("title"),
        brief=prose("brief") or prose("sentence"),
        sentence=prose("sentence"),
        fix=prose("fix"),
        pipeline_only=bool(data.get("pipeline_only")),
        explainable=rule.explainable if rule else bool(data.get("explainable")),
    )


def catalogue(form: Form) -> dict[str, CatalogueEntry]:
    """Every check there is, in the order of the stages F S K X C P I."""
    codes = [c for c in _data() if len(c) == 4 and c[0].isupper() and c[1:].isdigit()]
    codes += [rule.code for rule in form.rules]
    return {code: entry(code, form) for code in sorted(codes, key=_stage)}


def _stage(code: str) -> tuple[int, str]:
    return ("FSKXCPI".index(code[0]), code)


def sentence(issue: Issue, form: Form) -> str:
    """What is wrong, with the figures of this case."""
    return _prose("sentence", issue, form)


def fix(issue: Issue, form: Form) -> str:
    """What to do about it ('' where nothing is to be done)."""
    return _prose("fix", issue, form)


def _prose(key: str, issue: Issue, form: Form) -> str:
    return prose(key, entry(issue.code, form), _message_params(issue, form))


def prose(key: str, entry: CatalogueEntry, params: Mapping[str, Any]) -> str:
    """The `sentence` or `fix` of an entry, filled in; `variant` among the params names a more
    exact one, where the entry has it."""
    exact = _data().get(entry.code, {}).get(f"{key}_{params.get('variant')}")
    return fill(getattr(entry, key) if exact is None else str(exact), params)


def field_title(issue: Issue, form: Form) -> str:
    """The heading of the field an issue is about ('' for a sheet or a file)."""
    field = form.field_at(issue.place.sheet, issue.place.field)
    return field.title if field else ""


def _message_params(issue: Issue, form: Form) -> Mapping[str, Any]:
    return _Lenient({"title": field_title(issue, form), **issue.params})


def family_title(family: str) -> str:
    """What a rule family is called."""
    return str(_data()[family]["title"])


def fill(text: str, params: Mapping[str, Any]) -> str:
    """Fill a catalogue text in from what is known of the card alone."""
    return text.format_map(_Lenient(params))
