"""`check`: files and folders → outcomes, with annotated and corrected copies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.files import filenames
from converter.messages import catalogue
from converter.model.errors import UsageError, WorkerDied
from converter.model.forms import Form
from converter.model.submissions import CellFixes, Outcome
from converter.usecases.common import Progress, find_files, silent, unread
from converter.workers import pool as engine
from converter.workers import protocol
from converter.workers.pool import Answer, Runner, Task, Worker

FILES_A_BATCH = 100
BYTES_A_BATCH = 20_000_000


@dataclass(frozen=True, slots=True)
class FixedCopy:
    """The corrected copy of a file, and what was changed in it."""

    file: str
    copy: str
    changes: CellFixes


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found, and which annotated and corrected copies it wrote."""

    outcomes: tuple[Outcome, ...]
    annotated: tuple[str, ...]
    fixed: tuple[FixedCopy, ...] = ()


def check_files(
    paths: Sequence[Path],
    folder: Path,
    form: Form,
    annotate: Path | None,
    jobs: int,
    worker: Worker,
    progress: Progress = silent,
    pool: Sequence[Runner] = (),
    fix: Path | None = None,
) -> CheckReport:
    """Check files and folders with `jobs` processes here, or with those of `pool`. `worker` may
    already be starting; `progress` wraps the iterator of finished batches. Copies go to the
    folders `annotate` and `fix`."""
    found = list(dict.fromkeys(find_files(paths)))
    if not found:
        raise UsageError("empty_folder", path=paths[0])
    files = [str(file) for file, _ in found]
    taken: set[Path] = set()  # both kinds of copies may go to one folder
    targets = _copies(found, annotate, "annotated_suffix", taken) if annotate else []
    mended = _copies(found, fix, "fixed_suffix", taken) if fix else []
    halves = len(paths) == 2 and len(files) == 2
    tasks = [
        _check_task(files[a:b], targets[a:b], mended[a:b], folder, halves)
        for a, b in _batches(files, halves)
    ]
    outcomes: list[Outcome] = []
    annotated: list[str] = []
    fixed: list[FixedCopy] = []
    with (
        engine.local_pool(worker, jobs) as own,
        engine.answers(tasks, pool or own, lambda task: _split(task, folder), _lost) as answers,
    ):
        for data, blobs in progress(answers, lambda: len(files), _held):
            outcomes += (protocol.unpack_outcome(o, blobs) for o in data["outcomes"])
            annotated += (path for path in data["annotated"] if path)
            fixed += (
                FixedCopy(outcome["file"], path, protocol.unpack_changes(changes, blobs))
                for outcome, path, changes in zip(
                    data["outcomes"], data["fixed"], data["changes"], strict=True
                )
                if path
            )
    return CheckReport(tuple(outcomes), tuple(annotated), tuple(fixed))


def _held(answer: Any) -> int:
    """How many files an answer is about."""
    return len(answer[0]["outcomes"])


def _check_task(
    files: list[str], targets: list[str], mended: list[str], folder: Path, halves: bool
) -> Task:
    args = {
        "form": str(folder),
        "paths": files,
        "halves": halves,
        "annotate": targets,
        "fix": mended,
    }
    return Task("check", args, tuple(files))


def _split(task: Task, folder: Path) -> list[Task]:
    paths, targets, mended = (task.args[name] for name in ("paths", "annotate", "fix"))
    if len(paths) == 1:
        return []
    return [
        _check_task([path], targets[n : n + 1], mended[n : n + 1], folder, False)
        for n, path in enumerate(paths)
    ]


def _lost(task: Task, died: WorkerDied) -> Answer:
    blobs: list[bytes] = []
    outcome = protocol.pack_outcome(unread(task.paths[0], died), blobs)
    return {"outcomes": [outcome], "annotated": [""], "fixed": [""], "changes": [None]}, tuple(
        blobs
    )


def _batches(files: Sequence[str], halves: bool) -> Iterator[tuple[int, int]]:
    """Cut into runs of a bounded number of files and bytes."""
    start, size = 0, 0
    for number, file in enumerate(files):
        try:
            bytes_here = Path(file).stat().st_size
        except OSError:
            bytes_here = 0
        full = number - start >= FILES_A_BATCH or (size and size + bytes_here > BYTES_A_BATCH)
        if full and not halves:
            yield start, number
            start, size = number, 0
        size += bytes_here
    yield start, len(files)


def _copies(
    found: Sequence[tuple[Path, Path]], folder: Path, suffix: str, taken: set[Path]
) -> list[str]:
    """Where the copy of each file goes: the same path below `folder`. No two copies meet, and
    none lands on a file that is there: an earlier copy may hold corrections."""
    originals = {os.path.realpath(file) for file, _ in found}  # a loop of links is no fault
    targets = []
    for file, base in found:
        inside = file.relative_to(base) if file.is_relative_to(base) else Path(file.name)
        name = (inside.parent / f"{file.stem}-{catalogue.message(suffix)}").as_posix()
        target, number = folder / filenames.below(str(folder), name, ".xlsx"), 2
        while target in taken or target.exists() or os.path.realpath(target) in originals:
            ending = f"-{number}.xlsx"
            target, number = folder / filenames.below(str(folder), name, ending), number + 1
        taken.add(target)
        targets.append(str(target))
    return targets
