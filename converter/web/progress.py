"""What the officer sees: the published register beside the roster and the pages' own records.

Only reads. What a publication says is worked out once and kept until there is a newer one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from converter.forms.loading import with_codes
from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.model.forms import Form
from converter.register import Snapshot
from converter.register.published import STATE
from converter.register.schema import COUNTS
from converter.report.table import Table
from converter.statistics import collection
from converter.statistics.figure import Figure
from converter.statistics.progress import KNOWN_UNITS
from converter.text.characters import plain_name
from converter.web.pages import moment
from converter.web.services import Services
from converter.web.settings import SPOOL

# How far a unit has come, worst first; each has a word in messages/portal.zh.toml.
NOTHING, FETCHED, REJECTED, HELD, WAITING, WARNINGS, ACCEPTED = (
    "nothing", "fetched", "rejected", "held", "waiting", "warnings", "accepted",
)  # fmt: skip
STAGES = (NOTHING, FETCHED, REJECTED, HELD, WAITING, WARNINGS, ACCEPTED)
MISSING = (NOTHING, FETCHED, REJECTED)


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """A unit and how far it has come. Times are seconds since 1970, 0 = never."""

    code: str
    name: str
    superior: str
    contact: str
    stage: str
    received: str = ""
    fetched: float = 0.0


@dataclass(frozen=True, slots=True)
class Published:
    """One publication, digested."""

    stamp: str  # when it was published, as state.json has it
    period: str
    submitted: Mapping[str, tuple[str, str]]  # unit code or plain name → (stage, received)
    known: Sequence[tuple[str, str, str]]  # code, name, superior: of units and the roster
    figures: Sequence[Figure]
    seen: frozenset[tuple[str, str]]  # (file, SHA-256) of the submissions that were received

    def figure(self, key: str) -> Figure | None:
        """The figure that goes by a key; None before the first publication."""
        return next((figure for figure in self.figures if figure.key == key), None)


NONE = Published("", "", {}, (), (), frozenset())


class ProgressReader:
    """Reads publications as they come."""

    def __init__(self, published: Path) -> None:
        self._store = published
        self._cached: tuple[object, Published] = (None, NONE)

    def published(self, form_folder: Path) -> Published:
        """The newest publication; NONE before the first. Raises RegisterError for a broken one."""
        publication = _key(self._store)
        if publication is None:
            return NONE
        key = publication, form_folder
        known, found = self._cached
        if known != key:
            found = self._read(form_folder)
            self._cached = key, found
        return found

    def _read(self, form_folder: Path) -> Published:
        form = with_codes(form_folder)
        with Snapshot(self._store, form) as register:
            chosen = register.newest()
            return Published(
                stamp=str(register.state["published"]),
                period=chosen,
                submitted=_submitted(register, chosen),
                known=_known_units(register, chosen),
                figures=_figures(register, form, chosen),
                seen=_seen(register),
            )


def is_published(store: Path) -> bool:
    """Whether `receive` has ever published there."""
    return _key(store) is not None


def _key(store: Path) -> object:
    """What changes with every publication."""
    for path in (store / STATE, store / "published" / STATE):
        try:
            return json.loads(path.read_text(encoding="utf-8")).get(
                "folder"
            ), path.stat().st_mtime_ns
        except (OSError, ValueError, AttributeError):
            continue
    return None


def _figures(register: Snapshot, form: Form, period: str) -> list[Figure]:
    groups = collection.groups(form)
    return collection.figures(register, form, date.today(), period=period, by=groups)


def _submitted(register: Snapshot, period: str) -> dict[str, tuple[str, str]]:
    rows = register.query(
        f"SELECT u.code, u.name, bool_or({COUNTS}), bool_or({COUNTS} AND s.result = 'warnings'),"
        " bool_or(s.state = 'held'), bool_or(s.state = 'unopened'), max(s.received)"
        " FROM units_in($1) u JOIN submissions s ON s.unit = u.id WHERE s.period = $1"
        " GROUP BY u.code, u.name",
        [period],
    )
    found = {}
    for code, name, counts, doubtful, held, waits, at in rows:
        stages = {WARNINGS: doubtful, ACCEPTED: counts, HELD: held, WAITING: waits, REJECTED: True}
        stage = next(stage for stage, holds in stages.items() if holds)
        found[str(code) or plain_name(str(name))] = (stage, str(at))
    return found


def _known_units(register: Snapshot, period: str) -> list[tuple[str, str, str]]:
    rows = register.query(
        f"{KNOWN_UNITS} SELECT code, name, superior FROM known ORDER BY superior, code, name",
        [period],
    )
    return [(str(code), str(name), str(superior)) for code, name, superior in rows]


def _seen(register: Snapshot) -> frozenset[tuple[str, str]]:
    rows = register.query(
        "SELECT file, content FROM submissions WHERE starts_with(file, ?)", [f"{SPOOL}/"]
    )
    return frozenset((str(file), str(content)) for file, content in rows)


# --- units ------------------------------------------------------------------------------------


def lines(services: Services, found: Published) -> list[UnitProgress]:
    """Every unit that should report: those of the roster, or, without one, those that identity
    files were issued to; then those that the register alone knows."""
    fetched = services.state.downloads("identity")
    serials = {entry.unit_code: entry.serial for entry in services.units.all()}
    submitted = services.state.submissions()
    waiting = {one.unit for one in submitted if (one.file, one.sha256) not in found.seen}
    rows: dict[str, tuple[str, str, str, str]] = {}
    if services.settings.roster:
        roster = services.settings.roster
        unions = {u.superior_name for u in roster if u.superior_name != u.name}
        for unit in roster:
            if unit.name in unions and unit.code not in found.submitted:
                continue  # it is listed to say where it belongs, and owes no report
            rows[unit.code] = (unit.code, unit.name, unit.superior_name, unit.contact)
    else:
        superiors = {code: superior for code, _, superior in found.known if code}
        for entry in services.units.all():
            code = entry.unit_code
            rows[code] = (code, entry.unit_name, superiors.get(code, ""), "")
    for code, name, superior in found.known:
        rows.setdefault(code or plain_name(name), (code, name, superior, ""))
    listed = []
    for key, row in rows.items():
        stage, received = (
            found.submitted.get(key) or found.submitted.get(plain_name(row[1])) or ("", "")
        )
        got = fetched.get((row[0], serials.get(row[0], 0)))
        if stage in ("", REJECTED) and row[0] in waiting:
            stage = WAITING
        stage = stage or (FETCHED if got else NOTHING)
        listed.append(UnitProgress(*row, stage, received, got.first if got else 0.0))
    return listed


def counted(listed: Sequence[UnitProgress]) -> dict[str, int]:
    """How many units have come how far."""
    return {stage: sum(line.stage == stage for line in listed) for stage in STAGES}


def table(listed: Sequence[UnitProgress]) -> Table:
    """The same for a spreadsheet program."""
    keys = ("code", "unit", "superior", "contact", "stage", "received", "fetched")
    header = [message(f"portal_column_{key}") for key in keys]
    rows: list[list[Any]] = [
        [
            line.code,
            line.name,
            line.superior,
            line.contact,
            message(f"portal_stage_{line.stage}"),
            in_china(line.received),
            moment(line.fetched) if line.fetched else "",
        ]
        for line in listed
    ]
    return Table("", header, rows)


__all__ = [
    "ACCEPTED",
    "MISSING",
    "NONE",
    "STAGES",
    "ProgressReader",
    "Published",
    "UnitProgress",
    "counted",
    "is_published",
    "lines",
    "table",
]  # fmt: skip
