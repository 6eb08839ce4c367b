"""The texts of `--help`, from help.zh.toml; loaded at every start, so kept apart and small."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).parent / "help.zh.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


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
