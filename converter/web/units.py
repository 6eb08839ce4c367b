"""The units that may sign in: the ledger, the hashes of the passwords and the identity files, as
`identity issue` wrote them. Read anew when they change, so that what the officer issues again
counts at once. Of the union's keys only the public ones are read.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from converter import identity
from converter.identity import issuing, ledger, passwords
from converter.identity.keys import public
from converter.identity.ledger import LedgerEntry
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import Unit
from converter.text.characters import plain_name


@dataclass(frozen=True, slots=True)
class Fetched:
    """A unit's identity file, or why it cannot be handed out."""

    path: Path
    public: identity.Public | None
    issues: Sequence[Issue]

    @property
    def refused(self) -> Issue | None:
        """Why nothing can be signed with it; None where it is good and current."""
        return next((i for i in self.issues if i.level is Level.ERROR), None)


class IssuedUnits:
    """The units that identity files were issued to."""

    def __init__(self, keys: Path, issued: Path) -> None:
        """Raises KeysError, LedgerError, OSError."""
        self._keys, self._issued = keys, issued
        self._seen: tuple[object, ...] = ()
        self._known: dict[str, LedgerEntry] = {}
        self._lines: dict[passwords.Key, str] = {}
        self._named: dict[str, list[LedgerEntry]] = {}
        self._public = public(keys)
        self._renew()

    def _renew(self) -> None:
        seen = tuple(_stamp(self._keys / name) for name in (ledger.NAME, passwords.NAME))
        if seen == self._seen:
            return
        known = dict(ledger.by_unit(self._keys) or {})
        lines = passwords.read(self._keys)
        named = defaultdict(list)
        for entry in known.values():
            named[plain_name(entry.unit_name)].append(entry)
        self._known, self._lines, self._named, self._seen = known, lines, dict(named), seen
        # For names that no unit has: it must cost what the others do.
        self._decoy = passwords.decoy(lines.values())

    def all(self) -> list[LedgerEntry]:
        """The current entries, in the order of issuing."""
        self._renew()
        return list(self._known.values())

    def of(self, code: str) -> LedgerEntry | None:
        self._renew()
        return self._known.get(code)

    def mark(self, entry: LedgerEntry) -> str:
        """The mark of a session of this unit: it changes with the password and the file."""
        line = self._lines.get((entry.unit_code, entry.serial), "")
        return hashlib.sha256(f"{entry.serial} {line}".encode()).hexdigest()[:16]

    def name_mark(self, name: str) -> str:
        """What attempts at a name are counted with: it changes with its units' passwords."""
        self._renew()
        marks = sorted(self.mark(entry) for entry in self._named.get(plain_name(name), []))
        return hashlib.sha256(" ".join(marks).encode()).hexdigest()[:16] if marks else ""

    def open(self, name: str, password: str) -> LedgerEntry | None:
        """The unit with this name and password. One hash is worked out whatever is wrong; more
        only for units of one name that were issued to at different times."""
        self._renew()
        lines = {
            entry.unit_code: line
            for entry in self._named.get(plain_name(name), [])
            if (line := self._lines.get((entry.unit_code, entry.serial)))
        }
        found = passwords.matching(password, lines or {"": self._decoy})
        return self._known.get(found) if found else None

    def path(self, entry: LedgerEntry) -> Path:
        """Where `identity issue` put a unit's identity file."""
        unit = Unit(entry.unit_code, entry.unit_name, "")
        return self._issued / issuing.file_name(unit)

    def fetch(self, entry: LedgerEntry, today: date) -> Fetched:
        """A unit's identity file, held against the union's public keys and ledger: it must be
        this unit's, and the one that was issued last."""
        path = self.path(entry)
        public, issues = identity.read(path, today, identity.Union(self._public, self._known))
        fetched = Fetched(path, public, issues)
        if not fetched.refused and public is not None:
            holder = public.identity
            if (holder.unit_code, holder.serial) != (entry.unit_code, entry.serial):
                params: dict[str, str | int] = {"unit": entry.unit_name, "serial": holder.serial}
                issue = Issue("I136", Level.ERROR, Place(str(path)), params=params)
                return Fetched(path, public, [*issues, issue])
        return fetched


def _stamp(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size
