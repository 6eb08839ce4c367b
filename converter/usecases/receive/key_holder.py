"""What only the union's keys open is validated on this machine; everything else goes to a cluster.

Keys never leave the machine. The cluster gets files without them and returns packages unread.
These are few, and far cheaper to read than workbooks: local workers validate them, and both
answers become one.
"""

from __future__ import annotations

from dataclasses import replace

from converter.workers.pool import Answer, Runner, Task


class KeyholderRunner:
    """A runner of `receive` tasks. `local` may be called by many threads at a time."""

    def __init__(self, remote: Runner, local: Runner) -> None:
        self._remote, self._local = remote, local

    def run(self, task: Task) -> Answer:
        """The same answer as from one runner that has the keys. Raises WorkerDied,
        TaskRejected or InternalError."""
        without = task.args | {"keys": "", "packages": False}
        data, blobs = self._remote.run(replace(task, args=without))
        left = [at for at, entry in enumerate(data["files"]) if entry is None]
        if left:
            files = [task.args["files"][at] for at in left]
            paths = tuple(task.paths[at] for at in left)
            more, others = self._local.run(
                replace(task, args=task.args | {"files": files}, paths=paths)
            )
            for at, entry in zip(left, more["files"], strict=True):
                data["files"][at] = entry
            # Two compressed streams, one after the other, are one of both contents.
            blobs = (b"".join((*blobs, *others)),)
        return data, blobs
