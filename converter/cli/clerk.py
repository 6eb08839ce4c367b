"""The clerk's commands: check, convert, show, stats."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
    option,
    out,
    out_page,
    out_pieces,
    own_worker,
    pool,
    print_kept,
    print_report,
    progress,
    rows_counted,
    unicode_out,
    width,
)
from converter.cli.path_types import EXISTING, EXISTING_FILE, TARGET
from converter.model.errors import UsageError
from converter.text import file_names

if TYPE_CHECKING:
    from converter.model.forms import Form
    from converter.model.submissions import Outcome
    from converter.usecases.convert import Converted
    from converter.workers.requests.check import FixedCopy


@command("check")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=EXISTING)
@option(
    "check", "--format", "layout", type=click.Choice(["text", "json", "html"]), default="text",
    key="format",
)  # fmt: skip
@option("check", "--annotate", type=TARGET, metavar="DIR")
@option("check", "--fix", type=TARGET, metavar="DIR")
@option("check", "--strict", is_flag=True)
@option("check", "--show-ids", is_flag=True)
@option("check", "--jobs", type=click.IntRange(1, 64), metavar="N")
@option("check", "--cluster", metavar="tcp://HOST:PORT")
@click.pass_context
def check(
    ctx: click.Context,
    paths: tuple[Path, ...],
    layout: str,
    annotate: Path | None,
    fix: Path | None,
    strict: bool,
    show_ids: bool,
    jobs: int | None,
    cluster: str | None,
) -> int:
    worker = own_worker()
    if cluster is None:
        worker.start()  # imports its libraries while we read the form
    try:
        from converter.usecases.check import check_files

        folder, form = form_of(ctx, *paths)
        writes = [folder for folder in (annotate, fix) if folder]
        with pool(cluster, folder, paths, writes, jobs) as chosen:
            report = check_files(
                paths,
                folder,
                annotate,
                jobs or os.cpu_count() or 1,
                worker,
                progress,
                chosen,
                fix,
            )
    finally:
        worker.stop()
    if layout == "text":
        names = [str(path) for path in paths]
        copies = list(map(str, (*report.annotated, *(fixed.copy for fixed in report.fixed))))
        print_report(report.outcomes, form, show_ids, given=names, annotated=copies)
        for fixed in report.fixed:
            _print_fixed(fixed, form, show_ids)
    else:
        from converter.report import as_json

        if layout == "json":
            changes = {one.file: one.changes for one in report.fixed} if fix else None
            pieces = as_json.pieces(
                report.outcomes,
                form,
                fixed=changes,
                show_ids=show_ids,
                ascii_only=not unicode_out(),
            )
            out_pieces(pieces)
        else:
            from converter.report import html

            out_page(html.render(report.outcomes, form, show_ids=show_ids))
    _print_written(report.annotated, annotate, "annotated")
    _print_written([one.copy for one in report.fixed], fix, "fixed")
    if fix and not report.fixed:
        err(message("fixed_none"))
    return exit_code(report.outcomes, strict=strict)


def _print_fixed(fixed: FixedCopy, form: Form, show_ids: bool) -> None:
    from converter.report import fixes_text

    out_pieces(fixes_text.lines(fixed.file, fixed.changes, form, show_ids=show_ids, width=width()))


def _print_written(copies: Sequence[Path], folder: Path | None, what: str) -> None:

    if len(copies) == 1:
        err(message(what, path=copies[0]))
    elif copies:
        err(message(f"{what}_many", count=len(copies), path=folder))


def exit_code(outcomes: Sequence[Outcome], *, strict: bool = False) -> int:
    wrong = {"errors", "unreadable"} | ({"warnings"} if strict else set())
    return FOUND if any(outcome.status in wrong for outcome in outcomes) else OK


@command("convert")
@click.argument("workbooks", metavar="WORKBOOK...", nargs=-1, required=True, type=EXISTING_FILE)
@option("convert", "-o", "--output", type=TARGET, metavar="PATH")
@option("convert", "--identity", type=EXISTING_FILE, metavar="FILE")
@option("convert", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@option("convert", "--seal", is_flag=True)
@option("convert", "--since", type=EXISTING_FILE, metavar="FILE")
@option("convert", "--show-ids", is_flag=True)
@option("convert", "--force", is_flag=True)
@click.pass_context
def convert(
    ctx: click.Context,
    workbooks: tuple[Path, ...],
    output: Path | None,
    identity: Path | None,
    passphrase_file: Path | None,
    seal: bool,
    since: Path | None,
    show_ids: bool,
    force: bool,
) -> int:
    from converter.cli import passphrases

    passphrase = passphrases.opening(identity, passphrase_file)

    with own_worker() as worker:
        from converter.usecases.convert import convert_files

        folder, form = form_of(ctx, *workbooks)
        target = output or Path(message("report_package_name"))
        results = convert_files(
            workbooks,
            folder,
            target,
            identity,
            since,
            worker,
            seal,
            force=force,
            passphrase=passphrase,
        )
    print_converted(results, form, show_ids=show_ids, seal=seal, since=str(since))
    return OK if all(result.package for result in results) else FOUND


def print_converted(
    results: Sequence[Converted],
    form: Form,
    *,
    show_ids: bool = False,
    seal: bool = False,
    since: str = "",
) -> None:
    """Print what stood in the way, what changed, what was written."""
    from converter.report import diff_text

    outcomes = [r.outcome for r in results]
    if any(o.issues for o in outcomes):
        print_report(outcomes, form, show_ids, summary=False)
    for result in results:
        if result.changes is not None:
            out(diff_text.render(result.changes, form, since=since, show_ids=show_ids))
        if result.package is None:
            refused = "convert_refused" if result.outcome.readable else "convert_unreadable"
            err(message(refused, file=result.outcome.file))
            continue
        if result.kept and result.kept.same:
            out(message("convert_unchanged", path=result.package))
            err(message("convert_next", path=result.package))
            continue
        if result.kept:
            print_kept(result.kept, result.package, form)
        out(message("converted", path=result.package))
        rows = rows_counted(form.main_table, result.outcome.members)
        out(message("converted_unit", name=result.outcome.unit_name, rows=rows).rstrip())
        if result.signed:
            out(message("converted_signed"))
        if seal:
            out(message("converted_sealed"))
        out(message("converted_checked"))
        old = result.kept
        if old and old.kind == "package" and old.unit == result.outcome.unit_name:
            err(message("convert_next_instead", path=result.package, old=old.path))
        else:
            err(message("convert_next", path=result.package))
    for unit, packages in _of_one_unit(results).items():
        err(message("convert_twice", unit=unit, paths="、".join(map(str, packages))))


def _of_one_unit(results: Sequence[Converted]) -> dict[str, list[Path]]:
    """The packages of units that have several: last year's form, and this year's."""
    found: dict[str, list[Path]] = {}
    for one in results:
        if one.package and one.outcome.unit_name:
            found.setdefault(one.outcome.unit_name, []).append(one.package)
    return {unit: packages for unit, packages in found.items() if len(packages) > 1}


@command("show")
@click.argument("path", metavar="[FILE]", type=EXISTING_FILE, required=False)
@option("show", "--store", type=EXISTING, metavar="DIR")
@option("show", "--unit", default="", metavar="TEXT")
@option("show", "--member", default="", metavar="TEXT")
@option("show", "--keys", "keys_folder", type=EXISTING, metavar="DIR", key="keys")
@option("show", "--log", "as_log", is_flag=True, key="log")
@option("show", "--html", "as_html", is_flag=True, key="html")
@option("show", "--show-ids", is_flag=True)
@click.pass_context
def show(
    ctx: click.Context,
    path: Path | None,
    store: Path | None,
    unit: str,
    member: str,
    keys_folder: Path | None,
    as_log: bool,
    as_html: bool,
    show_ids: bool,
) -> int:
    from converter.cli import register_output

    _one_of(path, store, {"unit": unit, "log": as_log})
    if store and as_log:
        return register_output.log(store, as_html)
    if store:
        return register_output.show(form_of(ctx, store)[0], store, unit, member, as_html, show_ids)
    assert path
    code = register_output.receipt(path, keys_folder)
    if code is not None:
        return code
    from converter.workers.pool import Worker

    with Worker() as worker:
        from converter.report import records
        from converter.usecases.show import read_contents

        folder, form = form_of(ctx, path)
        answer = read_contents(folder, path, worker)
    outcome, contents = answer.outcome, answer.contents
    if not outcome.readable or contents is None:
        print_report([outcome], form, show_ids)
        return FOUND
    if member and not any(
        records.find(contents.tables[table.key], table, member) for table in form.tables
    ):
        err(message("show_nobody", text=member.strip(), rows=form.main_table.rows_name))
        return FOUND
    if as_html:
        unit_name = outcome.unit_name
        out_page(records.html(contents, form, unit_name, member=member, show_ids=show_ids))
    else:
        out(records.text(contents, form, member=member, show_ids=show_ids, width=width()))
    return OK


def _one_of(path: Path | None, store: Path | None, only_store: dict[str, object]) -> None:
    """A file or a register; some options ask a register only."""

    if (path is None) == (store is None):
        raise UsageError("store_choose")
    given = [name for name, value in only_store.items() if value]
    if given and store is None:
        raise UsageError("store_only", name=given[0])


@command("stats")
@click.argument("path", metavar="[FILE]", type=EXISTING_FILE, required=False)
@option("stats", "--store", type=EXISTING, metavar="DIR")
@option("stats", "--by", multiple=True, metavar="FIELD")
@option("stats", "--count", "counts", multiple=True, metavar="FIELD", key="count")
@option("stats", "--units", is_flag=True)
@option("stats", "--rules", is_flag=True)
@option("stats", "--annual", is_flag=True)
@option("stats", "--union", default="", metavar="TEXT")
@option("stats", "--period", default="", metavar="TEXT")
@option("stats", "-o", "--output", type=TARGET, metavar="PATH")
@option("stats", "--force", is_flag=True)
@click.pass_context
def stats(
    ctx: click.Context,
    path: Path | None,
    store: Path | None,
    by: tuple[str, ...],
    counts: tuple[str, ...],
    units: bool,
    rules: bool,
    annual: bool,
    union: str,
    period: str,
    output: Path | None,
    force: bool,
) -> int:
    from converter.usecases import outputs

    only_store = {"by": by, "count": counts, "units": units, "union": union, "period": period}
    _one_of(path, store, {**only_store, "rules": rules, "annual": annual})
    if output:
        from converter.report import table_export

        output = outputs.path_of_kind(output, table_export.SUFFIXES, "stats_suffix")
    if store:
        from converter.cli import register_output

        if annual:
            if by or counts or units or rules:
                raise UsageError("stats_annual_alone")
            folder = form_of(ctx, store)[0]
            return register_output.annual(folder, store, union, period, output, force=force)
        selection = register_output.TableSelection(by, counts, units, union, rules)
        return register_output.stats(
            form_of(ctx, store)[0], store, selection, period, output, force=force
        )
    assert path
    from converter.workers.pool import Worker

    with Worker() as worker:
        from converter.report import table_export
        from converter.usecases.show import read_statistics, write_statistics

        folder, form = form_of(ctx, path)
        answer = read_statistics(folder, path, worker)
    if answer.figures is None:
        print_report([answer.outcome], form, show_ids=False)
        return FOUND
    title = answer.outcome.unit_name or file_names.stem(path)
    if output:
        made = write_statistics(answer.figures, output, title, folder, force=force)
        if made.kept:
            print_kept(made.kept, made.path, form)
        err(message("stats_written", path=made.path))
    else:
        out(table_export.text(answer.figures, width()))
    return OK
