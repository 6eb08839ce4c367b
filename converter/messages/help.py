"""The texts of `--help`, from help.zh.toml; loaded at every start, so kept apart and small."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from typing import Any


@cache
def _data() -> dict[str, Any]:
    # Not pathlib: importing it takes a tenth of the time that help has.
    path = os.path.join(os.path.dirname(__file__), "help.zh.toml")  # noqa: PTH118, PTH120
    with open(path, "rb") as file:  # noqa: PTH123
        return tomllib.load(file)


def text(key: str) -> str:
    return str(_data()[key]).strip("\n")


def groups() -> list[tuple[str, str]]:
    """(key, title) of the groups of commands, in order."""
    return list(_data()["groups"].items())


def of(command: str, key: str) -> str:
    return str(_data()["command"][command][key]).strip("\n")


def option(command: str, key: str) -> str:
    """Help of one option. Raises KeyError for an undocumented one."""
    return str(_data()["command"][command]["options"][key])
