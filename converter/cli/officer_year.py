"""The officer's year behind receiving: `remind`, `export`, `forget`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from converter.cli.common import FOUND, OK, command, err, form_of, option, out, print_beside, width
from converter.cli.path_types import EXISTING_FOLDER, TARGET

if TYPE_CHECKING:
    from converter.model.forms import Form
    from converter.register.forgetting import RemovalPlan
    from converter.usecases.forgetting import RemainingPlaces


@command("remind")
@option("remind", "--store", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("remind", "-o", "--output", type=TARGET, metavar="PATH")
@option("remind", "--period", default="", metavar="TEXT")
@option("remind", "--due", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD")
@click.pass_context
def remind(
    ctx: click.Context, store: Path, output: Path | None, period: str, due: datetime | None
) -> int:
    from converter.messages.catalogue import message
    from converter.model.clock import created_at
    from converter.report import summary
    from converter.usecases import outputs, reminding

    folder, _ = form_of(ctx, store)
    path = None
    if output:
        path = outputs.path_of_kind(output, reminding.SUFFIXES, "remind_suffix")
    day = due.date() if due else None
    chosen, published, found = reminding.units_to_remind(store, folder, period.strip(), day)
    if path is None:
        out(summary.text([found], width()))
        return OK
    written = reminding.write(store, path, chosen, published, found, created_at())
    print_beside(path, written)
    out(message("stats_written", path=written))
    err(message("remind_done", period=chosen, count=len(found.table.rows)))
    return OK


@command("export")
@option("export", "--store", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("export", "-o", "--output", type=TARGET, required=True, metavar="PATH")
@option("export", "--period", default="", metavar="TEXT")
@option("export", "--codes", is_flag=True)
@option("export", "--show-ids", is_flag=True)
@click.pass_context
def export(
    ctx: click.Context, store: Path, output: Path, period: str, codes: bool, show_ids: bool
) -> int:
    from converter.messages.catalogue import message
    from converter.model.clock import created_at
    from converter.report.data_export import ExportOptions
    from converter.usecases.export import export as run

    folder, form = form_of(ctx, store)
    options = ExportOptions(period.strip(), codes, show_ids)
    done = run(store, folder, output, options, created_at())
    for wanted, file in done.files.items():
        print_beside(wanted, file)
    for file in done.files.values():
        out(message("stats_written", path=file))
    counted = zip(form.tables, done.rows, strict=True)
    rows = "".join(
        message("export_rows", rows=table.rows_name, count=count, counter=table.counter)
        for table, count in counted
    )
    out(message("export_done", period=done.period, units=done.units, rows=rows))
    err(message("export_shown" if show_ids else "export_masked"))
    return OK


@command("forget")
@option("forget", "--store", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("forget", "--period", default="", metavar="TEXT")
@option("forget", "--unit", default="", metavar="TEXT")
@option("forget", "--superseded", is_flag=True)
@option("forget", "--why", default="", metavar="TEXT")
@option("forget", "--officer", default="", metavar="NAME")
@option("forget", "--yes", is_flag=True)
@click.pass_context
def forget(
    ctx: click.Context,
    store: Path,
    period: str,
    unit: str,
    superseded: bool,
    why: str,
    officer: str,
    yes: bool,
) -> int:
    from converter.messages.catalogue import message, rows_params
    from converter.model.clock import created_at
    from converter.usecases import forgetting

    _, form = form_of(ctx, store)
    request = forgetting.ForgetRequest(period.strip(), unit, superseded, officer, why)
    asks = not yes and sys.stdin.isatty()

    def confirm(plan: RemovalPlan) -> bool:
        _print_plan(plan, form)
        return not asks or click.confirm(message("forget_confirm"), err=True)

    done = forgetting.forget(store, form, request, created_at(), confirm)
    if done is None:
        err(message("forget_cancelled"))
        return FOUND
    plan, places = done
    if plan.files:
        rows = rows_params(form.main_table)
        out(message("forget_done", count=len(plan.files), members=plan.members, **rows))
    else:
        out(message("forget_nothing"))
    _print_places(places)
    return OK


def _print_plan(plan: RemovalPlan, form: Form) -> None:
    """What is removed, and first what cannot be decided otherwise any more."""
    from converter.messages.catalogue import message, rows_params
    from converter.model.clock import in_china
    from converter.report import table
    from converter.report.audit_text import decision_text
    from converter.text.display import visible

    if plan.final:
        rows = [
            [
                str(one.number),
                in_china(one.decided),
                *map(visible, (one.officer, decision_text(one))),
            ]
            for one in plan.final
        ]
        header = [
            message(f"decide_log_column_{key}") for key in ("number", "decided", "officer", "what")
        ]
        out(
            table.text(
                [table.Table(message("forget_final", count=len(rows)), header, rows)], width()
            )
        )
    scope, named = plan.scope, rows_params(form.main_table)
    params = {"period": scope.period or message("forget_all_periods"), "unit": scope.unit_name}
    what = message(f"forget_scope_{scope.kind}", **params, **named)
    out(message("forget_plan", what=what, count=len(plan.files), members=plan.members, **named))


def _print_places(places: RemainingPlaces) -> None:
    """Files outside the register, which the officer deletes herself."""
    from converter.messages.catalogue import message

    if not places:
        return
    err(message("forget_places"))
    for kind, found in (("inbox", places.inboxes), ("reply", places.replies)):
        for path, count in found:
            err(message(f"forget_place_{kind}", path=path, count=count))
    for kind, paths in (("export", places.exports), ("backup", places.backups)):
        for path in paths:
            err(message(f"forget_place_{kind}", path=path))
