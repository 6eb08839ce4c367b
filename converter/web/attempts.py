"""How often one may be wrong: by unit, by address, and at the officer's door.

A few attempts are free, each further one doubles the wait. An address has more of them, since a
whole office may stand behind one. Names that no unit has count the same way: the wait tells
nothing.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from converter.web.sessions import Sessions
from converter.web.state import State

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Limit:
    """Free attempts, then the first wait and the longest one in seconds."""

    free: int
    first: float
    most: float


BY_UNIT = Limit(5, 30, HOUR)
BY_ADDRESS = Limit(30, 15, HOUR)
BY_CAPTCHA = Limit(60, 15, HOUR)  # wrong pictures from one address
OFFICER = Limit(5, 30, HOUR)  # from one address
ANY_OFFICER = Limit(40, 60, HOUR)  # from all of them


class Attempts:
    """Counts in the state, under hashed keys."""

    def __init__(self, state: State, sessions: Sessions) -> None:
        self._state, self._sessions = state, sessions

    def wait(self, kind: str, who: str, limit: Limit, now: float) -> float:
        """Count an attempt; seconds to wait where it may not be made."""
        key = self._sessions.hidden(f"{kind} {who}")
        return self._state.attempt(key, limit.free, limit.first, limit.most, now)

    def forgive(self, kind: str, who: str) -> None:
        self._state.forgive(self._sessions.hidden(f"{kind} {who}"))

    def undo(self, kind: str, who: str) -> None:
        self._state.undo(self._sessions.hidden(f"{kind} {who}"))


def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv6 customer has a whole /64.

    >>> neighbourhood("2001:db8:1:2:3:4:5:6"), neighbourhood("192.0.2.7"), neighbourhood("x")
    ('2001:db8:1:2::/64', '192.0.2.7', 'x')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and not found.ipv4_mapped:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found.ipv4_mapped if found.version == 6 else found)
