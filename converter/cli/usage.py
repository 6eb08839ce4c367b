"""What click says of wrong usage, in Chinese."""

from __future__ import annotations

import ast
import re

import click

from converter.messages.catalogue import message
from converter.text.display import argument


def explained(error: click.ClickException) -> str:
    """A usage error of click's in Chinese."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        return error.format_message()  # the help that was wanted
    context = getattr(error, "ctx", None)
    hint = ""
    if context is not None and context.command_path != "converter":
        command = context.command_path.removeprefix("converter ")
        hint = "\n" + message("usage_hint", command=command)
    return _usage(error) + hint


def _usage(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        return message("usage_no_such_option", name=error.option_name)
    if isinstance(error, click.MissingParameter):
        return message("usage_missing", name=_name(error.param))
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _bad_value(error)
    english = error.format_message()
    if isinstance(error, click.exceptions.NoSuchCommand):
        return message("usage_no_such_command", name=error.command_name)
    if english.startswith("Got unexpected extra"):
        return message("usage_extra", name=english.partition("(")[2].rstrip(")"))
    if isinstance(error, click.BadOptionUsage):
        return message("usage_missing", name=error.option_name)
    return message("usage_other", detail=english)


def _bad_value(error: click.BadParameter) -> str:
    assert error.param is not None
    kind, english = error.param.type, error.format_message()
    if isinstance(kind, click.Path):
        path = _quoted(error.message)
        if english.rstrip(".").endswith("does not exist"):
            if "--keys" in error.param.opts:
                return message("usage_no_keys", path=path, folder=argument(path))
            return message("usage_no_file", path=path)
        if english.rstrip(".").endswith("is a directory"):
            return message("usage_not_a_file", path=path)
    if isinstance(kind, click.Choice):
        return message("usage_choose", name=_name(error.param), choices="、".join(kind.choices))
    value = _quoted(error.message) or error.message.split(" ")[0]
    return message("usage_bad_value", name=_name(error.param), value=value)


def _name(param: click.Parameter | None) -> str:
    if isinstance(param, click.Option):
        return param.opts[-1]
    return (param.metavar or param.name or "") if isinstance(param, click.Argument) else ""


def _quoted(message: str) -> str:
    """The value that was given: the first part of click's message that Python's `repr` quoted.

    >>> print(_quoted(r"Path 'C:\\\\填报\\\\x.xlsx' does not exist."))
    C:\\填报\\x.xlsx
    """
    parts = re.findall(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", message)
    return str(ast.literal_eval(parts[0])) if parts else ""
