"""The writer: files as they come, in batches, each batch one transaction.

Ids are given out in order of arrival, by the register itself, so that a batch that was rolled
back and repeated gets the same ones. What decides about supersession is kept in memory (a few
hundred bytes a submission); answers and members go straight to the disk.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from converter.model import Form
from converter.store import schema, snapshot
from converter.store.arrival import REJECTED, Arrival, Claim, Listed, Past, same_name, settle
from converter.store.lock import Lock
from converter.store.schema import StoreError, connect, name, quoted

FILE, LOCK, SPOOL, PUBLISHED = "register.duckdb", "lock", "spool", "published"

_TEXT, _NUMBER, _FLAG = "VARCHAR", "BIGINT", "BOOLEAN"
_UNIT = dict.fromkeys(("code", "name", "superior_code", "superior"), _TEXT)
_SUBMISSION = {
    "id": _NUMBER, "unit": _NUMBER, "period": _TEXT, "file": _TEXT, "content": _TEXT,
    "digest": _TEXT, "result": _TEXT, "state": _TEXT, "other": _NUMBER, "received": _TEXT,
    "created": _TEXT, "ordered_by": _TEXT, "unit_code": _TEXT, "unit_name": _TEXT,
    "superior": _TEXT, "form_version": _TEXT, "serial": _NUMBER, "members": _NUMBER,
    "errors": _NUMBER, "warnings": _NUMBER, "signed": _FLAG, "sealed": _FLAG, "package": _FLAG,
    "unit_sheet": _TEXT, "member_sheet": _TEXT, "id_column": _NUMBER,
}  # fmt: skip
_FINDING = {"submission": _NUMBER, "code": _TEXT, "level": _TEXT, "count": _NUMBER}
_STATE_AT = list(_SUBMISSION).index("state")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an arrival."""

    id: int
    unit: int  # 0 where nobody knows who sent it
    code: str  # the unit's, as registered
    name: str
    superior: str
    listed: bool  # on the roster
    state: str
    other: int
    ordered_by: str  # 'signature' or 'arrival'


class Register:
    """Open for writing, as a context manager. Raises Busy, StoreError, OSError."""

    def __init__(self, folder: Path, form: Form) -> None:
        self.folder, self.form = folder, form
        self._lock = Lock(folder / LOCK)

    def __enter__(self) -> Register:
        self._lock.__enter__()
        try:
            self._open()
        except BaseException:
            self._lock.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        shutil.rmtree(self.folder / SPOOL, ignore_errors=True)
        self._lock.__exit__()

    def _open(self) -> None:
        shutil.rmtree(self.spool, ignore_errors=True)
        self.spool.mkdir(parents=True)
        try:
            self._connection = connect(self.folder / FILE)
        except duckdb.Error as error:
            raise StoreError("store_broken", path=str(self.folder / FILE)) from error
        self._connection.execute(f"SET temp_directory = '{quoted(self.spool)}'")
        try:
            schema.prepare(self._connection, self.form)
            self._load()
        except BaseException:
            self._connection.close()
            raise

    @property
    def spool(self) -> Path:
        """Where workers put what is on its way into the register."""
        return self.folder / SPOOL

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, list(parameters)).fetchall()

    # --- what is known ----------------------------------------------------------------------

    def _load(self) -> None:
        self._units: dict[int, Claim] = {}
        self._by_code: dict[str, int] = {}
        self._by_name: dict[tuple[str, str], int] = {}
        self._past: dict[tuple[int, str], list[Past]] = {}
        self._states: dict[int, tuple[str, int]] = {}
        self._listed: dict[str, Listed] = {}
        self._listed_names: dict[tuple[str, str], Listed] = {}
        for number, code, unit, above, superior in self.query(
            "SELECT id, code, name, superior_code, superior FROM units ORDER BY id"
        ):
            self._know(int(number), Claim(code, unit, above, superior))
        for row in self.query(
            "SELECT id, unit, period, content, digest, created, result, state, other"
            " FROM submissions ORDER BY id"
        ):
            number, unit, period, content, digest, created, result, state, other = row
            past = Past(number, content, digest, created, result != REJECTED)
            if unit:
                self._past.setdefault((unit, period), []).append(past)
            self._states[number] = (state, other)
        self._last = max(self._states, default=0)
        self._last_unit = max(self._units, default=0)
        self._failed: dict[tuple[str, str], int] = {
            (file, content): number
            for file, content, number in self.query(
                "SELECT file, content, id FROM submissions s WHERE result = 'rejected' AND EXISTS"
                " (SELECT 1 FROM findings f WHERE f.submission = s.id AND f.code LIKE 'F9%')"
            )
        }
        self._list(Listed(*row) for row in self.query("SELECT * FROM roster"))

    def _know(self, number: int, claim: Claim) -> None:
        self._units[number] = claim
        if claim.code:
            self._by_code[claim.code] = number
        self._by_name.setdefault(_names(claim.name, claim.superior), number)

    def _list(self, roster: Iterable[Listed]) -> None:
        for unit in roster:
            self._listed[unit.code] = unit
            self._listed_names[_names(unit.name, unit.superior)] = unit

    def done(self) -> set[tuple[str, str]]:
        """(file, content) of everything that needs no second look, whole zips included. Where
        the reading itself failed (a machine short of memory, say) it is tried again."""
        rows = self.query("SELECT file, content FROM submissions UNION FROM containers")
        return {(file, content) for file, content in rows} - set(self._failed)

    # --- writing ----------------------------------------------------------------------------

    def set_roster(self, roster: Sequence[Listed]) -> None:
        """Replace the roster. Units that were known by name alone get their code."""
        self._listed, self._listed_names = {}, {}
        self._list(roster)
        with self._transaction():
            self._connection.execute("DELETE FROM roster")
            columns = zip(
                *((u.code, u.name, u.superior_code, u.superior) for u in roster), strict=True
            )
            self._insert("roster", _UNIT, columns)
            for number, claim in list(self._units.items()):
                listed = self._listed_names.get(_names(claim.name, claim.superior))
                if not claim.code and listed is not None:
                    self._adopt(number, listed)

    def _adopt(self, number: int, listed: Listed) -> None:
        """A unit known by name turns out to be one of the roster."""
        known = self._by_code.get(listed.code)
        claim = Claim(listed.code, listed.name, listed.superior_code, listed.superior)
        if known is None:
            self._give_code(number, claim)
            return
        self._connection.execute("UPDATE submissions SET unit = ? WHERE unit = ?", [known, number])
        self._connection.execute("DELETE FROM units WHERE id = ?", [number])
        del self._units[number]
        self._by_name[_names(claim.name, claim.superior)] = known
        for unit, period in [key for key in self._past if key[0] == number]:
            both = self._past.pop((unit, period)) + self._past.get((known, period), [])
            self._past[known, period] = sorted(both, key=lambda past: past.id)
            self._apply(settle(self._past[known, period]))

    def _give_code(self, number: int, claim: Claim) -> None:
        self._connection.execute(
            "UPDATE units SET code = ?, superior_code = ? WHERE id = ?",
            [claim.code, claim.superior_code, number],
        )
        self._know(number, claim)

    def _apply(self, states: Mapping[int, tuple[str, int]]) -> None:
        for number, (state, other) in states.items():
            if self._states.get(number) != (state, other):
                self._states[number] = (state, other)
                self._connection.execute(
                    "UPDATE submissions SET state = ?, other = ? WHERE id = ?",
                    [state, other, number],
                )

    def record(self, batch: Sequence[Arrival], received: str) -> Recorded:
        """Register a batch in one transaction, to be committed by leaving the context:

            with register.record(batch, received) as settled:
                … write the replies …

        What stands in the way of the replies rolls the batch back.
        """
        return Recorded(self, batch, received)

    def _record(self, batch: Sequence[Arrival], received: str) -> list[Settled]:
        rows: list[tuple[Any, ...]] = []
        settled = []
        self._new: list[int] = []  # units of this batch, not yet in the table
        for arrival in batch:
            failed = self._failed.pop((arrival.file, arrival.content), 0)
            if failed:  # what is known now takes its place
                self._connection.execute("DELETE FROM submissions WHERE id = ?", [failed])
                self._connection.execute("DELETE FROM findings WHERE submission = ?", [failed])
            number = self._last = self._last + 1
            unit = self._unit(arrival.claim)
            past = Past(
                number,
                arrival.content,
                arrival.digest,
                arrival.created,
                arrival.result != REJECTED,
            )
            history = [past]
            if unit:  # files of nobody have nothing to do with one another
                history = self._past.setdefault((unit, arrival.period), [])
                history.append(past)
            states = settle(history)
            state, other = states.pop(number)
            self._states[number] = (state, other)
            changed = {n for n, s in states.items() if self._states.get(n) != s}
            in_batch = {row[0]: at for at, row in enumerate(rows)}
            for old in changed & set(in_batch):  # not yet in the table
                row = rows[in_batch[old]]
                self._states[old] = states[old]
                rows[in_batch[old]] = (*row[:_STATE_AT], *states[old], *row[_STATE_AT + 2 :])
            self._apply({old: states[old] for old in changed})
            claim = self._units.get(unit, arrival.claim)
            order = "signature" if arrival.created else "arrival"
            rows.append(
                (
                    number, unit, arrival.period, arrival.file, arrival.content, arrival.digest,
                    arrival.result, state, other, received, arrival.created, order,
                    arrival.claim.code, arrival.claim.name, arrival.claim.superior,
                    arrival.form_version, arrival.serial, arrival.members, arrival.errors,
                    arrival.warnings, arrival.signed, arrival.sealed, arrival.package,
                    arrival.unit_sheet, arrival.member_sheet, arrival.id_column,
                )
            )  # fmt: skip
            settled.append(
                Settled(
                    number, unit, claim.code, claim.name, claim.superior,
                    claim.code in self._listed, state, other, order,
                )
            )  # fmt: skip
        units = [(n, c.code, c.name, c.superior_code, c.superior) for n, c in self._claims()]
        self._insert("units", {"id": _NUMBER, **_UNIT}, zip(*units, strict=True))
        self._insert("submissions", _SUBMISSION, zip(*rows, strict=True))
        self._contents(batch, settled)
        return settled

    def _claims(self) -> list[tuple[int, Claim]]:
        return [(number, self._units[number]) for number in self._new]

    def _contents(self, batch: Sequence[Arrival], settled: Sequence[Settled]) -> None:
        kept = [
            (arrival, one.id)
            for arrival, one in zip(batch, settled, strict=True)
            if arrival.result != REJECTED
        ]
        keys = [field.key for field in self.form.unit]
        answers: list[list[Any]] = [[number for _, number in kept]]
        answers += [[arrival.answers.get(key, "") for arrival, _ in kept] for key in keys]
        if kept:
            columns = {"submission": _NUMBER, **dict.fromkeys(keys, _TEXT)}
            self._insert("answers", columns, answers)
        found = [
            (one.id, *entry)
            for arrival, one in zip(batch, settled, strict=True)
            for entry in arrival.found
        ]
        self._insert("findings", _FINDING, zip(*found, strict=True))
        for spool in dict.fromkeys(arrival.spool for arrival, _ in kept if arrival.spool):
            pairs = [(a.number, number) for a, number in kept if a.spool == spool]
            self._members(Path(spool), pairs)

    def _members(self, spool: Path, pairs: Sequence[tuple[int, int]]) -> None:
        """Take over the members of accepted submissions from a worker's file: number of the
        submission, record, row of the sheet, then the form's member fields; no heading."""
        keys = [field.key for field in self.form.member]
        columns = {"number": "BIGINT", "record": "BIGINT", "source_row": "BIGINT"}
        columns |= dict.fromkeys(keys, "VARCHAR")
        described = ", ".join(f"'{quoted(c)}': '{kind}'" for c, kind in columns.items())
        named = ", ".join(map(name, keys))
        texts = ", ".join(f"coalesce({name(key)}, '')" for key in keys)
        self._connection.execute(
            f"INSERT INTO members (submission, record, source_row, {named})"
            f" SELECT submission, record, source_row, {texts}"
            " FROM read_csv(?, auto_detect = false, header = false, parallel = false,"
            f" delim = ',', quote = '\"', escape = '\"', columns = {{{described}}})"
            " JOIN (SELECT unnest(?::BIGINT[]) AS number, unnest(?::BIGINT[]) AS submission)"
            " USING (number) ORDER BY submission, record",
            [str(spool), [n for n, _ in pairs], [submission for _, submission in pairs]],
        )

    def _unit(self, claim: Claim) -> int:
        """The unit a file is from: by its code, else by name and superior union."""
        if not claim.code and not claim.name:
            return 0
        if not claim.code:
            listed = self._listed_names.get(_names(claim.name, claim.superior))
            if listed is not None:
                claim = Claim(listed.code, listed.name, listed.superior_code, listed.superior)
        known = self._by_code.get(claim.code) if claim.code else None
        if known is None:
            known = self._by_name.get(_names(claim.name, claim.superior))
            if known is not None and claim.code:
                if self._units[known].code:
                    known = None  # another unit of that name
                else:
                    self._give_code(known, claim)
        if known is not None:
            return known
        number = self._last_unit = self._last_unit + 1
        # The roster knows better how the union spells its units.
        listed = self._listed.get(claim.code)
        if listed is not None:
            claim = Claim(listed.code, listed.name, listed.superior_code, listed.superior)
        self._know(number, claim)
        self._new.append(number)
        return number

    def _insert(
        self, table: str, columns: Mapping[str, str], data: Iterable[Sequence[Any]]
    ) -> None:
        """Whole columns at once: row by row takes milliseconds each."""
        lists = [list(column) for column in data]
        if not lists:
            return
        named = ", ".join(map(name, columns))
        values = ", ".join(f"unnest(?::{kind}[])" for kind in columns.values())
        self._connection.execute(f"INSERT INTO {table} ({named}) SELECT {values}", lists)

    def finish_containers(self, containers: Sequence[tuple[str, str]]) -> None:
        """Remember zips whose members are all registered."""
        if containers:
            with self._transaction():
                columns = {"file": _TEXT, "content": _TEXT}
                self._insert("containers", columns, zip(*containers, strict=True))

    def publish(self, period: str, when: int) -> None:
        """Replace what others read."""
        snapshot.publish(self._connection, self.folder / PUBLISHED, self.form, period, when)

    def checkpoint(self) -> None:
        """Bring everything into the one file, for a copy."""
        self._connection.execute("CHECKPOINT")

    @contextlib.contextmanager
    def _transaction(self) -> Any:
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._load()
            raise
        self._connection.execute("COMMIT")


class Recorded:
    """A batch on its way; see `Register.record`."""

    def __init__(self, register: Register, batch: Sequence[Arrival], received: str) -> None:
        self._register, self._batch, self._received = register, batch, received
        self._within: Any = None

    def __enter__(self) -> list[Settled]:
        self._within = self._register._transaction()
        self._within.__enter__()
        try:
            return self._register._record(self._batch, self._received)
        except BaseException as error:
            self._within.__exit__(type(error), error, error.__traceback__)
            raise

    def __exit__(self, *error: Any) -> None:
        self._within.__exit__(*error)


def _names(unit: str, superior: str) -> tuple[str, str]:
    return same_name(unit), same_name(superior)
