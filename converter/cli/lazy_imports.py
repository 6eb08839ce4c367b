"""numpy and pandas, imported when they are first used.

`explain` and `fields` ask kinds and rules what they check. The modules of kinds and rules also
work on whole columns, with numpy and pandas, whose import takes several times as long as either
command.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

NAMES = ("numpy", "numpy.typing", "pandas")


class _Lazy(ModuleType):
    """Stands for a module until one of its attributes is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system looks at
            raise AttributeError(name)
        for other in NAMES:
            if isinstance(sys.modules.get(other), _Lazy):
                del sys.modules[other]
        real = importlib.import_module(self.__name__)
        self.__dict__.update(vars(real))
        return getattr(real, name)


def install() -> None:
    """Put off the import of these modules; what is imported already stays."""
    if any(name in sys.modules for name in NAMES):
        return
    for name in NAMES:
        package, _, attribute = name.rpartition(".")
        sys.modules[name] = _Lazy(name)
        if package:
            setattr(sys.modules[package], attribute, sys.modules[name])
