"""Inbox → worker processes → register and replies, batch by batch.

Workers parse and judge; this process alone writes. For each batch: the register settles what
became of every file, the receipts are written, then the transaction is committed. Killed in
between, the batch is simply done again and writes the same replies over; what was committed is
known by path and content and left alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from converter import engine, messages, ooxml, wire
from converter.commands import BYTES_A_BATCH, FILES_A_BATCH, LOST, Progress, silent
from converter.engine import Died, Task, Worker
from converter.model import Form, Issue, Level, Place
from converter.receiving import inbox as box
from converter.receiving import receipts
from converter.receiving.inbox import Item
from converter.store import Arrival, Claim, Register
from converter.store.arrival import ACCEPTED, REJECTED, WARNINGS
from converter.store.register import Settled

ITEMS_A_ROUND = 2_000  # so that what is unpacked and what waits stays bounded
PUBLISH_SECONDS = 300  # others see the progress of a long run


@dataclass(frozen=True, slots=True)
class Received:
    """One file and what became of it."""

    arrival: Arrival
    settled: Settled
    receipt: str  # '' without a reply folder
    annotated: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run needs to know besides its files."""

    folder: Path  # of the form
    form: Form
    reply: Path | None
    keys: Path | None
    signer: receipts.Signer | None
    jobs: int
    now: int  # seconds since 1970


def run(
    items: Sequence[Item],
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
    todo: Sequence[Item],
    done: set[tuple[str, str]],
    register: Register,
    plan: Plan,
    worker: Worker,
) -> Iterator[Received | int]:
    """What was received; a number tells by how many files the work has grown."""
    published = time.monotonic()
    rounds = [todo[at : at + ITEMS_A_ROUND] for at in range(0, len(todo), ITEMS_A_ROUND)]
    for number, chosen in enumerate(rounds):
        spool = register.spool / str(number)
        spool.mkdir(parents=True, exist_ok=True)
        opened = _unpacked(chosen, spool, plan, worker)
        yield len(opened.items) + len(opened.refused) - len(chosen)
        yield from _refused(opened, register, plan, done)
        fresh = [item for item in opened.items if (item.name, item.content) not in done]
        yield from _judged(fresh, spool, register, plan, worker)
        register.finish_containers(opened.containers)
        if time.monotonic() - published > PUBLISH_SECONDS:
            register.publish(str(plan.form.prose["period"]), plan.now)
            published = time.monotonic()


# --- zips ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Opened:
    items: list[Item]
    refused: list[tuple[str, str, Issue]]  # name, content, why
    containers: list[tuple[str, str]]


def _unpacked(items: Sequence[Item], spool: Path, plan: Plan, worker: Worker) -> _Opened:
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
            "folder": str(spool / f"zip{number}"),
        }
        try:
            # Inflating takes its time: as much as reading what comes out of it.
            data, _ = worker.run(Task("unpack", args, (str(item.path),) * 8))
        except Died as died:
            issue = Issue(LOST[died.how], Level.ERROR, Place(item.name))
            opened.refused.append((item.name, item.content, issue))
            continue
        if not data["container"]:
            opened.items.append(item)
            continue
        opened.containers.append((item.name, item.content))
        opened.items.extend(Item(name, Path(path), sha) for name, path, sha in data["members"])
        opened.refused.extend((n, c, wire.unpack_issue(i)) for n, c, i in data["refused"])
    return opened


def _refused(
    opened: _Opened, register: Register, plan: Plan, done: set[tuple[str, str]]
) -> Iterator[Received]:
    batch = [
        (_lost_entry(name, issue, plan.form), Item(name, Path(), content))
        for name, content, issue in opened.refused
        if (name, content) not in done
    ]
    if batch:
        yield from _register(batch, "", register, plan)


# --- judging -------------------------------------------------------------------------------


def _judged(
    items: Sequence[Item],
    spool: Path,
    register: Register,
    plan: Plan,
    worker: Worker,
) -> Iterator[Received]:
    tasks = [
        _task(batch, spool / f"{number}.csv", plan) for number, batch in enumerate(_batches(items))
    ]
    if not tasks:
        return
    by_name = {item.name: item for item in items}
    answers = engine.run_all(
        tasks,
        max(1, min(plan.jobs, len(tasks))),
        split=lambda task: _split(task, plan),
        lost=lambda task, died: _lost(task, died, plan.form),
        workers=[worker],
    )
    for data, _ in answers:
        batch = [(entry, by_name[entry["file"]]) for entry in data["files"]]
        yield from _register(batch, data["spool"], register, plan)
        Path(data["spool"]).unlink(missing_ok=True)


def _task(items: Sequence[Item], spool: Path, plan: Plan) -> Task:
    files = [[str(item.path), item.name, _target(item.name, plan)] for item in items]
    args = {
        "form": str(plan.folder),
        "files": files,
        "spool": str(spool),
        "keys": str(plan.keys or ""),
    }
    return Task("receive", args, tuple(str(item.path) for item in items))


def _target(name: str, plan: Plan) -> str:
    return str(box.annotated(plan.reply, name)) if plan.reply else ""


def _split(task: Task, plan: Plan) -> list[Task]:
    if len(task.paths) == 1:
        return []
    spool = Path(task.args["spool"])
    return [
        replace(
            task,
            args=task.args
            | {"files": [file], "spool": str(spool.with_name(f"{spool.stem}-{n}.csv"))},
            paths=(file[0],),
        )
        for n, file in enumerate(task.args["files"])
    ]


def _lost(task: Task, died: Died, form: Form) -> dict[str, Any]:
    name = task.args["files"][0][1]
    issue = Issue(LOST[died.how], Level.ERROR, Place(name))
    return {"files": [_lost_entry(name, issue, form)], "spool": task.args["spool"]}


def _lost_entry(name: str, issue: Issue, form: Form) -> dict[str, Any]:
    """What a worker would have said of a file that it could not read."""
    problem = {
        "code": issue.code,
        "level": str(issue.level),
        "where": "",
        "message": messages.sentence(issue, form),
        "fix": messages.fix(issue, form),
        "count": 1,
    }
    return {
        "file": name,
        "status": "unreadable",
        "errors": 1,
        "found": [[issue.code, str(issue.level), 1]],
        "problems": [problem],
    }


def _batches(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Runs of a bounded number of files and bytes."""
    batch: list[Item] = []
    size = 0
    for item in items:
        try:
            here = item.path.stat().st_size
        except OSError:
            here = 0
        if batch and (len(batch) >= FILES_A_BATCH or size + here > BYTES_A_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += here
    if batch:
        yield batch


# --- registering and replying ----------------------------------------------------------------


def _register(
    batch: Sequence[tuple[dict[str, Any], Item]], spool: str, register: Register, plan: Plan
) -> Iterable[Received]:
    received = datetime.fromtimestamp(plan.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    arrivals = [_arrival(entry, item, spool, n) for n, (entry, item) in enumerate(batch)]
    form = {"id": plan.form.id, "version": plan.form.version}
    replies: list[Received] = []
    files: list[tuple[Path, bytes]] = []
    with register.record(arrivals, received) as settled:
        for (entry, _), arrival, one in zip(batch, arrivals, settled, strict=True):
            told = ""
            if plan.reply:
                target = box.receipt(plan.reply, arrival.file)
                made = receipts.make(arrival, one, received, form, entry["problems"])
                target.parent.mkdir(parents=True, exist_ok=True)
                files.append((target, receipts.encode(made, plan.signer)))
                told = str(target)
                if not entry.get("annotated"):  # an earlier version of the file had faults
                    box.annotated(plan.reply, arrival.file).unlink(missing_ok=True)
            replies.append(Received(arrival, one, told, entry.get("annotated", "")))
        ooxml.write_many(files)
    return replies


def _arrival(entry: dict[str, Any], item: Item, spool: str, number: int) -> Arrival:
    status = entry["status"]
    result = {"ok": ACCEPTED, "warnings": WARNINGS}.get(status, REJECTED)
    return Arrival(
        file=item.name,
        content=item.content,
        result=result,
        claim=Claim(
            entry.get("code", ""),
            entry.get("name", ""),
            entry.get("superior_code", ""),
            entry.get("superior", ""),
        ),
        period=entry.get("period", ""),
        digest=entry.get("digest", ""),
        created=entry.get("created", ""),
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
        number=number,
    )
