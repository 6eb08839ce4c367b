"""What judging a sheet yields."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from converter.rules.base import Column


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault or note of one cell; its level stands in the catalogue."""

    code: str
    field: str  # field key
    record: int  # label of the record
    params: Mapping[str, str | int] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """One sheet over a batch: what rules work on, what is wrong, what was rewritten."""

    columns: Mapping[str, Column]
    findings: list[Finding]
    notes: list[Finding]
