"""The examples in docstrings hold."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import converter
from converter import kinds

ROOT = Path(converter.__file__).parent
MODULES = [
    path.relative_to(ROOT.parent).with_suffix("")
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_examples_in_docstrings_hold(path: Path) -> None:
    result = doctest.testmod(importlib.import_module(".".join(path.parts)))
    assert result.attempted > 0
    assert result.failed == 0


def test_every_kind_has_an_example_in_its_docstring() -> None:
    without = {"__init__", "base", "lost_digits", "options", "tolerance"}
    names = {path.stem for path in Path(kinds.__path__[0]).glob("*.py")} - without
    assert names <= {path.stem for path in MODULES if path.parts[1] == "kinds"}
