"""The texts of `--help`, from help.zh.toml; read at every start, so kept apart, and parsed only as
far as they are asked for."""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache
from typing import Any

_HEAD = ""  # the part before the first command
_COMMAND = re.compile(r'^\[command\.(?:"([a-z ]+)"|([a-z]+))\]$', re.MULTILINE)


@cache
def _parts() -> dict[str, str]:
    """By command: where the file speaks of it."""
    # Not pathlib: importing it takes a tenth of the time that help has.
    path = os.path.join(os.path.dirname(__file__), "help.zh.toml")  # noqa: PTH118, PTH120
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        whole = file.read()
    starts = [(_HEAD, 0), *((m[1] or m[2], m.start()) for m in _COMMAND.finditer(whole))]
    ends = [start for _, start in starts[1:]] + [len(whole)]
    return {name: whole[start:end] for (name, start), end in zip(starts, ends, strict=True)}


@cache
def _part(command: str) -> dict[str, Any]:
    found = tomllib.loads(_parts()[command])
    return found if command == _HEAD else dict(found["command"][command])


def commands() -> list[str]:
    """All commands that have a text."""
    return [name for name in _parts() if name != _HEAD]


def text(key: str) -> str:
    return str(_part(_HEAD)[key]).strip("\n")


def groups() -> list[tuple[str, str]]:
    """(key, title) of the groups of commands, in order."""
    return list(_part(_HEAD)["groups"].items())


def of(command: str, key: str) -> str:
    return str(_part(command)[key]).strip("\n")


def option(command: str, key: str) -> str:
    """Help of one option. Raises KeyError for an undocumented one."""
    return str(_part(command)["options"][key])
