"""A choice whose entry must belong to the entry chosen in another field (GB/T 4754-2017: a
division belongs to one section).

Options: `to`, the other choice's field path. The list of `at` names each entry's parent; an
entry without a parent belongs anywhere.
"""

from __future__ import annotations

from converter.formulas.expressions import list_name, look_up
from converter.kinds.base import ValueType
from converter.logic.terms import every, some
from converter.model.arrays import np
from converter.model.errors import option_error
from converter.model.forms import CodeList, Form, Rule
from converter.model.issues import Params
from converter.rules.base import Faults, FieldPath, FormColumns, Refs, RuleFamily, title
from converter.rules.conditions import code_list
from converter.rules.demands import Demand, Unknowns


def _labels(codes: CodeList) -> dict[str, str]:
    return {entry.code: entry.label for entry in codes.entries}


class Belongs(RuleFamily):
    """A choice whose entry must belong to the entry chosen in another field."""

    name = "belongs"
    at_type = ValueType.CHOICE
    to = FieldPath(ValueType.CHOICE)

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        parents = {entry.code for entry in code_list(self.to(rule), form).entries}
        for path in rule.at:
            for entry in code_list(path, form).entries:
                if entry.parent and entry.parent not in parents:
                    params = {"code": entry.code, "parent": entry.parent, "list": "to"}
                    raise option_error("to", "form_no_parent", entry.parent, parents, **params)

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        to = self.to(rule)
        other, label_of = tables.column(to), _labels(code_list(to, tables.form))
        chosen = other.text.to_numpy(dtype=object)
        entries = code_list(path, tables.form)
        parent_of = {entry.code: entry.parent for entry in entries.entries}
        codes = tables.column(path).text.to_numpy(dtype=object)
        # '' belongs anywhere, and is what a cell that is not usable comes to.
        own = np.array([parent_of.get(code, "") for code in codes], dtype=object)
        return Faults(
            other.sound & (own != "") & (own != chosen),
            lambda at: {
                "value": _labels(entries)[codes[at]],
                "parent": label_of[chosen[at]],
                "own": label_of[own[at]],
            },
            lambda at: (to,),
        )

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return {"to": title(self.to(rule), form)}

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        to = self.to(rule)
        children: dict[str, list[str]] = {}
        for entry in code_list(path, unknowns.form).entries:
            children.setdefault(entry.parent, []).append(entry.code)
        anywhere = children.pop("", [])
        parents = [entry.code for entry in code_list(to, unknowns.form).entries]
        fits = [
            every(
                (
                    unknowns.one_of(to, (p,)),
                    unknowns.one_of(path, (*anywhere, *children.get(p, ()))),
                )
            )
            for p in parents
        ]
        return Demand(unknowns.all_filled((path, to)), some(fits))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref, to = refs.at(path), refs.at(self.to(rule))
        codes = code_list(path, refs.form).name
        parent = look_up(ref.norm, list_name(codes, "code"), list_name(codes, "parent"))
        # LOOKUP turns an empty parent into 0, hence the joined text.
        wrong = f'AND({parent}&""<>"",{parent}&""<>{to.norm}&"")'
        return f"IF(AND({ref.usable},{to.usable}),{wrong},FALSE)"
