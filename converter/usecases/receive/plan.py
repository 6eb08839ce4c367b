"""What a run of `receive` needs to know, and what it yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.forms import Form
from converter.register import ReceivedFile
from converter.register.receipts import ReceiptSigner
from converter.register.registered import RegisteredFile
from converter.usecases.receive.inbox import InboxFile
from converter.workers.pool import Runner
from converter.workers.requests.receive import ValidatedFile

Batch = Sequence[tuple[ValidatedFile, InboxFile]]  # what a worker answered of each file


@dataclass(frozen=True, slots=True)
class Received:
    """One file and what became of it."""

    received: ReceivedFile
    registered: RegisteredFile
    receipt: str  # '' without a reply folder
    annotated: str
    still_open: tuple[Path, ...] = ()  # replies to an earlier version that another program has open


@dataclass(frozen=True, slots=True)
class NotReceived:
    """A file that could not be read now, which is no fault of whoever sent it: nothing is
    registered of it, and the next run takes it up."""

    file: str
    code: str  # of the issue


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run needs to know besides its files."""

    folder: Path  # of the form
    form: Form
    reply: Path | None
    keys: Path | None
    signer: ReceiptSigner | None
    jobs: int  # processes at a time
    now: int  # seconds since 1970
    signed_only: bool = False  # hold what nobody signed
    rejudge: bool = False  # validate what was refused once more
    pool: Sequence[Runner] = ()  # what does the work; none: processes on this machine
    decisions: Path | None = None  # where decisions wait that were taken on the web pages
    shared: Path | None = None  # a folder that `pool` sees, for what comes out of zips
