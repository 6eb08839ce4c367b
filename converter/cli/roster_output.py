"""Reading a roster for a command: what was guessed and where its codes are is printed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from converter.cli.common import colourful, err, message, print_report, width

if TYPE_CHECKING:
    from converter.model.submissions import Unit
    from converter.usecases.identities import RosterReport
    from converter.workers.pool import Runner
    from converter.workers.requests.roster import RosterAnswer


def roster_units(
    path: Path, folder: Path, worker: Runner, known: Sequence[Unit] = (), *, keep: bool = True
) -> list[Unit]:
    """The units of a roster. What was guessed and where its codes are is printed. One with errors
    is printed, too: raises UsageError for it."""
    from converter.model.errors import UsageError
    from converter.usecases import identities

    found = identities.read_roster(folder, path, worker, known, keep=keep)
    if found.outcome.status in ("errors", "unreadable"):
        print_report([found.outcome], found.table, show_ids=False, summary=False)
        raise UsageError("receive_roster", path=path)
    _print_roster(found)
    return found.units


def _print_roster(found: RosterReport) -> None:
    """Say what was guessed of a roster, and where its codes are."""
    from converter.report import terminal

    if found.outcome.status == "warnings":
        colour = colourful(sys.stderr)
        columns = width()
        err(terminal.render([found.outcome], found.table, colour=colour, width=columns))
    print_coded(found.answer)


def print_coded(answer: RosterAnswer) -> None:
    """Say where the codes are that a roster lacked."""
    if answer.coded:
        key = "roster_coded" if answer.fresh else "roster_coded_known"
        key = "roster_coded_unwritten" if answer.unwritten else key
        err(message(key, fresh=answer.fresh, path=answer.coded))
