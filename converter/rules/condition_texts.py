"""A condition of `must_hold` as people read it; the words stand in the catalogue."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from datetime import date
from typing import Any

from converter.kinds import KINDS
from converter.messages.catalogue import message
from converter.model.forms import Form, sheet_of
from converter.rules.base import title
from converter.rules.expressions import COMPARISONS, Operand, TreeWalk


def operand_text(one: Operand, form: Form) -> str:
    """How a sentence names an operand."""
    if one.what == "field":
        return title(one.path, form)
    sheet = form.sheet(sheet_of(one.path)).title
    if one.what == "count":
        return message("condition_count", sheet=sheet)
    return message("condition_sum", sheet=sheet, title=title(one.path, form))


class _Total(str):
    """The text of a sum or difference: in brackets where it is multiplied or taken away."""


def _part(text: str) -> str:
    """A part of a product, or what is taken away, in brackets where it is a sum itself."""
    return message("condition_in", part=text) if isinstance(text, _Total) else text


def _clause(text: str) -> str:
    """A part of several conditions, in brackets where it consists of some itself."""
    marks = [message(f"condition_{word}") for word in ("and", "or")]
    nested = any(mark in text for mark in marks)
    return message("condition_in", part=text) if nested else text


class WordingWalk(TreeWalk):
    """An expression → as people read it; the words stand in the catalogue."""

    def constant(self, value: bool | int) -> Any:
        return (
            message("condition_true" if value else "condition_false")
            if (isinstance(value, bool))
            else str(value)
        )

    def computed(self, symbol: str, left: Any, right: Any) -> Any:
        if symbol == "*":
            return f"{_part(left)} × {_part(right)}"
        return _Total(f"{left} {symbol} {_part(right) if symbol == '-' else right}")

    def negated(self, truth: Any) -> Any:
        return message("condition_not", truth=truth)

    def joined(self, parts: Sequence[Any], *, every: bool) -> Any:
        return message("condition_and" if every else "condition_or").join(map(_clause, parts))

    def where(self, test: Any, then: Any, otherwise: Any) -> Any:
        return message("condition_if", test=test, then=then, otherwise=otherwise)

    def among(self, choice: Operand, codes: Sequence[str]) -> Any:
        field = self.form.field(choice.path)
        found = KINDS[field.kind].code_list(field, self.form)
        labels = {entry.code: entry.label for entry in found.entries} if found else {}
        listed = "”“".join(labels[code] for code in codes)
        return message("condition_among", title=field.title, labels=listed)

    def compared(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        symbols = {"<>": "≠", "<=": "≤", ">=": "≥"}
        symbol = COMPARISONS[type(op)]
        return f"{left} {symbols.get(symbol, symbol)} {right}"

    def absolute(self, number: Any) -> Any:
        return f"|{number}|"

    def day(self, value: date) -> Any:
        return value.isoformat()
