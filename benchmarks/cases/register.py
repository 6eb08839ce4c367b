"""The register of what was received: measured by `benchmarks.scale` where it is there."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from benchmarks.measuring import Case


def case(quick: bool) -> Case:
    """What `benchmarks.scale.case(quick)` makes, or nothing."""
    if find_spec("benchmarks.scale") and hasattr(import_module("benchmarks.scale"), "case"):
        made: Case = import_module("benchmarks.scale").case(quick)
        return made
    return Case("register", "measured by docs/scale.md's own run", ())
