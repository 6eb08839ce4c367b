"""The one place that says how often a password may be wrong, and who never has to wait.

Passwords are random (59 bits), so guessing is held back by each source alone: a few attempts a
name and some more for all names are free, each further one doubles the wait. Attempts from one
address never make another address wait, and an attempt that is refused counts for nothing. A
source that has opened a name before, by its address or by the cookie it got then, is not counted
for that name. A new password starts with a clean sheet, since counts are kept for the password
and not only for the name.

Hashing a password takes memory and a core; `Hashing` bounds how many are worked out at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

from converter.web.fair_queue import QueueFull
from converter.web.sessions import Sessions
from converter.web.state import Limit, State

ONE_NAME = Limit(5, 30, 600)  # wrong passwords for one name from one address
ANY_NAME = Limit(30, 15, 600)  # from one address, whatever the names; an office may share one
COOKIE_AGE = 400 * 86_400  # seconds that a browser is remembered
NAMES_A_COOKIE = 20
HASHES_AN_ADDRESS = 64  # at work and waiting; an office may share one address
_EVERY_NAME = "*"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A name that somebody tries to open, and from where. `mark` changes with the password."""

    name: str
    mark: str
    address: str
    cookie: str = ""


class Attempts:
    """Counts in the state, under keyed hashes."""

    def __init__(
        self, state: State, sessions: Sessions, secret: str, clock: Callable[[], float]
    ) -> None:
        self._state, self._sessions, self._clock = state, sessions, clock
        self._signer = URLSafeTimedSerializer(secret, salt="known names")

    def wait(self, attempt: Attempt) -> float:
        """Count an attempt; seconds to wait where it may not be made, 0 where it may."""
        if self._known(attempt):
            return 0.0
        source = self._source(attempt)
        tries = [
            (self._guarded(attempt.name, attempt.mark), source, ONE_NAME),
            (_EVERY_NAME, source, ANY_NAME),
        ]
        return self._state.attempt(tries, self._clock())

    def succeeded(self, attempt: Attempt) -> None:
        """The password was right: forgive its wrong ones and remember the address."""
        source = self._source(attempt)
        if not self._known(attempt):
            self._state.forgive(self._guarded(attempt.name, attempt.mark), source)
            self._state.undo(_EVERY_NAME, source)
        self._state.know(self._plain(attempt.name), source, self._clock())

    def cookie(self, attempt: Attempt) -> str:
        """The value of the cookie that makes a browser known for one more name."""
        names = [n for n in self._names(attempt.cookie) if n != self._plain(attempt.name)]
        kept = [self._plain(attempt.name), *names][:NAMES_A_COOKIE]
        return str(self._signer.dumps(kept))

    def is_locked(self, name: str, mark: str, locked: set[str]) -> bool:
        """Whether somebody has to wait for a name; `locked`: what `State.locked` returned."""
        return self._guarded(name, mark) in locked

    def unlock(self, name: str, mark: str) -> None:
        """Nobody has to wait for this name."""
        self._state.forgive(self._guarded(name, mark))

    def unlock_addresses(self) -> None:
        """Nobody has to wait because of many wrong names."""
        self._state.forgive(_EVERY_NAME)

    def _known(self, attempt: Attempt) -> bool:
        name = self._plain(attempt.name)
        return name in self._names(attempt.cookie) or self._state.knows(name, self._source(attempt))

    def _names(self, cookie: str) -> list[str]:
        try:
            found = self._signer.loads(cookie, max_age=COOKIE_AGE)
        except BadData:
            return []
        return [str(name) for name in found] if isinstance(found, list) else []

    def _source(self, attempt: Attempt) -> str:
        return self._sessions.hidden(f"source {attempt.address}")

    def _guarded(self, name: str, mark: str) -> str:
        return self._sessions.hidden(f"guarded {mark} {name}")

    def _plain(self, name: str) -> str:
        return self._sessions.hidden(f"opened {name}")[:20]


class Hashing:
    """Turns at working out hashes: few at once, one of them for one address, whose others wait
    behind it."""

    def __init__(self, jobs: int) -> None:
        self._turns = asyncio.Semaphore(jobs)
        self._each: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Raises QueueFull for an address that has too many waiting."""
        if self._waiting[address] >= HASHES_AN_ADDRESS:
            raise QueueFull
        self._waiting[address] += 1
        lock = self._each.setdefault(address, asyncio.Lock())
        try:
            async with lock, self._turns:
                yield
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address], self._each[address]
