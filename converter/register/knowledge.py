"""What the union knows: the period that is collected, rosters, the ledger, decisions, units.

All of it is read from the register's tables and written back to them; the transaction is the
caller's (`Register`).
"""

from __future__ import annotations

from collections.abc import Collection as Codes
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from converter.register import decisions, inserting, other_names, periods, unit_lookup
from converter.register.decisions import Decision
from converter.register.history import Histories, Know
from converter.register.inserting import FLAG, NUMBER, TEXT, UNIT
from converter.register.precedence import (
    ACCEPTED,
    CLOSED,
    OTHER_PERIOD,
    SIGNED_ONLY,
    UNIT_ACTIONS,
    WARNINGS,
    ClaimedSender,
    KnownUnit,
    RosterEntry,
    plain_code,
)
from converter.register.schema import ROWS_AT_ONCE
from converter.register.senders import Sender, SenderChanges, SenderResolver
from converter.register.unit_changes import ChangedRoster, changed
from converter.register.unit_lookup import ROSTER_PERIOD, names_of
from converter.text.characters import plain_name

if TYPE_CHECKING:
    from converter.register.schema import Connection

_GIVEN_PERIOD = ROSTER_PERIOD.replace("FROM roster", "FROM roster_given")
_AT_ONCE = 1_000  # units that are matched with a new roster
_SETTLED_AT_ONCE = 10_000  # units


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
        self._roster_period = self.collection.period
        self.load_decisions()
        known = periods.read(self.connection)
        self._closed = {one.period for one in known if one.state == periods.CLOSED}

    def load_decisions(self) -> None:
        made = decisions.read(self.connection)
        self.rulings = decisions.rulings(made)
        self._former: dict[tuple[str, str], RosterEntry] = {}
        for old, unit in self._renamed(decisions.in_force(made)):
            self._former.setdefault(names_of(old), unit)

    # --- senders ------------------------------------------------------------------------------

    def senders(self, claims: Sequence[tuple[ClaimedSender, str]]) -> list[Sender]:
        """Who files are from, given what each claims and its content: whom it was assigned to, else
        who it claims to be from. What becomes known of units is written."""
        assigned = [self.rulings.senders.get(content, claim) for claim, content in claims]
        resolver = self._resolver(assigned)
        found = [resolver.sender(claim) for claim in assigned]
        self._write_units(resolver.changes())
        return found

    def _resolver(self, claims: Sequence[ClaimedSender]) -> SenderResolver:
        """What decides who claims this."""
        units, listed = unit_lookup.rows_about(
            self.connection, claims, self._former, self._roster_period
        )
        ((last,),) = self.query("SELECT coalesce(max(id), 0) FROM units")
        issued = self.collection.issued or {}
        return SenderResolver(units, int(last), listed, self._former, issued)

    def find(self, text: str) -> list[ClaimedSender]:
        """The units that somebody means by a code or a name, also by one that a unit had before."""
        found = self._find(text)
        if found:
            return found
        wanted = other_names.folded(text)
        codes = [
            code
            for code, names in other_names.read(self).items()
            if any(other_names.folded(one) == wanted for one in names)
        ]
        found = [unit for code in codes for unit in self._find(code)]
        given = self.query(  # a unit that is gone, and never sent anything
            "SELECT DISTINCT code, name, superior_code, superior FROM roster_given"
            " WHERE period = (SELECT max(period) FROM roster_given)"
        )
        return found or [
            ClaimedSender(*one)
            for one in given
            if wanted in (other_names.folded(one[0]), other_names.folded(one[1]))
        ]

    def _find(self, text: str) -> list[ClaimedSender]:
        """The units of this code or name: those of the roster, else others."""
        code, wanted = text.strip(), plain_name(text)
        plain = plain_code(code)
        columns = "SELECT code, name, superior_code, superior FROM"
        for sql, parameters in (
            (f"{columns} roster WHERE period = {ROSTER_PERIOD} ORDER BY position, rowid",
             [self._roster_period]),
            (f"{columns} units ORDER BY id", []),
        ):  # fmt: skip
            exact, alike = [], []
            answer = self.connection.execute(sql, parameters)
            while rows := answer.fetchmany(ROWS_AT_ONCE):
                for row in rows:
                    if row[0] and row[0] == code:
                        exact.append(ClaimedSender(*row))
                    elif plain_name(row[1]) == wanted or (row[0] and plain_code(row[0]) == plain):
                        alike.append(ClaimedSender(*row))
            if exact or alike:
                return exact or alike
        return []

    def roster_of(self, period: str) -> list[RosterEntry]:
        """The roster of a period ('' = the newest)."""
        rows = self.query(
            "SELECT code, name, superior_code, superior, contact, phone FROM roster"
            f" WHERE period = {ROSTER_PERIOD} ORDER BY position",
            [period],
        )
        return [RosterEntry(*row) for row in rows]

    def set_roster(self, roster: Sequence[RosterEntry], period: str) -> None:
        """Replace the roster of a period."""
        self._write_roster("roster_given", roster, period)
        self._derive(period)
        self._use_roster(period)
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
            columns |= {"exempt": FLAG, **unit_lookup.KEYS}
            rows = [
                (*row, row[0] in exempt, *unit_lookup.keys(unit))
                for row, unit in zip(rows, roster, strict=True)
            ]
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
            f" WHERE period = {_GIVEN_PERIOD}"
            " ORDER BY position",
            [period],
        )
        made = decisions.in_force(decisions.read(self.connection))
        return changed([RosterEntry(*row) for row in rows], made, period)

    def _renamed(self, made: Sequence[Decision]) -> Sequence[tuple[RosterEntry, RosterEntry]]:
        """What units were called before it was decided about them, or about their union."""
        about = [one for one in made if one.action in UNIT_ACTIONS]
        if not about:
            return ()
        period = self.collection.period or self._newest_roster()
        table = f"roster_given WHERE period = {_GIVEN_PERIOD}"
        rows = self.query(
            f"SELECT code, name, superior_code, superior, contact, phone FROM {table}"
            " AND (code IN (SELECT unnest($2::VARCHAR[])) OR superior IN"
            " (SELECT unnest($3::VARCHAR[])) OR superior IN"
            f" (SELECT name FROM {table} AND code IN (SELECT unnest($2::VARCHAR[]))))"
            " ORDER BY position, rowid",
            [period, [one.unit_code for one in about], [one.unit_name for one in about]],
        )
        return changed([RosterEntry(*row) for row in rows], about, period).former

    def _derive(self, period: str) -> None:
        found = self._changed(period)
        self._write_roster("roster", found.entries, period, found.exempt)

    def change_units(self, period: str) -> None:
        """Something was decided about units, from this period on."""
        given = self.query("SELECT DISTINCT period FROM roster_given")
        for one in sorted({str(row[0]) for row in given if row[0] > period} | {period}):
            self._derive(one)
        self._use_roster(self.collection.period or period)
        self.settle()

    def _use_roster(self, period: str) -> bool:
        """Know units by the roster of this period. Returns whether files have changed hands."""
        self._roster_period = period
        self.load_decisions()
        units = unit_lookup.unmatched(self.connection, self._former, period)
        moved = False
        for at in range(0, len(units), _AT_ONCE):
            chosen = units[at : at + _AT_ONCE]
            resolver = self._resolver([claim for _, claim in chosen])
            resolver.match_roster([number for number, _ in chosen])
            changes = resolver.changes()
            self._write_units(changes)
            moved |= bool(changes.merged)
        return moved

    def _newest_roster(self) -> str:
        return str(self.query("SELECT coalesce(max(period), '') FROM roster_given")[0][0])

    def move(self, submissions: Iterable[tuple[int, int]]) -> None:
        """Give submissions to other units."""
        columns = zip(*submissions, strict=True)
        inserting.update(self.connection, "submissions", {"unit": NUMBER}, columns)

    def _write_units(self, changes: SenderChanges) -> None:
        issued = self.collection.issued or {}
        new = [
            (n, c.code, c.name, c.superior_code, c.superior, *unit_lookup.keys(c),
             issued.get(c.code, 0))
            for n, c in changes.new
        ]  # fmt: skip
        columns = {"id": NUMBER, **UNIT, **unit_lookup.KEYS, "serial": NUMBER}
        inserting.insert(self.connection, "units", columns, zip(*new, strict=True))
        coded = [
            (n, c.code, c.superior_code, unit_lookup.code_key(c.code)) for n, c in changes.coded
        ]
        columns = {"code": TEXT, "superior_code": TEXT, "code_key": unit_lookup.KEYS["code_key"]}
        inserting.update(self.connection, "units", columns, zip(*coded, strict=True))
        if self.collection.issued is not None and coded:
            serials = [(n, issued.get(c.code, 0)) for n, c in changes.coded]
            columns = {"serial": NUMBER}
            inserting.update(self.connection, "units", columns, zip(*serials, strict=True))
        if changes.merged:
            taken = self.query(
                "SELECT id, unit FROM submissions WHERE unit IN (SELECT unnest(?::BIGINT[]))",
                [list(changes.merged)],
            )
            self.move([(number, changes.merged[unit]) for number, unit in taken])
            inserting.delete(self.connection, "units", "id", changes.merged)
        for listed, code in changes.respelled.items():
            for table, period in (("roster", ROSTER_PERIOD), ("roster_given", _GIVEN_PERIOD)):
                self.connection.execute(
                    f"UPDATE {table} SET code = $2 WHERE code = $3 AND period = {period}",
                    [self.collection.period, code, listed],
                )
        if changes.respelled:
            self.respelled |= changes.respelled
            self.load_decisions()

    def _write_serials(self) -> bool:
        """Note which units hold an identity file that counts. Returns whether that changed for
        any."""
        issued = self.collection.issued
        if issued is None:
            return False
        changed = self.query(
            "SELECT u.id, coalesce(i.serial, 0) FROM units u LEFT JOIN (SELECT"
            " unnest($1::VARCHAR[]) AS code, unnest($2::BIGINT[]) AS serial) i ON i.code = u.code"
            " WHERE u.serial <> coalesce(i.serial, 0)",
            [list(issued), list(issued.values())],
        )
        inserting.update(self.connection, "units", {"serial": NUMBER}, zip(*changed, strict=True))
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
        moved = self._use_roster(period)
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
            if plain_name(claimed or collected) == plain_name(collected)
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
        claimed = collected if plain_name(claimed) == plain_name(collected) else claimed
        if (claimed or collected) in self._closed:
            return CLOSED
        if collected and claimed and claimed != collected:
            return OTHER_PERIOD
        return SIGNED_ONLY if self.collection.signed_only and not created else ""

    def histories(self, units: Codes[int]) -> Histories:
        """What came of these units before, and what became of it."""
        found = Histories(self.rulings, self._known_units(units))
        found.read(self.connection, units)
        return found

    def _known_units(self, units: Codes[int]) -> Know:
        rows = self.query(
            "SELECT id, code, serial FROM units WHERE id IN (SELECT unnest(?::BIGINT[]))",
            [list(units)],
        )
        known = {int(number): (str(code), serial > 0) for number, code, serial in rows}
        codes = sorted({code for code, _ in known.values()})

        @cache
        def listed(period: str) -> frozenset[str] | None:
            """Which of the codes the roster of a period lists; None where it lists nothing."""
            of_period = f"FROM roster WHERE period = {ROSTER_PERIOD}"
            if not self.query(f"SELECT 1 {of_period} LIMIT 1", [period]):
                return None
            found = self.query(
                f"SELECT code {of_period} AND code IN (SELECT unnest($2::VARCHAR[]))",
                [period, codes],
            )
            return frozenset(str(code) for (code,) in found)

        def know(unit: int, of_periods: Iterable[str]) -> KnownUnit:
            """What is known of a unit, where it sent files for these periods."""
            code, is_issued = known[unit]
            lists = [(period, listed(period)) for period in of_periods]
            unlisted = [one for one, codes in lists if codes is not None and code not in codes]
            return KnownUnit(is_issued, unlisted)

        return know

    def settle(self, units: Codes[int] | None = None) -> None:
        """Decide anew what counts of these units (None: of all)."""
        for part in self._all_units() if units is None else [units]:
            histories = self.histories(part)
            histories.settle_all()
            histories.write(self.connection)

    def _all_units(self) -> Iterable[Codes[int]]:
        """The numbers of all units that sent something, some at a time."""
        ((last,),) = self.query("SELECT coalesce(max(unit), 0) FROM submissions")
        return (range(at, at + _SETTLED_AT_ONCE) for at in range(1, last + 1, _SETTLED_AT_ONCE))
