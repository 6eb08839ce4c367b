"""Work that reads no outside file, such as a blank workbook, done by the command itself.

It needs no isolation, and no second process with pandas in it.
"""

from __future__ import annotations

import sys

from converter.model.errors import WorkerDied
from converter.workers.requests.base import A, Request


class InProcess:
    """A runner without a process of its own."""

    def run(self, request: Request[A]) -> A:
        """The answer. Raises WorkerDied where memory ends, else what the task raises."""
        assert not request.sources, "outside files are parsed in workers alone"
        _import_openpyxl()
        from converter.workers import tasks

        _, task = tasks.named(type(request).__name__)
        try:
            answer: A = task(request, lambda number: None)
        except MemoryError:
            raise WorkerDied("memory", None) from None
        return answer


def _import_openpyxl() -> None:
    """It imports numpy and Pillow wherever it finds them, to take their values and pictures; nobody
    gives it any, and they cost more time than all that is written here."""
    hidden = [name for name in ("numpy", "PIL") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        import openpyxl  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]
