"""`check`: files and folders → outcomes, with annotated and corrected copies."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from converter.files import safe_names
from converter.messages import catalogue
from converter.model.errors import UsageError, WorkerDied
from converter.model.submissions import Outcome
from converter.text import file_names
from converter.usecases.common import ProgressReporter, bounded_parts, find_files, silent, unread
from converter.workers import pool as workers
from converter.workers.pool import Runner, Shared, Worker
from converter.workers.requests.check import (
    CheckAnswer,
    CheckedSubmission,
    CheckRequest,
    CopyTarget,
    FixedCopy,
)

FILES_A_BATCH = 100
BYTES_A_BATCH = 20_000_000


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found, and which annotated and corrected copies it wrote."""

    outcomes: tuple[Outcome, ...]
    annotated: tuple[Path, ...]
    fixed: tuple[FixedCopy, ...] = ()


def check_files(
    paths: Sequence[Path],
    folder: Path,
    annotate: Path | None,
    jobs: int,
    worker: Worker,
    progress: ProgressReporter = silent,
    pool: Sequence[Runner] = (),
    fix: Path | None = None,
) -> CheckReport:
    """Check files and folders with `jobs` processes here, or with those of `pool`. `worker` may
    already be starting; `progress` wraps the iterator of finished batches. Copies go to the
    folders `annotate` and `fix`."""
    found = list(dict.fromkeys(find_files(paths)))
    if not found:
        raise UsageError("empty_folder", path=paths[0])
    files = [file for file, _ in found]
    targets = _targets(found, annotate, fix) if annotate or fix else ()
    if len(paths) == 2 and len(files) == 2:
        requests = [CheckRequest(folder, (tuple(files),), targets)]
    else:
        requests = [
            CheckRequest(folder, tuple((file,) for file in files[part]), targets[part])
            for part in bounded_parts(files, FILES_A_BATCH, BYTES_A_BATCH)
        ]
    checked: list[CheckedSubmission] = []
    with (
        workers.local_pool(worker, jobs) as own,
        workers.answers(requests, Shared(pool or own), _split, _lost) as answers,
    ):
        each = chain.from_iterable(answers)
        for answer in progress(each, lambda: len(files), lambda one: len(one.submissions)):
            checked += answer.submissions
    return CheckReport(
        outcomes=tuple(one.outcome for one in checked),
        annotated=tuple(one.annotated for one in checked if one.annotated),
        fixed=tuple(one.fixed for one in checked if one.fixed),
    )


def _split(request: CheckRequest) -> list[CheckRequest]:
    return [
        replace(request, submissions=((file,),), targets=request.targets[n : n + 1])
        for n, file in enumerate(request.sources)
    ]


def _lost(request: CheckRequest, died: WorkerDied) -> CheckAnswer:
    (file,) = request.sources[:1]
    return CheckAnswer((CheckedSubmission(unread(str(file), died)),))


def _targets(
    found: Sequence[tuple[Path, Path]], annotate: Path | None, fix: Path | None
) -> tuple[CopyTarget, ...]:
    taken: set[Path] = set()  # both kinds of copies may go to one folder
    nothing: list[Path | None] = [None] * len(found)
    annotated = _copies(found, annotate, "annotated_suffix", taken) if annotate else nothing
    fixed = _copies(found, fix, "fixed_suffix", taken) if fix else nothing
    files = [file for file, _ in found]
    return tuple(map(CopyTarget, files, annotated, fixed))


def _copies(
    found: Sequence[tuple[Path, Path]], folder: Path, suffix: str, taken: set[Path]
) -> list[Path | None]:
    """Where the copy of each file goes: the same path below `folder`. No two copies meet, and
    none lands on a file that is there: an earlier copy may hold corrections."""
    originals = {os.path.realpath(file) for file, _ in found}  # a loop of links is no fault
    targets: list[Path | None] = []
    for file, base in found:
        inside = file.relative_to(base) if file.is_relative_to(base) else Path(file.name)
        mark = f"-{catalogue.message(suffix)}"  # once, of a copy's copy too
        stem = file_names.stem(file).partition(mark)[0]
        name = (inside.parent / f"{stem}{mark}").as_posix()
        target, number = folder / safe_names.below(str(folder), name, ".xlsx"), 2
        while target in taken or target.exists() or os.path.realpath(target) in originals:
            ending = f"-{number}.xlsx"
            target, number = folder / safe_names.below(str(folder), name, ending), number + 1
        taken.add(target)
        targets.append(target)
    return targets
