"""The audit trail: what was done with a register, a line each in `S/log.jsonl`.

It is appended to by those who read the publication, too: an export is logged while somebody else
receives. Decisions, periods and removals are kept by the register itself; `trail` puts all of it in
order of time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from converter.files import writing
from converter.model.clock import utc_stamp

FILE = "log.jsonl"
RECEIVE, RECEIVED, LISTS = "receive", "received", "lists"
EXPORT, REMIND, SUMMARY, BACKUP = "export", "remind", "summary", "backup"
FORWARD = "forward"
PLACES = ("inbox", "reply", "path")  # details that name a file or a folder


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One thing that was done."""

    at: str  # ISO time
    action: str
    details: Mapping[str, Any] = field(default_factory=dict)


def append(store: Path, action: str, now: int, **details: Any) -> None:
    """Add a line. Raises OSError."""
    places = {key: str(details[key].resolve()) for key in PLACES if details.get(key)}
    line = {"at": utc_stamp(now), "action": action, **details, **places}
    text = json.dumps({k: v for k, v in line.items() if v is not None}, ensure_ascii=False)
    writing.append_line(store / FILE, text.encode("utf-8", "backslashreplace"))


def read(store: Path) -> list[LogEntry]:
    """All lines; one that a killed process left half is passed over."""
    try:
        lines = (store / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
            found.append(LogEntry(str(entry.pop("at")), str(entry.pop("action")), entry))
        except (ValueError, KeyError, AttributeError):
            continue
    return found


def places(store: Path, *actions: str) -> dict[str, list[Path]]:
    """Where these actions read or wrote, as far as it is there still: detail → paths."""
    found: dict[str, list[Path]] = {}
    for entry in read(store):
        for key in PLACES:
            path = Path(str(entry.details.get(key, "")))
            if entry.action in actions and entry.details.get(key) and path.exists():
                paths = found.setdefault(key, [])
                if path not in paths:
                    paths.append(path)
    return found
