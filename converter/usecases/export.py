"""`export`: all answers and rows of a period as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from converter.forms import loading
from converter.register import Snapshot, audit
from converter.report import data_export
from converter.report.data_export import ExportOptions
from converter.usecases.common import known_period
from converter.usecases.outputs import path_of_kind


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
    output = path_of_kind(output, data_export.SUFFIXES, "export_suffix")
    form = loading.load(folder)
    with Snapshot(store, form) as register:
        period = known_period(register, options.period)
        chosen = replace(options, period=period)
        found = data_export.tables(register, form, chosen)
        files = data_export.write(output, found, when=now)
    ids = "shown" if options.show_ids else "masked"
    for file in files.values():
        audit.append(store, audit.EXPORT, now, path=file, period=period, ids=ids)
    units, *counts = (table.count for table in found)
    return Exported(period, files, units, counts)
