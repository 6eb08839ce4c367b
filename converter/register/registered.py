"""What became of files that are registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from converter.register.again import File
from converter.register.decisions import Decision
from converter.register.schema import RegisterTables


@dataclass(frozen=True, slots=True)
class RegisteredFile:
    """What the register made of a file that came."""

    id: int
    unit: int  # 0 where the sender is unknown
    code: str  # the unit's, as registered
    name: str
    superior: str
    state: str
    other: int
    ordered_by: str  # 'signature' or 'arrival'
    period: str = ""  # what it counts for, or would count for
    reason: str = ""  # why it is held
    decision: Decision | None = None  # the last one about it that is in force
    received: str = ""  # ISO time of its arrival; '' = with its batch


@dataclass(frozen=True, slots=True)
class KnownOutcome:
    """What became of a file so far, as its receipt tells it."""

    file: str
    content: str
    state: str
    reason: str
    decision: Decision | None = None  # the last one about it that is in force


@dataclass(frozen=True, slots=True)
class RegisteredBefore:
    """What a run before this one made of a file."""

    received: str
    result: str
    errors: int
    warnings: int
    file: RegisteredFile


def outcomes(
    tables: RegisterTables, decided: Mapping[str, Decision], until: int
) -> Iterator[tuple[int, KnownOutcome]]:
    """See `Register.outcomes`. `decided`: content → the decision about it."""
    for number, *known in tables.stream(
        "SELECT id, file, content, state, reason FROM submissions"
        " WHERE id <= ? AND forgotten = '' ORDER BY id",
        [until],
    ):
        one = KnownOutcome(*known)
        yield number, replace(one, decision=decided.get(one.content))


def read(
    tables: RegisterTables,
    decided: Mapping[str, Decision],
    submissions: Sequence[int],
    period: str,
) -> dict[File, RegisteredBefore]:
    """See `Register.registered`; units are named as in this period."""
    rows = tables.query(
        "SELECT s.file, s.content, s.received, s.result, s.errors, s.warnings, s.id, s.unit,"
        " coalesce(u.code, s.unit_code), coalesce(u.name, s.unit_name),"
        " coalesce(u.superior, s.superior), s.state, s.other, s.ordered_by, s.period, s.reason"
        " FROM submissions s LEFT JOIN units_in($2) u ON u.id = s.unit"
        " WHERE s.id IN (SELECT unnest($1::BIGINT[])) ORDER BY s.id",
        [submissions, period],
    )
    return {
        (file, content): RegisteredBefore(
            received,
            result,
            errors,
            warnings,
            replace(RegisteredFile(*known), decision=decided.get(content)),
        )
        for file, content, received, result, errors, warnings, *known in rows
    }
