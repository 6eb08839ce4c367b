"""Zips of an inbox → the files in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.issues import Issue, Level, Place
from converter.register.writer import CHANGING
from converter.usecases.common import LOST
from converter.usecases.receive.inbox import InboxFile
from converter.workers import protocol
from converter.workers.pool import Task, Worker, WorkerDied


@dataclass(frozen=True, slots=True)
class OpenedItems:
    """Files to validate, files that cannot be, and the zips that were taken apart."""

    items: list[InboxFile]
    refused: list[tuple[str, str, Issue]]  # name, content, why
    containers: list[tuple[str, str]]

    def __len__(self) -> int:
        return len(self.items) + len(self.refused)


def opened(items: Sequence[InboxFile], folder: Path, worker: Worker) -> OpenedItems:
    """Zips replaced by what is in them."""
    found = OpenedItems([], [], [])
    for number, item in enumerate(items):
        if not item.container:
            found.items.append(item)
            continue
        args = {
            "path": str(item.path),
            "content": item.content,
            "name": item.name,
            "folder": str(folder / str(number)),
        }
        try:
            # Inflating takes its time: as much as reading what comes out of it.
            data, _ = worker.run(Task("unpack", args, (str(item.path),) * 8))
        except WorkerDied as died:
            issue = Issue(LOST[died.how], Level.ERROR, Place(item.name))
            found.refused.append((item.name, item.content, issue))
            continue
        if not item.is_unchanged():
            issue = Issue(CHANGING, Level.ERROR, Place(item.name))
            found.refused.append((item.name, item.content, issue))
            continue
        if not data["container"]:
            found.items.append(item)
            continue
        found.containers.append((item.name, item.content))
        found.items.extend(
            InboxFile(name, Path(path), sha, saved=item.saved)
            for name, path, sha in data["members"]
        )
        found.refused.extend((n, c, protocol.unpack_issue(i)) for n, c, i in data["refused"])
    return found
