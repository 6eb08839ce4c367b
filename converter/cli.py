"""The command line: click, printing and exit codes, nothing else.

Exit codes: 0 clean · 1 something in the data stands in the way · 2 wrong usage, broken form,
output that cannot be written · 101 a bug, with a crash note.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from converter import __version__, helptext

if TYPE_CHECKING:
    from converter.model import Form, Outcome

OK, FOUND, USAGE, BUG = 0, 1, 2, 101


class _Chinese:
    """Help in the clerk's language: click's own headings are English."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=helptext.text("usage"))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option: click.Option | None = super().get_help_option(ctx)  # type: ignore[misc]
        if option:
            option.help = helptext.text("help")
        return option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        params = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]  # type: ignore[attr-defined]
        records = [record for p in params if (record := p.get_help_record(ctx))]
        with formatter.section(helptext.text("options")):
            formatter.write_dl(records)


class _Command(_Chinese, click.Command):
    pass


class _Group(_Chinese, click.Group):
    """Commands grouped by who uses them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group, title in helptext.groups():
            names = [n for n in self.commands if helptext.of(n, "group") == group]
            if names:
                with formatter.section(title):
                    formatter.write_dl([(name, helptext.of(name, "short")) for name in names])
        super().format_options(ctx, formatter)


@click.group(
    cls=_Group,
    help=helptext.text("about"),
    subcommand_metavar=helptext.text("metavar"),
    options_metavar="",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(version)s", help=helptext.text("version"))
@click.option(
    "--form", "form_name", envvar="CONVERTER_FORM", metavar="NAME", help=helptext.text("form")
)
@click.pass_context
def cli(ctx: click.Context, form_name: str | None) -> None:
    ctx.obj = form_name


def _command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A subcommand whose help stands in help.zh.toml."""
    return cli.command(
        name,
        cls=_Command,
        help=helptext.of(name, "long"),
        short_help=helptext.of(name, "short"),
        options_metavar=helptext.text("options_metavar"),
    )


def _option(command: str, *names: str, **settings: Any) -> Callable[[Any], Any]:
    key = settings.pop("key", names[-1].lstrip("-").replace("-", "_"))
    return click.option(*names, help=helptext.option(command, key), **settings)


EXISTING = click.Path(exists=True, path_type=Path)
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
TARGET = click.Path(path_type=Path)


# --- the clerk's commands --------------------------------------------------------------------


@_command("template")
@_option("template", "-o", "--output", type=TARGET, metavar="PATH")
@_option("template", "--identity", type=EXISTING_FILE, metavar="FILE")
@_option("template", "source", "--from", type=EXISTING_FILE, metavar="FILE", key="source")
@_option("template", "--rows", type=click.IntRange(1, 1_048_000), metavar="N")
@click.pass_context
def template(
    ctx: click.Context,
    output: Path | None,
    identity: Path | None,
    source: Path | None,
    rows: int | None,
) -> int:
    from converter import commands
    from converter.engine import Worker

    folder, form = _form(ctx)
    target = output or Path(f"{form.title}.xlsx")
    with Worker() as worker:
        done = commands.template(folder, target, rows or 0, identity, source, worker)
    return _say_template(done, form, target)


def _say_template(done: dict[str, Any], form: Form, target: Path) -> int:
    from converter.messages import say
    from converter.model import Outcome

    if done["issues"]:
        _print_report([Outcome(str(target), tuple(done["issues"]))], form, show_ids=False)
    if "rows" not in done:
        return FOUND
    key = "template_filled" if done["members"] else "template_done"
    _out(say(key, path=target, rows=done["rows"], members=done["members"]))
    left = done["left_behind"]
    if left:
        cells = "、".join(f"{sheet}!{cell}" for sheet, cell, _ in left[:5])
        more = say("and_more") if len(left) > 5 else ""
        _out(say("template_left", count=len(left), cells=cells + more))
    _err(say("template_next", path=target))
    return OK


@_command("check")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=EXISTING)
@_option(
    "check", "--format", "layout", type=click.Choice(["text", "json", "html"]), default="text",
    key="format",
)  # fmt: skip
@_option("check", "--annotate", type=TARGET, metavar="DIR")
@_option("check", "--strict", is_flag=True)
@_option("check", "--show-ids", is_flag=True)
@_option("check", "--jobs", type=click.IntRange(1, 64), metavar="N")
@click.pass_context
def check(
    ctx: click.Context,
    paths: tuple[Path, ...],
    layout: str,
    annotate: Path | None,
    strict: bool,
    show_ids: bool,
    jobs: int | None,
) -> int:
    from converter.engine import Worker

    with Worker() as worker:  # imports its libraries while we read the form
        from converter import commands

        folder, form = _form(ctx)
        report = commands.check(
            paths, folder, form, annotate, jobs or os.cpu_count() or 1, worker, _progress
        )
    if layout == "text":
        _print_report(report.outcomes, form, show_ids, given=[str(p) for p in paths])
    else:
        from converter.report import as_json

        if layout == "json":
            _out(as_json.render(report.outcomes, form, show_ids=show_ids))
        else:
            from converter.report import html

            _out(html.render(report.outcomes, form, show_ids=show_ids))
    _say_annotated(report.annotated, annotate)
    return _verdict(report.outcomes, strict)


def _say_annotated(annotated: Sequence[str], folder: Path | None) -> None:
    from converter.messages import say

    if len(annotated) == 1:
        _err(say("annotated", path=annotated[0]))
    elif annotated:
        _err(say("annotated_many", count=len(annotated), path=folder))


def _verdict(outcomes: Sequence[Outcome], strict: bool) -> int:
    wrong = {"errors", "unreadable"} | ({"warnings"} if strict else set())
    return FOUND if any(outcome.status in wrong for outcome in outcomes) else OK


@_command("convert")
@click.argument("workbooks", metavar="WORKBOOK...", nargs=-1, required=True, type=EXISTING_FILE)
@_option("convert", "-o", "--output", type=TARGET, metavar="PATH")
@_option("convert", "--identity", type=EXISTING_FILE, metavar="FILE")
@_option("convert", "--since", type=EXISTING_FILE, metavar="FILE")
@_option("convert", "--show-ids", is_flag=True)
@click.pass_context
def convert(
    ctx: click.Context,
    workbooks: tuple[Path, ...],
    output: Path | None,
    identity: Path | None,
    since: Path | None,
    show_ids: bool,
) -> int:
    from converter.engine import Worker

    with Worker() as worker:
        from converter import commands
        from converter.messages import say
        from converter.report import changes

        folder, form = _form(ctx)
        target = output or Path(say("report_package_name"))
        results = commands.convert(workbooks, folder, target, identity, since, worker)
    outcomes = [r.outcome for r in results]
    if any(o.issues for o in outcomes):
        _print_report(outcomes, form, show_ids, summary=False)
    for result in results:
        if result.changes is not None:
            _out(changes.render(result.changes, form, since=str(since), show_ids=show_ids))
        if result.package is None:
            _err(say("convert_refused", file=result.outcome.file))
            continue
        _out(say("converted", path=result.package))
        _out(say("converted_unit", name=result.outcome.unit_name, members=result.outcome.members))
        _out(say("converted_checked"))
        _err(say("convert_next", path=result.package))
    return OK if all(result.package for result in results) else FOUND


@_command("show")
@click.argument("path", metavar="PACKAGE|WORKBOOK", type=EXISTING_FILE)
@_option("show", "--member", default="", metavar="TEXT")
@_option("show", "--html", "as_html", is_flag=True, key="html")
@_option("show", "--show-ids", is_flag=True)
@click.pass_context
def show(ctx: click.Context, path: Path, member: str, as_html: bool, show_ids: bool) -> int:
    from converter.engine import Worker

    with Worker() as worker:
        from converter import commands
        from converter.report import records

        folder, form = _form(ctx)
        found = commands.look(folder, path, False, worker)
    outcome: Outcome = found["outcome"]
    if not outcome.readable or "unit" not in found:
        _print_report([outcome], form, show_ids)
        return FOUND
    render = records.html if as_html else records.text
    _out(render(found, form, member=member, show_ids=show_ids))
    return OK


@_command("stats")
@click.argument("path", metavar="PATH", type=EXISTING_FILE)
@_option("stats", "-o", "--output", type=TARGET, metavar="PATH")
@click.pass_context
def stats(ctx: click.Context, path: Path, output: Path | None) -> int:
    from converter.engine import Worker

    with Worker() as worker:
        from converter import commands
        from converter.messages import say
        from converter.report import figures

        folder, form = _form(ctx)
        found = commands.look(folder, path, True, worker)
    if "tables" not in found:
        _print_report([found["outcome"]], form, show_ids=False)
        return FOUND
    title = found["outcome"].unit_name or path.stem
    if output:
        commands.write_figures(found["tables"], output, title)
        _err(say("stats_written", path=output))
    else:
        _out(figures.text(found["tables"]))
    return OK


# --- reference -------------------------------------------------------------------------------


@_command("explain")
@click.argument("code", required=False, default="", metavar="[CODE]")
@click.pass_context
def explain(ctx: click.Context, code: str) -> int:
    from converter import catalogue

    _, form = _form(ctx)
    text = catalogue.explain(form, code.upper())
    _out(text)
    return OK if not code or text.startswith(code.upper()) else USAGE


@_command("fields")
@click.pass_context
def fields(ctx: click.Context) -> int:
    from converter import catalogue
    from converter.form import with_codes

    folder, _ = _form(ctx)
    _out(catalogue.fields(with_codes(folder)))
    return OK


# --- shared ----------------------------------------------------------------------------------


def _form(ctx: click.Context) -> tuple[Path, Form]:
    """The form's folder and its cards (without code lists: the workers load them)."""
    from converter import form

    folder = form.form_dir(ctx.obj).resolve()
    return folder, form.read(folder)


def _print_report(
    outcomes: Sequence[Outcome],
    form: Form,
    show_ids: bool,
    *,
    given: Sequence[str] = (),
    summary: bool = True,
) -> None:
    from converter.report import terminal

    colour = _colourful(sys.stdout)
    width = _width()
    _out(terminal.render(outcomes, form, show_ids=show_ids, colour=colour, width=width))
    if summary:
        _err(terminal.summary(outcomes, given=given, colour=_colourful(sys.stderr)))


def _width() -> int:
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0


def _colourful(stream: Any) -> bool:
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR")


def _progress(answers: Any) -> Any:
    """A bar on stderr, on a terminal only, and only where there is something to wait for."""
    if not sys.stderr.isatty():
        return answers
    from converter.messages import say

    def shown() -> Any:
        with click.progressbar(answers, label=say("progress"), file=sys.stderr) as bar:
            yield from bar

    return shown()


def _out(text: str) -> None:
    click.echo(text.removesuffix("\n"))


def _err(text: str) -> None:
    click.echo(text.removesuffix("\n"), err=True)


# --- running and failing ---------------------------------------------------------------------


def main() -> None:
    """Entry point: runs a command and turns every ending into an exit code."""
    if sys.argv[1:2] == ["--worker"]:  # a frozen program is its own worker
        from converter import worker

        worker.main()
        return
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a GBK console lacks rare characters
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    try:
        result = cli.main(list(arguments), prog_name="converter", standalone_mode=False)
        return result if isinstance(result, int) else OK
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        from converter import failing

        _err(failing.usage(error))
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        from converter.messages import say

        _err(say("interrupted"))
        return 130
    except Exception as error:  # every other ending is sorted out in one place
        from converter import failing

        text, code = failing.explain(error)
        _err(text)
        return code


if __name__ == "__main__":
    main()
