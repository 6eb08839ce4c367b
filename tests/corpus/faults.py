"""The values of the single-fault corpus on a day that never changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from tests.corpus import test_single_faults as corpus
from tests.people import id_number

TODAY = date(2026, 6, 1)
_FIXED: dict[Any, Any] = {
    corpus.TOMORROW: date(2026, 6, 3),
    corpus.BORN_TOMORROW: id_number("130102", "2026-06-03", 3),
}

Edits = list[tuple[Any, ...]]


def _fixed(edits: Edits) -> Edits:
    return [(sheet, where, _FIXED.get(value, value)) for sheet, where, value in edits]


def _named(cases: Iterable[tuple[str, Edits]]) -> dict[str, Edits]:
    """Those of one name are numbered."""
    found: dict[str, Edits] = {}
    for name, edits in cases:
        same = sum(known.partition("~")[0] == name for known in found)
        found[f"{name}~{same + 1}" if same else name] = _fixed(edits)
    return found


FAULTS = _named((str(case.id), case.values[0]) for case in corpus.FAULTS)
RIGHT = _named((f"right-{edits[0][1]}-{edits[0][2]}", edits) for edits in corpus.RIGHT)
