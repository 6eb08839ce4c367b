"""The commands `form check` and `form test`; their siblings stand in modules beside this one."""

from __future__ import annotations

from pathlib import Path

import click

from converter.cli import form_editing, form_packages
from converter.cli.common import FOUND, OK, USAGE, err, message, out
from converter.cli.form_group import command
from converter.cli.path_types import EXISTING_FOLDER

__all__ = ["check", "form_editing", "form_packages", "test"]  # all commands of `form`


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


@command("test")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@click.option("--excel", is_flag=True)
def test(folder: Path, excel: bool) -> int:
    """A form's checks, tried on cases made from its cards."""
    from converter.forms import loading
    from converter.model import clock
    from converter.usecases import form_testing, form_testing_excel

    form, today = loading.load(folder.resolve()), clock.today()
    if excel:
        form_testing_excel.needed_program()
    found = form_testing.test(form, today)
    for line in found.wrong:
        out(line)
    key = "form_test_wrong" if found.wrong else "form_test_done"
    err(message(key, count=found.tried, wrong=len(found.wrong)))
    if found.untried:
        checks = "、".join(found.untried)
        err(message("form_test_untried", count=len(found.untried), checks=checks))
    differ = False
    if excel and found.good:
        computed = form_testing_excel.test(form, today, found.good, found.cases)
        for line in computed.wrong:
            out(line)
        differ = bool(computed.wrong)
        key = "form_test_excel_wrong" if differ else "form_test_excel_done"
        err(message(key, count=computed.workbooks, wrong=len(computed.wrong)))
        if computed.alone:
            checks = "、".join(dict.fromkeys(computed.alone))
            err(message("form_test_excel_alone", count=len(computed.alone), checks=checks))
    return FOUND if found.wrong or differ else OK
