"""Verdicts that a visitor may look at, download and submit for some minutes.

Each has a private folder under a random name that only its visitor's pages know. What has
expired is deleted; a restart deletes everything, for nobody can know the names any more.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from converter.web.upload_check import UploadResult

MOST = 1_000  # held at once; the oldest go first


@dataclass(frozen=True, slots=True)
class Result:
    """A result and whose it is. `number`: under which the package is submitted, once at most."""

    token: str
    sid: str
    unit: str  # code of who was signed in, ''
    names: tuple[str, ...]  # of the files as they were sent
    folder: Path
    result: UploadResult
    number: str
    until: float
    size: int  # bytes on the disk


class Results:
    """All results of one running portal."""

    def __init__(self, folder: Path, keep: float, most: int, clock: Callable[[], float]) -> None:
        """`keep`: seconds; `most`: bytes of all results. Empties the folder. Raises OSError."""
        self._folder, self._keep, self._most, self._clock = folder, keep, most, clock
        self._held: dict[str, Result] = {}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def room(self) -> tuple[str, Path]:
        """A new token and its private folder. Raises OSError."""
        token = secrets.token_urlsafe(18)
        folder = self._folder / token
        folder.mkdir(mode=0o700)
        return token, folder

    def discard(self, folder: Path) -> None:
        """A folder whose upload came to nothing."""
        shutil.rmtree(folder, ignore_errors=True)

    def keep(
        self,
        token: str,
        sid: str,
        unit: str,
        names: tuple[str, ...],
        result: UploadResult,
        number: str,
    ) -> None:
        until = self._clock() + self._keep
        folder = self._folder / token
        size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        self._held[token] = Result(token, sid, unit, names, folder, result, number, until, size)
        for oldest in list(self._held)[:-1]:
            held = sum(one.size for one in self._held.values())
            if len(self._held) <= MOST and held <= self._most:
                break
            self._forget(oldest)

    def find(self, token: str, sid: str) -> Result | None:
        """None where it has expired, or is somebody else's."""
        found = self._held.get(token)
        if found is None or found.sid != sid or found.until < self._clock():
            return None
        return found

    def sweep(self) -> None:
        """Forget what has expired."""
        now = self._clock()
        for token in [t for t, one in self._held.items() if one.until < now]:
            self._forget(token)

    def empty(self) -> None:
        """Forget everything, when the portal stops."""
        for token in list(self._held):
            self._forget(token)

    def leave(self, sid: str) -> None:
        """Forget what a visitor who leaves has not submitted."""
        for token in [t for t, one in self._held.items() if one.sid == sid]:
            self._forget(token)

    def _forget(self, token: str) -> None:
        with contextlib.suppress(KeyError):
            self.discard(self._held.pop(token).folder)
