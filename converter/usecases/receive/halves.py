"""Two files of an inbox that are one submission: found among what was registered, validated as
one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

from converter.model.clock import utc_stamp
from converter.register import Register, halves
from converter.register.halves import Pair
from converter.report import reply_files
from converter.usecases.common import NOT_NOW
from converter.usecases.receive.inbox import InboxFile, InboxFiles
from converter.usecases.receive.plan import Plan, Received
from converter.usecases.receive.recording import received_file
from converter.usecases.receive.replies import reply
from converter.usecases.receive.run import place_for_zips, write_spool
from converter.usecases.receive.unpacking import opened
from converter.workers.pool import Worker
from converter.workers.requests.receive import FileToReceive, ReceiveRequest


def receive_pairs(
    items: InboxFiles, register: Register, plan: Plan, worker: Worker
) -> Iterator[tuple[Pair, Received]]:
    """Validate and register what belongs together; yields each once it is on the disk."""
    found = halves.pair(register.halves()).pairs
    if not found:
        return
    chosen = items.holding((half.file, half.content) for one in found for half in one)
    unpacked = place_for_zips(register, plan)
    readable = {(i.name, i.content): i for i in opened(chosen, unpacked, worker).items}
    for one in found:
        both = [readable.get((half.file, half.content)) for half in one]
        if both[0] and both[1] and both[0].is_unchanged() and both[1].is_unchanged():
            received = _receive(one, both[0], both[1], register, plan, worker)
            if received:
                yield one, received


def _receive(
    pair: Pair,
    unit: InboxFile,
    members: InboxFile,
    register: Register,
    plan: Plan,
    worker: Worker,
) -> Received | None:
    """None where one of them cannot be read for now."""
    target = reply_files.annotated(plan.reply, unit.name) if plan.reply else None
    file = FileToReceive(0, unit.path, unit.name, target, (members.path, members.name))
    answer = worker.run(ReceiveRequest(plan.folder, (file,), plan.keys))
    (validated,) = answer.files
    if validated.status == "unreadable" and validated.found[0][0] in NOT_NOW:
        return None
    spool = write_spool(register.spool / "halves", answer)
    item = replace(unit, saved=max(unit.saved, members.saved))
    whole = replace(
        received_file(validated, item, str(spool)), file=pair.file, content=pair.content
    )
    received = utc_stamp(plan.now)
    with register.record([whole], received) as registered:
        register.pair(pair, registered[0].id)
        for half in pair:
            batch = [(validated if half is pair.unit else replace(validated, annotated=""), item)]
            part = replace(whole, file=half.file, content=half.content)
            when = registered[0].received or received
            answered = reply(batch, [(part, registered[0], when)], plan)
    shutil.rmtree(spool, ignore_errors=True)
    return replace(answered[0], received=whole, annotated=validated.annotated)
