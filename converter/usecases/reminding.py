"""`remind`: whom to call, as a workbook or CSV."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from converter.files import writing
from converter.forms import loading
from converter.messages.catalogue import message
from converter.model.clock import in_china, today
from converter.register import Snapshot, audit, periods
from converter.report import summary, table
from converter.statistics import reminders
from converter.statistics.figure import Figure

SUFFIXES = (".xlsx", ".csv")


def units_to_remind(
    store: Path, folder: Path, period: str, due: date | None
) -> tuple[str, str, Figure]:
    """The period ('' = the newest), when the register was published, and the list. Raises
    RegisterError."""
    form = loading.load(folder)
    with Snapshot(store, form) as register:
        chosen = periods.chosen(register, period)
        published = in_china(str(register.state["published"]))
        return chosen, published, reminders.reminders(register, form, chosen, today(), due)


def write(store: Path, output: Path, period: str, published: str, found: Figure, now: int) -> Path:
    """Write the list beside what is there already, for its owner alone: it names people. Returns
    its path. Raises OSError."""
    if output.suffix.lower() == ".csv":
        data = table.write_csv([table.Table("", found.table.header, found.table.rows)])
    else:
        made = message("summary_made", published=published)
        data = summary.xlsx([found], found.table.title, made)
    path = writing.write_beside(
        output, lambda to: writing.write_bytes_atomically(to, data, private=True)
    )
    audit.append(store, audit.REMIND, now, path=path, period=period)
    return path
