"""Conditions as a card writes them: `unit.men + unit.women == unit.staff`.

Python's own parser reads them; what is accepted here is a small part of the language: fields
(`sheet.key`), whole numbers, texts in quotes, `date("2026-01-01")`, `month("2026-01")`, `+ - *`,
comparisons, `in`,
`and`, `or`, `not`, `… if … else …`, `abs(…)`, and of a table `sum(table.key)` and `count(table)`.
Numbers, dates, choices and conditions are different types: a date is no number, but a number of
days may be added to it and two dates subtracted; a month of a year is compared with another.
One tree has three readings: arrays, a formula, and words.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.kinds.options import YEAR_MONTH
from converter.model.errors import FormError, option_error
from converter.model.forms import Form
from converter.rules.places import places_of

LONGEST = 400  # characters of a condition
MOST_PLACES = 8  # after the point, to which numbers are compared
Leaf = Callable[["Operand"], Any]


class Typed(StrEnum):
    """What a part of a condition comes to."""

    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    MONTH = "month"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Operand:
    """Where values come from: a field of the record, the sum of a column, the rows of a table."""

    what: str  # field, sum, count
    path: str


_FIELD_TYPES = {
    ValueType.COUNT: Typed.NUMBER,
    ValueType.DECIMAL: Typed.NUMBER,
    ValueType.ORDINAL: Typed.NUMBER,
    ValueType.YEAR: Typed.NUMBER,
    ValueType.DATE: Typed.DATE,
    ValueType.MONTH: Typed.MONTH,
    ValueType.CHOICE: Typed.CHOICE,
}
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "=", ast.NotEq: "<>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "", ast.NotIn: "",
}  # fmt: skip
_ORDERED = (Typed.NUMBER, Typed.DATE, Typed.MONTH)
_OF_CHOICES = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)


@dataclass(frozen=True)
class Expression:
    """A condition that was read, and the operands it looks at."""

    tree: ast.expr
    operands: tuple[Operand, ...]


def read(text: str, form: Form, option: str) -> Expression:
    """Raises FormError with the place in the text."""
    if len(text) > LONGEST:
        raise option_error(option, "form_condition_long", text[:LONGEST], limit=LONGEST)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = getattr(error, "offset", None) or len(text)
        raise option_error(option, "form_condition_syntax", text, at=at) from error
    checker = _Checker(form, option, text)
    if checker.of(tree) is not Typed.TRUTH:
        raise checker.wrong(tree, "form_condition_truth")
    return Expression(tree, tuple(dict.fromkeys(checker.operands)))


def _operand(node: ast.expr) -> Operand | None:
    """The operand that a node is, if it is one."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return Operand("field", f"{node.value.id}.{node.attr}")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        (inner,) = node.args
        if node.func.id == "sum" and (found := _operand(inner)) and found.what == "field":
            return Operand("sum", found.path)
        if node.func.id == "count" and isinstance(inner, ast.Name):
            return Operand("count", inner.id)
    return None


def _is_call(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


class _Checker:
    """What a part comes to; refuses what cannot be computed."""

    def __init__(self, form: Form, option: str, text: str) -> None:
        self.form, self.option, self.text = form, option, text
        self.operands: list[Operand] = []

    def wrong(self, node: ast.expr, key: str, **params: str | int) -> FormError:
        part = ast.get_source_segment(self.text.strip(), node) or self.text
        return option_error(self.option, key, part, at=node.col_offset + 1, **params)

    def of(self, node: ast.expr) -> Typed:
        if found := _operand(node):
            self.operands.append(found)
            return self._field(node, found)
        match node:
            case ast.Constant(value=bool()):
                return Typed.TRUTH
            case ast.Constant(value=int()):
                return Typed.NUMBER
            case ast.Constant(value=float()) | ast.BinOp(op=ast.Div() | ast.FloorDiv()):
                raise self.wrong(node, "form_condition_fraction")
            case ast.BinOp() if type(node.op) in _OPERATORS:
                return self._computed(node)
            case ast.UnaryOp(op=ast.USub()):
                return self._all(Typed.NUMBER, node.operand)
            case ast.UnaryOp(op=ast.Not()):
                return self._all(Typed.TRUTH, node.operand)
            case ast.BoolOp():
                return self._all(Typed.TRUTH, *node.values)
            case ast.IfExp():
                return self._all(Typed.TRUTH, node.test, node.body, node.orelse)
            case ast.Compare() if len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
                return self._compared(node, node.ops[0], node.left, node.comparators[0])
            case ast.Call(args=[inner]) if _is_call(node, "abs"):
                return self._all(Typed.NUMBER, inner)
            case ast.Call() if _is_call(node, "date"):
                _day(self, node)
                return Typed.DATE
            case ast.Call() if _is_call(node, "month"):
                if not re.fullmatch(YEAR_MONTH, _text(node)):
                    raise self.wrong(node, "form_condition_one_month")
                return Typed.MONTH
        raise self.wrong(node, "form_condition_part")

    def _field(self, node: ast.expr, found: Operand) -> Typed:
        tables = {table.key for table in self.form.tables}
        if found.what == "count":
            if found.path not in tables:
                raise self.wrong(node, "form_no_sheet")
            return Typed.NUMBER
        paths = {field.path: field for sheet in self.form.sheets for field in sheet}
        if found.path not in paths:
            raise self.wrong(node, "form_no_field")
        kind = _FIELD_TYPES.get(KINDS[paths[found.path].kind].value_type)
        if found.what == "sum":
            if paths[found.path].sheet not in tables or kind is not Typed.NUMBER:
                raise self.wrong(node, "form_condition_sum")
            if not paths[found.path].required:
                raise self.wrong(node, "form_rows_required", path=found.path)
        if kind is None:
            raise self.wrong(node, "form_condition_text")
        return kind

    def _all(self, wanted: Typed, *nodes: ast.expr) -> Typed:
        for node in nodes:
            if self.of(node) is not wanted:
                raise self.wrong(node, f"form_condition_{wanted}")
        return wanted

    def _computed(self, node: ast.BinOp) -> Typed:
        left, right = self.of(node.left), self.of(node.right)
        if left is right is Typed.NUMBER:
            return Typed.NUMBER
        if left is right is Typed.DATE and isinstance(node.op, ast.Sub):
            return Typed.NUMBER
        days = left is Typed.DATE and right is Typed.NUMBER
        if days and isinstance(node.op, ast.Add | ast.Sub):
            return Typed.DATE
        raise self.wrong(node, "form_condition_number")

    def _compared(self, node: ast.expr, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Typed:
        kind = self.of(left)
        if kind is Typed.CHOICE and isinstance(op, _OF_CHOICES):
            field = self.form.field(self.operands[-1].path)
            codes = KINDS[field.kind].code_list(field, self.form)
            known = [entry.code for entry in codes.entries] if codes else []
            for code in _codes(right, listed=isinstance(op, ast.In | ast.NotIn)) or [""]:
                if code not in known:
                    raise self.wrong(right, "form_condition_code")
            return Typed.TRUTH
        if isinstance(op, ast.In | ast.NotIn) or kind not in _ORDERED:
            raise self.wrong(node, "form_condition_compared")
        if self.of(right) is not kind:
            raise self.wrong(node, "form_condition_compared")
        return Typed.TRUTH


def _codes(node: ast.expr, *, listed: bool) -> list[str]:
    parts = node.elts if listed and isinstance(node, ast.List | ast.Tuple) else [node]
    if listed and not isinstance(node, ast.List | ast.Tuple):
        return []
    return [
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
        for part in parts
    ]


def _text(node: ast.expr) -> str:
    """The one text in a call's brackets, or ''."""
    match node:
        case ast.Call(args=[ast.Constant(value=str(text))]):
            return text
    return ""


def _day(checker: _Checker, node: ast.expr) -> date:
    try:
        return date.fromisoformat(_text(node))
    except ValueError as error:
        raise checker.wrong(node, "form_condition_day") from error


def places(node: ast.AST, form: Form) -> int:
    """The most digits after the point that a number in a condition can have."""
    if isinstance(node, ast.expr) and (found := _operand(node)):
        return places_of(form, found.path) if found.what != "count" else 0
    parts = [places(part, form) for part in ast.iter_child_nodes(node)]
    is_product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
    return min(sum(parts) if is_product else max(parts, default=0), MOST_PLACES)


class TreeWalk:
    """A walk over a tree that was checked. `leaf` says what an operand is."""

    def __init__(self, form: Form, leaf: Leaf) -> None:
        self.form, self.leaf = form, leaf
        self.places = 0  # of what is being compared

    def of(self, node: ast.expr) -> Any:
        if found := _operand(node):
            return self.leaf(found)
        match node:
            case ast.Constant(value=bool() | int() as value):
                return self.constant(value)
            case ast.BinOp():
                symbol = _OPERATORS[type(node.op)]
                return self.computed(symbol, self.of(node.left), self.of(node.right))
            case ast.UnaryOp(op=ast.USub()):
                return self.computed("-", self.constant(0), self.of(node.operand))
            case ast.UnaryOp():
                return self.negated(self.of(node.operand))
            case ast.BoolOp():
                parts = [self.of(value) for value in node.values]
                return self.joined(parts, every=isinstance(node.op, ast.And))
            case ast.IfExp():
                return self.where(self.of(node.test), self.of(node.body), self.of(node.orelse))
            case ast.Compare():
                op, right = node.ops[0], node.comparators[0]
                if isinstance(left := _operand(node.left), Operand) and _is_choice(left, self.form):
                    listed = isinstance(op, ast.In | ast.NotIn)
                    found = self.among(left, _codes(right, listed=listed))
                    same = isinstance(op, ast.Eq | ast.In)
                    return found if same else self.negated(found)
                self.places = places(node, self.form)
                return self.compared(op, self.of(node.left), self.of(right))
            case ast.Call() if _is_call(node, "abs"):
                return self.absolute(self.of(node.args[0]))
            case ast.Call() if _is_call(node, "month"):
                return self.month(_text(node))
            case ast.Call():
                return self.day(date.fromisoformat(_text(node)))
        raise ValueError(ast.dump(node))  # the checker lets nothing else pass

    def constant(self, value: bool | int) -> Any:
        raise NotImplementedError

    def computed(self, symbol: str, left: Any, right: Any) -> Any:
        raise NotImplementedError

    def negated(self, truth: Any) -> Any:
        raise NotImplementedError

    def joined(self, parts: list[Any], *, every: bool) -> Any:
        raise NotImplementedError

    def where(self, test: Any, then: Any, otherwise: Any) -> Any:
        raise NotImplementedError

    def among(self, choice: Operand, codes: list[str]) -> Any:
        raise NotImplementedError

    def compared(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        raise NotImplementedError

    def absolute(self, number: Any) -> Any:
        raise NotImplementedError

    def day(self, value: date) -> Any:
        raise NotImplementedError

    def month(self, text: str) -> Any:
        """A month of a year, as its canonical text."""
        return text


def _is_choice(operand: Operand, form: Form) -> bool:
    field = form.field(operand.path) if operand.what == "field" else None
    return field is not None and KINDS[field.kind].value_type is ValueType.CHOICE
