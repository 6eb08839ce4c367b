"""What was done with a register, in order of time: runs, decisions, periods, exports, removals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.register import audit, decisions, forgetting
from converter.register.decisions import Decision
from converter.report.table import Table

if TYPE_CHECKING:
    from converter.register import Snapshot

Line = tuple[str, str, str, str]  # ISO time, officer, what was done, why


def trail(register: Snapshot, store: Path) -> Table:
    """Every line names the time, who did it where that is known, what, and why."""
    lines = sorted(_lines(register, store), key=lambda line: line[0])
    header = [message(f"log_column_{key}") for key in ("at", "officer", "what", "why")]
    rows = [(in_china(at), officer, what, why) for at, officer, what, why in lines]
    return Table(message("log_title", count=len(rows)), header, rows)


def _lines(register: Snapshot, store: Path) -> Iterator[Line]:
    for entry in audit.read(store):
        details = {"period": "", **entry.details}
        if "ids" in details:
            details["ids"] = message(f"export_ids_{details['ids']}")
        if "lists" in details:
            details["lists"] = "、".join(map(str, details["lists"]))
        officer = str(details.get("officer", ""))
        yield entry.at, officer, message(f"log_{entry.action}", **details), ""
    columns = ", ".join(decisions.COLUMNS)
    for row in register.query(f"SELECT {columns} FROM decisions"):
        one = Decision(*row)
        yield one.decided, one.officer, decision_text(one), one.why
    for period, state, changed, officer in register.query(
        "SELECT period, state, changed, officer FROM periods"
    ):
        yield changed, officer, message(f"log_period_{state}", period=period), ""
    for removal in forgetting.removals(register):
        what = message(f"log_forget_{removal.scope}", **removal._asdict())
        yield removal.forgotten, removal.officer, what, removal.why


def decision_text(one: Decision) -> str:
    """A decision as a sentence."""
    unit = " ".join(filter(None, (one.unit_name, one.unit_code)))
    params = {"file": one.file, "period": one.period, "unit": unit, "revokes": one.revokes}
    params |= {"name": one.unit_name, "superior": one.superior}
    return message(f"decide_{one.action}", **params)


def whole_decision(one: Decision) -> str:
    """What was decided, by whom, when and why."""
    by = " ".join(filter(None, (in_china(one.decided), one.officer)))
    why = message("decision_reason", why=one.why) if one.why else ""
    return message("decision_line", number=one.number, by=by, what=decision_text(one), why=why)
