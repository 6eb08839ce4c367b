"""`show` and `stats`: what one workbook or package holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from converter.files import writing
from converter.model.errors import UsageError, WorkerDied
from converter.usecases.common import unread
from converter.workers import protocol
from converter.workers.pool import Task, Worker


def write_figures(tables: Sequence[Any], output: Path, title: str) -> None:
    """Write statistics as the kind of file that the output's name asks for."""
    from converter.report import table_export

    if not table_export.suffix_of(output):
        raise UsageError("stats_suffix", path=output)
    data = table_export.document(tables, table_export.suffix_of(output), title)
    writing.write_bytes_atomically(output, data)


def read_contents(folder: Path, path: Path, statistics: bool, worker: Worker) -> dict[str, Any]:
    """Read one workbook or package to show it; see `tasks.show`."""
    args = {"form": str(folder), "path": str(path), "statistics": statistics}
    try:
        data, blobs = worker.run(Task("show", args, (str(path),)))
    except WorkerDied as died:
        return {"outcome": unread(str(path), died)}
    return {**data, "outcome": protocol.unpack_outcome(data["outcome"], blobs)}
