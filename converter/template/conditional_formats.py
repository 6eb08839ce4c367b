"""Verdicts in colour: conditional formatting that follows what 核对 says."""

from __future__ import annotations

from typing import Any

from openpyxl.formatting.rule import Rule as Formatting

from converter.model.forms import Form
from converter.template import style
from converter.template.labels import REQUIRED, label

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
        "doubt": f"LEN({message})>0",
    }


def uncolour_changed(sheet: Any, area: str, cell: str, was: str) -> None:
    """In an annotated copy: the colour of a marked answer goes as soon as it is another one.
    `cell` and `was` are those of the area's first row."""
    now = f'IF(ISERROR({cell}),"{ERROR_WAS}",IF(LEN({cell})=0,"{BLANK_WAS}",{cell}))'
    plain = style.verdict_style(style.INK, style.ENTRY)
    changed = f"AND(LEN({was})>0,NOT(EXACT({now},{was})))"
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
