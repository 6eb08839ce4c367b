"""What the workbook says: the form's own words first, the message catalogue's otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from converter.formulas import expressions as excel
from converter.kinds import KINDS
from converter.messages import catalogue
from converter.model.forms import Field, Form
from converter.model.issues import Level

REQUIRED = "K001"  # what is still to be filled in is no fault
ROW = "\ue000"  # where a message names a row
# Ends every verdict of a row, that of a sound or blank one too. LibreOffice trusts no stored text
# that is empty: the first edit after opening would compute every row anew. And a text without it is
# none of ours.
VERDICT_END = "\u00a0"
# Excel refuses longer literals inside a formula.
LONGEST_LITERAL = 255


def label(form: Form, key: str, /, **params: Any) -> str:
    """A text of the workbook, filled in.

    Raises KeyError where neither the form nor the catalogue has it: a bug.
    """
    own = form.prose.get("template", {}).get(key)
    if isinstance(own, str):
        return catalogue.fill(own, params)
    return catalogue.message(f"workbook_{key}", **params)


def literal(text: str) -> str:
    """A text of any length as an expression."""
    parts = [text[i : i + LONGEST_LITERAL] for i in range(0, len(text), LONGEST_LITERAL)]
    return "&".join(excel.quote(part) for part in parts) or '""'


def phrase(
    form: Form, key: str, params: Mapping[str, str] = MappingProxyType({}), /, **expressions: str
) -> str:
    """A text of the workbook whose placeholders are plain params, or expressions: itself an
    expression."""
    text = label(form, key, **params, **{name: f"{{{name}}}" for name in expressions})
    parts = re.split(r"\{(\w+)\}", text)
    pieces = [
        expressions.get(part, '""') if number % 2 else excel.quote(part)
        for number, part in enumerate(parts)
        if part
    ]
    return "&".join(pieces)


def prefix(form: Form, level: Level) -> str:
    """How a message of the 核对 column begins."""
    return label(form, "error" if level is Level.ERROR else "warning")


def is_explainable(form: Form, field: Field) -> bool:
    """Whether a reason excuses anything that rules find at a field."""
    found = [
        catalogue.entry(rule.code, form, field) for rule in form.rules if field.path in rule.at
    ]
    return any(entry.level is Level.ERROR and entry.explainable for entry in found)


def prompt(form: Form, field: Field, locked: bool = False) -> str:
    """What is shown beside a cell that is to be filled in: the first clause of the card's note."""
    if field.derive or locked:
        return label(form, "derived" if field.derive else "locked")
    unit = KINDS[field.kind].shown_unit(field)
    found = [catalogue.message("unit_prompt", unit=unit)] if unit else []
    return "；".join([*found, *filter(None, re.split("[；。：]", field.note)[:1])])


def message(
    form: Form, code: str, field: Field, params: Mapping[str, Any], explained: str = ""
) -> str:
    """Expression: the message of a code at a field, '""' where it must not show in Excel.

    `explained` is the expression that is TRUE where a reason was typed; it turns the error
    of an explainable rule into a warning.
    """
    entry = catalogue.entry(code, form, field)
    if entry.level is Level.NOTE or entry.pipeline_only:
        return '""'
    brief = catalogue.fill(entry.brief, {"title": field.title, **params})
    text = literal(f"{brief}({code})")
    if code == REQUIRED:
        return literal(f"{label(form, 'to_fill')}{brief}({code})")
    if entry.level is Level.ERROR and entry.explainable and explained:
        error, warning = (excel.quote(prefix(form, lv)) for lv in (Level.ERROR, Level.WARNING))
        hint = excel.quote(label(form, "explainable"))
        return f'IF({explained},{warning},{error})&{text}&IF({explained},"",{hint})'
    return literal(f"{prefix(form, entry.level)}{brief}({code})")
