"""Forwards are read before the register is locked: officers receive for two counties at a time.

Reading one of a million members takes most of a run's time and needs nothing of the register but a
number. So each run makes its partitions in folders of its own (`register.incoming`), and only takes
them in while it holds the register.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from converter.model.errors import RegisterError, RegisterOfOtherForm, WorkerDied
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.register import Snapshot, incoming
from converter.register.forwarded import Forward
from converter.upward.partition import ReadForward
from converter.usecases.common import LOST
from converter.usecases.receive.inbox import InboxFile
from converter.usecases.receive.plan import Plan
from converter.workers.pool import Runner
from converter.workers.requests.forward import ForwardRequest


class PreparedForward(NamedTuple):
    """A forward that was read, as the one of this number; its tables are in the folder."""

    number: int
    folder: Path
    found: ReadForward


Prepared = Mapping[tuple[str, str], PreparedForward]  # by name and content


@contextlib.contextmanager
def prepared(
    items: Sequence[InboxFile], store: Path, plan: Plan, worker: Runner
) -> Iterator[Prepared]:
    """What no publication knows among these forwards, read. What is left in its folders when the
    context ends is removed. Raises OSError."""
    known = _published(store, plan.form)
    published = {(one.file, one.content) for one in known}
    least = max((one.number for one in known), default=0) + 1
    made: dict[tuple[str, str], PreparedForward] = {}
    with contextlib.ExitStack() as reserved:
        for item in items:
            if (item.name, item.content) in published or item.register:
                continue  # its union may be named by a roster that comes only now
            number = reserved.enter_context(incoming.reserved(store, least))
            folder = incoming.tables(store, number)
            made[item.name, item.content] = PreparedForward(
                number, folder, read(item, folder, number, plan, worker)
            )
        yield made


def read(
    item: InboxFile,
    folder: Path,
    number: int,
    plan: Plan,
    worker: Runner,
    unions: tuple[tuple[str, str], ...] = (),
) -> ReadForward:
    """Have a worker verify a forward and write its partition into a new folder. `unions`: name and
    code of those that are known."""
    try:
        request = ForwardRequest(
            plan.folder, item.path, item.name, folder, number, plan.keys, item.register, unions
        )
        return worker.run(request).found
    except WorkerDied as died:
        return ReadForward((Issue(LOST[died.how], Level.ERROR, Place(item.name)),))


def _published(store: Path, form: Form) -> list[Forward]:
    try:
        with Snapshot(store, form) as register:
            return register.forwards
    except RegisterOfOtherForm:
        raise
    except RegisterError:  # nothing is published so far, or its tables are gone
        return []
