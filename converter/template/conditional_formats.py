"""Verdicts in colour: conditional formatting that follows what 核对 says."""

from __future__ import annotations

from typing import Any

from openpyxl.formatting.rule import Rule as Formatting

from converter import rules
from converter.formulas.expressions import quote
from converter.messages import catalogue
from converter.model.forms import Field, Form, Rule
from converter.model.issues import Level
from converter.template import style
from converter.template.labels import REQUIRED, ROW, VERDICT_END, label, prefix

ERROR_WAS, BLANK_WAS = "#", "\u2205"  # what an answer was that has no text

VERDICTS = {  # in order: text colour of 核对, ground of the answer
    "wrong": (style.WRONG, style.WRONG_TINT),
    "missing": (style.MUTED, style.ENTRY),  # to do, not wrong: the cell keeps its own ground
    "doubt": (style.DOUBT, style.DOUBT_TINT),
}


def verdict_conditions(form: Form, message: str) -> dict[str, str]:
    """By verdict, the condition on a message; the first that holds counts."""
    return {
        "wrong": f'ISNUMBER(FIND("{label(form, "error")}",{message}))',
        "missing": f'ISNUMBER(FIND("({REQUIRED})",{message}))',
        "doubt": f"LEN({message})>{len(VERDICT_END)}",
    }


def message_conditions(form: Form, field: Field, check: str, fault: str) -> dict[str, str]:
    """The same for a table's field without a cell for its messages: they stand in `check` among
    those of other fields, but for its kind's in `fault` ('' = it has none)."""
    found: dict[str, list[str]] = {"wrong": [], "doubt": []}
    if fault:
        found["wrong"].append(f"ISNUMBER(FIND({quote(label(form, 'error'))},{fault}))")
        found["doubt"].append(f"LEN({fault})>0")
    for rule in form.rules:
        level = catalogue.entry(rule.code, form, field).level
        if field.path in rule.at and level is not Level.NOTE:
            text = _rule_text(form, rule, field)
            wrong = level is Level.ERROR
            found["wrong" if wrong else "doubt"].append(f"ISNUMBER(FIND({quote(text)},{check}))")
            if wrong and rule.explainable:
                milder = prefix(form, Level.WARNING) + text.removeprefix(prefix(form, level))
                found["doubt"].append(f"ISNUMBER(FIND({quote(milder)},{check}))")
    conditions = {
        verdict: some[0] if len(some) == 1 else f"OR({','.join(some)})"
        for verdict, some in found.items()
        if some
    }
    if field.required and not field.derive:
        start = label(form, "to_fill") + field.title
        conditions["missing"] = f"ISNUMBER(FIND({quote(start)},{check}))"
    return {verdict: conditions[verdict] for verdict in VERDICTS if verdict in conditions}


def _rule_text(form: Form, rule: Rule, field: Field) -> str:
    """How the message of a rule begins, up to the first figure in it."""
    params = rules.FAMILIES[rule.family].message_params(rule, field.path, form)
    entry = catalogue.entry(rule.code, form, field)
    brief = catalogue.fill(entry.brief, {"title": field.title, **params, "row": ROW})
    return prefix(form, entry.level) + brief.partition(ROW)[0]


def is_unchanged(cell: str, was: str) -> str:
    """Expression: TRUE where an answer is still what it was when its copy was made."""
    now = f'IF(ISERROR({cell}),"{ERROR_WAS}",IF(LEN({cell})=0,"{BLANK_WAS}",{cell}))'
    return f"EXACT({now},{was})"


def uncolour_changed(sheet: Any, area: str, cell: str, was: str) -> None:
    """In an annotated copy: the colour of a marked answer goes as soon as it is another one.
    `cell` and `was` are those of the area's first row."""
    plain = style.verdict_style(style.INK, style.ENTRY)
    changed = f"AND(LEN({was})>0,NOT({is_unchanged(cell, was)}))"
    sheet.conditional_formatting.add(
        area, Formatting("expression", dxf=plain, formula=[changed], stopIfTrue=True)
    )


def colour_verdicts(sheet: Any, area: str, conditions: dict[str, str], *, tinted: bool) -> None:
    """Colour the text of an area, or its ground where `tinted`."""
    for verdict, condition in conditions.items():
        colour, tint = VERDICTS[verdict]
        look = style.verdict_style(style.INK, tint) if tinted else style.verdict_style(colour)
        formatting = Formatting("expression", dxf=look, formula=[condition], stopIfTrue=True)
        sheet.conditional_formatting.add(area, formatting)
