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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from converter.files import writing
from converter.messages import catalogue
from converter.model.clock import utc_stamp
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.register import ClaimedSender, ReceivedFile, Register, receipts
from converter.register.precedence import ACCEPTED, REJECTED, WARNINGS
from converter.register.writer import CHANGING, RegisteredFile
from converter.usecases.check import BYTES_A_BATCH, FILES_A_BATCH
from converter.usecases.common import LOST, Progress, silent
from converter.usecases.receive import inbox as box
from converter.usecases.receive.inbox import InboxFile
from converter.usecases.receive.key_holder import KeyholderRunner
from converter.workers import pool as engine
from converter.workers import protocol
from converter.workers.pool import Runner, Shared, Task, Worker, WorkerDied

ITEMS_A_ROUND = 2_000  # so that what is unpacked and what waits stays bounded
# Others see the progress of a long run, as often as costs no more than a twentieth of its time.
PUBLISH_SECONDS, PUBLISH_SHARE = 300, 20
UNPACKED = ".converter-unpacked"  # in a folder that a cluster sees


@dataclass(frozen=True, slots=True)
class Received:
    """One file and what became of it."""

    received: ReceivedFile
    registered: RegisteredFile
    receipt: str  # '' without a reply folder
    annotated: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run needs to know besides its files."""

    folder: Path  # of the form
    form: Form
    reply: Path | None
    keys: Path | None
    signer: receipts.ReceiptSigner | None
    jobs: int  # processes at a time
    now: int  # seconds since 1970
    pool: Sequence[Runner] = ()  # what does the work; none: processes on this machine
    shared: Path | None = None  # a folder that `pool` sees, for what comes out of zips


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


def _received(
    todo: Sequence[InboxFile],
    done: set[tuple[str, str]],
    register: Register,
    plan: Plan,
    worker: Worker,
) -> Iterator[Received | int]:
    """What was received; a number is by how many files the work has grown."""
    publisher = _Publisher(register, plan)
    unpacked = _place_for_zips(register, plan)
    with engine.local_pool(worker, plan.jobs) as own:
        pool = _with_keys(plan, own) if plan.pool else own
        for at in range(0, len(todo), ITEMS_A_ROUND):
            # What a killed run left, and what the round before unpacked.
            shutil.rmtree(unpacked, ignore_errors=True)
            chosen = todo[at : at + ITEMS_A_ROUND]
            opened = _unpacked(chosen, unpacked, plan, worker)
            yield len(opened.items) + len(opened.refused) - len(chosen)
            yield from _refused(opened, register, plan, done)
            fresh = [item for item in opened.items if (item.name, item.content) not in done]
            for received in _validated(fresh, pool, register, plan):
                yield from received
                publisher.after_a_batch()
            for name in register.finish_containers(opened.containers):
                if plan.reply:  # its members have receipts of their own
                    box.receipt(plan.reply, name).unlink(missing_ok=True)
    shutil.rmtree(unpacked, ignore_errors=True)


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


# --- zips ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Opened:
    items: list[InboxFile]
    refused: list[tuple[str, str, Issue]]  # name, content, why
    containers: list[tuple[str, str]]


def _unpacked(items: Sequence[InboxFile], folder: Path, plan: Plan, worker: Worker) -> _Opened:
    """Zips replaced by what is in them."""
    opened = _Opened([], [], [])
    for number, item in enumerate(items):
        if not item.container:
            opened.items.append(item)
            continue
        args = {
            "path": str(item.path),
            "content": item.content,
            "name": item.name,
            "folder": str(folder / str(number)),
        }
        try:
            # Inflating takes its time: as much as reading what comes out of it.
            data, _ = worker.run(Task("unpack", args, (str(item.path),) * 8))
        except WorkerDied as died:
            issue = Issue(LOST[died.how], Level.ERROR, Place(item.name))
            opened.refused.append((item.name, item.content, issue))
            continue
        if not item.is_unchanged():
            issue = Issue(CHANGING, Level.ERROR, Place(item.name))
            opened.refused.append((item.name, item.content, issue))
            continue
        if not data["container"]:
            opened.items.append(item)
            continue
        opened.containers.append((item.name, item.content))
        opened.items.extend(
            InboxFile(name, Path(path), sha, saved=item.saved)
            for name, path, sha in data["members"]
        )
        opened.refused.extend((n, c, protocol.unpack_issue(i)) for n, c, i in data["refused"])
    return opened


def _refused(
    opened: _Opened, register: Register, plan: Plan, done: set[tuple[str, str]]
) -> Iterator[Received]:
    batch = [
        (_lost_entry(0, name, issue, plan.form), InboxFile(name, Path(), content))
        for name, content, issue in opened.refused
        if (name, content) not in done
    ]
    if batch:
        yield from _register(batch, "", register, plan)


# --- validating -------------------------------------------------------------------------------


def _validated(
    items: Sequence[InboxFile],
    pool: Sequence[Runner],
    register: Register,
    plan: Plan,
) -> Iterator[list[Received]]:
    """Batch by batch, once it is registered."""
    tasks = [_task(batch, plan) for batch in _batches(items)]
    by_name = {item.name: item for item in items}
    spool = register.spool / "members.csv.gz"
    with engine.answers(tasks, pool, _split, lambda t, died: _lost(t, died, plan.form)) as found:
        for data, blobs in found:
            batch = [_unchanged(e, by_name[e["file"]], plan.form) for e in data["files"]]
            for blob in blobs:
                spool.write_bytes(blob)
            yield _register(batch, str(spool) if blobs else "", register, plan)
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


def _register(
    batch: Sequence[tuple[dict[str, Any], InboxFile]], spool: str, register: Register, plan: Plan
) -> list[Received]:
    received = utc_stamp(plan.now)
    files = [_received_file(entry, item, spool) for entry, item in batch]
    form = {"id": plan.form.id, "version": plan.form.version}
    replies: list[Received] = []
    receipt_files: list[tuple[Path, bytes]] = []
    with register.record(files, received) as registered:
        for (entry, _), file, one in zip(batch, files, registered, strict=True):
            receipt = ""
            if plan.reply:
                target = box.receipt(plan.reply, file.file)
                made = receipts.make(file, one, received, form, entry["problems"])
                target.parent.mkdir(parents=True, exist_ok=True)
                receipt_files.append((target, receipts.encode(made, plan.signer)))
                receipt = str(target)
                if not entry.get("annotated"):  # an earlier version of the file had faults
                    box.annotated(plan.reply, file.file).unlink(missing_ok=True)
            replies.append(Received(file, one, receipt, entry.get("annotated", "")))
        writing.write_many(receipt_files)
    return replies


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
