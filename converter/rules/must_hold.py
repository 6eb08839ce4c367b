"""What a card says in an expression must hold: `unit.men + unit.women == unit.staff`.

Option: `condition` (see `expressions`). Its fields stand on the sheet of `at`; a condition of the
record sheet may also sum a column of a table or count its rows. The rule is silent while an operand
is blank or in error, whether or not it would decide.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from converter.formulas.expressions import both, either, quote
from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.kinds.options import CardOptions, Option
from converter.kinds.year_month import months
from converter.logic.terms import (
    ALWAYS,
    NEVER,
    All,
    Formula,
    Some,
    Sum,
    at_most,
    equal,
    every,
    implies,
    negation,
)
from converter.model.arrays import np, pd
from converter.model.errors import option_error
from converter.model.forms import Form, Rule, sheet_of
from converter.model.issues import Params
from converter.rules import expressions
from converter.rules.base import Faults, FormColumns, Refs, RuleFamily, days, numbers
from converter.rules.condition_texts import WordingWalk, operand_text
from converter.rules.demands import Demand, Unknowns
from converter.rules.expressions import COMPARISONS, Expression, Operand, TreeWalk
from converter.rules.other_rows import excel_known, is_known
from converter.rules.places import compared, excel_compared, places_of, scaled, shown

SHOWN = 160  # characters of a condition in words; a literal of a formula holds 255


class ConditionText(Option[str]):
    """A condition, as an expression."""

    holds = "expression"
    schema = MappingProxyType({"type": "string", "minLength": 1})

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.refused("form_condition_syntax", value, at=1)
        return value

    def accept(self, card: CardOptions, form: Form) -> None:
        expressions.read(self(card), form, self.name)


class MustHold(RuleFamily):
    """What a card says in an expression must hold."""

    name = "must_hold"
    condition = ConditionText()

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        sheets = {sheet_of(path) for path in rule.at}
        for one in self._read(rule, form).operands:
            sheets |= {sheet_of(one.path)} if one.what == "field" else {form.record.key}
        if len(sheets) > 1:
            raise option_error("at", "form_one_sheet", list(rule.at))

    def _read(self, rule: Rule, form: Form) -> Expression:
        return expressions.read(self.condition(rule), form, "condition")

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        found = self._read(rule, tables.form)
        leaf = _Operands(tables)
        holds = _ArrayWalk(tables.form, leaf.value).of(found.tree)
        usable = np.logical_and.reduce([leaf.usable(one) for one in found.operands])
        wrong = usable & ~np.broadcast_to(np.asarray(holds, dtype=bool), usable.shape)
        fields = [one for one in found.operands if one.what != "count"]

        def params(at: int) -> Params:
            return {"values": "、".join(leaf.shown(one, at) for one in fields)}

        others = [o.path for o in found.operands if o.what == "field" and o.path != path]
        return Faults(wrong, params, lambda at: others)

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        found = self._read(rule, form)
        text = str(WordingWalk(form, lambda one: operand_text(one, form)).of(found.tree))
        return {"condition": text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"}

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        found = self._read(rule, unknowns.form)
        fields = [one.path for one in found.operands if one.what == "field"]
        tables = {sheet_of(one.path) for one in found.operands if one.what != "field"}
        usable = every((unknowns.all_filled(fields), *map(unknowns.present, sorted(tables))))
        places = places_of(unknowns.form, *(o.path for o in found.operands if o.what != "count"))
        holds: Formula = _LogicWalk(unknowns, places).of(found.tree)
        return Demand(usable, holds)

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        found = self._read(rule, refs.form)
        usable = [_excel_usable(one, refs) for one in found.operands]
        holds = _ExcelWalk(refs.form, lambda one: _cell(one, refs)).of(found.tree)
        return f"IF({both(usable)},NOT({holds}),FALSE)"


# --- arrays ----------------------------------------------------------------------------------


class _Operands:
    """The values of operands, one a record."""

    def __init__(self, tables: FormColumns) -> None:
        self.tables = tables

    def value(self, one: Operand) -> Any:
        tables, form = self.tables, self.tables.form
        if one.what == "field":
            column = tables.column(one.path)
            kind = KINDS[form.field(one.path).kind].value_type
            if kind is ValueType.CHOICE:
                return column.text.to_numpy(dtype=object)
            if kind is ValueType.DATE:
                return np.where(column.sound, days(column).astype("int64"), 0).astype(float)
            return numbers(column)
        units = tables.record.index
        rows = tables.sheets[sheet_of(one.path)].submission
        at = units.get_indexer(pd.Index(rows))
        added = np.zeros(len(units))
        is_sum = one.what == "sum"
        each = numbers(tables.column(one.path)) if is_sum else np.ones(len(rows))
        places = places_of(form, one.path) if is_sum else 0
        np.add.at(added, at[at >= 0], scaled(np.nan_to_num(each), places)[at >= 0])
        return added / 10**places if places else added

    def usable(self, one: Operand) -> Any:
        if one.what == "field":
            return self.tables.column(one.path).sound
        units = self.tables.record.submission
        if one.what == "sum":
            return is_known(self.tables, one.path, units)
        present = self.tables.present.get(one.path)
        if present is None:
            return np.ones(len(units), dtype=bool)
        return present.loc[self.tables.record.index].to_numpy(dtype=bool)

    def shown(self, one: Operand, at: int) -> str:
        form = self.tables.form
        if one.what == "field":
            field, text = form.field(one.path), self.tables.column(one.path).text.iloc[at]
            return f"{field.title} {KINDS[field.kind].cell(text, field, form)}"
        places = places_of(form, one.path) if one.what == "sum" else 0
        return f"{operand_text(one, form)} {shown(self.value(one)[at], places)}"


class _ArrayWalk(TreeWalk):
    """An expression → its values, one a record."""

    def constant(self, value: bool | int) -> Any:
        return value

    def computed(self, symbol: str, left: Any, right: Any) -> Any:
        return left + right if symbol == "+" else left - right if symbol == "-" else left * right

    def negated(self, truth: Any) -> Any:
        return np.logical_not(truth)

    def joined(self, parts: Sequence[Any], *, every: bool) -> Any:
        found = parts[0]
        for part in parts[1:]:
            found = np.logical_and(found, part) if every else np.logical_or(found, part)
        return found

    def where(self, test: Any, then: Any, otherwise: Any) -> Any:
        return np.where(test, then, otherwise)

    def among(self, choice: Operand, codes: Sequence[str]) -> Any:
        return np.isin(self.leaf(choice), np.array(codes, dtype=object))

    def compared(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        functions = {
            "=": np.equal, "<>": np.not_equal, "<": np.less, "<=": np.less_equal,
            ">": np.greater, ">=": np.greater_equal,
        }  # fmt: skip
        return compared(functions[COMPARISONS[type(op)]], left, right, self.places)

    def absolute(self, number: Any) -> Any:
        return np.abs(number)

    def month(self, text: str) -> Any:
        return float(months(text))

    def day(self, value: date) -> Any:
        return float((value - date(1970, 1, 1)).days)


# --- formulas --------------------------------------------------------------------------------


def _cell(one: Operand, refs: Refs) -> str:
    if one.what == "field":
        return refs.at(one.path).norm
    if one.what == "count":
        return refs.filled_rows(one.path)
    return f"SUM({refs.rows(one.path).norm})"


def _excel_usable(one: Operand, refs: Refs) -> str:
    if one.what == "field":
        return refs.at(one.path).usable
    return f"NOT({refs.beyond(one.path)})" if one.what == "count" else excel_known(one.path, refs)


class _ExcelWalk(TreeWalk):
    """An expression → a formula of the workbook."""

    def constant(self, value: bool | int) -> Any:
        return str(value).upper()

    def computed(self, symbol: str, left: Any, right: Any) -> Any:
        return f"({left}{symbol}{right})"

    def negated(self, truth: Any) -> Any:
        return f"NOT({truth})"

    def joined(self, parts: Sequence[Any], *, every: bool) -> Any:
        return both(parts) if every else either(parts)

    def where(self, test: Any, then: Any, otherwise: Any) -> Any:
        return f"IF({test},{then},{otherwise})"

    def among(self, choice: Operand, codes: Sequence[str]) -> Any:
        return either(f"{self.leaf(choice)}={quote(code)}" for code in codes)

    def compared(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        return f"({excel_compared(left, COMPARISONS[type(op)], right, self.places)})"

    def absolute(self, number: Any) -> Any:
        return f"ABS({number})"

    def month(self, text: str) -> Any:
        return quote(text)

    def day(self, value: date) -> Any:
        return f"DATE({value.year},{value.month},{value.day})"


# --- demands ---------------------------------------------------------------------------------


class _LogicWalk(TreeWalk):
    """An expression → a formula of `logic`, whose numbers are whole ones: units of the last place
    of all numbers. A product of two fields is a number of its own between its limits."""

    def __init__(self, unknowns: Unknowns, places: int) -> None:
        super().__init__(unknowns.form, self._operand)
        self.unknowns, self.decimals = unknowns, places
        self.unit: int = 10**places

    def _operand(self, one: Operand) -> Sum:
        if one.what == "count":
            return self.unknowns.rows(one.path) * self.unit
        if one.what == "field":
            return self.unknowns.value(one.path, self.decimals)
        return self.unknowns.total(one.path, self.decimals)

    def constant(self, value: bool | int) -> Any:
        if isinstance(value, bool):
            return ALWAYS if value else NEVER
        return Sum({}, value * self.unit)

    def computed(self, symbol: str, left: Sum, right: Sum) -> Any:
        if symbol != "*":
            return left + right if symbol == "+" else left - right
        for one, other in ((left, right), (right, left)):
            if not one.times and one.constant % self.unit == 0:
                return other * (one.constant // self.unit)
        ends = [
            a * b // self.unit
            for a in self.unknowns.limits(left)
            for b in self.unknowns.limits(right)
        ]
        return self.unknowns.number(f"product {left} {right}", min(ends), max(ends))

    def negated(self, truth: Formula) -> Any:
        return negation(truth)

    def joined(self, parts: Sequence[Formula], *, every: bool) -> Any:
        return All(tuple(parts)) if every else Some(tuple(parts))

    def where(self, test: Formula, then: Formula, otherwise: Formula) -> Any:
        return All((implies(test, then), implies(negation(test), otherwise)))

    def among(self, choice: Operand, codes: Sequence[str]) -> Any:
        return self.unknowns.one_of(choice.path, codes)

    def compared(self, op: ast.cmpop, left: Sum, right: Sum) -> Any:
        match COMPARISONS[type(op)]:
            case "=":
                return equal(left, right)
            case "<>":
                return negation(equal(left, right))
            case "<":
                return at_most(left + 1, right)
            case "<=":
                return at_most(left, right)
            case ">":
                return at_most(right + 1, left)
        return at_most(right, left)

    def absolute(self, number: Sum) -> Any:
        ends = [abs(end) for end in self.unknowns.limits(number)]
        found = self.unknowns.number(f"abs {number}", 0, max(ends))
        same, turned = equal(found, number), equal(found, number * -1)
        below = at_most(number + 1, Sum({}))
        either_way = All((implies(below, turned), implies(negation(below), same)))
        self.unknowns.known.append(("", either_way))
        return found

    def month(self, text: str) -> Any:
        return Sum({}, months(text) * self.unit)

    def day(self, value: date) -> Any:
        return Sum({}, value.toordinal() * self.unit)
