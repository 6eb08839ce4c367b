"""What the commands around identity files do, without click. Light: no pandas here.

Secrets are handled in the command's own process; rosters, which come from spreadsheets, are
read by a worker. Keys and ledgers that cannot be used raise errors that say why themselves.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from converter import identity, roster
from converter.forms import loading
from converter.identity import issuing, keys, ledger, subordinates
from converter.identity.loading import load_private
from converter.messages.catalogue import message
from converter.model.clock import today
from converter.model.errors import RegisterError, UsageError, WorkerDied
from converter.model.forms import Form
from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import Outcome, Unit
from converter.register import Snapshot
from converter.text import file_names
from converter.usecases import outputs
from converter.usecases.common import ProgressReporter, silent, unread
from converter.usecases.outputs import Output
from converter.workers.pool import Runner
from converter.workers.requests.roster import BlankRosterRequest, RosterAnswer, RosterRequest
from converter.workers.requests.template import BlankWorkbook, TemplatesRequest

YEAR = timedelta(days=365)
TEMPLATES_A_TASK = 250


def init(folder: Path, passphrase: str = "") -> keys.PublicKeys:
    """Make a union's keys. Raises KeysError, OSError."""
    return keys.create(folder, passphrase)


# --- the roster ----------------------------------------------------------------------------


def blank_roster(folder: Path, output: Path, worker: Runner, *, force: bool = False) -> Output:
    """Write an empty roster; only `force` replaces a file that is there already."""
    path = worker.run(BlankRosterRequest(folder, output, force)).path
    kept = outputs.existing(folder, output, worker) if path != output else None
    return Output(path, kept)


@dataclass(frozen=True, slots=True)
class RosterReport:
    """What a roster's file came to, and the form to report that by."""

    answer: RosterAnswer
    table: Form

    @property
    def units(self) -> list[Unit]:
        return list(self.answer.units)

    @property
    def outcome(self) -> Outcome:
        return self.answer.outcome


def read_roster(
    folder: Path,
    path: Path,
    worker: Runner,
    known: Sequence[Unit] = (),
    *,
    keep: bool = True,
    keys_folder: Path | None = None,
) -> RosterReport:
    """Read a roster. Units without a code keep the one of the `known` unit of that name, or get
    one that this union (of these keys) may issue for; `keep` writes the roster with these codes
    beside it."""
    table = roster.definition(loading.read(folder), folder)
    coded = _coded_name(path) if keep else None
    chain = subordinates.superior(keys_folder) if keys_folder else ()
    prefix = chain[0].scope[0] if chain else ""
    try:
        answer = worker.run(RosterRequest(folder, path, tuple(known), coded, prefix))
    except WorkerDied as died:
        answer = RosterAnswer(unread(str(path), died))
    return RosterReport(answer, table)


def _coded_name(path: Path) -> Path:
    """Where the roster with its codes goes; that of a roster that has some goes beside it."""
    suffix = message("roster_coded_suffix")
    stem = re.sub(rf"{re.escape(suffix)}(-[0-9]+)?$", "", path.stem)
    return path.with_name(f"{stem}{suffix}.xlsx")


def known_units(keys_folder: Path | None, store: Path | None) -> list[Unit]:
    """The units that the union knows: those that hold an identity file, and those of the rosters
    that the register was given. Raises LedgerError, OSError."""
    entries = (ledger.by_unit(keys_folder) or {}) if keys_folder else {}
    known = [Unit(one.unit_code, one.unit_name, "") for one in entries.values()]
    if store is not None:
        with contextlib.suppress(RegisterError), Snapshot(store) as register:  # none so far
            rows = register.query(
                "SELECT code, name, superior FROM roster WHERE via = '' ORDER BY period, code"
            )
            known += [Unit(*map(str, row)) for row in rows]
    return known


# --- issuing, verifying, showing -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IssueTerms:
    """What an issue is for and until when it is good."""

    period: str
    issued: date
    valid_until: date


def terms(folder: Path, period: str, valid_until: str) -> IssueTerms:
    """Fill in what is not given: the form's period, a year from today. Raises UsageError."""
    day = today()
    until = last_day(valid_until, day) if valid_until else day + YEAR
    return IssueTerms(period or str(loading.read(folder).prose.get("period", "")), day, until)


def last_day(text: str, today: date) -> date:
    """The day until which something is issued. Raises UsageError for none, and for a past one."""
    try:
        until = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("identity_bad_date", value=text) from error
    if until < today:
        raise UsageError("identity_past", value=text)
    return until


def issue(
    units: list[Unit],
    folder: Path,
    target: Path,
    terms: IssueTerms,
    passphrase: str = "",
    *,
    contact: str = "",
) -> issuing.Issued:
    """Issue to every unit. `contact`: whom units ask of which the roster says nothing about that.
    Raises KeysError, LedgerError, LedgerBusy, OSError."""
    return issuing.issue(
        units,
        folder,
        target,
        period=terms.period,
        issued=terms.issued,
        valid_until=terms.valid_until,
        contact=contact,
        passphrase=passphrase,
    )


def chosen(units: list[Unit], codes: Sequence[str]) -> list[Unit]:
    """The units with these codes, all of them where none is named. Raises UsageError
    for a code of none."""
    strangers = set(codes) - {unit.code for unit in units}
    if strangers:
        raise UsageError("identity_no_unit", code=min(strangers))
    return [unit for unit in units if not codes or unit.code in codes]


def new_password(folder: Path, code: str) -> tuple[ledger.LedgerEntry, str]:
    """A unit, and a new password for fetching its identity file. Raises UsageError, LedgerError,
    LedgerBusy, OSError."""
    try:
        made = issuing.new_password(folder, code)
    except KeyError:
        raise UsageError("identity_no_unit", code=code) from None
    return (ledger.by_unit(folder) or {})[code], made


@dataclass(frozen=True, slots=True)
class IdentityReport:
    """An identity file as it is shown: never with its secret."""

    public: identity.Public | None
    issues: tuple[Issue, ...]
    secret: bool = False  # whether the file holds one
    is_locked: bool = False  # whether that carries a passphrase


def show(path: Path) -> IdentityReport:
    """Look into an identity file; it is compared with nothing but itself."""
    loaded, issues = load_private(path, today())
    if loaded is None:
        return IdentityReport(None, tuple(issues))
    secret = loaded.signer is not None or loaded.is_locked
    return IdentityReport(loaded.public, tuple(issues), secret, loaded.is_locked)


def change_passphrase(path: Path, old: str, new: str) -> tuple[Issue, ...]:
    """Give a folder of keys or an identity file another passphrase ('' = none), or say why that
    file is no identity file. Raises KeysError, OSError."""
    from converter.identity import passphrases

    try:
        passphrases.change(path, old, new)
    except identity.IdentityRefused as refused:
        return (Issue(refused.code, Level.ERROR, Place(str(path)), params=refused.params),)
    return ()


# --- workbooks for many units ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TemplatesResult:
    """How many workbooks were written, what was wrong with identity files, and which files kept
    the names that workbooks were to get."""

    count: int
    outcomes: tuple[Outcome, ...]
    kept: tuple[Path, ...] = ()


def templates(
    folder: Path,
    identities: Path,
    target: Path,
    rows: int,
    worker: Runner,
    progress: ProgressReporter = silent,
    *,
    contact: str = "",
    force: bool = False,
) -> TemplatesResult:
    """Write a workbook for each identity file of a folder. `contact`: whom units ask whose file
    does not say so. Raises UsageError, OSError."""
    files = sorted(path for path in identities.iterdir() if file_names.suffix(path) == ".xml")
    if not files:
        raise UsageError("templates_none", path=identities)
    day = today()
    outcomes, wanted = [], []
    for path in files:
        public, issues = identity.read(path, day)
        if issues:
            outcomes.append(Outcome(str(path), Issues.of(issues), readable=public is not None))
        if public is not None and not any(i.level is Level.ERROR for i in issues):
            document = public.document()
            wanted.append(BlankWorkbook(target / f"{file_names.stem(path)}.xlsx", document))
    target.mkdir(parents=True, exist_ok=True)
    starts = range(0, len(wanted), TEMPLATES_A_TASK)
    parts = [tuple(wanted[at : at + TEMPLATES_A_TASK]) for at in starts]
    kept: list[Path] = []
    for part in progress(parts, lambda: len(wanted), len):
        kept += worker.run(TemplatesRequest(folder, part, rows, contact, force)).kept
    return TemplatesResult(len(wanted), tuple(outcomes), tuple(kept))
