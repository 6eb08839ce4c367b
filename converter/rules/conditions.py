"""A condition on a choice, shared by the families that hold only under one.

A card writes `when = { field = "unit.legal_person", equals = "1" }` for one entry of the field's
code list, or `group = "…"` for all entries of a group. It holds only where the choice is
usable: an unreadable or missing choice asks nothing of other cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from converter.formulas.expressions import array, quote
from converter.kinds import KINDS
from converter.kinds.base import Mask, ValueType
from converter.kinds.options import CardOptions, Option
from converter.logic.terms import negation
from converter.model.arrays import np
from converter.model.errors import option_error
from converter.model.forms import CodeList, Form, Rule
from converter.model.issues import Params
from converter.rules.base import (
    PATH_PATTERN,
    Faults,
    FormColumns,
    Ref,
    Refs,
    RuleFamily,
    ValidatedColumn,
    known_path,
    title,
)
from converter.rules.demands import Demand, Unknowns


@dataclass(frozen=True, slots=True)
class ChoiceCondition:
    """A choice field and the codes under which the condition holds."""

    path: str
    codes: tuple[str, ...]
    label: str  # of the entry, or the group's name


class Condition(Option["Mapping[str, str]"]):
    """`{ field, equals }` or `{ field, group }`. The field stands beside the cells of the rule,
    unless the condition is asked of the rows of another sheet."""

    holds = "condition"
    schema = MappingProxyType(
        {
            "type": "object",
            "properties": {
                "field": {"type": "string", "pattern": PATH_PATTERN},
                "equals": {"type": "string"},
                "group": {"type": "string"},
            },
            "required": ["field"],
            "additionalProperties": False,
            "oneOf": [{"required": ["equals"]}, {"required": ["group"]}],
        }
    )

    def __init__(self, *, elsewhere: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.elsewhere = elsewhere

    def read(self, value: Any) -> Mapping[str, str]:
        keys = ({"field", "equals"}, {"field", "group"})
        if not isinstance(value, Mapping) or set(value) not in keys:
            raise self.refused("form_condition", value)
        return value

    def accept(self, card: CardOptions, form: Form) -> None:
        if self.required or self.given(card):
            self.of(card, form)

    def paths(self, card: CardOptions) -> Sequence[str]:
        return () if self.elsewhere else (self(card)["field"],)

    def of(self, card: CardOptions, form: Form) -> ChoiceCondition:
        """The choice and its codes. Raises FormError."""
        given = self(card)
        path = given["field"]
        known_path(path, form, self.name, ValueType.CHOICE)
        entries = code_list(path, form).entries
        if "equals" in given:
            found = [entry for entry in entries if entry.code == given["equals"]]
        else:
            found = [entry for entry in entries if given["group"] and entry.group == given["group"]]
        if not found:
            key = "equals" if "equals" in given else "group"
            known = [entry.code if key == "equals" else entry.group for entry in entries]
            choices = [word for word in dict.fromkeys(known) if word]
            option = f"{self.name}.{key}"
            raise option_error(option, "form_no_code", given[key], choices, path=path)
        label = found[0].label if "equals" in given else given["group"]
        return ChoiceCondition(path, tuple(entry.code for entry in found), label)


def code_list(path: str, form: Form) -> CodeList:
    """The list a choice field draws from. Raises LookupError for another field."""
    field = form.field(path)
    found = KINDS[field.kind].code_list(field, form)
    if found is None:
        raise LookupError(path)
    return found


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


def message_params(wanted: ChoiceCondition, form: Form) -> dict[str, str | int]:
    return {"when_field": title(wanted.path, form), "when_value": wanted.label}


class UnderCondition(RuleFamily):
    """Cells that are right or wrong only where a condition holds."""

    asks_for: ClassVar[bool]  # whether the cells must be filled then; else they must be blank
    when = Condition()

    def wrong(self, column: ValidatedColumn) -> Mask:
        """The records at fault where the condition holds."""
        raise NotImplementedError

    def excel_wrong(self, ref: Ref) -> str:
        """Expression: the same for one cell."""
        raise NotImplementedError

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        when = self.when.of(rule, tables.form)
        wrong = holds(when, tables) & self.wrong(tables.column(path))
        return Faults(wrong, related=lambda at: (when.path,))

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return message_params(self.when.of(rule, form), form)

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        when = self.when.of(rule, unknowns.form)
        filled = unknowns.filled(path)
        holds = filled if self.asks_for else negation(filled)
        return Demand(unknowns.chosen(when.path, when.codes), holds)

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        when = excel(self.when.of(rule, refs.form), refs)
        return f"IF({self.excel_wrong(refs.at(path))},{when},FALSE)"
