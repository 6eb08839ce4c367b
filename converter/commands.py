"""What the commands do, without click: arguments in, results out. Light: no pandas here.

Work on outside files happens in worker processes (`engine`, `tasks`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from converter import engine, messages, naming, ooxml, wire
from converter.engine import Answer, Died, Runner, Task, Worker
from converter.model import Changes, Form, Issue, Issues, Level, Outcome, Place

FILES_A_BATCH = 100
BYTES_A_BATCH = 20_000_000
LOST = {"time": "F901", "memory": "F902", "crash": "F903"}

# What office programs and file managers leave behind in folders.
DROPPINGS = ("~$", ".", "Thumbs.db", "desktop.ini")


# Passes finished work on and shows how far it has come: (what is finished, how many there are in
# all by now, how many one of them is) → the same.
Progress = Callable[[Iterable[Any], Callable[[], int], Callable[[Any], int]], Iterable[Any]]


def silent(answers: Iterable[Any], total: Callable[[], int], held: Callable[[Any], int]) -> Any:
    """The Progress that shows nothing."""
    return answers


class Stop(Exception):
    """The command cannot go on: wrong usage or an output that cannot be written (exit 2)."""


def created_at() -> int:
    """Seconds since 1970 that outputs are dated by: SOURCE_DATE_EPOCH, else now."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())


def today() -> date:
    """The day by which identities expire: of SOURCE_DATE_EPOCH (in China) where it is set."""
    if os.environ.get("SOURCE_DATE_EPOCH"):
        return (datetime.fromtimestamp(created_at(), UTC) + timedelta(hours=8)).date()
    return date.today()


# --- check ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fixed:
    """The corrected copy of a file, and what was changed in it."""

    file: str
    copy: str
    changes: Changes


@dataclass(frozen=True, slots=True)
class Report:
    """What `check` found, and which annotated and corrected copies it wrote."""

    outcomes: tuple[Outcome, ...]
    annotated: tuple[str, ...]
    fixed: tuple[Fixed, ...] = ()


def find_files(paths: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """(file, the folder it was found under): folders are searched whole, in name order."""
    for path in paths:
        if not path.is_dir():
            yield path, path.parent
            continue
        for root, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                if not name.startswith(DROPPINGS):
                    yield Path(root, name), path


def check(
    paths: Sequence[Path],
    folder: Path,
    form: Form,
    annotate: Path | None,
    jobs: int,
    worker: Worker,
    progress: Progress = silent,
    pool: Sequence[Runner] = (),
    fix: Path | None = None,
) -> Report:
    """Check files and folders with `jobs` processes here, or with those of `pool`. `worker` may
    already be starting; `progress` wraps the iterator of finished batches. Copies go to the
    folders `annotate` and `fix`."""
    found = list(dict.fromkeys(find_files(paths)))
    if not found:
        raise Stop(messages.say("empty_folder", path=paths[0]))
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
    fixed: list[Fixed] = []
    with (
        engine.here(worker, jobs) as own,
        engine.answers(tasks, pool or own, lambda task: _split(task, folder), _lost) as answers,
    ):
        for data, blobs in progress(answers, lambda: len(files), _held):
            outcomes += (wire.unpack_outcome(o, blobs) for o in data["outcomes"])
            annotated += (path for path in data["annotated"] if path)
            fixed += (
                Fixed(outcome["file"], path, wire.unpack_changes(changes, blobs))
                for outcome, path, changes in zip(
                    data["outcomes"], data["fixed"], data["changes"], strict=True
                )
                if path
            )
    return Report(tuple(outcomes), tuple(annotated), tuple(fixed))


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


def _lost(task: Task, died: Died) -> Answer:
    blobs: list[bytes] = []
    outcome = wire.pack_outcome(_unread(task.paths[0], died), blobs)
    return {"outcomes": [outcome], "annotated": [""], "fixed": [""], "changes": [None]}, tuple(
        blobs
    )


def _unread(file: str, died: Died) -> Outcome:
    """What there is to say of a file that its worker did not survive."""
    issue = Issue(LOST[died.how], Level.ERROR, Place(file))
    return Outcome(file, Issues.of([issue]), readable=False)


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
        name = (inside.parent / f"{file.stem}-{messages.say(suffix)}").as_posix()
        target, number = folder / naming.below(str(folder), name, ".xlsx"), 2
        while target in taken or target.exists() or os.path.realpath(target) in originals:
            ending = f"-{number}.xlsx"
            target, number = folder / naming.below(str(folder), name, ending), number + 1
        taken.add(target)
        targets.append(str(target))
    return targets


# --- convert -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Converted:
    """One submission: its outcome, and the package if one was written."""

    outcome: Outcome
    package: Path | None
    changes: Any = None
    signed: bool = False


def convert(
    paths: Sequence[Path],
    folder: Path,
    output: Path,
    identity: Path | None,
    since: Path | None,
    worker: Runner,
    seal: bool = False,
) -> list[Converted]:
    """Convert one submission to `output`, or several to packages in the folder `output`.

    Two paths that are a unit-only and a member-only workbook are one submission. With an
    identity file that holds its secret the package is signed: here, in the command's own
    process. Workers, which read outside files, never see the secret.
    """
    if seal and not identity:
        raise Stop(messages.say("seal_needs_identity"))
    unit = _unit(identity, seal)
    names = [str(path) for path in paths]
    if len(names) <= 2:
        answer, blobs = _convert(names, folder, unit, since, worker)
        if answer["outcome"] is not None:
            target = output / f"{paths[0].stem}.zip" if output.is_dir() else output
            return [_write(answer, blobs, target, folder, unit, worker)]
    if output.exists() and not output.is_dir():
        raise Stop(messages.say("convert_halves", path=output))
    output.mkdir(parents=True, exist_ok=True)
    results, taken = [], set[Path]()
    for name in names:
        answer, blobs = _convert([name], folder, unit, since, worker)
        target, number = output / f"{Path(name).stem}.zip", 2
        while target in taken:
            target, number = output / f"{Path(name).stem}-{number}.zip", number + 1
        taken.add(target)
        results.append(_write(answer, blobs, target, folder, unit, worker))
    return results


@dataclass(frozen=True, slots=True)
class _Unit:
    """What an identity file brings to a command; all blank without one."""

    blobs: tuple[bytes, ...] = ()  # the file without its secret: what workers may see
    issues: tuple[Issue, ...] = ()
    sign: Callable[[bytes], bytes] | None = None
    seal: bool = False

    @property
    def packed(self) -> list[Any]:
        return [wire.pack_issue(issue) for issue in self.issues]


def _unit(path: Path | None, seal: bool = False, *, to_sign: bool = True) -> _Unit:
    if path is None:
        return _Unit()
    from converter import keys
    from converter.identity import holding

    held, issues = holding.hold(path, today())
    if held is None:
        return _Unit(issues=tuple(issues))
    public, place = held.public.keys, Place(str(path))
    if to_sign and public.unit_signing and held.signer is None:
        issues.append(Issue("I142", Level.WARNING, place))
    if seal and not keys.is_recipient(public.union_sealing):
        issues.append(Issue("I151", Level.ERROR, place))
        seal = False
    sign = held.signer.sign if held.signer else None
    return _Unit((held.document,), tuple(issues), sign, seal)


def _convert(
    names: list[str], folder: Path, unit: _Unit, since: Path | None, worker: Runner
) -> Answer:
    args = {
        "form": str(folder),
        "paths": names,
        "since": str(since) if since else "",
        "created": created_at(),
        "seal": unit.seal,
        "issues": unit.packed,
    }
    read = tuple(names) + ((str(since),) if since else ())
    try:
        data, blobs = worker.run(Task("convert", args, read, unit.blobs))
    except Died as died:
        lost: list[bytes] = []
        outcome = wire.pack_outcome(_unread(names[0], died), lost)
        return {"outcome": outcome, "names": [], "changes": None}, tuple(lost)
    return data, blobs


def _write(
    answer: dict[str, Any],
    blobs: Sequence[bytes],
    target: Path,
    folder: Path,
    unit: _Unit,
    worker: Runner,
) -> Converted:
    outcome = wire.unpack_outcome(answer["outcome"], blobs)
    if not answer["names"]:
        return Converted(outcome, None, answer["changes"])
    if target.exists() and not ooxml.is_package(target):
        raise Stop(messages.say("not_overwriting", path=target))

    def read_back(path: Path) -> None:
        task = Task("verify", {"form": str(folder), "path": str(path)}, (str(path),))
        try:
            found, _ = worker.run(task)
        except Died:
            raise Stop(messages.say("verify_failed", path=target)) from None
        errors = [i for i in found["issues"] if wire.unpack_issue(i).level is Level.ERROR]
        if errors or found["members"] != outcome.members:
            raise Stop(messages.say("verify_failed", path=target))

    target.parent.mkdir(parents=True, exist_ok=True)
    # The members come first, the issues behind them.
    members = list(zip(answer["names"], blobs, strict=False))
    if unit.sign:
        from converter import form

        profile = form.read(folder).package
        members.append((profile.signature, unit.sign(dict(members)[profile.descriptor])))
    ooxml.write_zip(target, members, when=created_at(), verify=read_back)
    return Converted(outcome, target, answer["changes"], unit.sign is not None)


# --- template, show ------------------------------------------------------------------------


def template(
    folder: Path,
    output: Path,
    rows: int,
    identity: Path | None,
    source: Path | None,
    worker: Worker,
) -> dict[str, Any]:
    """Write a workbook; the worker's answer, its issues unpacked."""
    unit = _unit(identity, to_sign=False)
    args = {
        "form": str(folder),
        "output": str(output),
        "rows": rows,
        "source": str(source) if source else "",
        "issues": unit.packed,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    # What is written counts too: a million prepared rows take their time.
    patience = (str(source),) * (1 + rows // 1000) if source else ()
    try:
        data, _ = worker.run(Task("template", args, patience, unit.blobs))
    except Died as died:
        return {"issues": _unread(str(source or output), died).issues}
    return {**data, "issues": [wire.unpack_issue(issue) for issue in data["issues"]]}


def write_figures(tables: Sequence[Any], output: Path, title: str) -> None:
    """Write statistics as the kind of file that the output's name asks for."""
    from converter.report import figures

    if not figures.suffix_of(output):
        raise Stop(messages.say("stats_suffix", path=output))
    data = figures.document(tables, figures.suffix_of(output), title)
    ooxml.write_bytes_atomically(output, data)


def look(folder: Path, path: Path, statistics: bool, worker: Worker) -> dict[str, Any]:
    """Read one workbook or package to show it; see `tasks.show`."""
    args = {"form": str(folder), "path": str(path), "statistics": statistics}
    try:
        data, blobs = worker.run(Task("show", args, (str(path),)))
    except Died as died:
        return {"outcome": _unread(str(path), died)}
    return {**data, "outcome": wire.unpack_outcome(data["outcome"], blobs)}
