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
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from converter.files import writing
from converter.messages import catalogue
from converter.model.errors import WorkerDied
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
from converter.workers import pool as workers
from converter.workers.pool import Runner, Shared, Worker
from converter.workers.requests.receive import (
    FileToReceive,
    Problem,
    ReceiveAnswer,
    ReceiveRequest,
    UnpackRequest,
    ValidatedFile,
)

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
    with workers.local_pool(worker, plan.jobs) as own:
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
        request = UnpackRequest(item.path, item.name, item.content, folder / str(number))
        try:
            found = worker.run(request)
        except WorkerDied as died:
            issue = Issue(LOST[died.how], Level.ERROR, Place(item.name))
            opened.refused.append((item.name, item.content, issue))
            continue
        if not item.is_unchanged():
            issue = Issue(CHANGING, Level.ERROR, Place(item.name))
            opened.refused.append((item.name, item.content, issue))
            continue
        if not found.container:
            opened.items.append(item)
            continue
        opened.containers.append((item.name, item.content))
        opened.items.extend(InboxFile(one.name, one.path, one.content) for one in found.members)
        opened.refused.extend((one.name, one.content, one.issue) for one in found.refused)
    return opened


def _refused(
    opened: _Opened, register: Register, plan: Plan, done: set[tuple[str, str]]
) -> Iterator[Received]:
    batch = [
        (_unreadable(0, name, issue, plan.form), InboxFile(name, Path(), content))
        for name, content, issue in opened.refused
        if (name, content) not in done
    ]
    if batch:
        yield from _register(batch, "", register, plan)


# --- validating ------------------------------------------------------------------------------


def _validated(
    items: Sequence[InboxFile],
    pool: Sequence[Runner],
    register: Register,
    plan: Plan,
) -> Iterator[list[Received]]:
    """Batch by batch, once it is registered."""
    requests = [_request(batch, plan) for batch in _batches(items)]
    by_name = {item.name: item for item in items}
    spool = register.spool / "members.csv.gz"

    def lost(request: ReceiveRequest, died: WorkerDied) -> ReceiveAnswer:
        file = request.files[0]
        issue = Issue(LOST[died.how], Level.ERROR, Place(file.name))
        return ReceiveAnswer((_unreadable(file.number, file.name, issue, plan.form),))

    with workers.answers(requests, pool, _split, lost) as answers:
        for answer in answers:
            batch = [_unchanged(one, by_name[one.file], plan.form) for one in answer.files]
            if answer.members:
                spool.write_bytes(answer.members)
            yield _register(batch, str(spool) if answer.members else "", register, plan)
            spool.unlink(missing_ok=True)


def _request(items: Sequence[InboxFile], plan: Plan) -> ReceiveRequest:
    files = tuple(
        FileToReceive(number, item.path, item.name, _target(item.name, plan))
        for number, item in enumerate(items)
    )
    return ReceiveRequest(plan.folder, files, plan.keys)


def _target(name: str, plan: Plan) -> Path | None:
    return box.annotated(plan.reply, name) if plan.reply else None


def _split(request: ReceiveRequest) -> list[ReceiveRequest]:
    return [replace(request, files=(file,)) for file in request.files]


def _unchanged(
    validated: ValidatedFile, item: InboxFile, form: Form
) -> tuple[ValidatedFile, InboxFile]:
    """A result holds for the bytes that were hashed; of a file that was moved or written to since,
    only that is known."""
    if item.is_unchanged():
        return validated, item
    issue = Issue(CHANGING, Level.ERROR, Place(item.name))
    return _unreadable(validated.number, item.name, issue, form), item


def _unreadable(number: int, name: str, issue: Issue, form: Form) -> ValidatedFile:
    """A file that no worker could read, or that was refused before."""
    level = str(issue.level)
    text, fix = catalogue.sentence(issue, form), catalogue.fix(issue, form)
    return ValidatedFile(
        number,
        name,
        status="unreadable",
        errors=1,
        found=((issue.code, level, 1),),
        problems=(Problem(issue.code, level, where="", message=text, fix=fix, count=1),),
    )


def _batches(items: Sequence[InboxFile]) -> Iterator[list[InboxFile]]:
    """Runs of a bounded number of files and bytes."""
    batch: list[InboxFile] = []
    size = 0
    for item in items:
        try:
            more = item.path.stat().st_size
        except OSError:
            more = 0
        if batch and (len(batch) >= FILES_A_BATCH or size + more > BYTES_A_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += more
    if batch:
        yield batch


# --- registering and replying ----------------------------------------------------------------


def _register(
    batch: Sequence[tuple[ValidatedFile, InboxFile]], spool: str, register: Register, plan: Plan
) -> list[Received]:
    received = datetime.fromtimestamp(plan.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    files = [_received_file(validated, item, spool) for validated, item in batch]
    form = {"id": plan.form.id, "version": plan.form.version}
    replies: list[Received] = []
    receipt_files: list[tuple[Path, bytes]] = []
    with register.record(files, received) as registered:
        for (validated, _), file, one in zip(batch, files, registered, strict=True):
            receipt = ""
            if plan.reply:
                target = box.receipt(plan.reply, file.file)
                problems = [asdict(problem) for problem in validated.problems]
                made = receipts.make(file, one, received, form, problems)
                target.parent.mkdir(parents=True, exist_ok=True)
                receipt_files.append((target, receipts.encode(made, plan.signer)))
                receipt = str(target)
                if not validated.annotated:  # an earlier version of the file had faults
                    box.annotated(plan.reply, file.file).unlink(missing_ok=True)
            replies.append(Received(file, one, receipt, validated.annotated))
        writing.write_many(receipt_files)
    return replies


def _received_file(validated: ValidatedFile, item: InboxFile, spool: str) -> ReceivedFile:
    result = {"ok": ACCEPTED, "warnings": WARNINGS}.get(validated.status, REJECTED)
    return ReceivedFile(
        file=item.name,
        content=item.content,
        result=result,
        claim=ClaimedSender(
            validated.code, validated.name, validated.superior_code, validated.superior
        ),
        period=validated.period,
        digest=validated.digest,
        created=validated.created,
        form_version=validated.form_version,
        serial=validated.serial,
        members=validated.members,
        errors=validated.errors,
        warnings=validated.warnings,
        signed=validated.signed,
        sealed=validated.sealed,
        package=validated.package,
        answers=validated.answers,
        unit_sheet=validated.unit_sheet,
        member_sheet=validated.member_sheet,
        id_column=validated.id_column,
        found=validated.found,
        spool=spool,
        number=validated.number,
    )
