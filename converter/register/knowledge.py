"""What the union knows: the period that is collected, rosters, the ledger, decisions, units.

All of it is read from the register's tables and written back to them; the transaction is the
caller's (`Register`).
"""

from __future__ import annotations

from collections.abc import Collection as Codes
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Any

from converter.register import decisions, inserting, other_names, periods
from converter.register.history import Histories
from converter.register.inserting import FLAG, NUMBER, TEXT, UNIT
from converter.register.precedence import (
    ACCEPTED,
    CLOSED,
    OTHER_PERIOD,
    SIGNED_ONLY,
    WARNINGS,
    ClaimedSender,
    KnownUnit,
    RosterEntry,
    same_name,
)
from converter.register.senders import Sender, SenderResolver
from converter.register.unit_changes import ChangedRoster, changed

if TYPE_CHECKING:
    from converter.register.schema import Connection


# The period whose roster a period goes by; '' = the newest.
_ROSTER_PERIOD = "(SELECT max(period) FROM roster WHERE $1 = '' OR period <= $1)"


@dataclass(frozen=True, slots=True)
class Collection:
    """What a run knows of the collection that it receives for."""

    period: str = ""  # '' = every file counts for the period that it claims
    signed_only: bool = False
    issued: Mapping[str, int] | None = None  # serials that count, by unit code; None = no ledger


class Knowledge:
    """What decides which files count."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.collection = Collection()
        self.respelled: dict[str, str] = {}  # codes of the roster → as files spell them

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.connection.execute(sql, list(parameters)).fetchall()
        return found

    def load(self) -> None:
        """Read everything from the tables."""
        units = self.query("SELECT id, code, name, superior_code, superior FROM units ORDER BY id")
        self._serials = dict(self.query("SELECT id, serial FROM units WHERE serial > 0"))
        self._units = SenderResolver(
            ((int(n), ClaimedSender(*claim)) for n, *claim in units),
            self.roster_of(self.collection.period),
            self._changed(self.collection.period or self._newest_roster()).former,
        )
        self._units.issued = self.collection.issued or {}
        self._listed: dict[str, frozenset[str]] = {}  # period → codes of its roster
        self.load_decisions()
        known = periods.read(self.connection)
        self._closed = {one.period for one in known if one.state == periods.CLOSED}

    def load_decisions(self) -> None:
        self.rulings = decisions.rulings(decisions.read(self.connection))

    # --- senders ------------------------------------------------------------------------------

    def sender(self, claim: ClaimedSender, content: str) -> Sender:
        """Who a file is from: whom it was assigned to, else who it claims to be from."""
        return self._units.sender(self.rulings.senders.get(content, claim))

    def find(self, text: str) -> list[ClaimedSender]:
        """The units that somebody means by a code or a name, also by one that a unit had before."""
        found = self._units.find(text)
        if found:
            return found
        wanted = other_names.folded(text)
        codes = [
            code
            for code, names in other_names.read(self).items()
            if any(other_names.folded(one) == wanted for one in names)
        ]
        found = [unit for code in codes for unit in self._units.find(code)]
        given = self.query(  # a unit that is gone, and never sent anything
            "SELECT DISTINCT code, name, superior_code, superior FROM roster_given"
            " WHERE period = (SELECT max(period) FROM roster_given)"
        )
        return found or [
            ClaimedSender(*one)
            for one in given
            if wanted in (other_names.folded(one[0]), other_names.folded(one[1]))
        ]

    def roster_of(self, period: str) -> list[RosterEntry]:
        """The roster of a period ('' = the newest)."""
        rows = self.query(
            "SELECT code, name, superior_code, superior, contact, phone FROM roster"
            f" WHERE period = {_ROSTER_PERIOD} ORDER BY position",
            [period],
        )
        return [RosterEntry(*row) for row in rows]

    def set_roster(self, roster: Sequence[RosterEntry], period: str) -> None:
        """Replace the roster of a period."""
        self._write_roster("roster_given", roster, period)
        self._derive(period)
        self._use_roster(self.roster_of(period))
        self.settle()

    def _write_roster(
        self, table: str, roster: Sequence[RosterEntry], period: str, exempt: Codes[str] = ()
    ) -> None:
        self.connection.execute(f"DELETE FROM {table} WHERE period = ?", [period])
        columns = {**UNIT, "contact": TEXT, "phone": TEXT, "period": TEXT, "position": NUMBER}
        rows: list[tuple[Any, ...]] = [
            (*astuple(unit), period, position) for position, unit in enumerate(roster, 1)
        ]
        if table == "roster":
            columns["exempt"] = FLAG
            rows = [(*row, row[0] in exempt) for row in rows]
        inserting.insert(self.connection, table, columns, zip(*rows, strict=True))
        self.connection.execute(  # whom to call there was removed for good
            f"UPDATE {table} SET contact = '', phone = ''"
            " WHERE period IN (SELECT period FROM forgotten WHERE scope = 'period')"
        )

    def _changed(self, period: str) -> ChangedRoster:
        """The roster that was given for a period, or for the newest one before it, with what was
        decided about its units."""
        rows = self.query(
            "SELECT code, name, superior_code, superior, contact, phone FROM roster_given"
            f" WHERE period = {_ROSTER_PERIOD.replace('FROM roster', 'FROM roster_given')}"
            " ORDER BY position",
            [period],
        )
        made = decisions.in_force(decisions.read(self.connection))
        return changed([RosterEntry(*row) for row in rows], made, period)

    def _derive(self, period: str) -> None:
        found = self._changed(period)
        self._write_roster("roster", found.entries, period, found.exempt)

    def change_units(self, period: str) -> None:
        """Something was decided about units, from this period on."""
        given = self.query("SELECT DISTINCT period FROM roster_given")
        for one in sorted({str(row[0]) for row in given if row[0] > period} | {period}):
            self._derive(one)
        self._listed = {}
        self._use_roster(self.roster_of(self.collection.period or period))
        self.settle()

    def _use_roster(self, roster: Sequence[RosterEntry]) -> bool:
        """Know units by this roster. Returns whether files have changed hands."""
        period = self.collection.period or self._newest_roster()
        same = self._units.set_roster(roster, self._changed(period).former)
        self.write_units()
        if same:
            taken = self.query(
                "SELECT id, unit FROM submissions WHERE unit IN (SELECT unnest(?::BIGINT[]))",
                [list(same)],
            )
            self.move([(number, same[unit]) for number, unit in taken])
            inserting.delete(self.connection, "units", "id", same)
        return bool(same)

    def _newest_roster(self) -> str:
        return str(self.query("SELECT coalesce(max(period), '') FROM roster_given")[0][0])

    def move(self, submissions: Iterable[tuple[int, int]]) -> None:
        """Give submissions to other units."""
        columns = zip(*submissions, strict=True)
        inserting.update(self.connection, "submissions", {"unit": NUMBER}, columns)

    def write_units(self) -> None:
        """Write what became known of units."""
        changes = self._units.changes()
        new = [(n, c.code, c.name, c.superior_code, c.superior) for n, c in changes.new]
        inserting.insert(self.connection, "units", {"id": NUMBER, **UNIT}, zip(*new, strict=True))
        coded = [(n, c.code, c.superior_code) for n, c in changes.coded]
        columns = {"code": TEXT, "superior_code": TEXT}
        inserting.update(self.connection, "units", columns, zip(*coded, strict=True))
        for listed, code in changes.respelled.items():
            for table in ("roster", "roster_given"):
                period = _ROSTER_PERIOD.replace("FROM roster", f"FROM {table}")
                self.connection.execute(
                    f"UPDATE {table} SET code = $2 WHERE code = $3 AND period = {period}",
                    [self.collection.period, code, listed],
                )
            self._listed = {}
        self.respelled |= changes.respelled
        self._write_serials([n for n, _ in (*changes.new, *changes.coded)])

    def _write_serials(self, units: Codes[int] | None = None) -> bool:
        """Note which of these units (None: of all) hold an identity file that counts. Returns
        whether that changed for any."""
        issued = self.collection.issued
        if issued is None:
            return False
        codes = self._units.codes()
        changed = {
            unit: issued.get(codes[unit], 0)
            for unit in (codes if units is None else units)
            if issued.get(codes[unit], 0) != self._serials.get(unit, 0)
        }
        columns = zip(*changed.items(), strict=True)
        inserting.update(self.connection, "units", {"serial": NUMBER}, columns)
        self._serials |= changed
        return bool(changed)

    # --- what counts --------------------------------------------------------------------------

    def collect(self, collection: Collection, when: str) -> None:
        """See `Register.collect`."""
        self.collection = collection
        period = collection.period
        if period and period not in {one.period for one in periods.read(self.connection)}:
            periods.append(self.connection, periods.Period(period, periods.COLLECTED, when, ""))
        self.load()
        taken = self._take_up(OTHER_PERIOD) if period else False
        taken |= self._bar_unsigned() if collection.signed_only else False
        moved = self._use_roster(self.roster_of(period))
        if self._write_serials() or taken or moved:
            self.settle()

    def _take_up(self, barred: str) -> bool:
        """Files that were barred for this reason and are of the collected period now."""
        collected = self.collection.period
        rows = self.query(
            "SELECT id, claimed_period, created FROM submissions WHERE barred = ?", [barred]
        )
        taken = [
            (number, collected, self.barred(claimed, created))
            for number, claimed, created in rows
            if same_name(claimed or collected) == same_name(collected)
        ]
        columns = {"collected": TEXT, "barred": TEXT}
        inserting.update(self.connection, "submissions", columns, zip(*taken, strict=True))
        return bool(taken)

    def _bar_unsigned(self) -> bool:
        """Files of the collected period that nobody signed are held from now on, also those that
        counted so far; a later run without `signed_only` lets none of them in."""
        rows = self.query(
            "SELECT id FROM submissions WHERE collected = ? AND barred = '' AND created = ''"
            f" AND result IN ('{ACCEPTED}', '{WARNINGS}')",
            [self.collection.period],
        )
        columns = [[number for (number,) in rows], [SIGNED_ONLY] * len(rows)]
        inserting.update(self.connection, "submissions", {"barred": TEXT}, columns)
        return bool(rows)

    def set_period(self, entry: periods.Period) -> None:
        """Open or close a period. What came for it while it was closed counts once it is open."""
        periods.append(self.connection, entry)
        self.load()
        if entry.state == periods.OPEN:
            self.collection = replace(self.collection, period=entry.period)
            if self._take_up(CLOSED) | self._take_up(OTHER_PERIOD):
                self.settle()

    def barred(self, claimed: str, created: str) -> str:
        """Why a file does not count by itself, whatever else its unit sent."""
        collected = self.collection.period
        claimed = collected if same_name(claimed) == same_name(collected) else claimed
        if (claimed or collected) in self._closed:
            return CLOSED
        if collected and claimed and claimed != collected:
            return OTHER_PERIOD
        return SIGNED_ONLY if self.collection.signed_only and not created else ""

    def _know(self, unit: int, of_periods: Iterable[str]) -> KnownUnit:
        """What is known of a unit, where it sent files for these periods."""
        code = self._units.code_of(unit)
        unlisted = []
        for period in of_periods:
            if period not in self._listed:
                self._listed[period] = frozenset(one.code for one in self.roster_of(period))
            if self._listed[period] and code not in self._listed[period]:
                unlisted.append(period)
        return KnownUnit(self._serials.get(unit, 0) > 0, unlisted)

    def histories(self, units: Iterable[int] | None) -> Histories:
        """What came of these units before (None: of all), and what became of it."""
        found = Histories(self.rulings, self._know)
        found.read(self.connection, units)
        return found

    def settle(self, units: Iterable[int] | None = None) -> None:
        """Decide anew what counts of these units (None: of all)."""
        self._listed = {}
        histories = self.histories(units)
        histories.settle_all()
        histories.write(self.connection)
