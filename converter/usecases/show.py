"""`show` and `stats`: what one workbook or package holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from converter.model.errors import WorkerDied
from converter.statistics.figure import Figure
from converter.usecases import outputs
from converter.usecases.common import unread
from converter.usecases.outputs import Output
from converter.workers.pool import Runner
from converter.workers.requests.contents import (
    ContentsAnswer,
    ContentsRequest,
    StatisticsAnswer,
    StatisticsRequest,
)


def write_statistics(
    figures: Sequence[Figure], output: Path, title: str, folder: Path, *, force: bool
) -> Output:
    """Write statistics as the kind of file that the output's name asks for."""
    from converter.report import table_export

    data = table_export.document(figures, output.suffix.lower(), title)
    return outputs.write(output, data, folder, force=force)


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
