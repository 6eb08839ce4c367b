"""The writer: files as they come, in batches, each batch one transaction.

Ids are given out in order of arrival, by the register itself, so that a batch that was rolled
back and repeated gets the same ones. Who sent a file and what it supersedes is decided from the
tables, for a batch at a time: memory does not grow with what was received.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from converter.files import writing
from converter.model.errors import RegisterError
from converter.model.forms import Form
from converter.register import (
    again,
    explanations,
    forgetting,
    halves,
    incoming,
    inserting,
    own_form,
    periods,
    published,
    registered,
    schema,
)
from converter.register.again import File
from converter.register.forgetting import Forgotten
from converter.register.halves import FileHalf, Pair
from converter.register.inserting import FINDING, NUMBER, SUBMISSION, TEXT
from converter.register.knowledge import Collection, Knowledge
from converter.register.lock import Lock
from converter.register.precedence import (
    PAIRED,
    REJECTED,
    ReceivedFile,
    RosterEntry,
    made_at,
)
from converter.register.registered import KnownOutcome, RegisteredBefore, RegisteredFile
from converter.register.schema import ANSWERS, connect, quoted, streamed

T = TypeVar("T")

FILE, LOCK, SPOOL = "register.duckdb", "lock", "spool"
_STATE_AT, _FORGOTTEN_AT = (list(SUBMISSION).index(key) for key in ("state", "forgotten"))


def rows_file(sheet: str) -> str:
    """What holds the rows of a sheet in a spool folder."""
    return f"{schema.ROWS}{sheet}.csv.gz"


class Register:
    """Open for writing, as a context manager. Raises RegisterBusy, RegisterError, OSError."""

    def __init__(self, folder: Path, form: Form, patience: float = 0) -> None:
        self.folder, self.form = folder, form
        self._lock = Lock(folder / LOCK, patience)
        self._unfinished = False  # a removal of members (`forgetting`)
        self._is_changing = False  # within a transaction
        self._arrived: dict[int, str] = {}  # of submissions that are validated anew

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
        if self._unfinished:  # what others read is published without it by now
            publications = self.folder / published.FOLDER
            forgetting.finish(self.folder / FILE, self.spool, publications, self.form)
        shutil.rmtree(self.folder / SPOOL, ignore_errors=True)
        self._lock.__exit__()

    def _open(self) -> None:
        named = published.check_form(self.folder, self.form)  # changes nothing
        shutil.rmtree(self.spool, ignore_errors=True)
        incoming.sweep(self.folder)
        writing.private_folder(self.spool)
        try:
            self._connection = connect(self.folder / FILE)
        except schema.database_errors() as error:
            with (self.folder / FILE).open("ab"):  # what cannot be opened at all is not broken
                pass
            key = "store_full" if schema.is_full(error) else "store_broken"
            raise RegisterError(key, path=str(self.folder / FILE)) from error
        (self.folder / FILE).chmod(0o600)  # names and ID numbers of people
        self._connection.execute(f"SET temp_directory = '{quoted(self.spool)}'")
        try:
            self._was_other = schema.prepare(self._connection, self.form, self.folder, named)
            self._connection.execute(schema.MACROS)
            self._knowledge = Knowledge(self._connection)
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

    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The same, some rows at a time: answers may be long."""
        return streamed(self._connection, sql, parameters)

    @contextlib.contextmanager
    def kept(
        self, sql: str, parameters: Sequence[Any] = ()
    ) -> Iterator[Callable[[], Iterator[tuple[Any, ...]]]]:
        """A long answer, kept in a file so that it can be read several times, row by row."""
        path = self.spool / "answer.parquet"
        try:
            schema.copy(self._connection, sql, path, parameters=parameters)
            yield lambda: self.stream("SELECT * FROM read_parquet(?)", [str(path)])
        finally:
            path.unlink(missing_ok=True)

    # --- what is known ----------------------------------------------------------------------

    def _load(self) -> None:
        self._knowledge.load()
        self._forgotten = Forgotten.read(self)
        self._last = int(self.query("SELECT coalesce(max(id), 0) FROM submissions")[0][0])
        self._failed = again.unread(self)
        if self._was_other:  # it was refused as no workbook of that form
            self.rejudge()

    @property
    def last(self) -> int:
        """The id of the newest submission, 0 = none."""
        return self._last

    def states_of(self, after: int, others: Sequence[int] = ()) -> dict[str, int]:
        """How many of the submissions after this one, and of the others, are in which state now."""
        sql = (
            "SELECT state, count(*) FROM submissions WHERE id > ?"
            " OR id IN (SELECT unnest(?::BIGINT[])) GROUP BY state ORDER BY state"
        )
        return {str(state): int(count) for state, count in self.query(sql, [after, list(others)])}

    def outcomes(self, until: int) -> Iterator[tuple[int, KnownOutcome]]:
        """What became of submissions up to this one, without those whose members were removed for
        good."""
        return registered.outcomes(self, self._knowledge.rulings.decided, until)

    def registered(self, submissions: Sequence[int]) -> dict[File, RegisteredBefore]:
        """(file, content) → what became of it."""
        period = self._knowledge.collection.period
        return registered.read(self, self._knowledge.rulings.decided, submissions, period)

    def done(self, files: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of these (file, content) need no second look, whole zips included. Where the
        reading itself failed (a machine short of memory, a file that was being written to) it is
        tried again."""
        return again.done(self, files, self._failed.keys())

    def retry_locked(self) -> None:
        """Have packages validated once more that were sealed or signed when no keys were at
        hand."""
        self._failed |= again.locked(self)

    def rejudge(self) -> set[tuple[str, str]]:
        """Have what was refused validated once more by `record`: it keeps its number and the time
        of its arrival. Returns the (file, content) of each."""
        found = again.refused(self)
        self._failed |= found
        self._arrived = again.arrivals(self, found)
        return set(found)

    # --- writing ----------------------------------------------------------------------------

    def collect(self, collection: Collection, when: str) -> None:
        """Say what is collected from now on, at this time. Files of this period that were held
        while another one was collected are taken up; ledger and roster decide anew."""
        with self._transaction():
            own_form.write(self._connection, self.form)
            self._knowledge.collect(collection, when)

    def set_roster(self, roster: Sequence[RosterEntry], period: str) -> None:
        """Replace the roster of a period; those of other periods stay. Units that were known by
        name alone get their code, and the history of the unit that they turn out to be."""
        with self._transaction():
            self._knowledge.set_roster(roster, period)

    def open_period(self) -> str:
        """The period that an officer opened; '' = none."""
        return periods.open_one(self._connection)

    @property
    def collected(self) -> str:
        """The period that is collected."""
        return self._knowledge.collection.period

    @property
    def respelled(self) -> dict[str, str]:
        """Codes that the roster spells without their zeros → as files spell them."""
        return self._knowledge.respelled

    def change(self, what: Callable[[Knowledge], T]) -> T:
        """Change what is known, in one transaction (`periods`, `decisions`)."""
        with self._transaction():
            return what(self._knowledge)

    @contextlib.contextmanager
    def record(
        self, batch: Sequence[ReceivedFile], received: str
    ) -> Iterator[list[RegisteredFile]]:
        """Register a batch in one transaction, to be committed by leaving the context:

            with register.record(batch, received) as settled:
                … write the replies …

        An error while the replies are written rolls the batch back.
        """
        with self.together():
            yield self._record(batch, received)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Have all batches that are recorded in this context committed at once, by leaving it."""
        # Rows of a batch are few: threads would wait for each other longer than they work.
        self._connection.execute("SET threads = 1")
        try:
            with self._transaction():
                yield
        finally:
            with contextlib.suppress(*schema.database_errors()):  # one that broke cannot be set
                self._connection.execute("RESET threads")

    def _record(self, batch: Sequence[ReceivedFile], received: str) -> list[RegisteredFile]:
        # What is known now takes the place, and the number, of what could not be read or verified.
        before = [self._failed.pop((a.file, a.content), 0) for a in batch]
        self._forget(filter(None, before))
        # What is known of its unit when a file comes, not what a later file adds.
        knowledge = self._knowledge
        senders = knowledge.senders([(arrival.claim, arrival.content) for arrival in batch])
        known = knowledge.histories({sender.unit for sender in senders})
        rows: dict[int, tuple[Any, ...]] = {}
        settled = []
        for arrival, sender, known_as in zip(batch, senders, before, strict=True):
            number = known_as or self._last + 1
            came = self._arrived.get(known_as, received)
            self._last = max(self._last, number)
            collected = knowledge.collection.period or arrival.period
            barred = knowledge.barred(arrival.period, arrival.created)
            made = made_at(arrival.created, came)
            prior = known.prior(
                number, arrival.content, arrival.digest, made, arrival.result, collected, barred,
                arrival.is_half, unverified=arrival.signed and not arrival.created,
            )  # fmt: skip
            known.arrive(sender.unit, prior)
            period, state, other, reason = known.states[number]
            removed = self._forgotten.covers(
                arrival.content, arrival.digest, period, arrival.period
            )
            order = "signature" if arrival.created else "arrival"
            rows[number] = (
                number, sender.unit, period, arrival.file, arrival.content, arrival.digest,
                arrival.result, state, other, came, arrival.created, order,
                arrival.claim.code, arrival.claim.name, arrival.claim.superior,
                arrival.form_version, arrival.serial, arrival.members, arrival.errors,
                arrival.warnings, arrival.signed, arrival.sealed, arrival.package,
                arrival.unit_sheet, arrival.member_sheet, arrival.id_column, arrival.file_time,
                arrival.period, collected, barred, received if removed else "", reason,
            )  # fmt: skip
            settled.append(
                RegisteredFile(
                    number, sender.unit, sender.claim.code, sender.claim.name,
                    sender.claim.superior, state, other, order, period, reason,
                    decision=knowledge.rulings.decided.get(arrival.content),
                    received=came,
                )
            )  # fmt: skip
        for number, row in rows.items():  # a later file of the batch may have changed it
            _, state, other, reason = known.states[number]
            rows[number] = (*row[:_STATE_AT], state, other, *row[_STATE_AT + 2 : -1], reason)
        known.changed = {n: s for n, s in known.changed.items() if n not in rows}
        known.write(self._connection)
        columns = zip(*rows.values(), strict=True)
        inserting.insert(self._connection, "submissions", SUBMISSION, columns)
        gone = {number for number, row in rows.items() if row[_FORGOTTEN_AT]}
        self._write_contents(batch, settled, gone)
        return settled

    def _write_contents(
        self, batch: Sequence[ReceivedFile], settled: Sequence[RegisteredFile], gone: set[int]
    ) -> None:
        """Answers, rows and findings; of submissions that are `gone` nobody's data."""
        both = list(zip(batch, settled, strict=True))
        kept = [(arrival, one.id) for arrival, one in both if arrival.result != REJECTED]
        found = [(one.id, *entry) for arrival, one in both for entry in arrival.found]
        inserting.insert(self._connection, "findings", FINDING, zip(*found, strict=True))
        explained = ((n, a.explanations) for a, n in kept if n not in gone and a.explanations)
        explanations.write(self._connection, explained)
        for spool in dict.fromkeys(arrival.spool for arrival, _ in kept if arrival.spool):
            of_spool = [(a.number, n) for a, n in kept if a.spool == spool]
            whole = {number: n for number, n in of_spool if n not in gone}
            bare = {number: n for number, n in of_spool if n in gone}
            for sheet in self.form.sheets:
                part = Path(spool) / rows_file(sheet.key)
                if part.exists():
                    table = schema.table_of(self.form, sheet.key)
                    ours = schema.RESERVED.get(table, schema.ROW_COLUMNS)
                    keys = [field.key for field in sheet]
                    inserting.rows(self._connection, table, ours, keys, part, whole)
                    if bare and table == ANSWERS:
                        blank = forgetting.personal_keys(self.form)
                        inserting.rows(self._connection, table, ours, keys, part, bare, blank)

    def finish_containers(self, containers: Sequence[tuple[str, str]]) -> list[str]:
        """Remember zips whose members are all registered. Returns those that could not be read
        before; that they could not is forgotten."""
        if not containers:
            return []
        with self._transaction():
            columns = {"file": TEXT, "content": TEXT}
            rows = zip(*containers, strict=True)
            inserting.insert(self._connection, "containers", columns, rows)
            readable = [one for one in containers if one in self._failed]
            self._forget(self._failed.pop(one) for one in readable)
        return [name for name, _ in readable]

    def _forget(self, submissions: Iterable[int]) -> None:
        numbers = list(submissions)
        if not numbers:
            return
        tables = {"submissions": "id"} | dict.fromkeys(
            ("findings", "explanations", "answers", *schema.row_tables(self._connection)),
            "submission",
        )
        for table, column in tables.items():
            inserting.delete(self._connection, table, column, numbers)

    def newest(self) -> str:
        """The period that pages show."""
        return periods.newest(self._connection)

    def halves(self) -> list[FileHalf]:
        """Files with one of the two sheets alone, and those that are halves of a submission."""
        return halves.read(self, self._arrived)

    def pair(self, made: Pair, submission: int) -> None:
        """Two files were registered as this submission, within the same transaction."""
        numbers = [made.unit.number, made.members.number]
        inserting.update(
            self._connection,
            "submissions",
            {"result": TEXT, "state": TEXT, "other": NUMBER, "reason": TEXT},
            [numbers, [PAIRED] * 2, [PAIRED] * 2, [submission] * 2, [""] * 2],
        )
        inserting.delete(self._connection, "findings", "submission", numbers)

    def publish(self, period: str, when: int) -> None:
        """Replace what others read. `period`: what is collected, where no period is known yet."""
        shown = periods.newest(self._connection) or period
        published.publish(self._connection, self.folder / published.FOLDER, self.form, shown, when)
        self._unfinished = forgetting.is_pending(self)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; within another one, a part of that."""
        if self._is_changing:
            yield
            return
        self._connection.execute("BEGIN")
        self._is_changing = True
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._is_changing = False
            self._load()
            raise
        self._is_changing = False
        self._connection.execute("COMMIT")
