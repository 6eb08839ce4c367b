"""The clerk's page on her own machine, and what the console offers where no browser opens."""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
from pathlib import Path

import click

from converter.cli.common import OK, USAGE, command, err, form_of, option, out
from converter.cli.path_types import TARGET
from converter.files.opening import has_display, open_page

MINIMISED = 6  # SW_MINIMIZE


@command("desk")
@option("desk", "--no-browser", is_flag=True)
@option("desk", "--place", type=TARGET, metavar="DIR")
@click.pass_context
def desk(ctx: click.Context, no_browser: bool, place: Path | None) -> int:
    form_of(ctx)  # says what is used, before anything is started
    if not no_browser and not has_display() and sys.stdin.isatty():
        return menu()
    return serve(ctx.obj, place, browser=not no_browser)


def serve(form: str | None, place: Path | None, *, browser: bool, window: bool = False) -> int:
    """Serve the page, and open it. `form`: its name or folder; `window`: the console was opened for
    us, and is in the way."""
    from converter.workers.pool import Worker

    with Worker() as worker:  # it imports its libraries while we import ours
        from converter.messages.catalogue import message
        from converter.web.desk import place as places
        from converter.web.desk import running

        answered = []

        def ready(address: str) -> None:
            answered.append(address)
            if not address:
                err(message("desk_no_answer"))
            elif not (browser and open_page(address)):
                out(message("desk_at", url=address))
                sys.stdout.flush()
            else:
                out(message("desk_window"))
                if window:
                    _minimise()

        first = running.run(form, place or places.default_root(), worker, ready)
    if first:
        out(message("desk_ended"))
    return OK if answered and answered[0] else USAGE


def _minimise() -> None:
    if sys.platform == "win32":
        import ctypes

        console = ctypes.windll.kernel32.GetConsoleWindow()
        if console:
            ctypes.windll.user32.ShowWindow(console, MINIMISED)


# --- without a display --------------------------------------------------------------------------


def menu() -> int:
    """Numbered choices; a path may be dragged into the window in place of a number."""
    from converter import cli
    from converter.messages.catalogue import message

    code = OK
    while True:
        out(message("desk_menu"))
        answer = _answer("desk_menu_ask")
        if answer in ("", "0"):
            return code
        if answer == "1":
            code = cli.run(["template", "-o", message("desk_form_name")])
            continue
        command = {"2": ["check"], "3": ["convert"]}.get(answer, [])
        paths = _dragged(_answer("desk_menu_path") if command else answer)
        if paths:
            code = cli.run([*command, *paths])
        else:
            out(message("desk_menu_no_file" if command else "desk_menu_what"))


def _answer(question: str) -> str:
    """What is typed; '' where nothing more comes."""
    from converter.messages.catalogue import message

    with contextlib.suppress(EOFError, KeyboardInterrupt):
        return input(message(question)).strip()
    return ""


def _dragged(text: str) -> list[str]:
    """The files that were dragged into a console, as it writes them: quoted, with escaped blanks,
    or as an address; none where one of them is not there."""
    if sys.platform == "win32":
        words = [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', text)]
    else:
        words = []
        with contextlib.suppress(ValueError):  # a quotation mark without its second
            words = shlex.split(text)
    for found in ([text], [text.strip("\"'")], words):
        paths = [_local(one) for one in found]
        if paths and all(path and Path(path).exists() for path in paths):
            return paths
    return []


def _local(text: str) -> str:
    """The path of a file's address; any other text as it is."""
    if not text.lower().startswith("file://"):
        return text
    from urllib.request import url2pathname

    return url2pathname(text[len("file://") :])
