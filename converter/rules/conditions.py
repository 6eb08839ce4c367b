"""A condition on a choice, shared by the families that hold only under one.

A card writes `when = { field = "unit.legal_person", equals = "1" }` for one entry of the field's
code list, or `group = "…"` for all entries of a group. It holds only where the choice is
usable: an unreadable or missing choice asks nothing of other cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from converter.formulas.expressions import array, quote
from converter.kinds.base import Mask, option_list
from converter.model.errors import option_error
from converter.model.forms import CodeList, Form, Rule
from converter.rules.base import FormColumns, Refs, known_path, title


@dataclass(frozen=True, slots=True)
class ChoiceCondition:
    """A choice field and the codes under which the condition holds."""

    path: str
    codes: tuple[str, ...]
    called: str  # the entry's label or the group's name, as sentences say it


def code_list(path: str, form: Form) -> CodeList:
    """The list a choice field draws from."""
    return form.codes[option_list(form.field(path), form, "codes")]


def condition(rule: Rule, form: Form, option: str = "when") -> ChoiceCondition:
    """Read a card's condition. Raises FormError."""
    card = rule.options.get(option)
    if not isinstance(card, Mapping) or set(card) not in ({"field", "equals"}, {"field", "group"}):
        raise option_error(option, "form_condition", card)
    path = card["field"]
    known_path(path, form, f"{option}.field", "choice")
    entries = code_list(path, form).entries
    if "equals" in card:
        found = [entry for entry in entries if entry.code == card["equals"]]
    else:
        found = [entry for entry in entries if card["group"] and entry.group == card["group"]]
    if not found:
        key = "equals" if "equals" in card else "group"
        known = [entry.code if key == "equals" else entry.group for entry in entries]
        known = [word for word in dict.fromkeys(known) if word]
        raise option_error(f"{option}.{key}", "form_no_code", card[key], known, path=path)
    called = found[0].label if "equals" in card else card["group"]
    return ChoiceCondition(path, tuple(entry.code for entry in found), called)


def holds(wanted: ChoiceCondition, tables: FormColumns) -> Mask:
    """The records whose choice is usable and one of the wanted codes."""
    chosen = tables.column(wanted.path).text.to_numpy(dtype=object)  # '' where not usable
    return np.isin(chosen, np.array(wanted.codes, dtype=object))


def excel(wanted: ChoiceCondition, refs: Refs) -> str:
    """Expression: TRUE where the choice is usable and one of the wanted codes."""
    ref = refs.at(wanted.path)
    if len(wanted.codes) == 1:
        return f"AND({ref.usable},{ref.norm}={quote(wanted.codes[0])})"
    return f"AND({ref.usable},SUMPRODUCT(--({ref.norm}={array(wanted.codes)}))>0)"


def words(wanted: ChoiceCondition, form: Form) -> dict[str, str | int]:
    return {"when_field": title(wanted.path, form), "when_value": wanted.called}
