"""Objects that are imported when they are first asked for."""

from __future__ import annotations

import inspect
from importlib.util import find_spec

import pytest

from converter import kinds
from converter.kinds import KINDS
from converter.kinds.base import Kind
from converter.model.on_demand import OnDemand


def test_each_is_made_once_when_it_is_asked_for() -> None:
    some: OnDemand[Kind] = OnDemand("converter.kinds", {"count": "Count", "absent": "Absent"})
    assert list(some) == ["count", "absent"]
    assert len(some) == 2
    assert "absent" in some
    assert "date" not in some
    assert some["count"] is some["count"]
    assert some.get("date") is None
    with pytest.raises(ModuleNotFoundError):
        some["absent"]


def test_every_kind_goes_by_the_name_of_its_module() -> None:
    assert all(kind.name == name for name, kind in KINDS.items())


def test_no_function_beside_the_kinds_is_called_like_a_module() -> None:
    """Importing the module would put itself in the function's place."""
    assert all(kind.name == name for name, kind in KINDS.items())  # all are imported
    functions = [name for name, one in vars(kinds).items() if inspect.isfunction(one)]
    assert functions
    assert not [name for name in functions if find_spec(f"converter.kinds.{name}")]
