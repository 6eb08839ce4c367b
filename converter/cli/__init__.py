"""The command line: click, printing and exit codes, nothing else.

Exit codes: 0 clean · 1 something in the data stands in the way · 2 wrong usage, broken form,
output that cannot be written · 101 a bug, with a crash note.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import click

from converter.cli.common import COMMAND_MODULES, OK, USAGE, cli, err

INTERRUPTED = 130  # as shells count
COMPLETION = "_CONVERTER_COMPLETE"  # set by the shell that asks click for completions

__all__ = ["cli", "main", "run"]


def main() -> None:
    """Runs a command and turns every ending into an exit code."""
    gc.set_threshold(50_000, 50, 1000)  # a hundred thousand findings know no cycles
    from converter.files import windows_console

    windows_console.prepare((sys.stdout, sys.stderr))
    own = windows_console.is_own_window()
    given = sys.argv[1:]
    if sys.platform == "win32":
        given = windows_console.expanded(given)
    code = run(given, window=own or _has_no_terminal())
    if own and (given or code):  # the clerk's page has ended: nothing is left to be read
        _wait()
    sys.exit(code)


def _wait() -> None:
    """Keep the window until it was read."""
    import contextlib

    from converter.messages.catalogue import message

    with contextlib.suppress(EOFError, KeyboardInterrupt):
        input("\n" + message("press_enter"))


def _has_no_terminal() -> bool:
    """Whether a desktop started the stand-alone program itself, as a double-click in a file manager
    of Linux does: nobody would read what it prints."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    frozen = getattr(sys, "frozen", False)
    return bool(frozen and shown) and not any(one and one.isatty() for one in streams)


def run(arguments: Sequence[str], *, window: bool = False) -> int:
    """Run one command line; returns the exit code. Files alone, as they come when they are
    dropped on the program's icon, are checked and converted; where there is no command at all,
    the answer is what could be done in this folder. `window`: the program was started by its
    icon."""
    try:
        form, files = _form_alone(arguments)
        if COMPLETION not in os.environ and (not files or _files_alone(files)):
            from converter.cli import dropped_files

            return dropped_files.run(files, form, window=window)
        result = cli.main(
            list(arguments),
            prog_name="converter",
            standalone_mode=False,
            complete_var=COMPLETION,
        )
        return result if isinstance(result, int) else OK
    except (Exception, click.Abort, KeyboardInterrupt) as error:
        return ending(error)


def ending(error: BaseException) -> int:
    """Print why a command ended; its exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        from converter.cli import usage

        err(usage.explained(error))
        return USAGE
    if isinstance(error, Exception) and not isinstance(error, click.Abort):
        from converter.usecases import failures

        text, code = failures.explain(error)  # every other ending is sorted out in one place
        err(text)
        return code
    from converter.messages.catalogue import message

    err(message("interrupted"))
    return INTERRUPTED


def _form_alone(arguments: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The form that stands before anything else, and the arguments behind it."""
    if len(arguments) >= 2 and arguments[0] == "--form":
        return arguments[1], arguments[2:]
    if arguments and arguments[0].startswith("--form="):
        return arguments[0].removeprefix("--form="), arguments[1:]
    return os.environ.get("CONVERTER_FORM"), arguments


def _files_alone(arguments: Sequence[str]) -> bool:
    return arguments[0] not in COMMAND_MODULES and all(map(os.path.exists, arguments))
