"""Decisions that an officer took elsewhere (on the web pages) and that wait for `receive`: a file
each in a folder that only she and those pages can write. The pages never touch the register.

Each names the file by the number of its receipt and by its content. What cannot be done any more
is kept with its reason in `refused/`, where the pages show it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from converter.files import writing
from converter.messages.catalogue import message
from converter.messages.errors import text
from converter.model.errors import UsageError
from converter.register import Register
from converter.register.deciding import Order, decide
from converter.register.knowledge import Knowledge
from converter.register.precedence import ACCEPT, ASSIGN, REJECT, REVOKE

REFUSED = "refused"  # below the folder
ACTIONS = (ACCEPT, REJECT, ASSIGN, REVOKE)
LARGEST = 16 * 1024  # bytes of one


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """One decision on its way. `subject` is the number of a receipt, of a decision to revoke."""

    action: str
    subject: str
    file: str
    content: str  # SHA-256 of the file, '' for a decision to revoke
    decided: str  # ISO time
    unit: str = ""
    why: str = ""
    officer: str = ""
    refused: str = ""  # why it could not be done


def write(folder: Path, one: WaitingOrder, name: str) -> None:
    """Put a decision into the folder; `name` orders it among the others. Raises OSError."""
    writing.private_folder(folder)
    written = json.dumps(asdict(one), ensure_ascii=False, indent=2) + "\n"
    writing.write_bytes_atomically(folder / f"{name}.json", written.encode("utf-8"), private=True)


def waiting(folder: Path) -> list[WaitingOrder]:
    """Those that wait, in order."""
    return [one for _, one in _read(folder) if one is not None]


def refused(folder: Path) -> list[WaitingOrder]:
    """Those that could not be done."""
    return waiting(folder / REFUSED)


def apply(folder: Path, register: Register) -> tuple[int, list[WaitingOrder]]:
    """Take the decisions that wait. Returns how many were taken, and those that cannot be.
    Raises OSError, RegisterError."""
    done, failed = 0, list[WaitingOrder]()
    for path, one in [*_read(folder)]:
        if one is None:
            one = WaitingOrder("", "", path.name, "", "", refused=message("order_broken"))
        else:
            try:
                register.change(partial(_decide, one=one))
                done += 1
            except UsageError as error:
                one = replace(one, refused=text(error))
        if one.refused:
            write(folder / REFUSED, one, path.stem)
            failed.append(one)
        writing.remove(path)
    return done, failed


def _decide(known: Knowledge, one: WaitingOrder) -> None:
    if one.action != REVOKE:
        rows = known.query("SELECT content FROM submissions WHERE id = ?", [int(one.subject)])
        if not rows or rows[0][0] != one.content:  # another register, or an older one restored
            raise UsageError("decide_no_file", file=one.file)
    subject = one.subject if one.action == REVOKE else f"#{one.subject}"
    order = Order(one.action, subject, one.unit, why=one.why, officer=one.officer)
    decide(known, order, one.decided)


def _read(folder: Path) -> Iterator[tuple[Path, WaitingOrder | None]]:
    """The files of a folder and what they say; None for one that is no decision."""
    for path in sorted(folder.glob("*.json")):
        try:
            data = json.loads(path.read_bytes()[:LARGEST])
            one = WaitingOrder(**data)
        except (OSError, ValueError, TypeError):
            yield path, None
            continue
        texts = all(isinstance(value, str) for value in asdict(one).values())
        sound = texts and one.action in ACTIONS
        sound = sound and one.subject.isascii() and one.subject.isdecimal()
        yield path, one if sound and len(one.subject) <= 18 else None
