"""The house keeps its shape: arrows run downward, heavy libraries stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "converter"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Floors from the bottom up: a module imports from lower floors, or from its own room.
FLOORS = [
    {"model"},
    {"formulas", "files"},
    {"text", "messages"},
    {"kinds"},
    {"rules"},
    {"forms"},
    {"identity"},
    {"register"},
    {"workbook", "package", "validation", "statistics", "template"},
    {"roster"},
    {"report"},
    {"workers"},
    {"usecases"},
    {"web"},
    {"cli"},
]
ONLY = {
    "pandera": {"validation"},
    "zipfile": {"files", "workbook", "package", "usecases"},
    "duckdb": {"register", "statistics"},
    "click": {"cli"},
    "cryptography": {"identity"},
    "pyrage": {"identity"},
    "distributed": {"workers"},
    "rich": {"cli"},
    "pygal": {"report"},
    "jinja2": {"report", "web"},
    # what the portal alone needs: everything else works without it
    "starlette": {"web"},
    "uvicorn": {"web"},
    "itsdangerous": {"web"},
    "sqlite3": {"web"},
}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_import_upward(path: Path) -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    here = room(path)
    if here == "__init__":
        return
    assert here in floor, f"{here} has no floor"
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "converter" and len(parts) > 1 and parts[1] != here and parts[1] in floor:
            assert floor[parts[1]] < floor[here], f"{here} imports {parts[1]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_libraries_stay_in_their_rooms(path: Path) -> None:
    for library, rooms in ONLY.items():
        if any(name.split(".")[0] == library for name in imports(path)):
            assert room(path) in rooms, f"{library} in {room(path)}"


def test_the_bar_is_imported_on_a_terminal_only() -> None:
    importing = {str(p.relative_to(PACKAGE)) for p in MODULES if "rich" in _libraries(p)}
    assert importing == {str(Path("cli", "progress_bar.py"))}


def _libraries(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_file_outgrows_its_room(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_prose_stands_in_the_catalogue_not_in_the_code() -> None:
    """String constants hold no Chinese sentences (docstrings and examples may)."""
    found = []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        strings = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in strings
                and sum("\u4e00" <= c <= "\u9fff" for c in node.value) > 4
            ):
                found.append(f"{path.relative_to(PACKAGE)}:{node.lineno} {node.value}")
    assert not found


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys; from converter import cli; code = cli.run(sys.argv[1:]);"
        "heavy = {'pandas', 'numpy', 'pandera', 'openpyxl', 'rich', 'jinja2', 'python_calamine'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


def test_the_command_itself_stays_light_while_workers_work(tmp_path: Path) -> None:
    """`check` leaves pandas to its worker: isolation costs no second import."""
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    script = (
        "import sys; from converter import cli; code = cli.run(sys.argv[1:]);"
        "heavy = {'pandas', 'numpy', 'pandera', 'openpyxl', 'python_calamine'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "check", str(tmp_path / "a.xlsx")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == "[]"
