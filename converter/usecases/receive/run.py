"""Inbox → worker processes → register and replies, batch by batch.

Workers read and validate; this process alone writes. For each batch: the register decides the
state of every file, the receipts are written, then the transaction is committed. After a kill in
between, the batch is done again and writes the same replies; what was committed is known by path
and content and not done again.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from converter.messages import catalogue
from converter.model.clock import utc_stamp
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.register import ClaimedSender, ReceivedFile, Register
from converter.register.precedence import ACCEPTED, REJECTED, WARNINGS
from converter.register.writer import CHANGING, RegisteredBefore
from converter.usecases.check import BYTES_A_BATCH, FILES_A_BATCH
from converter.usecases.common import LOST, Progress, silent
from converter.usecases.receive import inbox as box
from converter.usecases.receive.inbox import InboxFile
from converter.usecases.receive.key_holder import KeyholderRunner
from converter.usecases.receive.plan import Batch, Plan, Received
from converter.usecases.receive.replies import has_receipt, reply
from converter.usecases.receive.unpacking import OpenedItems, opened
from converter.workers import pool as engine
from converter.workers.pool import Runner, Shared, Task, Worker, WorkerDied

ITEMS_A_ROUND = 2_000  # so that what is unpacked and what waits stays bounded
# Others see the progress of a long run, as often as costs no more than a twentieth of its time.
PUBLISH_SECONDS, PUBLISH_SHARE = 300, 20
UNPACKED = ".converter-unpacked"  # in a folder that a cluster sees


def run(
    items: Sequence[InboxFile],
    register: Register,
    plan: Plan,
    worker: Worker,
    progress: Progress = silent,
) -> Iterator[Received]:
    """Receive what is not yet registered; yields file by file, once it is on the disk."""
    done = register.done()
    todo = [item for item in items if (item.name, item.content) not in done]
    expected = len(todo)  # grows with every zip that turns out to hold several files

    def received() -> Iterator[Received]:
        nonlocal expected
        for one in _received(todo, done, register, plan, worker):
            if isinstance(one, int):
                expected += one
            else:
                yield one

    yield from progress(received(), lambda: expected, lambda one: 1)


def write_missing_receipts(
    items: Sequence[InboxFile],
    register: Register,
    plan: Plan,
    worker: Worker,
    until: int,
    progress: Progress = silent,
) -> None:
    """Write the receipts and annotated copies of files that earlier runs (submissions up to
    `until`) registered without this reply folder. They are validated once more; what is
    registered stays as it is."""
    assert plan.reply
    folder, known = plan.reply, register.registered(until)
    missing = {key: one for key, one in known.items() if not has_receipt(folder, *key)}
    todo = [item for item in items if _is_one_of(item, missing)]

    def replied() -> Iterator[Received]:
        for _, _, batches in _rounds(todo, missing.__contains__, register, plan, worker):
            for batch, _ in batches:
                yield from _reply_again(batch, missing, plan)

    for _ in progress(replied(), lambda: len(missing), lambda one: 1):
        pass


def _is_one_of(item: InboxFile, keys: Collection[tuple[str, str]]) -> bool:
    """Whether a file is among these (name, content), or a zip that one of them came out of."""
    if not item.container:
        return (item.name, item.content) in keys
    inside = f"{item.name}/"
    return any(name == item.name or name.startswith(inside) for name, _ in keys)


def _received(
    todo: Sequence[InboxFile],
    done: set[tuple[str, str]],
    register: Register,
    plan: Plan,
    worker: Worker,
) -> Iterator[Received | int]:
    """What was received; a number is by how many files the work has grown."""
    publisher = _Publisher(register, plan)
    rounds = _rounds(todo, lambda key: key not in done, register, plan, worker)
    for given, found, batches in rounds:
        yield len(found) - given
        for batch, spool in batches:
            yield from _register(batch, spool, register, plan)
            publisher.after_a_batch()
        for name in register.finish_containers(found.containers):
            if plan.reply:  # its members have receipts of their own
                box.receipt(plan.reply, name).unlink(missing_ok=True)


def _rounds(
    todo: Sequence[InboxFile],
    wanted: Callable[[tuple[str, str]], bool],
    register: Register,
    plan: Plan,
    worker: Worker,
) -> Iterator[tuple[int, OpenedItems, Iterator[tuple[Batch, str]]]]:
    """Round by round: how many files were given, what was taken out of zips, and what workers
    answered of those that are wanted, by (name, content): batch by batch, each with the file
    that has its members ('' = none)."""
    unpacked = _place_for_zips(register, plan)
    with engine.local_pool(worker, plan.jobs) as own:
        pool = _with_keys(plan, own) if plan.pool else own
        for at in range(0, len(todo), ITEMS_A_ROUND):
            # What a killed run left, and what the round before unpacked.
            shutil.rmtree(unpacked, ignore_errors=True)
            chosen = todo[at : at + ITEMS_A_ROUND]
            found = opened(chosen, unpacked, worker)
            yield len(chosen), found, _answers(found, wanted, pool, register, plan)
    shutil.rmtree(unpacked, ignore_errors=True)


def _answers(
    found: OpenedItems,
    wanted: Callable[[tuple[str, str]], bool],
    pool: Sequence[Runner],
    register: Register,
    plan: Plan,
) -> Iterator[tuple[Batch, str]]:
    refused = [
        (_lost_entry(0, name, issue, plan.form), InboxFile(name, Path(), content))
        for name, content, issue in found.refused
        if wanted((name, content))
    ]
    if refused:
        yield refused, ""
    items = [item for item in found.items if wanted((item.name, item.content))]
    yield from _validated(items, pool, register, plan)


def _place_for_zips(register: Register, plan: Plan) -> Path:
    if plan.shared is None:
        return register.spool / "zips"
    # The folder may be several registers'; only one process writes into each.
    mine = hashlib.sha256(str(register.folder.resolve()).encode()).hexdigest()[:8]
    return plan.shared / f"{UNPACKED}-{mine}"


def _with_keys(plan: Plan, own: Sequence[Runner]) -> Sequence[Runner]:
    """The plan's pool; what only the union's keys open is validated by local workers."""
    if plan.keys is None:
        return plan.pool
    local = Shared(own)
    return [KeyholderRunner(remote, local) for remote in plan.pool]


class _Publisher:
    """Publishes a register while it grows."""

    def __init__(self, register: Register, plan: Plan) -> None:
        self._register, self._plan = register, plan
        self._next = time.monotonic() + PUBLISH_SECONDS

    def after_a_batch(self) -> None:
        started = time.monotonic()
        if started < self._next:
            return
        self._register.publish(str(self._plan.form.prose["period"]), self._plan.now)
        ended = time.monotonic()
        self._next = ended + max(PUBLISH_SECONDS, PUBLISH_SHARE * (ended - started))


# --- validating -------------------------------------------------------------------------------


def _validated(
    items: Sequence[InboxFile],
    pool: Sequence[Runner],
    register: Register,
    plan: Plan,
) -> Iterator[tuple[Batch, str]]:
    """Batch by batch; the file with its members is gone when the next batch is asked for."""
    tasks = [_task(batch, plan) for batch in _batches(items)]
    by_name = {item.name: item for item in items}
    spool = register.spool / "members.csv.gz"
    with engine.answers(tasks, pool, _split, lambda t, died: _lost(t, died, plan.form)) as found:
        for data, blobs in found:
            batch = [_unchanged(e, by_name[e["file"]], plan.form) for e in data["files"]]
            for blob in blobs:
                spool.write_bytes(blob)
            yield batch, str(spool) if blobs else ""
            spool.unlink(missing_ok=True)


def _task(items: Sequence[InboxFile], plan: Plan) -> Task:
    files = [
        [number, str(item.path), item.name, _target(item.name, plan)]
        for number, item in enumerate(items)
    ]
    args = {
        "form": str(plan.folder),
        "files": files,
        "keys": str(plan.keys or ""),
        "packages": True,
    }
    return Task("receive", args, tuple(str(item.path) for item in items))


def _target(name: str, plan: Plan) -> str:
    return str(box.annotated(plan.reply, name)) if plan.reply else ""


def _split(task: Task) -> list[Task]:
    if len(task.paths) == 1:
        return []
    return [
        replace(task, args=task.args | {"files": [file]}, paths=(path,))
        for file, path in zip(task.args["files"], task.paths, strict=True)
    ]


def _lost(task: Task, died: WorkerDied, form: Form) -> engine.Answer:
    number, _, name, _ = task.args["files"][0]
    issue = Issue(LOST[died.how], Level.ERROR, Place(name))
    return {"files": [_lost_entry(number, name, issue, form)]}, ()


def _unchanged(
    entry: dict[str, Any], item: InboxFile, form: Form
) -> tuple[dict[str, Any], InboxFile]:
    """A result holds for the bytes that were hashed; of a file that was moved or written to since,
    only that is known."""
    if item.is_unchanged():
        return entry, item
    issue = Issue(CHANGING, Level.ERROR, Place(item.name))
    return _lost_entry(entry["number"], item.name, issue, form), item


def _lost_entry(number: int, name: str, issue: Issue, form: Form) -> dict[str, Any]:
    """What a worker would have answered for a file that it could not read."""
    problem = {
        "code": issue.code,
        "level": str(issue.level),
        "where": "",
        "message": catalogue.sentence(issue, form),
        "fix": catalogue.fix(issue, form),
        "count": 1,
    }
    return {
        "number": number,
        "file": name,
        "status": "unreadable",
        "errors": 1,
        "found": [[issue.code, str(issue.level), 1]],
        "problems": [problem],
    }


def _batches(items: Sequence[InboxFile]) -> Iterator[list[InboxFile]]:
    """Runs of a bounded number of files and bytes."""
    batch: list[InboxFile] = []
    size = 0
    for item in items:
        try:
            added = item.path.stat().st_size
        except OSError:
            added = 0
        if batch and (len(batch) >= FILES_A_BATCH or size + added > BYTES_A_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += added
    if batch:
        yield batch


# --- registering and replying ----------------------------------------------------------------


def _register(batch: Batch, spool: str, register: Register, plan: Plan) -> list[Received]:
    received = utc_stamp(plan.now)
    files = [_received_file(entry, item, spool) for entry, item in batch]
    with register.record(files, received) as registered:
        times = [received] * len(files)
        return reply(batch, list(zip(files, registered, times, strict=True)), plan)


def _reply_again(
    batch: Batch, known: Mapping[tuple[str, str], RegisteredBefore], plan: Plan
) -> list[Received]:
    answers = []
    for entry, item in batch:
        before = known[item.name, item.content]
        file = replace(
            _received_file(entry, item, ""),
            result=before.result,
            errors=before.errors,
            warnings=before.warnings,
        )
        answers.append((file, before.file, before.received))
    return reply(batch, answers, plan)


def _received_file(entry: dict[str, Any], item: InboxFile, spool: str) -> ReceivedFile:
    status = entry["status"]
    result = {"ok": ACCEPTED, "warnings": WARNINGS}.get(status, REJECTED)
    return ReceivedFile(
        file=item.name,
        content=item.content,
        result=result,
        claim=ClaimedSender(
            entry.get("code", ""),
            entry.get("name", ""),
            entry.get("superior_code", ""),
            entry.get("superior", ""),
        ),
        period=entry.get("period", ""),
        digest=entry.get("digest", ""),
        created=entry.get("created", ""),
        file_time=utc_stamp(item.saved / 1e9) if item.saved else "",
        form_version=entry.get("form_version", ""),
        serial=entry.get("serial", 0),
        members=entry.get("members", 0),
        errors=entry["errors"],
        warnings=entry.get("warnings", 0),
        signed=entry.get("signed", False),
        sealed=entry.get("sealed", False),
        package=entry.get("package", False),
        answers=entry.get("answers", {}),
        unit_sheet=entry.get("unit_sheet", ""),
        member_sheet=entry.get("member_sheet", ""),
        id_column=entry.get("id_column", 0),
        found=tuple((code, level, count) for code, level, count in entry["found"]),
        spool=spool,
        number=entry["number"],
    )
