"""The maintainer's command `form check`; its siblings stand in modules beside this one."""

from __future__ import annotations

from pathlib import Path

import click

from converter.cli import form_editing, form_packages
from converter.cli.common import OK, USAGE, err, message, out
from converter.cli.form_group import command
from converter.cli.path_types import EXISTING_FOLDER

__all__ = ["check", "form_editing", "form_packages"]  # all commands of `form`


@command("check")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
def check(folder: Path) -> int:
    """All faults of a form in one pass."""
    from converter.messages import errors
    from converter.usecases import form_checking

    found = form_checking.check(folder.resolve())
    for fault in found.faults:
        out(errors.text(fault))
    if found.faults:
        err(message("form_check_faults", count=len(found.faults)))
        return USAGE
    form_editing.print_doubts(found, folder)
    return OK
