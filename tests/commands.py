"""Commands as a clerk runs them, without what it costs to import everything again for each.

A command is a process of its own with its own folder, environment and output, and so is every
worker that it starts: with pipes, limits and a death of its own. But both are forked from a
process that has imported all already (`forking`). `plain` starts them as a console does: what a
start imports, and what only a start can break, is held by the tests that use it.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import duckdb

import converter
from converter import api, cli
from converter.model.forms import Form
from converter.report.annotate import annotated
from converter.template import renderer
from converter.template.blueprint import Blueprint, design_blueprint
from converter.template.saving import time_of_parts
from converter.workers import starting
from tests.forking import Process

SAMPLE = Path(__file__).parents[1] / "samples" / "01-correct" / "input" / "填报.xlsx"
Done = subprocess.CompletedProcess[str]
PATIENCE = 300.0  # seconds until a command counts as hanging


def load_all() -> None:
    """What each command and worker would load and prepare anew, once and before any test alters
    something: all modules, what checking a workbook of the shipped form takes, and how a blank
    and an annotated workbook of it are designed."""
    for module in pkgutil.walk_packages(converter.__path__, "converter."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("jinja2", "openpyxl", "rich.table"):
        importlib.import_module(name)
    # Registers of tests hold a few rows, for which further threads are only started and waited for.
    duckdb.connect = partial(duckdb.connect, config={"threads": 1})
    form = api.load_form()
    (checked,) = api.check([api.read(SAMPLE, form)], form)
    patch.object(renderer, "design_blueprint", _design).start()
    made = renderer.TemplateRenderer(form)
    made.filled(None, rows=1)
    annotated(made, checked.submission, checked.outcome)


_designs: deque[tuple[Form, object, Blueprint]] = deque(maxlen=8)


def _design(form: Form, names: frozenset[str], *, live: bool, copy: bool) -> Blueprint:
    """A workbook's design, made once for all that are forked from here."""
    key = names, live, copy, time_of_parts()  # a design is dated
    for known, made, found in _designs:
        if known is form and made == key:
            return found
    _designs.append((form, key, design_blueprint(form, names, live=live, copy=copy)))
    return _designs[-1][2]


def plain(
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = PATIENCE,
) -> Done:
    """A command in a process that imports what it needs, as from a console."""
    return subprocess.run(
        [sys.executable, "-m", "converter", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=timeout,
        cwd=cwd,
        env={**os.environ, "PYTHONUTF8": "1", **(env or {})},
    )


def forked(
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = PATIENCE,
) -> Done:
    """The same in a fork of a process that has imported it."""
    with (
        open(os.devnull, "rb") as nothing,  # noqa: PTH123
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        streams = [stream.fileno() for stream in (nothing, out, err)]
        process = begun(arguments, streams, cwd, env)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        shown = [_read(stream) for stream in (out, err)]
    return subprocess.CompletedProcess([*map(str, arguments)], code, *shown)


def begun(
    arguments: Sequence[object],
    streams: Sequence[int],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Process:
    """A command in a fork that has just begun; `streams` become its stdin, stdout and stderr."""

    environment = {**os.environ, **(env or {})}
    return Process(__name__, "command", [*map(str, arguments)], streams, cwd, environment)


def command(*arguments: str) -> None:
    """What a fork does that becomes a command."""
    sys.argv = ["converter", *arguments]
    starting.subprocess = FORKING  # type: ignore[attr-defined, assignment]
    cli.main()


run = forked if hasattr(os, "fork") else plain


def _read(stream: Any) -> str:
    stream.seek(0)
    return str(stream.read().decode("utf-8").replace("\r\n", "\n"))


class _Worker(Process):
    """What `engine` gets where it would start a worker."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: str | None, **_: int
    ) -> None:
        (given, write), (read, reported), (listen, shouted) = (os.pipe() for _ in range(3))
        streams = (given, reported, shouted)
        super().__init__(command[-1], "main", [], streams, cwd, env)
        for end in (given, reported, shouted):
            os.close(end)
        self.stdin = os.fdopen(write, "wb")
        self.stdout, self.stderr = os.fdopen(read, "rb"), os.fdopen(listen, "rb")


def _started(command: Sequence[str], **options: Any) -> _Worker | subprocess.Popen[bytes]:
    """A worker forked, any other program started."""
    forked = command[-1] == "converter.workers.process"
    return (_Worker if forked else subprocess.Popen)(command, **options)


FORKING = SimpleNamespace(
    Popen=_started, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired
)


@contextmanager
def near_workers() -> Iterator[None]:
    """What `engine` starts meanwhile in this process is forked from it."""
    with patch.object(starting, "subprocess", FORKING if hasattr(os, "fork") else subprocess):
        yield
