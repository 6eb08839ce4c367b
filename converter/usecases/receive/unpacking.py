"""Zips of an inbox → the files in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.errors import WorkerDied
from converter.model.issues import Issue, Level, Place
from converter.register.again import CHANGING, File
from converter.usecases.common import LOST
from converter.usecases.receive.inbox import InboxFile, out_of_zip
from converter.workers.pool import Worker
from converter.workers.requests.receive import UnpackRequest


@dataclass(frozen=True, slots=True)
class OpenedItems:
    """Files to validate, files that cannot be, and the zips that were taken apart."""

    items: list[InboxFile]
    refused: list[tuple[str, str, Issue]]  # name, content, why
    containers: list[tuple[str, str]]

    def names(self) -> list[File]:
        """(name, content) of each."""
        items = [(item.name, item.content) for item in self.items]
        return items + [(name, content) for name, content, _ in self.refused]

    def __len__(self) -> int:
        return len(self.items) + len(self.refused)


def opened(items: Sequence[InboxFile], folder: Path, worker: Worker) -> OpenedItems:
    """Zips replaced by what is in them."""
    result = OpenedItems([], [], [])
    for number, item in enumerate(items):
        if not item.container:
            result.items.append(item)
            continue
        request = UnpackRequest(item.path, item.name, item.content, folder / str(number))
        try:
            found = worker.run(request)
        except WorkerDied as died:
            issue = Issue(LOST[died.how], Level.ERROR, Place(item.name))
            result.refused.append((item.name, item.content, issue))
            continue
        if not item.is_unchanged():
            issue = Issue(CHANGING, Level.ERROR, Place(item.name))
            result.refused.append((item.name, item.content, issue))
            continue
        if not found.container:
            result.items.append(item)
            continue
        result.containers.append((item.name, item.content))
        result.items.extend(
            out_of_zip(one.name, one.path, one.content, item.saved) for one in found.members
        )
        result.refused.extend((one.name, one.content, one.issue) for one in found.refused)
    return result
