"""One upload → a result: the same pipeline as `check` and `convert`, in a worker process.

Runs in a thread beside the pages. The upload itself is deleted before the result is handed
over; what stays for some minutes is the marked copy and the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from converter.forms import loading
from converter.identity.ledger import LedgerEntry
from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import Outcome
from converter.register.precedence import same_name
from converter.report import html
from converter.usecases.common import LOST
from converter.usecases.convert import convert_files
from converter.workers import protocol
from converter.workers.pool import Task, Worker, WorkerDied

MARKED, PACKAGE = "marked.xlsx", "package.zip"


@dataclass(frozen=True, slots=True)
class Work:
    """One upload. `unit`: the one that is signed in; `identity`: its file, which signs the
    package, or None where it has no good current one and may not submit."""

    folder: Path  # private; holds the uploads, takes the results
    uploads: Sequence[Path]
    form: Path
    keys: Path  # the union's public keys and ledger
    unit: LedgerEntry | None = None
    identity: Path | None = None
    seal: bool = False


@dataclass(frozen=True, slots=True)
class UploadResult:
    """The result of an upload."""

    summary: Mapping[str, Any]  # html.section: its status, and the issues that a page shows
    unit_name: str = ""
    members: int = 0
    marked: bool = False  # a copy with the mistakes marked is in the folder
    package: bool = False  # a package is in the folder
    other_unit: bool = False  # it is in order, but another unit's than the one signed in

    @property
    def status(self) -> str:
        """ok, warnings, errors or unreadable."""
        return str(self.summary["status"])

    @property
    def can_be_submitted(self) -> bool:
        return self.package and not self.other_unit


class SummaryRunner:
    """A worker that renders the issues itself: a sheet may have hundreds of thousands of them,
    and this process serves everybody."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.summary: Mapping[str, Any] | None = None  # of the last submission

    def run(self, task: Task) -> tuple[Any, tuple[bytes, ...]]:
        """As `Worker.run`."""
        if task.name not in ("check", "convert"):
            return self._worker.run(task)
        self.summary = None
        data, blobs = self._worker.run(replace(task, args={**task.args, "in_words": True}))
        outcome = data["outcomes"][0] if task.name == "check" else data["outcome"]
        self.summary = outcome["told"] if outcome else None
        return data, blobs


def check_upload(work: Work, worker: Worker) -> UploadResult | None:
    """None for two files that are not the halves of one submission. Raises InternalError,
    TaskRejected, UsageError, OSError."""
    try:
        return _checked_or_converted(work, SummaryRunner(worker))
    finally:
        for upload in work.uploads:
            upload.unlink(missing_ok=True)


def _checked_or_converted(work: Work, worker: SummaryRunner) -> UploadResult | None:
    if work.unit and not work.identity:
        return _checked(work, worker)
    # A package that the clerk has made goes on as it is: it may be signed.
    finished = len(work.uploads) == 1 and work.uploads[0].suffix.lower() == ".zip"
    if finished or len(work.uploads) > 1:
        result = _checked(work, worker)
        if result is None or result.status in ("errors", "unreadable"):
            return result
        if finished:
            work.uploads[0].replace(work.folder / PACKAGE)
            return replace(result, package=True)
    seal = work.seal and work.identity is not None
    done = convert_files(
        work.uploads, work.form, work.folder / PACKAGE, work.identity, None, worker, seal
    )[0]
    result = _result(work, worker, done.outcome)
    if result.status in ("errors", "warnings"):
        again = _checked(work, worker)
        result = replace(result, marked=again is not None and again.marked)
    return replace(result, package=done.package is not None)


def _checked(work: Work, worker: SummaryRunner) -> UploadResult | None:
    """As `check` would; None for two files that are no halves."""
    names = [str(path) for path in work.uploads]
    args = {
        "form": str(work.form),
        "paths": names,
        "halves": len(names) > 1,
        "annotate": [str(work.folder / MARKED)],
        "fix": [],
        "keys": str(work.keys),
    }
    try:
        data, blobs = worker.run(Task("check", args, tuple(names)))
    except WorkerDied as died:
        issue = Issue(LOST[died.how], Level.ERROR, Place(names[0]))
        return _result(work, worker, Outcome(names[0], Issues.of([issue]), readable=False))
    if len(data["outcomes"]) != 1:
        return None
    outcome = protocol.unpack_outcome(data["outcomes"][0], blobs)
    return replace(_result(work, worker, outcome), marked=any(data["annotated"]))


def _result(work: Work, worker: SummaryRunner, outcome: Outcome) -> UploadResult:
    # A worker that died returned nothing; the command has put an issue in its place.
    summary = worker.summary or html.section(outcome, loading.read(work.form), show_ids=False)
    other = _is_other(outcome, work.unit)
    return UploadResult(summary, outcome.unit_name, outcome.members, other_unit=other)


def _is_other(outcome: Outcome, unit: LedgerEntry | None) -> bool:
    """Whether a submission is another unit's than the one that is signed in. Names are always
    compared: a submission without a code may still have one."""
    if unit is None:
        return False
    if outcome.unit_code and outcome.unit_code != unit.unit_code:
        return True
    return same_name(outcome.unit_name) != same_name(unit.unit_name)
