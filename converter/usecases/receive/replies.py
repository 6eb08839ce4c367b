"""Receipts for the files of an inbox: where they lie, and whether one is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from converter.files import writing
from converter.register import ReceivedFile, receipts
from converter.register.precedence import DECIDED, HELD, UNCONFIRMED, UNOPENED, WITHDRAWN
from converter.register.writer import RegisteredFile
from converter.usecases.receive import inbox as box
from converter.usecases.receive.plan import Batch, Plan, Received


def reply(
    batch: Batch, answers: Sequence[tuple[ReceivedFile, RegisteredFile, str]], plan: Plan
) -> list[Received]:
    """Write the receipts of a batch, where there is a folder for them."""
    form = {"id": plan.form.id, "version": plan.form.version}
    replies: list[Received] = []
    receipt_files: list[tuple[Path, bytes]] = []
    for (validated, _), (file, registered, received) in zip(batch, answers, strict=True):
        receipt = ""
        if plan.reply:
            target = box.receipt(plan.reply, file.file)
            problems = [asdict(problem) for problem in validated.problems]
            made = receipts.make(file, registered, received, form, problems)
            target.parent.mkdir(0o700, parents=True, exist_ok=True)
            receipt_files.append((target, receipts.encode(made, plan.signer)))
            receipt = str(target)
            if not validated.annotated:  # an earlier version of the file had faults
                box.annotated(plan.reply, file.file).unlink(missing_ok=True)
        replies.append(Received(file, registered, receipt, validated.annotated))
    writing.write_many(receipt_files, personal=True)
    return replies


# A receipt that told one of these is out of date when a decision or a key changes it. (What a later
# file supersedes has a receipt of what became of it when it came.)
_DECIDABLE = {HELD, UNCONFIRMED, UNOPENED, WITHDRAWN}


def has_receipt(folder: Path, name: str, content: str, registered: RegisteredFile) -> bool:
    """Whether the reply folder has a receipt for this very content that no decision has changed
    since."""
    found = receipts.read(box.receipt(folder, name))
    if found is None or found.get("sha256") != content:
        return False
    before = found.get("decision")
    number = before.get("number") if isinstance(before, dict) else None
    if number != (registered.decision.number if registered.decision else None):
        return False
    told = (str(found.get("state", "")), str(found.get("reason", "")))
    now = (registered.state, registered.reason)
    decided = {told[0], now[0]} & _DECIDABLE or DECIDED in (told[1], now[1])
    return told == now or not decided
