"""A register's period → a forward: signed, and sealed where a union above has issued an identity.

The database writes each table to a private file beside the output, in an order that does not
depend on how it came: the same register gives the same bytes up to the sealing. No table is
whole in memory. A run that follows a killed one goes on where that ended (`parts`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter import __version__
from converter.files import writing, zip_writing
from converter.identity import keys, links, sealed_files, standing, subordinates
from converter.identity.links import UnionIdentity
from converter.identity.subordinates import UnionName
from converter.model.clock import utc_stamp
from converter.model.errors import UsageError
from converter.model.forms import Form
from converter.package.descriptor import PROFILE
from converter.register import Snapshot, forgetting
from converter.register.forwarded import counting, members_without_rows
from converter.register.inserting import FLAG, NUMBER
from converter.register.schema import name, quoted
from converter.upward import layout
from converter.upward.layout import ForwardTable
from converter.upward.parts import ForwardParts

MEMORY = "500MB"
PIECE = 1 << 20
_TYPES = {NUMBER: "integer", FLAG: "boolean"}


@dataclass(frozen=True, slots=True)
class ForwardPlan:
    """What is forwarded how. `now`: seconds since 1970."""

    period: str
    interim: bool
    figures_only: bool
    now: int


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A forward that was written. Where a run before did not come to its end: how many parts of it
    were `taken` over, or `anew`."""

    path: Path
    period: str
    counts: Mapping[str, int]
    is_sealed: bool
    taken: int
    anew: bool


def write(
    register: Snapshot,
    form: Form,
    folder: Path,
    union: UnionName,
    output: Path,
    plan: ForwardPlan,
    parts: ForwardParts,
    passphrase: str = "",
) -> Forwarded:
    """Write the forward of a period beside what is there. `folder`: the union's keys; `parts`: what
    is written of its tables. Raises KeysError, UsageError, OSError."""
    signer, chain = keys.signer(folder, passphrase), subordinates.superior(folder)
    if chain and plan_day(plan) > chain[0].valid_until:
        raise UsageError("forward_expired", valid_until=chain[0].valid_until)
    anew = writing.sweep(output.parent)  # a run that was killed left people's data
    private = writing.private_name(output.parent)
    private.mkdir(mode=0o700)
    try:
        known = layout.tables(form, members=not plan.figures_only)
        counts = extract(register, form, plan, known, private, parts)
        plain = {one.path: writing.sha256(private / one.path) for one in known}
        recipient = chain[0].superior_sealing if chain else ""
        names = [_sealed(private, one.path, recipient) for one in known]
        described = _described(register, form, plan, union, chain, counts, signer.public)
        described["content"] = plain
        described["resources"] = [
            _resource(private, file, one) for file, one in zip(names, known, strict=True)
        ]
        text = json.dumps(described, ensure_ascii=False, indent=1) + "\n"
        data = text.encode("utf-8", "backslashreplace")
        members: list[tuple[str, bytes | Path]] = [
            (layout.DESCRIPTOR, data),
            (layout.SIGNATURE, signer.sign(data)),
        ]
        if chain:
            members.append((layout.IDENTITY, links.compose(chain)))
        lists = folder / standing.NAME
        if lists.is_file():
            members.append((layout.STANDING, lists.read_bytes()))
        members += [(file, private / file) for file in names]
        written = writing.write_beside(
            output,
            lambda path: zip_writing.write_streamed_zip(
                path, _streams(members), when=plan.now, media_type=layout.MEDIA_TYPE
            ),
        )
    finally:
        shutil.rmtree(private, ignore_errors=True)
    is_anew = anew and not parts.taken
    return Forwarded(written, plan.period, counts, bool(chain), parts.taken, is_anew)


def plan_day(plan: ForwardPlan) -> str:
    return utc_stamp(plan.now)[:10]


# --- the tables ----------------------------------------------------------------------------------


def extract(
    register: Snapshot,
    form: Form,
    plan: ForwardPlan,
    known: Sequence[ForwardTable],
    private: Path,
    parts: ForwardParts,
) -> dict[str, int]:
    """Write every table of a period into a folder; returns what is counted."""
    register.query(f"SET temp_directory = '{quoted(private / 'sorting')}'")
    register.query(f"SET memory_limit = '{MEMORY}'")
    period = quoted(plan.period)
    # Numbers count from 1, in an order that a register keeps: by the union that it came through.
    register.query(
        "CREATE TEMP TABLE sent AS SELECT s.id AS old, s.unit AS old_unit, s.members,"
        " row_number() OVER (ORDER BY s.via, s.id) AS id"
        f" FROM submissions s WHERE s.period = '{period}'"
    )
    register.query(
        "CREATE TEMP TABLE senders AS SELECT u.id AS old, row_number() OVER (ORDER BY u.via, u.id)"
        f" AS id FROM units_in('{period}') u WHERE u.listed OR EXISTS"
        " (SELECT 1 FROM sent WHERE sent.old_unit = u.id)"
    )
    blank = set(forgetting.personal_keys(form)) if plan.figures_only else set()
    ranges = _ranges(register)
    for one in known:
        stored = set(register.columns(_SOURCE.get(one.name, one.name)))
        of_rows = one.name not in _FROM and one.name != layout.ROSTER
        for number, sent in enumerate(ranges if of_rows and len(ranges) > 1 else [None]):
            sql = _select(one, period, blank, stored, sent)
            with_header = "false" if number else "true"

            def copy(path: Path, sql: str = sql, with_header: str = with_header) -> None:
                register.query(
                    f"COPY ({sql}) TO '{quoted(path)}'"
                    f" (FORMAT csv, HEADER {with_header}, COMPRESSION gzip)"
                )

            parts.append(f"{number}-{one.path}", copy, private / one.path)
    return _counts(register, period, plan.figures_only)


MEMBERS_A_PART = 500_000
_SOURCE = {
    layout.UNITS: "units", layout.REPORTS: "submissions", layout.ANSWERS: "answers",
    layout.FINDINGS: "findings", layout.ROSTER: "roster", layout.DECISIONS: "decisions",
    layout.REASONS: "explanations",
}  # fmt: skip
_OTHERS = " LEFT JOIN sent o ON o.old = t.other"
_FROM = {
    layout.UNITS: ("units t JOIN senders u ON u.old = t.id", "u.id"),
    layout.REPORTS: (
        "submissions t JOIN sent s ON s.old = t.id LEFT JOIN senders u ON u.old = t.unit" + _OTHERS,
        "s.id",
    ),
    layout.ANSWERS: (
        "answers t JOIN sent s ON s.old = t.submission JOIN senders u ON u.old = t.unit",
        "s.id",
    ),
    layout.FINDINGS: ("findings t JOIN sent s ON s.old = t.submission", "s.id, t.code"),
    layout.DECISIONS: ("decisions t", "t.number"),
    layout.REASONS: ("explanations t JOIN sent s ON s.old = t.submission", "s.id, t.place"),
}
_ROWS = "{} t JOIN sent s ON s.old = t.submission JOIN senders u ON u.old = t.unit"
_RENUMBERED = {
    (layout.UNITS, "id"): "u.id",
    (layout.REPORTS, "id"): "s.id",
    (layout.REPORTS, "unit"): "coalesce(u.id, 0)",
    (layout.REPORTS, "other"): "coalesce(o.id, 0)",
    (layout.ANSWERS, "unit"): "u.id",
    (layout.ANSWERS, "submission"): "s.id",
    (layout.REASONS, "submission"): "s.id",
    (layout.FINDINGS, "submission"): "s.id",
}


def _ranges(register: Snapshot) -> list[tuple[int, int]]:
    """First and last report of each part of a table of rows."""
    rows = register.query(
        "SELECT min(id), max(id) FROM (SELECT id, greatest(sum(members) OVER (ORDER BY id) - 1, 0)"
        f" // {MEMBERS_A_PART} AS part FROM sent) GROUP BY part ORDER BY part"
    )
    return [(int(first), int(last)) for first, last in rows]


def _select(
    one: ForwardTable,
    period: str,
    blank: set[str],
    stored: set[str],
    sent: tuple[int, int] | None = None,
) -> str:
    """The rows of a table, numbered anew; of all reports, or those that were `sent` from one number
    to another."""
    if one.name == layout.ROSTER:
        return _roster(period)
    source, order = _FROM.get(one.name) or (_ROWS.format(one.name), "s.id, t.record")
    rows = {} if one.name in _FROM else {"unit": "u.id", "submission": "s.id"}
    columns = []
    for key, kind in one.columns.items():
        value = (
            rows.get(key)
            or _RENUMBERED.get((one.name, key))
            or (f"t.{name(key)}" if key in stored else "''")
        )
        if one.name == layout.ANSWERS and key in blank:
            value = "''"
        if kind not in _TYPES:
            value = f"nullif({value}, '')"  # else a blank one is written as two quotation marks
        columns.append(f"{value} AS {name(key)}")
    part = f" WHERE s.id BETWEEN {sent[0]} AND {sent[1]}" if sent else ""
    return f"SELECT {', '.join(columns)} FROM {source}{part} ORDER BY {order}"


def _roster(period: str) -> str:
    """The lines that count for the period, whichever period they were given for."""
    return (
        "SELECT nullif(code, '') AS code, name, nullif(superior_code, '') AS superior_code,"
        f" nullif(superior, '') AS superior, '{period}' AS period, position, NOT owes AS exempt,"
        f" nullif(via, '') AS via FROM roster_of('{period}') ORDER BY via, position, code"
    )


def _counts(register: Snapshot, period: str, figures_only: bool) -> dict[str, int]:
    """Completeness against the roster, and what there is of everything."""
    states = dict(
        register.query(
            "SELECT state, count(*) FROM submissions WHERE period = ? GROUP BY state", [period]
        )
    )
    ((units, members),) = register.query(
        "SELECT count(DISTINCT unit), coalesce(sum(members), 0) FROM submissions"
        " WHERE period = ? AND state IN ('current', 'unconfirmed')",
        [period],
    )
    ((listed, missing),) = register.query(
        "SELECT count(*), count(*) FILTER (NOT EXISTS (SELECT 1 FROM units u JOIN submissions s"
        " ON s.unit = u.id WHERE u.code = r.code AND u.via = r.via AND s.period = $1"
        " AND s.state IN ('current', 'unconfirmed')))"
        " FROM roster_of($1) r WHERE r.owes",
        [period],
    )
    without_rows = members if figures_only else members_without_rows(register, period)
    return {
        "units": int(units),
        "members": int(members),
        layout.WITHOUT_ROWS: int(without_rows),
        "listed": int(listed),
        "missing": int(missing),
        **{f"reports_{state}": int(count) for state, count in sorted(states.items())},
    }


# --- the package ---------------------------------------------------------------------------------


def _described(
    register: Snapshot,
    form: Form,
    plan: ForwardPlan,
    union: UnionName,
    chain: Sequence[UnionIdentity],
    counts: Mapping[str, int],
    signer: str,
) -> dict[str, Any]:
    own = chain[0] if chain else None
    below = [one for one in counting(register.forwards) if one.period == plan.period]
    return {
        "$schema": PROFILE,
        "format": layout.FORMAT,
        "name": f"{form.id}-forward",
        "title": form.title,
        "created": utc_stamp(plan.now),
        "generator": f"converter {__version__}",
        "form": {"id": form.id, "version": form.version},
        "union": {"code": union.code, "name": union.name},
        "superior": {
            "code": own.superior_code if own else "",
            "name": own.superior_name if own else "",
        },
        "signer": signer,
        "period": plan.period,
        "interim": plan.interim,
        "figures_only": plan.figures_only,
        "counts": dict(counts),
        # What came from the unions below this one, so that it can be proven later.
        "forwards": [
            {
                "code": one.code,
                "name": one.name,
                "sha256": one.content,
                "created": one.created,
                "signer": one.signer,
                "confirmed": one.confirmed,
                "interim": one.interim,
                "figures_only": one.figures_only,
            }
            for one in sorted(below, key=lambda one: one.code)
        ],
    }


def _resource(private: Path, file: str, one: ForwardTable) -> dict[str, Any]:
    path = private / file
    entry: dict[str, Any] = {
        "name": one.name,
        "path": file,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{writing.sha256(path)}",
    }
    if file.endswith(layout.SEALED):
        return entry | {"format": "age", "mediatype": "application/octet-stream"}
    described = [
        {"name": key, "type": _TYPES.get(kind, "string")} for key, kind in one.columns.items()
    ]
    return entry | {
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "compression": "gz",
        "dialect": {"lineTerminator": "\n"},
        "schema": {"fields": described, "missingValues": [""]},
    }


def _sealed(private: Path, file: str, recipient: str) -> str:
    """The name of the file as it travels."""
    if not recipient:
        return file
    sealed = private / (file + layout.SEALED)
    with sealed.open("xb") as target:
        sealed_files.seal(private / file, target, recipient=recipient)
    (private / file).unlink()
    return sealed.name


def _streams(
    members: Sequence[tuple[str, bytes | Path]],
) -> Iterator[tuple[str, Iterator[bytes]]]:
    for file, content in members:
        yield file, _pieces(content)


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
