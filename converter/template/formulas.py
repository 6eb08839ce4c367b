"""The formulas behind a field: from what was typed to what the 核对 column says.

One helper cell a step, so that no formula grows long: typed → norm → fault → usable → says.
Whether a required cell is missing stands in `says`, not in `fault`: on the member sheet that
depends on the row being filled, which depends on the derived cells, which depend on faults.
"""

from __future__ import annotations

from dataclasses import dataclass

from converter import rules
from converter.formulas import expressions
from converter.kinds import KINDS
from converter.model.forms import Field, Form
from converter.model.issues import Level
from converter.rules import derivations, one_cell
from converter.rules.base import Refs
from converter.template.labels import label, message, prefix
from converter.template.layout import MemberLayout, UnitLayout

REQUIRED, ERROR_CELL, TRUTH_VALUE = "K001", "K002", "K004"


@dataclass(frozen=True)
class FieldFormulas:
    """The formulas of one sheet's fields, without their leading '='."""

    form: Form
    place: UnitLayout | MemberLayout
    refs: Refs

    def norm(self, field: Field) -> str:
        if field.derive:
            source = field.derive.source
            usable = self._usable_by_kind(self.place.sheet.field(source))
            return derivations.excel(field, self.place.helper(source, "norm"), usable)
        raw = self.place.raw(field.key)
        inner = KINDS[field.kind].excel_norm(raw, field, self.form)
        return f'IF(ISERROR({raw}),"",IF(ISLOGICAL({raw}),"",{inner}))'

    def fault(self, field: Field) -> str:
        raw, norm = self.place.raw(field.key), self.place.helper(field.key, "norm")
        cases = [
            (condition.wrong, message(self.form, condition.code, field, {}))
            for condition in KINDS[field.kind].excel_faults(raw, norm, field, self.form)
        ]
        return expressions.first_of(
            [
                (f"ISERROR({raw})", message(self.form, ERROR_CELL, field, {})),
                (f"ISLOGICAL({raw})", message(self.form, TRUTH_VALUE, field, {})),
                (f'{norm}=""', '""'),
            ],
            expressions.first_of(cases),
        )

    def usable(self, field: Field, explained: str) -> str:
        """Whether rules may compare the cell: not in error, neither by its kind nor by a rule about
        this cell alone."""
        usable = self._own_usable(field)
        return one_cell.excel_usable(field.path, self.refs, usable, explained)

    def _usable_by_kind(self, field: Field) -> str:
        """The helper cell where it says no more than the kind, the kind's expression otherwise."""
        if one_cell.one_cell_errors(self.form, field.path):
            return self._own_usable(field)
        return self.place.helper(field.key, "usable")

    def _own_usable(self, field: Field) -> str:
        norm = self.place.helper(field.key, "norm")
        if field.derive:
            return f'{norm}<>""'
        error = prefix(self.form, Level.ERROR)
        wrong = (
            f"LEFT({self.place.helper(field.key, 'fault')},{len(error)})={expressions.quote(error)}"
        )
        return f"IF({wrong},FALSE,{KINDS[field.kind].excel_usable(norm)})"

    def says(self, field: Field, filled: str, explained: str) -> str:
        """All messages of a field, each led by the joiner; none where `filled`, the condition
        that there is a record at all ('' = always), is FALSE."""
        joiner = expressions.quote(label(self.form, "joiner"))
        pieces = []
        if not field.derive:
            fault = self.place.helper(field.key, "fault")
            pieces.append(f'IF({fault}="","",{joiner}&{fault})')
        if field.required and not field.derive:
            missing = self.refs.at(field.path).blank
            pieces.append(_when(missing, joiner, message(self.form, REQUIRED, field, {})))
        for rule in self.form.rules:
            if field.path not in rule.at:
                continue
            family = rules.FAMILIES[rule.family]
            params = family.message_params(rule, field.path, self.form)
            text = message(self.form, rule.code, field, params, explained)
            if text == '""':
                continue
            if family.validates_one_cell(rule):
                usable = self._usable_by_kind(field)
                condition = one_cell.excel_condition(rule, field.path, self.refs, usable)
            else:
                condition = family.excel(rule, field.path, self.refs)
            if condition is not None:
                pieces.append(_when(condition, joiner, text))
        text = "&".join(pieces) or '""'
        return f'IF({filled},{text},"")' if filled else text

    def verdict(self, says: list[str]) -> str:
        """The 核对 cell: the messages without the first one's joiner."""
        start = len(label(self.form, "joiner")) + 1
        return f"MID({'&'.join(says)},{start},32767)"

    def shown(self, field: Field) -> str:
        """The visible cell of a derived field: a label or a date."""
        norm = self.place.helper(field.key, "norm")
        codes = field.options.get("codes")
        if isinstance(codes, str):
            code, text = (expressions.list_name(codes, column) for column in ("code", "label"))
            return f'IF({norm}="","",{expressions.look_up(norm, code, text)})'
        return norm

    def explained(self, cell: str) -> str:
        """TRUE where a reason was typed."""
        return f"IF(ISERROR({cell}),TRUE,LEN({expressions.without_blanks(cell)})>0)"


def _when(condition: str, joiner: str, text: str) -> str:
    return f'IF({condition},{joiner}&{text},"")'
