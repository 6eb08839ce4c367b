"""What a unit writes in 情况说明, as the register keeps it for the officer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """One text: the sheet and the cell that it is about, the fault that it excuses ('' = none),
    and what was written."""

    place: str
    fault: str
    text: str
