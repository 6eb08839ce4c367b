"""Exceptions → a sentence and an exit code: wrong usage, refusals, bugs with a crash note."""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
import traceback
from pathlib import Path

import click

from converter import __version__
from converter.cards import FormError
from converter.commands import Stop
from converter.engine import Bug, Refused
from converter.messages import say
from converter.report import mask

USAGE, BUG = 2, 101


def usage(error: click.ClickException) -> str:
    """A usage error of click's in Chinese."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        return error.format_message()  # the help that was wanted
    context = getattr(error, "ctx", None)
    hint = ""
    if context is not None and context.command_path != "converter":
        command = context.command_path.removeprefix("converter ")
        hint = "\n" + say("usage_hint", command=command)
    return _usage(error) + hint


def _usage(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        return say("usage_no_such_option", name=error.option_name)
    if isinstance(error, click.MissingParameter):
        return say("usage_missing", name=_name(error.param))
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _bad_value(error)
    message = error.format_message()
    if isinstance(error, click.exceptions.NoSuchCommand):
        return say("usage_no_such_command", name=error.command_name)
    if message.startswith("Got unexpected extra"):
        return say("usage_extra", name=message.partition("(")[2].rstrip(")"))
    if isinstance(error, click.BadOptionUsage):
        return say("usage_missing", name=error.option_name)
    return say("usage_other", detail=message)


def _bad_value(error: click.BadParameter) -> str:
    assert error.param is not None
    kind, message = error.param.type, error.format_message()
    if isinstance(kind, click.Path):
        path = _quoted(message)
        if message.rstrip(".").endswith("does not exist"):
            return say("usage_no_file", path=path)
        if message.rstrip(".").endswith("is a directory"):
            return say("usage_not_a_file", path=path)
    if isinstance(kind, click.Choice):
        return say("usage_choose", name=_name(error.param), choices="、".join(kind.choices))
    return say("usage_bad_value", name=_name(error.param), value=error.message.split(" ")[0])


def _name(param: click.Parameter | None) -> str:
    if isinstance(param, click.Option):
        return param.opts[-1]
    return (param.metavar or param.name or "") if isinstance(param, click.Argument) else ""


def _quoted(message: str) -> str:
    """The last quoted part of a message: the value that was given."""
    parts = re.findall(r"'((?:[^'\\]|\\.)*)'", message)
    return parts[-1] if parts else ""


def explain(error: Exception) -> tuple[str, int]:
    """Any other exception that ended a command → (sentence, exit code)."""
    if isinstance(error, Stop):
        return str(error), USAGE
    if said := getattr(error, "said", ""):  # keys and ledgers: they know best what is wrong
        return str(said), USAGE
    if isinstance(error, FormError):
        return say("form_broken", file=error.file, key=error.key, reason=error.reason), USAGE
    if isinstance(error, Refused) and error.kind == "form":
        file, key, reason = error.detail
        return say("form_broken", file=file, key=key, reason=reason), USAGE
    if isinstance(error, Refused):
        return say("cannot_write", path=error.detail[0], reason=_reason(error.detail[1])), USAGE
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        reason = _reason(error.strerror or str(error))
        return say("cannot_write", path=error.filename or "", reason=reason), USAGE
    if isinstance(error, BrokenPipeError):
        # The reader of our output went away (`| head`): nothing more can be said to it.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
        return "", 0
    detail = str(error) if isinstance(error, Bug) else traceback_of(error)
    return say("bug", path=crash_note(detail)), BUG


_REASONS = {
    errno.ENOSPC: "reason_full",
    errno.EACCES: "reason_denied",
    errno.EPERM: "reason_denied",
    errno.EROFS: "reason_read_only",
    errno.ENOENT: "reason_gone",
    errno.EIO: "reason_gone",
}


def _reason(told: str) -> str:
    """What the system says, in the clerk's language where we know it."""
    key = next((key for number, key in _REASONS.items() if os.strerror(number) == told), "")
    return say(key) if key else told


def traceback_of(error: Exception) -> str:
    """What a crash note says of an exception."""
    return "".join(traceback.format_exception(error))


def crash_note(detail: str) -> Path:
    """Write a traceback where the maintainer can find it, long numbers masked."""
    masked = mask.text(detail)
    text = f"{say('bug_note', version=__version__)}\n{sys.platform} {sys.version}\n\n{masked}"
    handle, name = tempfile.mkstemp(prefix="converter-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return Path(name)
