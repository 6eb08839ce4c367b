"""Into the inbox, whole or not at all; and what `receive` wrote about it.

A package gets its number before it is submitted, so that a second click on the button submits
nothing twice. The file is written under a private name that `receive` passes over and takes its
own when all of it is on the disk. State and inbox are brought together at the next start,
whenever the process was killed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.files import writing
from converter.identity import keys
from converter.identity.passwords import ALPHABET
from converter.model.errors import RegisterError
from converter.register import Snapshot, receipts
from converter.report import reply_files
from converter.web.settings import SPOOL, Settings
from converter.web.state import State, UploadRecord


def number(now: float) -> str:
    """The number of a submission: its day and six characters that can be receipt by telephone."""
    day = time.strftime("%y%m%d", time.gmtime(now + 8 * 3600))  # in China
    return day + "-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


def submit(
    package: Path, one: str, unit: str, members: int, settings: Settings, state: State
) -> None:
    """Put a package into the inbox under a number; again under the same one changes nothing.

    Raises OSError, after which nothing is in the inbox.
    """
    name = f"{SPOOL}/{one}.zip"
    target = settings.inbox / name
    if target.exists():
        state.settle(one, whole=True)
        return
    entry = UploadRecord(one, unit, name, writing.sha256(package), members, settings.clock())
    target.parent.mkdir(parents=True, exist_ok=True)
    state.begin(entry)
    try:
        writing.copy_atomically(package, target)
    except BaseException:
        state.settle(one, whole=False)
        raise
    state.settle(one, whole=True)


def reconcile(settings: Settings, state: State) -> None:
    """After a kill: what reached the inbox was submitted, the rest never was."""
    writing.sweep(settings.inbox / SPOOL)
    for one in state.submissions(whole=False):
        state.settle(one.number, whole=(settings.inbox / one.file).exists())


# --- what became of it -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """What `receive` says of a submission. `state` and `result` are the register's words, ''
    while it waits to be received."""

    result: str = ""
    state: str = ""
    received: str = ""
    receipt: Mapping[str, Any] | None = None
    genuine: bool = False  # signed with this union's key
    marked: Path | None = None


def replies(of: list[UploadRecord], settings: Settings) -> dict[str, Reply]:
    """By number: from the receipts where there is a folder of them, else from what the register
    has published."""
    found = {one.number: _receipt(one, settings) for one in of}
    waiting = {one.file: one for one in of if not found[one.number].result}
    for file, content, result, state, received in _published(list(waiting), settings):
        one = waiting[file]
        if content == one.sha256:
            found[one.number] = Reply(result, state, received)
    return found


def _receipt(one: UploadRecord, settings: Settings) -> Reply:
    if settings.reply is None:
        return Reply()
    receipt = receipts.read(reply_files.receipt(settings.reply, one.file))
    if receipt is None or receipt.get("sha256") != one.sha256:
        return Reply()
    marked = reply_files.annotated(settings.reply, one.file)
    return Reply(
        result=str(receipt.get("result", "")),
        state=str(receipt.get("state", "")),
        received=str(receipt.get("received", "")),
        receipt=receipt,
        genuine=receipts.verify(receipt, keys.public(settings.keys).signing),
        marked=marked if marked.is_file() else None,
    )


def _published(files: list[str], settings: Settings) -> list[tuple[Any, ...]]:
    if not files:
        return []
    try:
        with Snapshot(settings.published) as register:
            return register.query(
                "SELECT file, content, result, state, received FROM submissions"
                " WHERE list_contains(?, file)",
                [files],
            )
    except RegisterError:
        return []
