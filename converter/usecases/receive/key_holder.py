"""What only the union's keys open stays with the command; everything else is sent away.

Keys never travel. Files go to a cluster without them, and it hands packages back unjudged: these
few, far cheaper to read than workbooks, are judged by the command's own workers, and both
answers become one.
"""

from __future__ import annotations

from dataclasses import replace

from converter.workers.pool import Answer, Runner, Task


class KeyholderRunner:
    """A runner of `receive` tasks. `home` may be asked by many threads at a time."""

    def __init__(self, away: Runner, home: Runner) -> None:
        self._away, self._home = away, home

    def run(self, task: Task) -> Answer:
        """The same answer as from one runner that has the keys. Raises Died, Refused or Bug."""
        without = task.args | {"keys": "", "packages": False}
        data, blobs = self._away.run(replace(task, args=without))
        left = [at for at, entry in enumerate(data["files"]) if entry is None]
        if left:
            files = [task.args["files"][at] for at in left]
            paths = tuple(task.paths[at] for at in left)
            more, others = self._home.run(
                replace(task, args=task.args | {"files": files}, paths=paths)
            )
            for at, entry in zip(left, more["files"], strict=True):
                data["files"][at] = entry
            # Two compressed streams, one after the other, are one of both contents.
            blobs = (b"".join((*blobs, *others)),)
        return data, blobs
