"""Forms for people and programs that know no cards: form edit, form build, form export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from converter.cli.common import OK, USAGE, err, message, next_step, option, out, print_beside
from converter.cli.form_group import command
from converter.cli.path_types import EXISTING_FILE, EXISTING_FOLDER, TARGET

if TYPE_CHECKING:
    from converter.usecases.form_checking import FormReport
    from converter.usecases.form_editing import BuildReport


@command("edit")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@option("form edit", "-o", "--output", type=TARGET, required=True, metavar="FILE.xlsx")
def edit(folder: Path, output: Path) -> int:
    """A form as a workbook."""
    from converter.usecases import form_editing, outputs

    target = outputs.output_path(output, ".xlsx")
    path = form_editing.edit(folder.resolve(), target)
    print_beside(target, path)
    out(message("editor_written", path=path))
    out(next_step("editor_written_next", path=path, folder=folder))
    return OK


@command("build")
@click.argument("workbook", type=EXISTING_FILE, metavar="FILE.xlsx")
@option("form build", "-o", "--output", type=TARGET, required=True, metavar="DIR")
@option("form build", "--force", is_flag=True)
def build(workbook: Path, output: Path, force: bool) -> int:
    """A workbook as a form."""
    from converter.messages import errors
    from converter.usecases import form_editing

    report = form_editing.build(workbook, output, force=force)
    for fault in report.faults:
        out(errors.text(fault))
    if report.faults:
        err(message("editor_not_built", count=len(report.faults)))
        return USAGE
    _print_changes(report, output)
    if report.check:
        print_doubts(report.check, output)
    return OK


# Named here, since their modules are imported when one is written.
FORMATS = ("table-schema", "csvw", "json-schema", "xlsform")


@command("export")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@option("form export", "--as", "kind", type=click.Choice(FORMATS), required=True, key="as")
@option("form export", "-o", "--output", type=TARGET, required=True, metavar="FILE")
def export(folder: Path, kind: str, output: Path) -> int:
    """A form in another format."""
    from converter import form_export
    from converter.usecases import form_exporting, outputs

    chosen = form_export.FORMATS[kind]
    target = outputs.output_path(output, chosen.suffix)
    path = form_exporting.export(folder, chosen, target)
    print_beside(target, path)
    out(message("form_exported", path=path))
    return OK


def _print_changes(report: BuildReport, folder: Path) -> None:
    changes = {"changed": report.changed, "added": report.added, "removed": report.removed}
    for what, files in changes.items():
        for file in files:
            out(message(f"editor_{what}", file=file))
    if report.kept:
        out(message("editor_kept", path=report.kept))
    out(message("editor_built", path=folder))


def print_doubts(report: FormReport, folder: Path) -> None:
    """What looks wrong in a form that can be used."""
    lines = [message("form_check_unused", name=name) for name in report.unused]
    lines += [message("form_check_long", cell=cell) for cell in report.too_long]
    lines += report.doubts
    for line in lines:
        out(line)
    err(message("form_check_doubts" if lines else "form_check_fine", path=folder))
