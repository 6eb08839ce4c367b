"""NumPy and pandas, imported when a column is first worked on.

Whoever asks a kind only for a fact (is it personal, which options has it) does not wait for them:
the two libraries take longer to import than such a command takes to run.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["np", "pd"]


class _Deferred(ModuleType):
    """A module that is imported when one of its names is first used."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(import_module(self.__name__), name)
        setattr(self, name, found)  # found without this method from now on
        return found


if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
else:
    np, pd = _Deferred("numpy"), _Deferred("pandas")
