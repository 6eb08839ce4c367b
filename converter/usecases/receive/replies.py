"""Replies to the files of an inbox: receipts, annotated copies, and those that are out of date.

How they are written, and what becomes of those that are open elsewhere: `report.reply_files`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converter.files import safe_names, walking
from converter.files.os_errors import is_open_elsewhere
from converter.forms.amendments import OFF
from converter.messages.catalogue import message, rows_params
from converter.model.forms import Form
from converter.register import ReceivedFile, Register, receipts
from converter.register.precedence import DECIDED, HELD, UNCONFIRMED, UNOPENED, WITHDRAWN
from converter.register.registered import KnownOutcome, RegisteredFile
from converter.report import reply_files
from converter.report.reply_files import WrittenReply, remove_closed
from converter.usecases.receive.plan import Batch, Plan, Received


@dataclass(frozen=True, slots=True)
class Answered:
    """A batch with what the register made of it, and the receipts that say so."""

    batch: Batch
    files: Sequence[tuple[ReceivedFile, RegisteredFile]]
    made: Sequence[Mapping[str, Any]]  # none without a reply folder

    @property
    def copies(self) -> list[str]:
        """The annotated copy of each file, '' for none."""
        return [validated.annotated for validated, _ in self.batch]

    def received(self, written: Sequence[WrittenReply]) -> Iterator[Received]:
        """The files, whose receipts were written (none without a reply folder)."""
        for at, ((validated, _), (file, registered)) in enumerate(
            zip(self.batch, self.files, strict=True)
        ):
            one = written[at] if written else _NO_REPLY
            yield Received(file, registered, one.receipt, validated.annotated, one.still_open)


def answered(
    batch: Batch, answers: Sequence[tuple[ReceivedFile, RegisteredFile, str]], plan: Plan
) -> Answered:
    """Make the receipts of a batch, where there is a folder for them."""
    named = rows_params(plan.form.main_table)
    form = {"id": plan.form.id, "version": plan.form.version, **named}
    made = []
    if plan.reply:
        for (validated, _), (file, registered, received) in zip(batch, answers, strict=True):
            problems = [asdict(problem) for problem in validated.problems]
            amended = _amendments(plan.form, {code for code, _, _ in file.found})
            one = receipts.make(file, registered, received, form, problems, amended)
            made.append(receipts.signed(one, plan.signer))
    return Answered(batch, [(file, registered) for file, registered, _ in answers], made)


def reply(
    batch: Batch, answers: Sequence[tuple[ReceivedFile, RegisteredFile, str]], plan: Plan
) -> list[Received]:
    """Write the receipts of a batch, where there is a folder for them."""
    found = answered(batch, answers, plan)
    written = reply_files.write(plan.reply, found.made, found.copies) if plan.reply else []
    return list(found.received(written))


def _amendments(form: Form, found: Collection[str]) -> list[dict[str, str]]:
    """What was amended about the checks that found something."""
    return [
        {
            "code": one.code,
            **({"item": form.field(one.field).title} if one.field else {}),
            "level": one.level or OFF,
            "since": one.since,
            "reason": one.reason,
        }
        for one in form.amendments.values()
        if one.code in found
    ]


def give_names(folder: Path) -> None:
    """Give replies that stand beside an older one their own names, where it is closed by now."""
    words = "|".join(re.escape(message(key)) for key in ("annotated_suffix", "receipt_prefix"))
    beside = re.compile(rf"(?:{words})\d+-")
    found = [Path(one.path) for one in walking.entries_below(folder) if beside.match(one.name)]
    newest = {safe_names.reply_named(p): p for p in sorted(found, key=lambda p: p.stat().st_mtime)}
    for path, latest in newest.items():
        try:
            latest.replace(path)
        except OSError as error:
            if not is_open_elsewhere(error):
                raise
            continue
        others = (p for p in found if p != latest and safe_names.reply_named(p) == path)
        list(remove_closed(others))


def remove_outdated_copies(folder: Path, register: Register, until: int) -> list[Path]:
    """Remove annotated copies that were open when a version without faults came, among submissions
    up to this one. Returns those that are open still."""
    faultless = register.stream(
        "SELECT file FROM submissions WHERE id <= ? AND forgotten = ''"
        " GROUP BY file HAVING arg_max(errors + warnings, id) = 0",
        [until],
    )
    return list(remove_closed(reply_files.annotated(folder, name) for (name,) in faultless))


_NO_REPLY = WrittenReply("")
# A receipt with one of these is out of date when a decision or a key changes it. (What a later
# file supersedes has a receipt of what became of it when it came.)
_DECIDABLE = {HELD, UNCONFIRMED, UNOPENED, WITHDRAWN}


def has_receipt(folder: Path, known: KnownOutcome) -> bool:
    """Whether the reply folder has a receipt for this very content that no decision has changed
    since."""
    found = receipts.read(reply_files.receipt(folder, known.file))
    if found is None or found.get("sha256") != known.content:
        return False
    decided_in = found.get("decision")
    number = decided_in.get("number") if isinstance(decided_in, dict) else None
    if number != (known.decision.number if known.decision else None):
        return False
    before = (str(found.get("state", "")), str(found.get("reason", "")))
    now = (known.state, known.reason)
    decided = {before[0], now[0]} & _DECIDABLE or DECIDED in (before[1], now[1])
    return before == now or not decided
