"""Replies to the files of an inbox: receipts, annotated copies, and those that are out of date.

Officers look at replies while the next files come in, and on Windows what a spreadsheet program has
open can be neither replaced nor removed. So a new reply then takes another name (批注2-表.xlsx),
the officer is told, and the next run gives it its own name once the older one is closed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from converter.files import safe_names, writing
from converter.files.os_errors import is_open_elsewhere
from converter.forms.amendments import OFF
from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.register import ReceivedFile, Register, receipts
from converter.register.precedence import DECIDED, HELD, UNCONFIRMED, UNOPENED, WITHDRAWN
from converter.register.registered import KnownOutcome, RegisteredFile
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
        still_open: tuple[Path, ...] = ()
        if plan.reply:
            from converter.report import receipt_page  # brings jinja2

            target, copy = box.receipt(plan.reply, file.file), box.annotated(plan.reply, file.file)
            problems = [asdict(problem) for problem in validated.problems]
            amended = _amendments(plan.form, {code for code, _, _ in file.found})
            made = receipts.make(file, registered, received, form, problems, amended)
            writing.private_folder(target.parent)
            receipt_files.append((target, receipts.encode(made, plan.signer)))
            page = receipt_page.render(made, validated.annotated)
            receipt_files.append((box.receipt_page(plan.reply, file.file), page))
            receipt = str(target)
            if not validated.annotated:  # an earlier version of the file had faults
                still_open = tuple(remove_closed([copy]))
            elif Path(validated.annotated) != copy:
                still_open = (copy,)
        replies.append(Received(file, registered, receipt, validated.annotated, still_open))
    named = write_closed(receipt_files)
    return [_where(one, named) for one in replies]


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


def write_closed(files: Iterable[tuple[Path, bytes]]) -> dict[Path, Path]:
    """Write replies; beside one that another program has open the new one gets another name.
    Path → the path it got. Raises OSError."""
    return writing.write_many(
        files,
        personal=True,
        beside=writing.Beside.WHERE_OPEN,
        other_name=safe_names.reply_beside,
    )


def _where(one: Received, named: Mapping[Path, Path]) -> Received:
    """The same, with the name that its receipt got."""
    target = Path(one.receipt)
    if not one.receipt or named[target] == target:
        return one
    return replace(one, receipt=str(named[target]), still_open=(*one.still_open, target))


def remove_closed(paths: Iterable[Path]) -> Iterator[Path]:
    """Remove files; yields those that stay, since another program has them open. Raises OSError."""
    for path in paths:
        try:
            writing.remove(path)
        except OSError as error:
            if not is_open_elsewhere(error):
                raise
            yield path


def give_names(folder: Path) -> None:
    """Give replies that stand beside an older one their own names, where it is closed by now."""
    words = "|".join(re.escape(message(key)) for key in ("annotated_suffix", "receipt_prefix"))
    beside = re.compile(rf"(?:{words})\d+-")
    found = [
        Path(root, name)
        for root, _, names in os.walk(folder)
        for name in names
        if beside.match(name)
    ]
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
    return list(remove_closed(box.annotated(folder, name) for (name,) in faultless))


# A receipt that told one of these is out of date when a decision or a key changes it. (What a later
# file supersedes has a receipt of what became of it when it came.)
_DECIDABLE = {HELD, UNCONFIRMED, UNOPENED, WITHDRAWN}


def has_receipt(folder: Path, known: KnownOutcome) -> bool:
    """Whether the reply folder has a receipt for this very content that no decision has changed
    since."""
    found = receipts.read(box.receipt(folder, known.file))
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
