"""`show` and `stats`: what one workbook or package holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from converter.files import writing
from converter.model.errors import UsageError, WorkerDied
from converter.statistics.figure import Figure
from converter.usecases.common import unread
from converter.workers.pool import Runner
from converter.workers.requests.contents import (
    ContentsAnswer,
    ContentsRequest,
    StatisticsAnswer,
    StatisticsRequest,
)


def write_statistics(figures: Sequence[Figure], output: Path, title: str) -> None:
    """Write statistics as the kind of file that the output's name asks for."""
    from converter.report import table_export

    if not table_export.suffix_of(output):
        raise UsageError("stats_suffix", path=output)
    data = table_export.document(figures, table_export.suffix_of(output), title)
    writing.write_bytes_atomically(output, data)


def read_contents(folder: Path, path: Path, worker: Runner) -> ContentsAnswer:
    """Read one workbook or package to show it."""
    try:
        return worker.run(ContentsRequest(folder, path))
    except WorkerDied as died:
        return ContentsAnswer(unread(str(path), died))


def read_statistics(folder: Path, path: Path, worker: Runner) -> StatisticsAnswer:
    """The statistics of one workbook or package."""
    try:
        return worker.run(StatisticsRequest(folder, path))
    except WorkerDied as died:
        return StatisticsAnswer(unread(str(path), died))
