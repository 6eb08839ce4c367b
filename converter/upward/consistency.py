"""What a forward says of itself, and whether its tables contradict one another or that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from converter.model.issues import Issue
from converter.register import forwarded, schema
from converter.register.schema import quoted


@dataclass(frozen=True, slots=True)
class ReadForward:
    """What a forward says of itself, and what was found. `partition`: whether its tables lie in
    the folder that was asked for."""

    issues: tuple[Issue, ...] = ()
    code: str = ""  # of the union that made it
    name: str = ""
    superior: str = ""
    period: str = ""
    created: str = ""
    signer: str = ""
    confirmed: bool = False
    has_chain: bool = False
    interim: bool = False
    figures_only: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    standing: str = ""  # the list of the unions below it, as it came
    partition: bool = False


def contradictions(target: Path, found: ReadForward) -> str:
    """SQL: whether the tables contradict one another or what the descriptor says."""
    of = {
        table: f"read_parquet('{quoted(target / table)}.parquet')"
        for table in (*forwarded.NO_ROWS, schema.MEMBERS)
    }
    reports = of["submissions"]
    counting = "state IN ('current', 'unconfirmed')"
    period = quoted(found.period)
    units, members = found.counts.get("units", -1), found.counts.get("members", -1)
    people = (
        "false"
        if found.figures_only
        else (
            f"(SELECT count(*) FROM {of['members']}) <> {members}"
            f" OR EXISTS (SELECT 1 FROM (SELECT submission, count(*) AS n FROM {of['members']}"
            f" GROUP BY submission) m FULL JOIN (SELECT id, members FROM {reports}"
            f" WHERE {counting} AND members > 0) r ON r.id = m.submission"
            " WHERE m.n IS DISTINCT FROM r.members)"
        )
    )
    return (
        f"SELECT EXISTS (SELECT 1 FROM {reports} WHERE period <> '{period}' OR unit IS NULL)"
        f" OR (SELECT count(*) <> count(DISTINCT id) FROM {reports})"
        f" OR (SELECT count(*) <> count(DISTINCT id) FROM {of['units']})"
        f" OR EXISTS (SELECT 1 FROM {reports} WHERE unit <> 0"
        f" AND unit NOT IN (SELECT id FROM {of['units']}))"
        f" OR (SELECT count(DISTINCT unit) FROM {reports} WHERE {counting}) <> {units}"
        f" OR (SELECT coalesce(sum(members), 0) FROM {reports} WHERE {counting}) <> {members}"
        f" OR EXISTS (SELECT 1 FROM {reports} WHERE {counting} GROUP BY unit HAVING count(*) > 1)"
        f" OR EXISTS (SELECT 1 FROM {of['answers']} a ANTI JOIN (SELECT id, unit FROM {reports}"
        f" WHERE {counting}) r ON r.id = a.submission AND r.unit = a.unit)"
        f" OR (SELECT count(*) <> count(DISTINCT submission) FROM {of['answers']})"
        f" OR (SELECT count(*) FROM {of['answers']}) <> {units}"
        f" OR EXISTS (SELECT 1 FROM {of['roster']} WHERE period <> '{period}')"
        f" OR {people}"
    )
