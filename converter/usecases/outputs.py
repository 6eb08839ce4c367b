"""Where outputs go: the right suffix, and never over a file that is there already."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from converter.files import writing
from converter.model.errors import UsageError, WorkerDied
from converter.workers.requests.existing import ExistingFile, ExistingFileRequest

if TYPE_CHECKING:
    from converter.workers.pool import Runner

_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}")


@dataclass(frozen=True, slots=True)
class Output:
    """Where an output was written, and the file that kept the name it was to get."""

    path: Path
    kept: ExistingFile | None = None


def output_path(output: Path, suffix: str, name: str = "") -> Path:
    """The path of an output: with its suffix, which is appended to a name without one, and in a
    folder that exists under `name`. Raises UsageError for another suffix."""
    if name and output.is_dir():
        output = output / name
    if output.suffix.lower() == suffix:
        return output
    if _SUFFIX.fullmatch(output.suffix):
        better = output.with_suffix(suffix)
        raise UsageError("output_suffix", path=output, better=better.name)
    return output.with_name(output.name + suffix)


def path_of_kind(output: Path, suffixes: Collection[str], key: str) -> Path:
    """The path of an output whose name says which kind of file it is, .xlsx where it does not.
    Raises UsageError with this key for a suffix that is none of these."""
    if output.suffix and output.suffix.lower() not in suffixes:
        raise UsageError(key, path=output)
    return output if output.suffix else output.with_name(f"{output.name}.xlsx")


def existing(
    folder: Path,
    path: Path,
    worker: Runner,
    *,
    rows: int = 0,
    descriptor: bytes = b"",
    signed: bool = False,
) -> ExistingFile | None:
    """What stands at a path, None where nothing does. A worker looks: it is an outside file."""
    if not os.path.lexists(path):
        return None
    try:
        return worker.run(ExistingFileRequest(folder, path, rows, descriptor, signed))
    except WorkerDied:
        return ExistingFile(path)


def write(output: Path, data: bytes, folder: Path, *, force: bool = False) -> Output:
    """Write a file as a command's output."""
    path = writing.write_output(output, [data], writing.ANYTHING if force else "")
    if path == output:
        return Output(path)
    from converter.workers.pool import Worker

    with Worker() as worker:
        return Output(path, existing(folder, output, worker))
