"""The officer's decisions: `decide` about files, `period` to open and close."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from converter.cli.common import (
    FOUND,
    OK,
    command,
    err,
    form_of,
    message,
    next_step,
    option,
    out,
    print_beside,
    print_report,
    width,
)
from converter.cli.path_types import EXISTING_FOLDER, TARGET
from converter.model.errors import UsageError
from converter.text import file_names

if TYPE_CHECKING:
    from converter.model.forms import Form
    from converter.register.forwarded import Forward
    from converter.report.table import Table
    from converter.usecases.deciding import Waiting

ACTIONS = (
    "accept", "reject", "withdraw", "assign", "revoke",
    "ask", "exempt", "dissolve", "merge", "rename", "move",
)  # fmt: skip
WITH_UNIT = ("assign", "merge", "rename", "move")  # these take a second word
WORKBOOK = (".xlsx", ".xls", ".et")
UNDONE = (
    "otherwise", "moved_on", "unfinished", "unknown", "not_offered", "no_unit", "no_reply",
    "refused",
)  # fmt: skip
PERIOD_ACTIONS = ("open", "close", "list")


@command("decide")
@click.argument("action", metavar="[ACTION|待处理.xlsx]", required=False)
@click.argument("subject", metavar="[FILE]", required=False, default="")
@click.argument("unit", metavar="[UNIT]", required=False, default="")
@option("decide", "--store", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("decide", "-o", "--output", type=TARGET, metavar="FILE")
@option("decide", "--why", default="", metavar="TEXT")
@option("decide", "--officer", default="", metavar="NAME")
@option("decide", "--period", default="", metavar="TEXT")
@option("decide", "--below", default="", metavar="UNION")
@click.pass_context
def decide(
    ctx: click.Context,
    action: str | None,
    subject: str,
    unit: str,
    store: Path,
    output: Path | None,
    why: str,
    officer: str,
    period: str,
    below: str,
) -> int:
    from converter.model.clock import created_at
    from converter.register.deciding import Order
    from converter.report.audit_text import decision_text
    from converter.usecases import deciding

    _, form = form_of(ctx, store)
    if output:
        if action:
            raise UsageError("decide_output_alone")
        return _write_questions(ctx, store, output, period, below)
    if below:
        raise UsageError("decide_below_output", union=below)
    if action is None:
        return _list(store, form, period)
    if file_names.suffix(action) in WORKBOOK:
        if subject:
            raise UsageError("decide_workbook_alone", path=action)
        return _apply(ctx, store, Path(action), period, officer)
    if action not in ACTIONS:
        raise UsageError("decide_no_action", text=action, actions="、".join(ACTIONS))
    if not subject:
        raise UsageError("decide_needs_file")
    if action in WITH_UNIT and not unit.strip():
        raise UsageError(f"decide_needs_{action}")
    if action not in WITH_UNIT and unit:
        raise UsageError("decide_too_many", action=action)
    order = Order(action, subject, unit, period, why, officer)
    made, outcomes = deciding.decide(store, form, order, created_at())
    out(message("decide_made", number=made.number, what=decision_text(made)))
    for one in outcomes:
        reason = f"（{message(f'reason_{one.reason}')}）" if one.reason else ""
        state = message(f"receive_state_{one.state}")
        err(message("decide_now", file=one.file, state=state, reason=reason))
    return OK


def _write_questions(ctx: click.Context, store: Path, output: Path, period: str, below: str) -> int:
    from converter.usecases import deciding
    from converter.usecases.outputs import output_path
    from converter.workers.pool import Worker

    with Worker() as worker:
        folder, form = form_of(ctx, store)
        if below:
            target = output_path(output, ".xlsx", message("asked_name", union=below))
            path, count = deciding.write_questions_below(
                store, folder, below, period, target, worker
            )
            print_beside(target, path)
            out(message("asked_written", union=below, path=path, count=count))
            err(message("asked_written_next", union=below, path=path.name))
            return OK
        target = output_path(output, ".xlsx", message("decisions_name"))
        path, count = deciding.write_questions(store, folder, form, period, target, worker)
    print_beside(target, path)
    out(message("decide_written", path=path, count=count))
    err(next_step("decide_written_next", store=store, path=path))
    return OK


def _apply(ctx: click.Context, store: Path, path: Path, period: str, officer: str) -> int:
    """Decide what a workbook says; tell of each row that was filled in what became of it."""
    from converter.messages import errors
    from converter.model.clock import created_at
    from converter.register.precedence import ACTIONS as DECISIONS
    from converter.text.display import visible
    from converter.usecases import deciding
    from converter.workers.pool import Worker

    if not path.is_file():
        raise UsageError("decide_no_workbook", path=path)
    with Worker() as worker:
        folder, form = form_of(ctx, store)
        outcome, rows = deciding.read_decisions(folder, path, worker)
    if outcome.status in ("errors", "unreadable"):
        print_report([outcome], form, show_ids=False, summary=False)
        return FOUND
    counts: Counter[str] = Counter()
    for one in deciding.apply_rows(store, form, rows, period, officer, created_at()):
        counts[one.result] += 1
        if one.result == "blank":
            continue
        now = message(f"receive_state_{one.outcome.state}") if one.outcome else ""
        problem = errors.text(one.problem) if one.problem else ""
        params = {"decision": one.decision, "now": now, "problem": problem}
        known = one.row.action in DECISIONS
        action = message(f"choice_{one.row.action}") if known else visible(one.row.action)
        choices = "、".join(message(f"choice_{choice}") for choice in one.choices)
        params |= {"action": action, "file": visible(one.row.file), "choices": choices}
        key = f"decide_row_{one.result}{'_now' if now else ''}"
        out(message("decide_row", row=one.row.row, result=message(key, **params), **params))
    err(message("decide_applied", made=counts["made"], blank=counts["blank"]))
    undone = sum(counts[result] for result in UNDONE)
    if undone:
        err(next_step("decide_not_applied", count=undone, store=store))
    return FOUND if undone else OK


def _list(store: Path, form: Form, period: str) -> int:
    """What waits for a decision, and what was decided."""
    from converter.report import table
    from converter.usecases import deciding

    found = deciding.waiting_of(store, form, period)
    tables = []
    if found.questions or found.forwards:
        tables.append(_waiting_table(found))
    else:
        out(message("decide_none"))
    if found.decisions:
        tables.append(_decisions_table(found))
    if tables:
        out(table.text(tables, width()))
    if found.questions or found.forwards:
        err(next_step("decide_next", store=store))
    return OK


def _waiting_table(found: Waiting) -> Table:
    from converter.register.precedence import HELD, UNOPENED
    from converter.report import table
    from converter.text.display import visible

    rows = []
    for forward in found.forwards:
        state = message(f"receive_state_{forward.state}")
        shown = ("", forward.file, forward.name, state, _why_waits(forward), "")
        rows.append([visible(text) for text in shown])
    for one in found.questions:
        state = message(f"receive_state_{one.state}")
        reason = message(f"reason_{one.reason or one.state}")
        detail = "".join(str(one.params[key]) for key in ("differs", "similar")).strip("；")
        shown = (str(one.submission), one.file, one.params["unit"], state, reason, detail)
        rows.append([visible(text) for text in shown])
    keys = ("number", "file", "unit", "state", "reason", "detail")
    header = [message(f"decide_column_{key}") for key in keys]
    waiting = [one.state for one in found.forwards] + [one.state for one in found.questions]
    held = sum(state in (HELD, UNOPENED) for state in waiting)
    title = message("decide_title", period=found.period, count=len(rows), held=held)
    return table.Table(title, header, rows)


def _decisions_table(found: Waiting) -> Table:
    from converter.model.clock import in_china
    from converter.report import table
    from converter.report.audit_text import decision_text
    from converter.text.display import visible

    log = [
        [
            str(one.number),
            in_china(one.decided),
            visible(one.officer),
            visible(decision_text(one))
            + (message("decide_revoked") if one.number in found.revoked else ""),
            visible(one.why),
        ]
        for one in found.decisions
    ]
    columns = ("number", "decided", "officer", "what", "why")
    header = [message(f"decide_log_column_{key}") for key in columns]
    return table.Table(message("decide_log_title", count=len(log)), header, log)


def _why_waits(one: Forward) -> str:
    barred = one.reason if one.state == "held" else ""
    return message(f"forward_why_{barred or one.state}")


@command("period")
@click.argument("action", metavar="ACTION", type=click.Choice(PERIOD_ACTIONS))
@click.argument("which", metavar="[PERIOD]", required=False, default="")
@option("period", "--store", type=TARGET, required=True, metavar="DIR")
@option("period", "--officer", default="", metavar="NAME")
@click.pass_context
def period(ctx: click.Context, action: str, which: str, store: Path, officer: str) -> int:
    from converter.model.clock import created_at, in_china
    from converter.report import table
    from converter.usecases import deciding

    _, form = form_of(ctx, store)
    if action != "list":
        if not which.strip():
            raise UsageError("period_needs")
        state = "open" if action == "open" else "closed"
        named = deciding.set_period(store, form, which, state, officer, created_at())
        out(message(f"period_done_{state}", period=named))
        return OK
    if which:
        raise UsageError("period_needs_not")
    found = deciding.periods_of(store, form)
    if not found:
        out(message("period_none"))
        return OK
    rows = [
        [one.period, message(f"period_{one.state}"), in_china(one.changed), one.officer, str(units)]
        for one, units in found
    ]
    keys = ("period", "state", "changed", "officer", "units")
    header = [message(f"period_column_{key}") for key in keys]
    out(table.text([table.Table(message("period_title"), header, rows)], width()))
    return OK
