"""A module's source → every slip that can be made in it, one at a time, as compiled code."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

from tests.mutation import patterns

_TURNED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
_SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Add, ast.Mod: ast.Mult, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
}  # fmt: skip
_TIDYING = {"upper", "strip", "translate", "copy", "lower", "fillna", "once"}
_NOT_TRIED = (ast.Import, ast.ImportFrom, ast.Raise, ast.Assert, ast.Pass)
# Constants that are no lists of characters.
_WORDS = {"number_format", "LIMIT", "limit", "schema_type", "schema_pattern", "holds"}


Group = tuple[str, str, str]  # path, function, kind of slip


@dataclass(frozen=True)
class Mutant:
    path: str  # of the module, below the project's folder
    function: str  # the outermost function or Class.method; '' on the module's own level
    face: str  # 'excel' or 'pandas'
    kind: str  # of slip
    lines: range  # of the statement, without those of statements inside it
    before: str  # the statement's first line as source
    after: str
    code: CodeType

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.path} | {self.function} | {self.before} → {self.after}"

    @property
    def group(self) -> Group:
        """What it shares with the same kind of slip in the same function."""
        return self.path, self.function, self.kind


@dataclass(frozen=True)
class _Place:
    statement: ast.stmt
    function: str
    pattern: bool  # inside of what `re` reads


class Module:
    def __init__(self, source: str, path: str, file: str) -> None:
        self.path, self.file = path, file
        self.tree = ast.parse(source)
        self.found: list[Mutant] = []
        self._patterns = _pattern_names(self.tree)
        self._excel = _excel_names(self.tree)

    def mutants(self) -> list[Mutant]:
        for statement in self.tree.body:
            self._visit(statement, self.tree, "body", self.tree.body.index(statement), None)
        return self.found

    def _visit(
        self, node: ast.AST, parent: ast.AST, name: str, at: int | None, place: _Place | None
    ) -> None:
        if isinstance(node, _NOT_TRIED) or _is_docstring(node) or _is_protocol(node):
            return
        if isinstance(node, ast.stmt):
            if _assigned(node) in ("name", "__all__"):  # without it nothing is even found
                return
            function = place.function if place else ""
            if isinstance(parent, ast.Module | ast.ClassDef) and isinstance(
                node, ast.FunctionDef | ast.ClassDef
            ):
                function = f"{function}.{node.name}" if function else node.name
            place = _Place(node, function, _assigned(node) in self._patterns)
        assert place
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("ContextVar", "TypeVar"):
            return  # a name for those who debug
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            place = _Place(place.statement, place.function, True)
        excel = (place.function or _assigned(place.statement)) in self._excel
        for kind, new in _variants(node, place, excel):
            self._try(parent, name, at, new, kind, place, excel)
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "format_spec"):
                continue
            if isinstance(node, ast.Subscript) and field == "slice" and not place.function:
                continue  # a type
            if isinstance(node, ast.Dict) and field == "keys" and not place.function:
                continue
            if isinstance(value, ast.arguments):
                for n, default in enumerate(value.defaults):
                    self._visit(default, value, "defaults", n, place)
            elif isinstance(value, ast.AST):
                self._visit(value, node, field, None, place)
            elif isinstance(value, list):
                for n, child in enumerate(value):
                    if isinstance(child, ast.AST):
                        self._visit(child, node, field, n, place)

    def _try(
        self, parent: ast.AST, name: str, at: int | None, new: ast.AST, kind: str, place: _Place,
        excel: bool,
    ) -> None:  # fmt: skip
        old = getattr(parent, name)
        before = _source(place.statement)
        if at is None:
            setattr(parent, name, new)
        else:
            setattr(parent, name, [*old[:at], new, *old[at + 1 :]])
        try:
            ast.fix_missing_locations(ast.copy_location(new, place.statement))
            code = compile(self.tree, self.file, "exec")
            statement = new if isinstance(new, ast.stmt) else place.statement
            after = "pass" if isinstance(new, ast.Pass) else _source(statement)
        except (SyntaxError, TypeError, ValueError):
            return
        finally:
            setattr(parent, name, old)
        if isinstance(new, ast.Pass):
            after = f"without: {before}"
        face = "excel" if excel else "pandas"
        lines = _own_lines(place.statement)
        self.found.append(Mutant(self.path, place.function, face, kind, lines, before, after, code))


def _source(statement: ast.stmt) -> str:
    """A statement, without those inside it."""
    shown = copy.copy(statement)
    for name in ("body", "orelse", "finalbody", "handlers"):
        if hasattr(shown, name):
            setattr(shown, name, [ast.Pass()] if name == "body" else [])
    return ast.unparse(shown).removesuffix("\n    pass").replace("\n", " ")


def _own_lines(statement: ast.stmt) -> range:
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(last, statement.lineno) + 1)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_protocol(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any(ast.unparse(b) == "Protocol" for b in node.bases)


def _assigned(node: ast.stmt) -> str:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return ",".join(t.id for t in targets if isinstance(t, ast.Name))


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _pattern_names(tree: ast.Module) -> set[str]:
    """Constants that patterns are made of."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    return set().union(*(_names(n) for n in calls if ast.unparse(n.func).startswith("re.")))


def _uses_of_class(node: ast.ClassDef) -> dict[str, set[str]]:
    """Class.method → the names that it uses, other methods of the class as Class.other."""
    uses = {node.name: set().union(*(_names(s) for s in node.body if isinstance(s, ast.Assign)))}
    for method in node.body:
        if isinstance(method, ast.FunctionDef):
            own = {
                f"{node.name}.{n.attr}"
                for n in ast.walk(method)
                if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "self"
            }
            uses[f"{node.name}.{method.name}"] = _names(method) | own
    return uses


def _excel_names(tree: ast.Module) -> set[str]:
    """Functions and constants that only the Excel face uses."""
    uses: dict[str, set[str]] = {}
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            uses[statement.name] = _names(statement)
        elif isinstance(statement, ast.ClassDef):
            uses |= _uses_of_class(statement)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            uses[_assigned(statement)] = _names(statement)
    excel = {name for name in uses if "excel" in name}
    while True:
        more = {
            name
            for name in uses.keys() - excel
            if (users := {u for u in uses if name in uses[u] and u != name}) and users <= excel
        }
        if not more:
            return excel
        excel |= more


# --- what may go wrong with one node -------------------------------------------------------


def _with(node: ast.AST, **changed: Any) -> ast.AST:
    new = copy.copy(node)
    for name, value in changed.items():
        setattr(new, name, value)
    return new


def _variants(node: ast.AST, place: _Place, excel: bool) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(ops=ops):
            for n, op in enumerate(ops):
                for other in _TURNED.get(type(op), ()):
                    yield "compare", _with(node, ops=[*ops[:n], other(), *ops[n + 1 :]])
        case ast.BoolOp(op=op, values=values):
            yield "bool", _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
            for n in range(len(values)):
                rest = [*values[:n], *values[n + 1 :]]
                yield "operand", _with(node, values=rest) if len(rest) > 1 else rest[0]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SWAPPED:
            if not _is_text(left) and not _is_text(right):
                yield "arithmetic", _with(node, op=_SWAPPED[type(op)]())
                if isinstance(op, ast.BitAnd | ast.BitOr):
                    yield from (("operand", side) for side in (left, right))
        case ast.AugAssign(op=op) if type(op) in _SWAPPED:
            yield "arithmetic", _with(node, op=_SWAPPED[type(op)]())
            yield "statement", ast.Pass()
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield "not", operand
        case ast.If() | ast.IfExp():
            for value in (True, False):
                yield "condition", _with(node, test=ast.Constant(value))
        case ast.comprehension(ifs=[_, *_]):
            yield "filter", _with(node, ifs=[])
        case ast.Slice():
            for name in ("lower", "upper"):
                if getattr(node, name) is not None:
                    yield "slice", _with(node, **{name: None})
        case ast.Tuple(elts=elts, ctx=ast.Load()) | ast.List(elts=elts, ctx=ast.Load()):
            for n in range(len(elts) if len(elts) > 1 and place.function == "" else 0):
                yield "element", _with(node, elts=[*elts[:n], *elts[n + 1 :]])
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _TIDYING:
            yield "call", value
        case ast.Expr(value=ast.Call() | ast.Yield()) | ast.Continue():
            yield "statement", ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield "statement", ast.Pass()
        case ast.Constant(value=bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield from (("constant", ast.Constant(value + by)) for by in (1, -1))
        case ast.Constant(value=str(value)):
            for kind, text in _texts(value, place, excel):
                yield kind, ast.Constant(text)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _texts(text: str, place: _Place, excel: bool) -> Iterator[tuple[str, str]]:
    if place.pattern and (found := patterns.of_pattern(text)):
        yield from (("pattern", changed) for changed in found)
    elif excel and place.function:
        yield from (("formula", changed) for changed in patterns.of_formula(text))
    elif not place.function and _assigned(place.statement) not in _WORDS:
        yield from (("sign", changed) for changed in patterns.of_characters(text))
    else:
        yield "text", f"{text}~"
