"""What checking found in a file that came in."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from converter.model.explanations import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a worker answers of a file and the register keeps of it, unchanged."""

    number: int = 0  # in the batch whose rows lie together
    period: str = ""  # that the file claims; '' = none
    form_version: str = ""
    serial: int = 0
    digest: str = ""  # of the tables, where they were accepted
    created: str = ""  # ISO time, only where a valid signature covers it
    signed: bool = False  # a key signed it; the union vouches for that key where `created` is there
    sealed: bool = False
    package: bool = False
    members: int = 0
    errors: int = 0
    warnings: int = 0
    unit_sheet: str = ""
    member_sheet: str = ""
    id_column: int = 0  # of the member sheet, for addresses
    found: tuple[tuple[str, str, int], ...] = ()  # code, level, how often
    explanations: tuple[Explanation, ...] = ()

    def facts(self) -> dict[str, Any]:
        """The facts by name, for another class that has them too."""
        return {name: getattr(self, name) for name in _NAMES}


_NAMES = [field.name for field in fields(FileFacts)]
