"""Batches into the register, their replies written by workers meanwhile.

While the replies to one batch are written, the next is registered in the same transaction; it is
committed once all of them are on the disk. After a kill in between, these batches are done again
and write the same replies.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from converter.model.clock import utc_stamp
from converter.model.errors import WorkerDied
from converter.register import ClaimedSender, ReceivedFile, Register
from converter.register.precedence import ACCEPTED, REJECTED, UNOPENED, WARNINGS
from converter.report import reply_files
from converter.report.reply_files import WrittenReply
from converter.usecases.receive.inbox import InboxFile
from converter.usecases.receive.plan import Batch, Plan, Received
from converter.usecases.receive.replies import Answered, answered
from converter.workers.pool import Shared
from converter.workers.requests.receive import ValidatedFile
from converter.workers.requests.replies import RepliesRequest

BATCHES_TOGETHER = 2  # at most, in one transaction
FEW_REPLIES = 20  # are written here: no worker need learn how
REPLIES_AT_ONCE = 125  # that a worker writes: so few that several share those of a batch
THREADS = 8

_Writing = tuple[Answered, Sequence[Future[list[WrittenReply]]]]


class Recording:
    """Registers batches and has `runners` write their replies. Use as a context manager; what was
    not committed when it is left by an exception is rolled back."""

    def __init__(self, register: Register, plan: Plan, runners: Shared) -> None:
        self._register, self._plan, self._runners = register, plan, runners
        self._writers = ThreadPoolExecutor(THREADS)
        self._transaction = contextlib.ExitStack()
        self._waiting: list[_Writing] = []

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writers.shutdown(wait=True, cancel_futures=True)
        self._transaction.__exit__(kind, error, traceback)

    @property
    def is_open(self) -> bool:
        """Whether there is something to commit."""
        return bool(self._waiting)

    def record(self, batch: Batch, spool: str) -> Iterator[Received]:
        """Register a batch. Yields the files that were committed, perhaps of batches before."""
        if not self._waiting:
            self._transaction.enter_context(self._register.together())
        received = utc_stamp(self._plan.now)
        files = [received_file(validated, item, spool) for validated, item in batch]
        with self._register.record(files, received) as registered:
            times = [one.received or received for one in registered]
            answers = list(zip(files, registered, times, strict=True))
        self._waiting.append(self._written(answered(batch, answers, self._plan)))
        is_written = all(part.done() for part in self._waiting[0][1])
        if is_written or len(self._waiting) >= BATCHES_TOGETHER:
            yield from self.commit()

    def commit(self) -> Iterator[Received]:
        """Wait for the replies and commit. Yields the files of which nothing is left to do."""
        done = [
            (one, [reply for part in parts for reply in part.result()])
            for one, parts in self._waiting
        ]
        self._transaction.close()
        self._waiting = []
        for one, written in done:
            yield from one.received(written)

    def _written(self, one: Answered) -> _Writing:
        if self._plan.reply is None:
            return one, []
        if len(one.made) <= FEW_REPLIES:
            here: Future[list[WrittenReply]] = Future()
            here.set_result(reply_files.write(self._plan.reply, one.made, one.copies))
            return one, [here]
        parts = [slice(at, at + REPLIES_AT_ONCE) for at in range(0, len(one.made), REPLIES_AT_ONCE)]
        return one, [self._writers.submit(self._write, one, part) for part in parts]

    def _write(self, one: Answered, part: slice) -> list[WrittenReply]:
        assert self._plan.reply
        made, copies = one.made[part], one.copies[part]
        request = RepliesRequest(
            self._plan.folder, self._plan.reply, json.dumps(made).encode("ascii"), tuple(copies)
        )
        try:
            answer = self._runners.run_first(request)
        except WorkerDied:  # whatever a machine short of memory ended
            return reply_files.write(self._plan.reply, made, copies)
        return [
            WrittenReply(receipt, still_open)
            for receipt, still_open in zip(answer.receipts, answer.still_open, strict=True)
        ]


def received_file(validated: ValidatedFile, item: InboxFile, spool: str) -> ReceivedFile:
    """A file as the register takes it."""
    result = {"ok": ACCEPTED, "warnings": WARNINGS}.get(validated.status, REJECTED)
    if validated.sealed and result != REJECTED:
        from converter.package import SEALED_CODE

        if any(code == SEALED_CODE for code, _, _ in validated.found):
            result = UNOPENED
    return ReceivedFile(
        file=item.name,
        content=item.content,
        result=result,
        claim=ClaimedSender(
            validated.code, validated.name, validated.superior_code, validated.superior
        ),
        file_time=utc_stamp(item.saved / 1e9) if item.saved else "",
        spool=spool,
        **validated.facts(),
    )
