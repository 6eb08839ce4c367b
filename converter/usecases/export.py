"""`export`: all answers and rows of a period as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from converter.forms import loading
from converter.model.errors import UsageError
from converter.register import Snapshot, audit
from converter.report import data_export
from converter.report.data_export import ExportOptions
from converter.usecases.common import known_period


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written, and how many units and rows they hold."""

    period: str
    files: Mapping[Path, Path]  # the names that they were to get → where they are
    units: int
    rows: Sequence[int]  # of each table of the form


def export(store: Path, folder: Path, output: Path, options: ExportOptions, now: int) -> Exported:
    """Write the data of a period ('' = the newest), and log it. Raises UsageError, RegisterError,
    OSError."""
    suffix = output.suffix.lower()
    if suffix and suffix not in data_export.SUFFIXES:
        raise UsageError("export_suffix", path=output)
    output = output if suffix else output.with_name(f"{output.name}.xlsx")
    form = loading.load(folder)
    with Snapshot(store) as register:
        period = known_period(register, options.period)
        chosen = replace(options, period=period)
        found = data_export.tables(register, form, chosen)
        output.parent.mkdir(parents=True, exist_ok=True)
        files = data_export.write(output, found, when=now)
    ids = "shown" if options.show_ids else "masked"
    for file in files.values():
        audit.append(store, audit.EXPORT, now, path=file, period=period, ids=ids)
    units, *counts = (table.count for table in found)
    return Exported(period, files, units, counts)
