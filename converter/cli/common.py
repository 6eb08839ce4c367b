"""What all commands share: Chinese help, options, printing."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import click

from converter import __version__
from converter.messages import help
from converter.text.display import argument

if TYPE_CHECKING:
    from pathlib import Path

    from converter.forms.installed import FormInUse
    from converter.identity.subordinates import UnionName
    from converter.model.forms import Form, Sheet
    from converter.model.submissions import Outcome
    from converter.workers.pool import Runner, Worker
    from converter.workers.requests.existing import ExistingFile

T = TypeVar("T")

OK, FOUND, USAGE = 0, 1, 2
WRITTEN_AT_ONCE = 1 << 16  # characters of a long text
LONG = 8  # files from which a bar is shown


class Chinese:
    """Help in the clerk's language: click's own headings are English."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=help.text("usage"))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option: click.Option | None = super().get_help_option(ctx)  # type: ignore[misc]
        if option:
            option.help = help.text("help")
        return option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        params = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]  # type: ignore[attr-defined]
        records = [record for p in params if (record := p.get_help_record(ctx))]
        # What click adds is English; of its additions only 'required' tells a clerk anything.
        required = help.text("required")
        records = [
            (names, re.sub(r" +\[[^\]]*\]$", lambda m: required * ("required" in m[0]), text))
            for names, text in records
        ]
        with formatter.section(help.text("options")):
            formatter.write_dl(records)


class Command(Chinese, click.Command):
    pass


# Which module holds a command: imported when the command is asked for, so that help is instant.
COMMAND_MODULES = {
    "desk": "desk",
    "template": "template",
    "check": "clerk",
    "convert": "clerk",
    "show": "clerk",
    "stats": "clerk",
    "identity": "unions",
    "receive": "officer",
    "decide": "deciding",
    "period": "deciding",
    "remind": "officer_year",
    "export": "officer_year",
    "forget": "officer_year",
    "forward": "upward",
    "portal": "portal",
    "backup": "backups",
    "restore": "backups",
    "explain": "reference",
    "fields": "reference",
    "form": "form",
}


class Group(Chinese, click.Group):
    """Commands grouped by who uses them; their help stands in help.zh.toml."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMAND_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMAND_MODULES:
            import_module(f"converter.cli.{COMMAND_MODULES[cmd_name]}")  # registers its commands
        return super().get_command(ctx, cmd_name)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group, title in help.groups():
            names = [n for n in COMMAND_MODULES if help.of(n, "group") == group]
            if names:
                with formatter.section(title):
                    formatter.write_dl([(name, help.of(name, "short")) for name in names])
        super().format_options(ctx, formatter)


@click.group(
    cls=Group,
    help=help.text("about"),
    subcommand_metavar=help.text("metavar"),
    options_metavar="",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(version)s", help=help.text("version"))
@click.option(
    "--form", "form_name", envvar="CONVERTER_FORM", metavar="NAME", help=help.text("form")
)
@click.pass_context
def cli(ctx: click.Context, form_name: str | None) -> None:
    ctx.obj = form_name


def command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A subcommand whose help stands in help.zh.toml."""
    return cli.command(
        name,
        cls=Command,
        help=help.of(name, "long"),
        short_help=help.of(name, "short"),
        options_metavar=help.text("options_metavar"),
    )


def option(command: str, *names: str, **settings: Any) -> Callable[[Any], Any]:
    key = settings.pop("key", names[-1].lstrip("-").replace("-", "_"))
    return click.option(*names, help=help.option(command, key), **settings)


def form_of(ctx: click.Context, *files: Path | None) -> tuple[Path, Form]:
    """The form's folder and its cards (without code lists: the workers load them). Where no form
    was asked for, it is the one that these files, folders or registers name."""
    ctx.obj = ctx.obj or named_form([file for file in files if file])
    return form_in_use(ctx.obj)


def form_in_use(name: str | None) -> tuple[Path, Form]:
    """The folder and cards of the form that goes by a name; says where that is not simply the
    program's own."""
    from converter.forms import loading

    used = loading.in_use(name)
    folder = used.folder.resolve()
    form = loading.read(folder)
    print_in_use(used, form)
    return folder, form


def named_form(files: Sequence[Path]) -> str | None:
    """The form that files name, where it is not the one that is used anyway; says so."""
    if not files:
        return None
    from converter.forms import loading
    from converter.usecases import form_choice

    name = form_choice.named_form(files)
    if name in ("", loading.DEFAULT_FORM):
        return None
    err(message("named_form", title=loading.title_of(name)))
    return name


def program(form: str | None = None) -> str:
    """How a command begins that is to be typed next: with the form where this one names it,
    since the next one's files may not name it."""
    ctx = click.get_current_context(silent=True)
    if not form and ctx:
        form = ctx.find_root().params.get("form_name")
    return f"converter --form {argument(form)}" if form else "converter"


def next_step(key: str, /, **params: Any) -> str:
    """A sentence with a command that can be typed as it stands: `{converter}` begins it."""
    for name, value in params.items():
        if isinstance(value, os.PathLike):
            params[name] = argument(os.fspath(value))
    return message(key, converter=program(), **params)


def print_in_use(used: FormInUse, form: Form) -> None:
    """Say which form is used where it is not simply the program's own."""
    if used.form:
        err(message("form_in_use", title=form.title, version=form.version))
    if used.amendment:
        from converter.model.clock import in_china

        made = in_china(used.amendment.created)
        codes = "、".join(form.amendments)
        key = "amended_in_use" if codes else "amended_in_use_none"
        err(message(key, made=made, codes=codes))
    if used.outdated:
        version, now = used.outdated.version, form.version
        err(message("amended_outdated", version=version, now=now))


def own_worker() -> Worker:
    """A worker that is not yet started; the one of an open page, where it lends its own."""
    from converter.workers import open_pages

    if any(open_pages.open_pages(open_pages.WORK)):
        from converter.workers.warm import BorrowingWorker

        return BorrowingWorker()
    from converter.workers.pool import Worker

    return Worker()


@contextlib.contextmanager
def pool(
    cluster: str | None,
    folder: Path,
    reads: Sequence[Path],
    writes: Sequence[Path],
    jobs: int | None,
) -> Iterator[Sequence[Runner]]:
    """Who does the work in place of processes here: nobody, or the cluster that was asked for."""
    if cluster is None:
        yield ()
        return
    from converter.model.clock import today
    from converter.workers.cluster import connect

    day = today().isoformat()
    with connect(cluster, folder, day, reads=reads, writes=writes, jobs=jobs or 0) as runners:
        yield runners


def print_report(
    outcomes: Sequence[Outcome],
    form: Form,
    show_ids: bool,
    *,
    given: Sequence[str] = (),
    annotated: Sequence[str] = (),
    summary: bool = True,
    commands: bool = True,
) -> None:
    """Print all findings, then (`summary`) how many files ended how and (`commands`) the command
    to run next."""
    from converter.report import terminal

    colour = colourful(sys.stdout)
    columns = width()
    out(terminal.render(outcomes, form, show_ids=show_ids, colour=colour, width=columns))
    if summary:
        colour = colourful(sys.stderr)
        err(
            terminal.summary(
                outcomes,
                form,
                given=given,
                annotated=annotated,
                colour=colour,
                width=columns,
                program=program() if commands else "",
            )
        )


def print_kept(kept: ExistingFile, written: Path, form: Form) -> None:
    """Say what stands where an output was to go: it was left alone, the output got a number."""
    from converter.text.display import visible

    rows = form.main_table.rows_name
    params = {"count": kept.count, "unit": visible(kept.unit), "created": kept.created}
    what = f"kept_{kept.kind}" if kept.count or kept.kind == "other" else f"kept_{kept.kind}_none"
    found = message(what, rows=rows, **params)
    out(message("kept", path=kept.path, found=found, written=written.name))


def print_beside(wanted: Path, written: Path) -> None:
    """Say what stands where an output was to go, where it got another name for that."""
    if written == wanted:
        return
    from converter.forms import loading
    from converter.usecases import outputs
    from converter.workers.pool import Worker

    folder = loading.in_use(click.get_current_context().obj).folder.resolve()
    with Worker() as worker:
        kept = outputs.existing(folder, wanted, worker)
    if kept:
        print_kept(kept, written, loading.read(folder))


def own_union(name: str, code: str) -> UnionName | None:
    """The collecting union's name and code; None where neither is given. Raises UsageError."""
    from converter.identity.subordinates import UnionName
    from converter.model.errors import UsageError

    if bool(name) != bool(code):
        raise UsageError("union_no_name")
    return UnionName(code.strip(), name.strip()) if code else None


def rows_counted(table: Sheet, count: int) -> str:
    """How many rows a table has, in its own words."""
    from converter.messages import catalogue

    return catalogue.rows_counted(table, count)


def message(key: str, /, **params: Any) -> str:
    """A sentence of the catalogue, which is read when the first one is asked for."""
    from converter.messages import catalogue

    return catalogue.message(key, **params)


def width() -> int:
    """Columns of the terminal (COLUMNS counts), 0 where there is none."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def colourful(stream: Any) -> bool:
    """Whether colours are wanted, and shown."""
    if os.environ.get("NO_COLOR") or not stream.isatty():
        return False
    from converter.files import windows_console

    return windows_console.shows_colours(stream)


def progress(
    finished: Iterable[T], total: Callable[[], int], count: Callable[[T], int]
) -> Iterable[T]:
    """A bar on stderr, on a terminal only, and only where there is something to wait for."""
    if not sys.stderr.isatty() or total() < LONG:
        return finished
    from converter.cli import progress_bar

    return progress_bar.bar(finished, total, count)


def unicode_out() -> bool:
    """Whether a page or JSON on stdout can hold every character as it is. A mark at its beginning
    (`windows_console.write_unicode`) would be no JSON: it is left out from now on."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding == "utf8sig" and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    return encoding in ("utf8", "utf8sig")


def out_page(page: str) -> None:
    """A page on stdout. It says that it is UTF-8; where it would be written otherwise (a Chinese
    Windows, `> page.html`) all that is not ASCII is written as references."""
    out(page if unicode_out() else page.encode("ascii", "xmlcharrefreplace").decode("ascii"))


def out(text: str) -> None:
    click.echo(text.removesuffix("\n"))


def out_pieces(pieces: Iterable[str]) -> None:
    """A long text, some of it at a time; it ends its last line itself."""
    waiting, size = [], 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= WRITTEN_AT_ONCE:
            click.echo("".join(waiting), nl=False)
            waiting, size = [], 0
    click.echo("".join(waiting), nl=False)


def err(text: str) -> None:
    click.echo(text.removesuffix("\n"), err=True)
