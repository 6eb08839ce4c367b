"""The settings a portal is started with: folders, limits, how it is reached."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.identity.passphrases import OpenedSecrets
from converter.model.submissions import Unit

LARGEST = 128 << 20  # bytes of an upload: as much as a worker would read of a file
SPOOL = "web"  # below the inbox


@dataclass(frozen=True)
class Settings:
    """Folders and limits. `form`: its name or folder, None for the program's default; `secure`:
    pages travel over HTTPS, so cookies must, too."""

    form: str | None
    keys: Path
    issued: Path
    inbox: Path
    published: Path
    state: Path
    reply: Path | None = None
    roster: Sequence[Unit] = ()
    secure: bool = False
    jobs: int = max(1, min(4, os.cpu_count() or 1))
    largest: int = LARGEST  # bytes of one upload
    seal: bool = False
    secrets: OpenedSecrets | None = None  # of identity files that carry a passphrase
    decides: bool = False  # the officer may decide about files on the pages
    # Seconds: until a place at a worker is free, until a result is forgotten, of a silent upload.
    patience: float = 180
    keep: float = 900
    silence: float = 30
    queue: int = 500  # uploads waiting for a worker
    max_uploads: int = 600  # uploads in progress, those waiting included
    max_bytes: int = 4 << 30  # bytes of them, and of results, at the most
    clock: Callable[[], float] = time.time

    @property
    def private(self) -> Path:
        """Where uploads and results live for minutes."""
        return self.state / "tmp"

    @property
    def decisions(self) -> Path:
        """Where the officer's decisions wait for `receive`."""
        return self.state / "decisions"
