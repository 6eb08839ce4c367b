"""What only the union's keys open is validated on this machine; everything else goes to a cluster.

Keys never leave the machine. The cluster gets files without them and returns packages unread.
These are few, and far cheaper to read than workbooks: local workers validate them, and both
answers become one.
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
    """A runner that gives workbooks to `remote` and packages to `local`. `local` may be called by
    many threads at a time."""

    def __init__(self, remote: Runner, local: Runner) -> None:
        self._remote, self._local = remote, local

    def run(self, request: Request[A]) -> A:
        """The same answer as from one runner that has the keys."""
        if isinstance(request, ReceiveRequest):
            return cast("A", self._receive(request))
        return self._remote.run(request)

    def _receive(self, request: ReceiveRequest) -> ReceiveAnswer:
        remote = self._remote.run(ReceiveWorkbooksRequest(request.form, request.files))
        answered = [one is not None for one in remote.files]
        left = tuple(f for f, done in zip(request.files, answered, strict=True) if not done)
        if not left:
            return ReceiveAnswer(tuple(one for one in remote.files if one), remote.rows)
        local = self._local.run(replace(request, files=left))
        packages = iter(local.files)
        files = tuple(one or next(packages) for one in remote.files)
        # Two compressed streams, one after the other, are one of both contents.
        rows = {key: remote.rows[key] + local.rows[key] for key in remote.rows}
        return ReceiveAnswer(files, rows)
