"""The examples in the kinds' specifications hold."""

import doctest
import importlib
import pkgutil

import pytest

from converter import kinds

MODULES = [m.name for m in pkgutil.iter_modules(kinds.__path__)]
WITHOUT_EXAMPLES = {"base", "options"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_the_docstrings_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"converter.kinds.{name}"))
    assert result.failed == 0
    assert result.attempted > 0 or name in WITHOUT_EXAMPLES
