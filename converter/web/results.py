"""Results that a visitor may look at, download and submit for some minutes.

Each has a private folder under a random name that only its visitor's pages know. Results that
have expired are deleted; a restart deletes all, since nobody can know the names any more.
Every visitor has a share of the room. Where it is short, strangers' results go, the oldest of
the one who has most first; a unit loses results only to more of its own.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from converter.files import writing
from converter.web.correcting import Edits
from converter.web.upload_check import UploadResult
from converter.web.visitor import Visitor

# Kept at once: of one unit, of one address, and of all visitors who are not signed in.
UNIT_RESULTS, ADDRESS_RESULTS, STRANGERS_RESULTS = 40, 100, 1_000
STRANGERS_BYTES = 1 / 2  # of the room on the disk that their results may take


@dataclass(frozen=True, slots=True)
class Result:
    """A result and whose it is. `number`: under which the package is submitted, once at most."""

    token: str
    sid: str
    visitor: Visitor
    unit: str  # code of the unit that was signed in, ''
    names: tuple[str, ...]  # of the files as they were sent
    folder: Path
    result: UploadResult
    number: str
    until: float
    size: int  # bytes on the disk
    uploads: tuple[Path, ...] = ()  # the files themselves, where they can be corrected here
    edits: Edits = field(default_factory=Edits)


class Results:
    """All results of one running portal."""

    def __init__(self, folder: Path, keep: float, most: int, clock: Callable[[], float]) -> None:
        """`keep`: seconds; `most`: bytes of all results. Empties the folder. Raises OSError."""
        self._folder, self._keep, self._most, self._clock = folder, keep, most, clock
        self._results: dict[str, Result] = {}
        shutil.rmtree(folder, ignore_errors=True)
        writing.private_folder(folder)

    def new_folder(self) -> tuple[str, Path]:
        """A new token and its private folder. Raises OSError."""
        token = secrets.token_urlsafe(18)
        folder = self._folder / token
        folder.mkdir(mode=0o700)
        return token, folder

    def discard(self, folder: Path) -> None:
        """Delete the folder of an upload that has no result."""
        shutil.rmtree(folder, ignore_errors=True)

    def discard_unless_kept(self, token: str) -> None:
        """Delete the folder of a token that `keep` was not called for."""
        if token not in self._results:
            self.discard(self._folder / token)

    def keep(
        self,
        token: str,
        sid: str,
        visitor: Visitor,
        unit: str,
        names: tuple[str, ...],
        result: UploadResult,
        number: str,
        uploads: tuple[Path, ...] = (),
    ) -> None:
        """Keep a result for its time, and delete what no longer fits beside it."""
        until = self._clock() + self._keep
        folder = self._folder / token
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        self._results[token] = Result(
            token, sid, visitor, unit, names, folder, result, number, until, size, uploads
        )
        while (excess := self._excess(visitor, token)) is not None:
            self._forget(excess)

    def _excess(self, visitor: Visitor, newest: str) -> str | None:
        """The token of a result that has to go, the newest never; None where all have room."""
        others = [one for token, one in self._results.items() if token != newest]
        own = [one for one in others if one.visitor == visitor]
        if len(own) >= (UNIT_RESULTS if visitor.is_unit else ADDRESS_RESULTS):
            return own[0].token
        everything = self._results.values()
        strangers = [one for one in everything if not one.visitor.is_unit]
        room = self._most * (1 if visitor.is_unit else STRANGERS_BYTES)
        taken = sum(one.size for one in (everything if visitor.is_unit else strangers))
        if taken <= room and len(strangers) <= STRANGERS_RESULTS:
            return None
        for candidates in ([one for one in others if not one.visitor.is_unit], own):
            if candidates:
                sizes = Counter[Visitor]()
                for one in candidates:
                    sizes[one.visitor] += one.size if taken > room else 1
                largest = sizes.most_common(1)[0][0]
                return next(one.token for one in candidates if one.visitor == largest)
        return None

    def find(self, token: str, sid: str) -> Result | None:
        """None where it has expired, or belongs to another session."""
        found = self._results.get(token)
        if found is None or found.sid != sid or found.until < self._clock():
            return None
        return found

    def sweep(self) -> None:
        """Delete what has expired."""
        now = self._clock()
        for token in [t for t, one in self._results.items() if one.until < now]:
            self._forget(token)

    def empty(self) -> None:
        """Delete everything, when the portal stops."""
        for token in list(self._results):
            self._forget(token)

    def leave(self, sid: str) -> None:
        """Delete what a visitor who leaves has not submitted."""
        for token in [t for t, one in self._results.items() if one.sid == sid]:
            self._forget(token)

    def _forget(self, token: str) -> None:
        with contextlib.suppress(KeyError):
            self.discard(self._results.pop(token).folder)
