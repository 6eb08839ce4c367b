"""What only the union's keys open stays with the command; everything else is sent away.

Keys never travel. Files go to a cluster without them, and it leaves the packages: these few, far
cheaper to read than workbooks, are validated by the command's own workers, and both answers become
one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from converter.workers.pool import Runner
from converter.workers.requests.base import A, Request
from converter.workers.requests.receive import (
    ReceiveAnswer,
    ReceiveRequest,
    ReceiveWorkbooksRequest,
)


class KeyholderRunner:
    """A runner that sends workbooks to `away` and packages to `home`, which may be asked by many
    threads at a time."""

    def __init__(self, away: Runner, home: Runner) -> None:
        self._away, self._home = away, home

    def run(self, request: Request[A]) -> A:
        """The same answer as from one runner that has the keys."""
        if isinstance(request, ReceiveRequest):
            return cast("A", self._receive(request))
        return self._away.run(request)

    def _receive(self, request: ReceiveRequest) -> ReceiveAnswer:
        away = self._away.run(ReceiveWorkbooksRequest(request.form, request.files))
        answered = [one is not None for one in away.files]
        left = tuple(f for f, done in zip(request.files, answered, strict=True) if not done)
        if not left:
            return ReceiveAnswer(tuple(one for one in away.files if one), away.members)
        home = self._home.run(replace(request, files=left))
        packages = iter(home.files)
        files = tuple(one or next(packages) for one in away.files)
        # Two compressed streams, one after the other, are one of both contents.
        return ReceiveAnswer(files, away.members + home.members)
