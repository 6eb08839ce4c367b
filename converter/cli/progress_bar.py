"""A bar for long work: how many, how fast, how long still. Imported on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from converter.messages.catalogue import message

T = TypeVar("T")
NARROW = 60  # columns below which the bar itself has to go


class _Rate(ProgressColumn):
    """Files a second, over the last half minute."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(message("progress_rate", rate=f"{speed:.1f}") if speed else "", no_wrap=True)


class _Left(TimeRemainingColumn):
    """The time that is left, named as such."""

    def render(self, task: Task) -> Text:
        return Text(message("progress_left", time=super().render(task).plain), no_wrap=True)


def bar(finished: Iterable[T], total: Callable[[], int], count: Callable[[T], int]) -> Iterator[T]:
    """Pass finished work on and show on stderr how far it has come; the bar vanishes at the end.

    `total` may grow while work goes on; `count` says how many files a piece of work is.
    """
    console = Console(file=sys.stderr)
    columns = [
        TextColumn(message("progress"), table_column=Column(no_wrap=True)),
        *([BarColumn(bar_width=None)] if console.width >= NARROW else []),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        *([_Rate()] if console.width >= NARROW else []),
        _Left(),
    ]
    with Progress(*columns, console=console, transient=True, expand=False) as shown:
        task = shown.add_task("", total=total())
        for one in finished:
            yield one
            shown.update(task, advance=count(one), total=total())
