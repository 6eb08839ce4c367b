"""Within a Dask worker: requests of commands into worker processes of ours, their answers back.

Whoever cannot do a task exactly as the command would have done it answers `Unfit`, rather than
calling a sound file unreadable.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from converter import __version__
from converter.files import writing
from converter.forms import loading
from converter.model import clock
from converter.model.errors import FormError, InternalError, OutputError, WorkerDied
from converter.workers import protocol
from converter.workers.pool import Worker
from converter.workers.requests.base import Done, Failed, FormRequest
from converter.workers.requests.check import CheckRequest
from converter.workers.requests.receive import ReceiveRequest, ReceiveWorkbooksRequest
from converter.workers.requests.replies import RepliesRequest

REMOTE: dict[str, type[FormRequest[Any]]] = {  # what commands with `--cluster` ask
    kind.__name__: kind
    for kind in (CheckRequest, ReceiveRequest, ReceiveWorkbooksRequest, RepliesRequest)
}
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


@dataclass(frozen=True, slots=True)
class RemoteCall:
    """What a command sends along with its request, or to ask whether it may send any: its terms,
    files, and their sizes as it sees them (`size_of`)."""

    terms: RunTerms
    files: tuple[Path, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RemoteDeath:
    """The worker process died, see `WorkerDied`."""

    how: str
    file: int | None


@dataclass(frozen=True, slots=True)
class Unfit:
    """This process cannot stand in for the command. `why`: 'version', 'form' or 'path'."""

    why: str
    host: str
    version: str = ""  # the one that is installed here
    path: str = ""  # the one that is something else here


class UnfitWorker(Exception):
    """This process cannot stand in for the command."""

    def __init__(self, why: str, *, version: str = "", path: str = "") -> None:
        self.reply = Unfit(why, socket.gethostname(), version, path)
        super().__init__(why)


def size_of(path: Path) -> int:
    """A file's size in bytes; -1 where it is not there or may not be read, -2 for a folder."""
    try:
        if path.is_dir():
            return -2
        return path.stat().st_size if os.access(path, os.R_OK) else -1
    except (OSError, ValueError):
        return -1


def look(request: bytes) -> bytes:
    """Whether this process could stand in for a command: `Done` or `Unfit`. Folders that tasks
    write to are among the files, by a file that the command put there."""
    try:
        call = protocol.unpack(request).read(RemoteCall)
        _local_form(call.terms)
        _compare(call)
        for path in call.files:
            if path.name.startswith(writing.PREFIX) and not os.access(path.parent, os.W_OK):
                raise UnfitWorker("path", path=str(path))
    except UnfitWorker as unfit:
        return protocol.pack(unfit.reply)
    return protocol.pack(Done())


def work(request: bytes) -> bytes:
    """Run one request of a command in a worker process: its answer, `RemoteDeath`, `Failed` or
    `Unfit`."""
    reply: object
    try:
        reply = _work(protocol.unpack(request))
    except UnfitWorker as unfit:
        reply = unfit.reply
    except WorkerDied as died:
        reply = RemoteDeath(died.how, died.file)
    except FormError as error:
        reply = Failed("form", (error.packed(),))
    except OutputError as error:
        reply = Failed("output", (error.path, error.reason, error.cause))
    except InternalError as error:
        reply = Failed("bug", (error.detail,))
    return protocol.pack(reply)


def _work(frame: protocol.Frame) -> object:
    call = frame.read(RemoteCall)
    folder = _local_form(call.terms)  # before anything else is read: it compares the versions
    _compare(call)
    request = frame.read(REMOTE[frame.name(REMOTE)])
    with _warm(call.terms) as worker:
        answer: object = worker.run(replace(request, form=folder))
    return answer


# --- worker processes, kept warm from task to task ---------------------------------------------

_idle: list[tuple[RunTerms, Worker]] = []  # of this process; one for each of its Dask threads
_taking = threading.Lock()


@contextlib.contextmanager
def _warm(terms: RunTerms) -> Iterator[Worker]:
    """An idle worker process of these terms; one of another command's terms is stopped."""
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


def _local_form(terms: RunTerms) -> Path:
    """The folder of the command's form on this machine."""
    if terms.version != __version__:
        raise UnfitWorker("version", version=__version__)
    wanted = Path(terms.form_folder)
    for folder in (wanted, loading.templates_dir() / wanted.name):
        with contextlib.suppress(OSError):
            if folder.is_dir() and loading.digest(folder) == terms.form:
                return folder
    raise UnfitWorker("form")


def _compare(call: RemoteCall) -> None:
    """Every file is here what it is for the command: there (or not), and of that size."""
    for path, size in zip(call.files, call.sizes, strict=True):
        local = Path(call.terms.folder, path)
        for pause in LAG:
            if size_of(local) == size:
                break
            time.sleep(pause)
        else:
            raise UnfitWorker("path", path=str(path))
