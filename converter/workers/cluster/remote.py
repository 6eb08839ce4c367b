"""The command's side of a cluster: a runner whose tasks are run by Dask's workers.

Dask gives a task whose worker was lost to another one; nothing else is repeated. A task that
lost one worker after the other counts as one that kills them, and is repeated file by file like
here. The command alone writes the register, and keeps its keys.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from converter.files import writing
from converter.model.errors import ClusterError, WorkerDied
from converter.workers import protocol
from converter.workers.cluster import serving
from converter.workers.cluster.serving import RemoteCall, RemoteDeath, RunTerms, Unfit
from converter.workers.pool import failure
from converter.workers.requests.base import A, Failed, Request

CONNECT_SECONDS = 10.0
WORKERS_SECONDS = 15.0  # to wait for the first worker to be there
GONE_SECONDS = 60.0  # without any worker, or any word from the scheduler, until a run is given up
LOOK_SECONDS = 5.0  # how often a waiting runner looks whether there is somebody to wait for
QUEUED = 2  # tasks a thread of the cluster: one being worked on, one that follows at once
CHANGES = 3  # how often a task is sent anew because its files have changed meanwhile
MOST = 512  # tasks under way at a time


@contextlib.contextmanager
def connect(
    address: str,
    form_folder: Path,
    day: str,
    *,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
    jobs: int = 0,
) -> Iterator[Sequence[Remote]]:
    """Runners whose tasks a cluster runs, `jobs` at a time (0 = as many as it can).

    Every worker is asked first whether it is of this version, has this form (by its digest), and
    sees the files that will be read and the folders that will be written to. `day` (ISO) is the
    day that dates are compared with. Raises ClusterError, OSError.
    """
    terms = RunTerms.of(form_folder, day)
    client = _client(address)
    try:
        threads = _threads(client, address)
        with contextlib.ExitStack() as marks:
            paths = [path.absolute() for path in reads]
            paths += [marks.enter_context(_mark(folder.absolute())) for folder in writes]
            _ask(client, terms, paths)
        count = jobs or min(QUEUED * threads, MOST)
        yield [Remote(client, address, terms) for _ in range(count)]
    finally:
        with contextlib.suppress(Exception):  # a scheduler that is gone needs no goodbye
            client.close(timeout=2)


class Remote:
    """A runner like `pool.Worker`, somewhere in the cluster."""

    def __init__(self, client: Any, address: str, terms: RunTerms) -> None:
        self._client, self._address, self._terms = client, address, terms

    def run(self, request: Request[A]) -> A:
        """The answer. Raises as `Runner.run` does, and ClusterError where the
        cluster itself fails."""
        reply = self._reply(request)
        if reply.holds(RemoteDeath):
            died = reply.read(RemoteDeath)
            raise WorkerDied(died.how, died.file)
        if reply.holds(Unfit):
            raise _unfit(reply.read(Unfit), self._terms)
        if reply.holds(Failed):
            raise failure(reply.read(Failed))
        return reply.read(request.answer_class())

    def _reply(self, request: Request[A]) -> protocol.Frame:
        files = tuple(request.sources)
        for _ in range(CHANGES):
            call = RemoteCall(self._terms, files, _sizes(files))
            reply = protocol.unpack(self._send(protocol.pack(call, request)))
            # A file that somebody is still saving is another one for us, too.
            if not _is_about_a_path(reply) or call.sizes == _sizes(files):
                break
        return reply

    def _send(self, request: bytes) -> bytes:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        # pure=False: Dask takes equal calls for one, and would answer a repeated one from memory.
        future = self._client.submit(serving.work, request, pure=False)
        seen = time.monotonic()
        try:
            while True:
                try:
                    return bytes(future.result(timeout=LOOK_SECONDS))
                except TimeoutError:
                    seen = time.monotonic() if self._has_workers() else seen
                    if time.monotonic() - seen > GONE_SECONDS:
                        raise ClusterError("cluster_gone", address=self._address) from None
        except KilledWorker:
            raise WorkerDied("crash", None) from None
        except ClusterError:
            raise
        except Exception as error:
            if self._client.status != "running" or isinstance(error, CancelledError):
                raise ClusterError("cluster_gone", address=self._address) from error
            params = {"host": self._address, "detail": f"{type(error).__name__}: {error}"}
            raise ClusterError("cluster_unable", **params) from error
        finally:
            with contextlib.suppress(Exception):
                future.release()

    def _has_workers(self) -> bool:
        """Whether there is any worker to wait for."""
        try:
            return bool(self._client.nthreads())
        except Exception:  # whatever a connection that breaks down raises
            return False


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError("cluster_extra") from error
    # What Dask logs is for those who run it; we tell in our own words what is wrong.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="distributed")
    if not address.strip():  # Dask would start a cluster of its own
        raise ClusterError("cluster_unreachable", address=address, reason="—")
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ClusterError("cluster_unreachable", address=address, reason=reason) from error


def _threads(client: Any, address: str) -> int:
    """How many tasks the cluster runs at a time; waits a little for the first worker."""
    deadline = time.monotonic() + WORKERS_SECONDS
    while not (threads := sum(client.nthreads().values())):
        if time.monotonic() > deadline:
            raise ClusterError("cluster_empty", address=address)
        threading.Event().wait(0.2)
    return int(threads)


@contextlib.contextmanager
def _mark(folder: Path) -> Iterator[Path]:
    """A file of a name that is nowhere else: who sees it sees this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{writing.PREFIX}{secrets.token_hex(8)}"
    writing.write_bytes_atomically(path, os.urandom(16))
    try:
        yield path
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def _ask(client: Any, terms: RunTerms, paths: Sequence[Path]) -> None:
    """Whether every worker can stand in for this command. Raises ClusterError."""
    call = RemoteCall(terms, tuple(paths), _sizes(paths))
    replies: dict[str, Any] = client.run(serving.look, protocol.pack(call), on_error="return")
    for worker, reply in replies.items():
        if isinstance(reply, BaseException):  # it does not even have this product
            detail = f"{type(reply).__name__}: {reply}".partition("\n")[0]
            raise ClusterError("cluster_unable", host=worker, detail=detail)
        frame = protocol.unpack(reply)
        if frame.holds(Unfit):
            unfit = frame.read(Unfit)
            raise _unfit(replace(unfit, host=f"{unfit.host} {worker}"), terms)


def _sizes(paths: Sequence[Path]) -> tuple[int, ...]:
    return tuple(map(serving.size_of, paths))


def _is_about_a_path(reply: protocol.Frame) -> bool:
    return reply.holds(Unfit) and reply.read(Unfit).why == "path"


def _unfit(reply: Unfit, terms: RunTerms) -> ClusterError:
    host = reply.host
    if reply.why == "version":
        return ClusterError(
            "cluster_version", host=host, found=reply.version, expected=terms.version
        )
    if reply.why == "form":
        return ClusterError("cluster_form", host=host, path=terms.form_folder)
    path = Path(reply.path)
    shown = path.parent if path.name.startswith(writing.PREFIX) else path
    return ClusterError("cluster_unseen", host=host, path=str(shown))
