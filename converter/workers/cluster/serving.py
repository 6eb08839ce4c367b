"""Within a Dask worker: tasks of commands into worker processes of ours, their answers back.

A request is a frame whose data are {"task", "args", "paths", "sizes", "terms"}, and a reply one of
{"done": …}, {"died": how, "file": n}, {"refused": kind, "detail": […]}, {"bug": text} and
{"unfit": why, …}: whoever cannot do a task as the command would have done it says so, rather than
to call a sound file unreadable.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converter import __version__
from converter.files import writing
from converter.forms import loading
from converter.model import clock
from converter.model.errors import FormError, InternalError, OutputError, WorkerDied
from converter.workers import protocol
from converter.workers.pool import Task, Worker

LAG = (0.5, 1.0, 1.5, 0.0)  # seconds: what is new on a network drive shows a little later elsewhere


@dataclass(frozen=True, slots=True)
class RunTerms:
    """What must be the same here and there for the results to be the same."""

    version: str  # of the product
    form: str  # the definition's digest
    form_folder: str  # where the command has it
    folder: str  # where the command stands: relative paths start there
    setting: Mapping[str, str]  # of the environment: the day

    @classmethod
    def of(cls, form_folder: Path, day: str) -> RunTerms:
        """The terms of a command in this process; `day` is the one it goes by."""
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        setting = {clock.DAY_VARIABLE: day, "SOURCE_DATE_EPOCH": epoch}
        digest = loading.digest(form_folder)
        return cls(__version__, digest, str(form_folder), str(Path.cwd()), setting)

    def packed(self) -> dict[str, Any]:
        return asdict(self)


class UnfitWorker(Exception):
    """This process cannot stand in for the command; `told` says why."""

    def __init__(self, why: str, **told: Any) -> None:
        self.told = {"unfit": why, "host": socket.gethostname(), **told}
        super().__init__(why)


def size_of(path: str) -> int:
    """A file's size in bytes; -1 where it is not there or may not be read, -2 for a folder."""
    try:
        if Path(path).is_dir():
            return -2
        return os.stat(path).st_size if os.access(path, os.R_OK) else -1  # noqa: PTH116
    except (OSError, ValueError):
        return -1


def look(packed: Mapping[str, Any], paths: Sequence[str], sizes: Sequence[int]) -> dict[str, Any]:
    """Whether this process could stand in for a command: {} or the reply that tells why not.
    Folders that tasks write to are among the paths, by a file that the command put there."""
    try:
        terms = RunTerms(**packed)
        _form_here(terms)
        _seen(terms, paths, sizes)
        for path in paths:
            folder = Path(path).parent
            if Path(path).name.startswith(writing.PREFIX) and not os.access(folder, os.W_OK):
                raise UnfitWorker("path", path=path)
    except UnfitWorker as unfit:
        return unfit.told
    return {}


def work(request: bytes) -> bytes:
    """Run one task of a command in a worker process."""
    frame = protocol.unpacked(request)
    try:
        reply = _worked(frame)
    except UnfitWorker as unfit:
        reply = protocol.Frame(unfit.told)
    except WorkerDied as died:
        reply = protocol.Frame({"died": died.how, "file": died.file})
    except FormError as error:
        reply = protocol.Frame({"refused": "form", "detail": error.packed()})
    except OutputError as error:
        reply = protocol.Frame({"refused": "output", "detail": [error.path, error.reason]})
    except InternalError as bug:
        reply = protocol.Frame({"bug": bug.detail})
    return protocol.packed(reply)


def _worked(frame: protocol.Frame) -> protocol.Frame:
    terms = RunTerms(**frame.data["terms"])
    args = frame.data["args"] | {"form": _form_here(terms)}
    _seen(terms, frame.data["paths"], frame.data["sizes"])
    # For the limits on time, paths have to lead to the files from here.
    paths = tuple(str(Path(terms.folder, path)) for path in frame.data["paths"])
    with _warm(terms) as worker:
        done, blobs = worker.run(Task(frame.data["task"], args, paths, frame.blobs))
    return protocol.Frame({"done": done}, blobs)


# --- worker processes, kept warm from task to task ---------------------------------------------

_idle: list[tuple[RunTerms, Worker]] = []  # of this process; one for each of its Dask threads
_taking = threading.Lock()


@contextlib.contextmanager
def _warm(terms: RunTerms) -> Iterator[Worker]:
    """A worker process that nobody else is using; one of another command's terms is let go."""
    with _taking:
        found = _idle.pop() if _idle else None
    if found and found[0] != terms:
        found[1].stop()
        found = None
    folder = terms.folder if Path(terms.folder).is_dir() else ""
    worker = found[1] if found else Worker(folder, terms.setting)
    try:
        yield worker
    finally:
        with _taking:
            _idle.append((terms, worker))


# --- whether we can stand in for the command -----------------------------------------------------


def _form_here(terms: RunTerms) -> str:
    """The folder of the command's form on this machine."""
    if terms.version != __version__:
        raise UnfitWorker("version", found=__version__)
    wanted = Path(terms.form_folder)
    for folder in (wanted, loading.templates_dir() / wanted.name):
        with contextlib.suppress(OSError):
            if folder.is_dir() and loading.digest(folder) == terms.form:
                return str(folder)
    raise UnfitWorker("form")


def _seen(terms: RunTerms, paths: Sequence[str], sizes: Sequence[int]) -> None:
    """Every file is here what it is for the command: there (or not), and of that size."""
    for path, size in zip(paths, sizes, strict=True):
        here = str(Path(terms.folder, path))
        for pause in LAG:
            if size_of(here) == size:
                break
            time.sleep(pause)
        else:
            raise UnfitWorker("path", path=path)
