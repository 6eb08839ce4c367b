"""The process in which outside files are parsed: reads tasks from stdin, answers on stdout.

It bounds its own memory (on systems that can), reports which file it is about to read, and ends
when its parent does. It sends `Reading` before each file, then the answer or `Failed`.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import IO

from converter.files import os_errors
from converter.workers import limits, protocol, windows_job
from converter.workers.requests.base import Allowance, Failed, Reading, StartFolder

# Objects between two collections: findings are many and know no cycles.
SELDOM = (50_000, 50, 1000)
MEMORY_VARIABLE = "CONVERTER_WORKER_MEMORY"


def main() -> None:
    """Serve tasks until stdin ends."""
    if sys.platform == "win32":
        windows_job.crash_silently()
    incoming, outgoing = _private_pipes()
    leave_out_what_nobody_needs()
    gc.disable()  # nothing that importing makes is garbage
    from converter.workers import tasks

    tasks.prepare()  # pandas, pandera and the readers: while the parent prepares
    settle()
    used = _memory_in_use()
    while (frame := protocol.receive(incoming)) is not None:
        answer = _answer(frame, outgoing, tasks, used)
        try:
            protocol.send(outgoing, answer)
        except MemoryError:  # the answer itself: nothing of it has left yet
            protocol.send(outgoing, Failed("memory"))
        del frame, answer
        gc.collect()  # tables refer to themselves in circles, and hold whole columns


def leave_out_what_nobody_needs() -> None:
    """What pandera would bring costs more time than checking a small workbook: hypothesis, wherever
    it is found, to make up examples; the whole of asyncio, since typeguard wants to know mocks when
    it sees them; plugins of typeguard and pydantic, looked for in every package there is."""
    sys.modules.setdefault("hypothesis", None)  # type: ignore[arg-type]
    if "unittest.mock" not in sys.modules:
        none = ModuleType("unittest.mock")
        none.__dict__.update(Mock=type("Mock", (), {}), patch=None)
        sys.modules["unittest.mock"] = none
    os.environ.setdefault("TYPEGUARD_DISABLE_PLUGIN_AUTOLOAD", "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")


def settle() -> None:
    """What is loaded stays, and garbage is looked for seldom."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(*SELDOM)


def _answer(frame: protocol.Frame, outgoing: IO[bytes], tasks: ModuleType, used: int) -> object:
    """What a task answers, or `Failed`."""
    from converter.model.errors import FormError

    allowed = frame.read(Allowance).bytes
    _limit_memory(used, allowed[0])

    def report_progress(number: int) -> None:
        _limit_memory(used, allowed[min(number, len(allowed) - 1)])
        protocol.send(outgoing, Reading(number))

    try:
        kind, task = tasks.find(frame)
        with _start_folder(frame):
            answer: object = task(frame.read(kind), report_progress)
        return answer
    except MemoryError:
        return Failed("memory")
    except FormError as error:
        return Failed("form", (error.packed(),))
    except OSError as error:
        refused = os_errors.output_error(error)
        return Failed("output", (refused.path, refused.reason, refused.cause))
    except Exception:
        return Failed("bug", (traceback.format_exc(),))


@contextlib.contextmanager
def _start_folder(frame: protocol.Frame) -> Iterator[None]:
    """Stand in the folder that comes with a request. Raises OSError."""
    if not frame.holds(StartFolder):
        yield
        return
    before = Path.cwd()
    os.chdir(frame.read(StartFolder).folder)
    try:
        yield
    finally:
        os.chdir(before)


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes to ourselves: whatever a library prints goes to stderr."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return incoming, outgoing


def _memory_in_use() -> int:
    """Bytes in use, as `_limit_memory` counts them: of address space, on Windows of memory."""
    if sys.platform == "win32":
        found = limits.usage(os.getpid())
        return found.bytes if found else limits.LIBRARIES
    try:
        with Path("/proc/self/statm").open(encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError):  # macOS, or no POSIX at all
        return 2 << 30


def _limit_memory(used: int, allowed: int) -> None:
    """Bound this process to what the libraries use plus what the task may take."""
    bound = int(os.environ.get(MEMORY_VARIABLE, limits.MOST))
    limit = used + min(allowed, bound)
    if sys.platform == "win32":
        windows_job.limit_memory(limit)
        return
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    main()
