"""The program names no field and no sheet of one form: what it knows of a form stands in its cards."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import converter
from converter.forms import loading

SHIPPED = ("jiceng", "shiming", "fenbiao")
# Words that mean something else, too: names of kinds, keys of the JSON, entries of an identity file.
OTHERWISE_MEANT = {
    "address", "code", "id_number", "member", "members", "name", "phone", "postcode", "region",
    "registration_number", "since", "unit", "unit_name",
}  # fmt: skip


def words() -> set[str]:
    """Keys, paths and titles of every shipped form."""
    found = set()
    for name in SHIPPED:
        for sheet in loading.load(loading.form_dir(name)).sheets:
            found |= {sheet.key, sheet.title, *sheet.aliases}
            found |= {word for field in sheet for word in (field.key, field.path, field.title)}
    return found


def literals(path: Path) -> Iterator[str]:
    """Every text of a module but for docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in described:
            yield text


def test_no_module_names_what_a_form_asks_for() -> None:
    wanted = words() - OTHERWISE_MEANT
    root = Path(converter.__file__).parent
    found = {
        f"{path.relative_to(root)}: {text}"
        for path in root.rglob("*.py")
        for text in literals(path)
        if text in wanted
    }
    assert found == set()
