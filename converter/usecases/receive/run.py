"""Inbox → worker processes → register and replies, batch by batch.

Workers read and validate; this process alone writes the register. Answers that came while it wrote
make one batch, since what a transaction costs hardly depends on its files. For each batch: the
register decides the state of every file, workers write the receipts, then the transaction is
committed (`recording`). What was committed is known by path and content and not done again.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from converter.files import writing
from converter.messages import catalogue
from converter.model.errors import WorkerDied
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.register import Register
from converter.register.again import CHANGING, File
from converter.register.registered import RegisteredBefore
from converter.register.writer import rows_file
from converter.report.reply_files import annotated, receipt, receipt_page, remove_closed
from converter.usecases.check import BYTES_A_BATCH
from converter.usecases.common import LOST, NOT_NOW, ProgressReporter, bounded_parts, silent
from converter.usecases.receive.inbox import InboxFile, InboxFiles, containers_of
from converter.usecases.receive.key_holder import KeyholderRunner
from converter.usecases.receive.plan import Batch, NotReceived, Plan, Received
from converter.usecases.receive.recording import Recording, received_file
from converter.usecases.receive.replies import has_receipt, remove_outdated_copies, reply
from converter.usecases.receive.unpacking import OpenedItems, opened
from converter.workers import pool as workers
from converter.workers.pool import Runner, Shared, Worker
from converter.workers.requests.receive import (
    FileToReceive,
    Problem,
    ReceiveAnswer,
    ReceiveRequest,
    ValidatedFile,
)

FEWEST_A_BATCH, FILES_A_BATCH = 100, 250
BATCHES_A_RUNNER = 2  # at least, where there are files enough
RECEIPTS_AT_ONCE = 20_000
# So that what is unpacked and what waits stays bounded: zips, and files for each runner.
ITEMS_A_ROUND = 2_000
# Others see the progress of a long run, as often as costs no more than a twentieth of its time.
PUBLISH_SECONDS, PUBLISH_SHARE = 300, 20
UNPACKED = ".converter-unpacked"  # in a folder that a cluster sees


def run(
    items: InboxFiles,
    register: Register,
    plan: Plan,
    worker: Worker,
    progress: ProgressReporter = silent,
    take_forwards: Callable[[Sequence[InboxFile]], Collection[str]] = lambda items: (),
) -> Iterator[Received | NotReceived]:
    """Receive what is not yet registered; yields file by file, once it is on the disk.
    `take_forwards` takes in the forwards that were in zips, and names those that another run may
    tell more of."""
    if plan.keys is not None:
        register.retry_locked()
    todo = items.without(register.done)
    expected = len(todo)  # grows with every zip that turns out to hold several files

    def received() -> Iterator[Received | NotReceived]:
        nonlocal expected
        for one in _received(todo, register, plan, worker, take_forwards):
            if isinstance(one, int):
                expected += one
            else:
                yield one

    yield from progress(received(), lambda: expected, lambda one: 1)


def write_missing_receipts(
    items: InboxFiles,
    register: Register,
    plan: Plan,
    worker: Worker,
    until: int,
    progress: ProgressReporter = silent,
) -> list[Path]:
    """Write the receipts and annotated copies of files that earlier runs (submissions up to
    `until`) registered without this reply folder. They are validated once more; what is
    registered stays as it is. Returns the replies that are out of date, but open elsewhere."""
    assert plan.reply
    folder, expected = plan.reply, 0
    still_open = remove_outdated_copies(folder, register, until)
    due = (number for number, one in register.outcomes(until) if not has_receipt(folder, one))

    def replied() -> Iterator[Received]:
        nonlocal expected
        while numbers := list(islice(due, RECEIPTS_AT_ONCE)):
            missing = register.registered(numbers)
            expected += len(missing)
            todo = items.holding(missing)
            has_reply = partial(_others, missing.keys())
            with _runners(plan, worker) as runners:
                for _, _, batches in _rounds(todo, has_reply, register, plan, worker, runners):
                    for batch, _ in batches:
                        yield from _reply_again(_readable(batch)[0], missing, plan)

    for one in progress(replied(), lambda: expected, lambda one: 1):
        still_open += one.still_open
    return still_open


def _others(chosen: Set[File], files: Sequence[File]) -> set[File]:
    return set(files) - chosen


def _received(
    todo: Iterable[InboxFile],
    register: Register,
    plan: Plan,
    worker: Worker,
    take_forwards: Callable[[Sequence[InboxFile]], Collection[str]],
) -> Iterator[Received | NotReceived | int]:
    """What was received; a number is by how many files the work has grown."""
    publisher = _Publisher(register, plan)
    with _runners(plan, worker) as runners, Recording(register, plan, runners) as recording:
        for given, found, batches in _rounds(todo, register.done, register, plan, worker, runners):
            yield len(found) - given
            again = take_forwards([item for item in found.items if item.forward])
            unfinished = {name for file in again for name in containers_of(file)}
            for batch, spool in batches:
                readable, left = _readable(batch)
                yield from left
                unfinished |= {name for one in left for name in containers_of(one.file)}
                yield from recording.record(readable, spool) if readable else ()
                if not recording.is_open:
                    publisher.after_a_batch()
            yield from recording.commit()
            _finish(found, unfinished, register, plan)


def _finish(
    found: OpenedItems, unfinished: Collection[str], register: Register, plan: Plan
) -> None:
    """Remember zips of which nothing is left to do."""
    if found.containers:
        finished = [one for one in found.containers if one[0] not in unfinished]
        for name in register.finish_containers(finished):
            if plan.reply:  # its members have receipts of their own
                gone = [receipt(plan.reply, name), receipt_page(plan.reply, name)]
                list(remove_closed(gone))


def _readable(batch: Batch) -> tuple[Batch, list[NotReceived]]:
    """The files that were read, and those that could not be for now."""
    left = {
        item.name: NotReceived(item.name, validated.found[0][0])
        for validated, item in batch
        if validated.status == "unreadable" and validated.found[0][0] in NOT_NOW
    }
    return [one for one in batch if one[1].name not in left], list(left.values())


def _rounds(
    todo: Iterable[InboxFile],
    done: Callable[[Sequence[File]], set[File]],
    register: Register,
    plan: Plan,
    worker: Worker,
    runners: Shared,
) -> Iterator[tuple[int, OpenedItems, Iterator[tuple[Batch, str]]]]:
    """Round by round: how many files were given, what was taken out of zips, and what workers
    answered of those that are not `done`: batch by batch, each with the folder that has its rows
    ('' = none)."""
    unpacked = place_for_zips(register, plan)
    for chosen in _in_rounds(todo, runners.size):
        # What a killed run left, and what the round before unpacked.
        shutil.rmtree(unpacked, ignore_errors=True)
        found = opened(chosen, unpacked, worker)
        given = {(item.name, item.content) for item in chosen if not item.container}
        inside = [key for key in found.names() if key not in given]
        left_out = done(inside) if inside else set()
        yield len(chosen), found, _answers(found, left_out, runners, register, plan)
    shutil.rmtree(unpacked, ignore_errors=True)


def _in_rounds(todo: Iterable[InboxFile], runners: int) -> Iterator[Sequence[InboxFile]]:
    """The files of each round."""
    chosen: list[InboxFile] = []
    zips = 0
    for item in todo:
        chosen.append(item)
        zips += item.container
        if zips == ITEMS_A_ROUND or len(chosen) == ITEMS_A_ROUND * runners:
            yield chosen
            chosen, zips = [], 0
    if chosen:
        yield chosen


@contextlib.contextmanager
def _runners(plan: Plan, worker: Worker) -> Iterator[Shared]:
    """Who validates and writes replies: processes of this machine, or the plan's."""
    with workers.local_pool(worker, plan.jobs) as own:
        yield Shared(_with_keys(plan, own) if plan.pool else own)


def _answers(
    found: OpenedItems,
    left_out: Collection[File],
    runners: Shared,
    register: Register,
    plan: Plan,
) -> Iterator[tuple[Batch, str]]:
    refused = [
        (_unreadable(0, name, issue, plan.form), InboxFile(name, Path(), content))
        for name, content, issue in found.refused
        if (name, content) not in left_out
    ]
    if refused:
        yield refused, ""
    items = [
        item
        for item in found.items
        if not item.forward and (item.name, item.content) not in left_out
    ]
    yield from _validated(items, runners, register, plan)


def place_for_zips(register: Register, plan: Plan) -> Path:
    """Where zips are taken apart."""
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
        self._register.publish(self._register.collected, self._plan.now)
        ended = time.monotonic()
        self._next = ended + max(PUBLISH_SECONDS, PUBLISH_SHARE * (ended - started))


# --- validating -------------------------------------------------------------------------------


def _validated(
    items: Sequence[InboxFile],
    runners: Shared,
    register: Register,
    plan: Plan,
) -> Iterator[tuple[Batch, str]]:
    """Batch by batch; the folder with its rows is gone when the next batch is asked for."""
    most = files_a_batch(len(items), runners.size)
    parts = bounded_parts([item.path for item in items], most, BYTES_A_BATCH)
    requests = (_request(items, part, plan) for part in parts)
    by_name = {item.name: item for item in items}

    def lost(request: ReceiveRequest, died: WorkerDied) -> ReceiveAnswer:
        file = request.files[0]
        issue = Issue(LOST[died.how], Level.ERROR, Place(file.name))
        return ReceiveAnswer((_unreadable(file.number, file.name, issue, plan.form),))

    with workers.answers(requests, runners, _split, lost) as answers:
        for answer in map(_as_one, answers):
            batch = [_unchanged(one, by_name[one.file], plan.form) for one in answer.files]
            spool = write_spool(register.spool / "batch", answer) if answer.rows else None
            yield batch, str(spool or "")
            if spool:
                shutil.rmtree(spool, ignore_errors=True)


def files_a_batch(files: int, runners: int) -> int:
    """How many files are checked as one frame: the more, the less each costs. No runner is to be
    idle while others work, and a run that is killed does at most one batch again."""
    return min(FILES_A_BATCH, max(FEWEST_A_BATCH, files // (BATCHES_A_RUNNER * runners)))


def write_spool(folder: Path, answer: ReceiveAnswer) -> Path:
    """The rows of a batch, a file a table, where the register takes them from."""
    writing.private_folder(folder)
    for sheet, data in answer.rows.items():
        (folder / rows_file(sheet)).write_bytes(data)
    return folder


def _request(items: Sequence[InboxFile], part: slice, plan: Plan) -> ReceiveRequest:
    """No two files of a round have the same number: their rows may come to one batch."""
    files = tuple(
        FileToReceive(number, item.path, item.name, _target(item.name, plan))
        for number, item in enumerate(items[part], part.start)
    )
    return ReceiveRequest(plan.folder, files, plan.keys)


def _as_one(answers: Sequence[ReceiveAnswer]) -> ReceiveAnswer:
    sheets = dict.fromkeys(sheet for answer in answers for sheet in answer.rows)
    # Two compressed streams, one after the other, are one of both contents.
    rows = {sheet: b"".join(one.rows.get(sheet, b"") for one in answers) for sheet in sheets}
    return ReceiveAnswer(tuple(file for one in answers for file in one.files), rows)


def _target(name: str, plan: Plan) -> Path | None:
    return annotated(plan.reply, name) if plan.reply else None


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
        name,
        number=number,
        status="unreadable",
        errors=1,
        found=((issue.code, level, 1),),
        problems=(Problem(issue.code, level, where="", message=text, fix=fix, count=1),),
    )


# --- registering and replying ----------------------------------------------------------------


def _reply_again(
    batch: Batch, known: Mapping[tuple[str, str], RegisteredBefore], plan: Plan
) -> list[Received]:
    answers = []
    for validated, item in batch:
        before = known[item.name, item.content]
        file = replace(
            received_file(validated, item, ""),
            result=before.result,
            errors=before.errors,
            warnings=before.warnings,
        )
        answers.append((file, before.file, before.received))
    return reply(batch, answers, plan)
