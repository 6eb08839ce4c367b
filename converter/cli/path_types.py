"""What a command's paths must be. A module of its own: `--help` imports `common` and needs
no paths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click


class _Target(click.Path):
    """What is to be written. Invisible characters of a pasted name are not taken over, unless
    a file or folder has that very name."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from converter.text import file_names

        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        name = file_names.cleaned(path.name)
        return path if not name or name == path.name or path.exists() else path.with_name(name)


EXISTING = click.Path(exists=True, path_type=Path)
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
TARGET = _Target()
