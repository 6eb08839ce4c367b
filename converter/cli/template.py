"""`template`: a workbook to fill in, blank or with what is known already."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import chain
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
    print_kept,
    print_report,
    rows_counted,
)
from converter.cli.path_types import EXISTING_FILE, EXISTING_FOLDER, TARGET

if TYPE_CHECKING:
    from converter.model.forms import Form, Sheet
    from converter.model.issues import Issue
    from converter.model.own_list import ListReport
    from converter.model.submissions import Outcome
    from converter.usecases.template import TemplateResult
    from converter.workers.pool import Runner
    from converter.workers.requests.template import TemplateAnswer


@command("template")
@option("template", "-o", "--output", type=TARGET, metavar="PATH")
@option("template", "--identity", type=EXISTING_FILE, metavar="FILE")
@option(
    "template", "sources", "--from", type=EXISTING_FILE, multiple=True, metavar="FILE", key="source"
)
@option("template", "mapped", "--map", multiple=True, metavar="THEIRS=OURS", key="map")
@option("template", "--yes", is_flag=True)
@option("template", "--identities", type=EXISTING_FOLDER, metavar="DIR")
@option("template", "--roster", is_flag=True)
@option("template", "--rows", type=click.IntRange(1, 1_048_000), metavar="N")
@option("template", "--contact", metavar="TEXT")
@option("template", "--force", is_flag=True)
@click.pass_context
def template(
    ctx: click.Context,
    output: Path | None,
    identity: Path | None,
    sources: tuple[Path, ...],
    mapped: tuple[str, ...],
    yes: bool,
    identities: Path | None,
    roster: bool,
    rows: int | None,
    contact: str | None,
    force: bool,
) -> int:
    from converter.usecases.outputs import output_path
    from converter.usecases.template import write_template

    if identities or roster:
        from converter.cli import identity as officer

        given = {
            "--identity": bool(identity),
            "--from": bool(sources),
            "--roster": roster and identities is not None,
            "--rows": roster and rows is not None,
            "--contact": roster and contact is not None,
        }
        return officer.template(
            ctx, identities, output, rows or 0, given, contact=contact, force=force
        )
    folder, form = form_of(ctx, *sources)
    name = f"{form.title}.xlsx"
    target = output_path(output or Path(name), ".xlsx", name)
    with _runner(sources, target) as worker:
        write = partial(
            write_template, folder, target, rows or 0, identity, sources, worker,
            contact=contact, force=force,
        )  # fmt: skip
        result = _with_choices(write, sources, mapped, form, yes=yes) if sources else write()
    return _print_template(result, form, target)


def _runner(sources: Sequence[Path], target: Path) -> AbstractContextManager[Runner]:
    """What does the work: this process, where it takes no look into a file from outside."""
    if sources or os.path.lexists(target):
        from converter.workers.pool import Worker

        return Worker()
    from converter.workers.in_process import InProcess

    return nullcontext(InProcess())


def _with_choices(
    write: Callable[..., TemplateResult],
    sources: Sequence[Path],
    mapped: Sequence[str],
    form: Form,
    *,
    yes: bool,
) -> TemplateResult:
    """Write from sources. Answers about their columns, given now or earlier for a list with the
    same headings, are remembered."""
    from converter.usecases import own_list

    table = form.main_table
    choices = own_list.remembered(sources, table) | own_list.parse_choices(mapped, table)
    asks = not yes and sys.stdin.isatty() and sys.stdout.isatty()
    lists: Sequence[ListReport] = ()
    if asks or own_list.anything_kept():
        lists = write(choices=choices, preview=True).answer.lists
        recalled = own_list.recalled(lists, table)
        if new := {column: key for column, key in recalled.items() if column not in choices}:
            choices |= new
            _print_recalled(new, table)
            lists = write(choices=choices, preview=True).answer.lists if asks else ()
    if asks:
        _ask_about_people(lists)
        choices |= _ask(lists, table)
    result = write(choices=choices)
    lists = result.answer.lists
    if yes:
        guessed = own_list.questions(lists)
        choices |= {own_list.column_name(one): one.field for one in guessed if one.is_taken}
    if choices and result.answer.written:
        own_list.remember(lists, choices)
    return result


def _print_recalled(choices: Mapping[str, str], table: Sheet) -> None:
    taken = [f"{column}={table.field(key).title}" for column, key in choices.items() if key]
    if taken:
        out(message("list_recalled", columns="、".join(taken)))


def _ask_about_people(lists: Sequence[ListReport]) -> None:
    """Ask whether the people of a list that was rearranged are right. Raises UsageError."""
    from converter.model.errors import UsageError
    from converter.report import own_list_text

    for text in chain.from_iterable(map(own_list_text.rearranged, lists)):
        if not click.confirm(message("list_turn_ask", text=text), default=True):
            raise UsageError("list_turn_refused")


def _ask(lists: Sequence[ListReport], table: Sheet) -> dict[str, str]:
    """Ask about each column that was guessed. A date of which nobody knows what it is is left out
    unless the answer is yes."""
    from converter.report import own_list_text
    from converter.usecases import own_list

    answers = {}
    for column in own_list.questions(lists):
        question = message("list_ask", **own_list_text.params(column, table))
        yes = click.confirm(question, default=column.is_taken)
        answers[own_list.column_name(column)] = column.field if yes else ""
    return answers


def _print_template(result: TemplateResult, form: Form, target: Path) -> int:
    answer = result.answer
    if answer.issues:
        print_report(_outcomes(answer.issues, target), form, show_ids=False, commands=False)
    _print_lists(answer, form)
    written = answer.written
    if written is None:
        return FOUND
    rows = {"rows": form.main_table.rows_name, "count": written.rows}
    prepared = message("template_prepared", **rows) if form.tables else ""
    done = message("template_done", path=written.path, prepared=prepared)
    if any(written.counts):
        found = zip(form.tables, written.counts, strict=True)
        taken = "、".join(rows_counted(table, count) for table, count in found if count)
        done = message("template_filled", path=written.path, taken=taken, **rows)
    if result.kept:
        print_kept(result.kept, written.path, form)
    out(done)
    if written.leftovers or written.comments:
        from converter.report import own_list_text

        for line in own_list_text.left_out(written.leftovers, written.comments):
            out(line)
    err(next_step("template_next", path=written.path))
    return OK


def _outcomes(issues: Sequence[Issue], target: Path) -> list[Outcome]:
    """One a file that has issues: they are of the sources and the identity file, not of the
    workbook that is written from them."""
    from converter.model.issues import Issues, Level
    from converter.model.submissions import Outcome

    by_file: dict[str, list[Issue]] = {}
    for issue in issues:
        by_file.setdefault(issue.place.file or str(target), []).append(issue)
    damaged = {i.place.file for i in issues if i.level is Level.ERROR and i.code[0] in "FP"}
    return [
        Outcome(file, Issues.of(found), readable=file not in damaged)
        for file, found in by_file.items()
    ]


def _print_lists(answer: TemplateAnswer, form: Form) -> None:
    written = answer.written
    numbers = (written.unnumbered, written.rounded) if written else ((), ())
    if not (answer.lists or answer.compared or any(numbers)):
        return
    from converter.report import own_list_text

    for report in answer.lists:
        for line in own_list_text.lines(report, form):
            out(line)
    for line in own_list_text.numbers(*numbers, answer.lists, form):
        out(line)
    for one in answer.compared:
        file = Path(one.file).name
        for key, names in (("list_joined", one.joined), ("list_gone", one.left)):
            if names:
                out(message(key, file=file, count=len(names), names=own_list_text.listed(names)))
        if not (one.joined or one.left):
            out(message("list_same", file=file))
