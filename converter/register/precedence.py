"""What the register records, and its one decision: which submission counts.

`settle` is a pure function of what arrived for a unit and period, in order of arrival:

- the same file again (by content), or the same tables as the one that counts, is *identical*;
- one whose signed time lies before the newest signed time seen is *older*, however late it came;
- any other one counts from now on and the one before is *superseded*;
- unsigned ones have nothing but their order of arrival.

>>> first, second = PriorSubmission(1, "c1", "d1"), PriorSubmission(2, "c2", "d2")
>>> settle([first, second, PriorSubmission(3, "c3", "d2")])
{1: ('superseded', 2), 2: ('current', 0), 3: ('identical', 2)}
>>> first = PriorSubmission(1, "c1", "d1", "2026-05-02")
>>> settle([first, PriorSubmission(2, "c2", "d2", "2026-05-01")])
{1: ('current', 0), 2: ('older', 1)}
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from converter.text import characters

ACCEPTED, WARNINGS, REJECTED = "accepted", "warnings", "rejected"  # how a file ended
CURRENT, SUPERSEDED, IDENTICAL, OLDER = "current", "superseded", "identical", "older"


@dataclass(frozen=True, slots=True)
class ClaimedSender:
    """The sender that a file names; the code is '' without an identity file."""

    code: str = ""
    name: str = ""
    superior_code: str = ""
    superior: str = ""


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A unit of the roster."""

    code: str
    name: str
    superior_code: str = ""
    superior: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """One file as it came, validated. `spool` holds its members (see `Register.record`)."""

    file: str  # path below the inbox; members of zips below their zip
    content: str  # sha256 of the file's bytes
    result: str  # ACCEPTED, WARNINGS or REJECTED
    claim: ClaimedSender = field(default_factory=ClaimedSender)
    period: str = ""
    digest: str = ""  # of the tables; '' where they could not be read
    created: str = ""  # ISO time, only where a valid signature covers it
    file_time: str = ""  # ISO time of the file's last change, of a zip's member the zip's
    form_version: str = ""
    serial: int = 0
    members: int = 0
    errors: int = 0
    warnings: int = 0
    signed: bool = False
    sealed: bool = False
    package: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)  # unit field → canonical text
    unit_sheet: str = ""
    member_sheet: str = ""
    id_column: int = 0  # of the member sheet, for addresses
    found: tuple[tuple[str, str, int], ...] = ()  # (code, level, how often)
    spool: str = ""  # CSV file with the members of its batch
    number: int = 0  # its number within that file


@dataclass(frozen=True, slots=True)
class PriorSubmission:
    """What `settle` needs to know of a submission."""

    id: int
    content: str
    digest: str
    created: str = ""  # in the order of `made_at`; '' = unsigned
    accepted: bool = True


def made_at(created: str, received: str) -> str:
    """What orders submissions by the time when they were made. Nothing is received before it
    was made: a clock that was ahead once would else make all that follows *older*.

    >>> early, late = "2026-03-01T06:13:20Z", "2026-03-07T06:13:20Z"
    >>> made_at("2031-01-01T00:00:00Z", early) < made_at("2031-01-02T00:00:00Z", early)
    True
    >>> made_at("2031-01-01T00:00:00Z", early) < made_at(late, late)
    True
    """
    return f"{min(created, received)} {created}" if created else ""


def settle(arrived: Iterable[PriorSubmission]) -> dict[int, tuple[str, int]]:
    """Submission → (state, the other submission that explains it, 0 = none)."""
    states: dict[int, tuple[str, int]] = {}
    contents: dict[str, int] = {}
    current: PriorSubmission | None = None
    newest = ""  # the latest signed time seen
    for one in arrived:
        if not one.accepted:
            states[one.id] = (REJECTED, 0)
            continue
        if one.content in contents:
            states[one.id] = (IDENTICAL, contents[one.content])
            continue
        contents[one.content] = one.id
        if current is not None and one.digest == current.digest:
            states[one.id] = (IDENTICAL, current.id)
        elif current is not None and one.created and one.created < newest:
            states[one.id] = (OLDER, current.id)
        else:
            if current is not None:
                states[current.id] = (SUPERSEDED, one.id)
            states[one.id] = (CURRENT, 0)
            current = one
        newest = max(newest, one.created)
    return states


def same_name(text: str) -> str:
    """What counts in a name: not blanks, not full-width forms.

    >>> same_name("示例　（集团）工会") == same_name("示例(集团) 工会")
    True
    """
    return characters.without_blanks(unicodedata.normalize("NFKC", text))
