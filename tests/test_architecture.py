"""The house keeps its shape: arrows run downward, heavy libraries stay where they belong."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from converter.kinds import KINDS

PACKAGE = Path(__file__).parent.parent / "converter"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Floors from the bottom up: a module imports from lower floors, or from its own room.
FLOORS = [
    {"model"},
    {"formulas", "files", "logic"},
    {"text", "messages"},
    {"kinds"},
    {"rules"},
    {"identity"},
    {"register"},
    {"statistics"},
    {"forms"},
    {"workbook", "package", "validation", "template"},
    {"roster", "upward", "form_editor", "form_export"},
    {"report"},
    {"api"},
    {"workers"},
    {"usecases"},
    {"web"},
    {"cli"},
]
ONLY = {
    "pandera": {"validation"},
    "zipfile": {"files", "workbook", "package", "upward", "usecases"},
    "duckdb": {"register", "statistics"},
    "click": {"cli"},
    "cryptography": {"identity"},
    "pyrage": {"identity"},
    "distributed": {"workers"},
    "rich": {"cli"},
    "pygal": {"report"},
    "jinja2": {"report", "web"},
    # what serves pages: no command that serves none imports it
    "starlette": {"web"},
    "uvicorn": {"web"},
    "itsdangerous": {"web"},
    "sqlite3": {"web"},
}


DIGITS = frozenset("〇零一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾")


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def test_no_import_upward() -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    assert {room(path) for path in MODULES} - floor.keys() == {"__init__", "__main__"}
    pairs = {(room(p), *name.split(".")[1:2]) for p in MODULES for name in imports(p) if _own(name)}
    upward = [
        pair
        for pair in pairs
        if pair[0] in floor and pair[-1] in floor and floor[pair[-1]] >= floor[pair[0]]
    ]
    assert [pair for pair in upward if len(set(pair)) == 2] == []


def _own(name: str) -> bool:
    return name.partition(".")[0] == "converter"


def test_heavy_libraries_stay_in_their_rooms() -> None:
    found = {(name.split(".")[0], room(path)) for path in MODULES for name in imports(path)}
    assert {pair for pair in found if pair[1] not in ONLY.get(pair[0], {pair[1]})} == set()


def test_the_bar_is_imported_on_a_terminal_only() -> None:
    importing = {str(p.relative_to(PACKAGE)) for p in MODULES if "rich" in _libraries(p)}
    assert importing == {str(Path("cli", "progress_bar.py"))}


def _libraries(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def test_no_file_outgrows_its_room() -> None:
    assert [p for p in MODULES if len(p.read_text(encoding="utf-8").splitlines()) > 400] == []


def test_every_module_says_what_it_is() -> None:
    assert [path for path in MODULES if not ast.get_docstring(_tree(path))] == []


def test_every_public_class_name_stands_once() -> None:
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(PACKAGE)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_no_modules_import_one_another_in_a_circle() -> None:
    """What is imported when a module is loaded; not inside functions, not for types alone."""
    files = {_module(path): path for path in MODULES}
    graph = {name: _loaded_with(path, files) - {name} for name, path in files.items()}
    assert sum(map(len, graph.values())) > 300  # the imports were found
    rooms: dict[str, set[str]] = {}
    for name, imported in graph.items():
        rooms.setdefault(_room_of(name), set()).update(map(_room_of, imported))
    for circle_free in (graph, {name: found - {name} for name, found in rooms.items()}):
        TopologicalSorter(circle_free).prepare()  # raises CycleError, which names the circle


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def _room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def _loaded_with(path: Path, known: Collection[str]) -> set[str]:
    found: set[str] = set()
    waiting: list[ast.stmt] = list(_tree(path).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [
                child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)
            ]
    return found & set(known)


def test_prose_stands_in_the_catalogue_not_in_the_code() -> None:
    """String constants hold no Chinese sentences (docstrings and examples may); digits are none."""
    found = []
    for path in MODULES:
        tree = _tree(path)
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
                and sum("\u4e00" <= c <= "\u9fff" and c not in DIGITS for c in node.value) > 4
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


def test_a_worker_loads_nothing_that_no_check_needs() -> None:
    """Neither what pandera and typeguard would bring, nor what writes workbooks."""
    script = (
        "import sys; from converter.workers import process; process.leave_out_what_nobody_needs();"
        "from converter.workers import tasks; tasks.prepare();"
        "heavy = {'asyncio', 'hypothesis', 'openpyxl', 'duckdb', 'cryptography', 'jinja2'};"
        "print(sorted(name for name in heavy if sys.modules.get(name)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_blank_workbook_takes_no_worker_and_no_pandas(tmp_path: Path) -> None:
    """Nothing from outside is read: the command writes it itself, and leaves numpy and Pillow, which
    openpyxl would import, to those that have values and pictures for it."""
    script = (
        "import sys; from converter import cli; code = cli.run(sys.argv[1:]);"
        "heavy = {'pandas', 'numpy', 'pandera', 'PIL', 'python_calamine', 'subprocess'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "template", "-o", str(tmp_path / "a.xlsx")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
    assert (tmp_path / "a.xlsx").is_file()


def test_nobody_outside_asks_for_the_name_of_a_kind() -> None:
    """What others need to know of a kind is an attribute of its class."""
    nodes = (n for p in MODULES if room(p) != "kinds" for n in ast.walk(_tree(p)))
    for node in nodes:
        if isinstance(node, ast.Compare) and ".kind" in ast.unparse(node):
            texts = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
            assert not texts & KINDS.keys(), ast.unparse(node)


RAISES = re.compile(r"Raises\s+((?:[A-Z]\w+(?:,\s+|\s+(?:and|or)\s+)?)+)")


def _documented(path: Path) -> Iterator[str]:
    """The exceptions that a module's docstrings name."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for names in RAISES.findall(ast.get_docstring(node) or ""):
                yield from re.findall(r"[A-Z]\w+", names)


def test_docstrings_name_exceptions_that_exist() -> None:
    own = {
        node.name
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef)
    }
    for path in MODULES:
        used = {n.id for n in ast.walk(_tree(path)) if isinstance(n, ast.Name)}
        used |= {n.attr for n in ast.walk(_tree(path)) if isinstance(n, ast.Attribute)}
        assert set(_documented(path)) <= own | used | set(dir(builtins)), path
