"""`forget`: members are removed from a register for good, and where they still are is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from converter.model.clock import utc_stamp
from converter.model.errors import UsageError
from converter.model.forms import Form
from converter.register import (
    Register,
    Snapshot,
    audit,
    forgetting,
    forward_removal,
    forwarded,
    periods,
    published,
)
from converter.register.forgetting import Removal, RemovalPlan, Scope
from converter.register.forward_removal import RemovedBelow
from converter.register.knowledge import Knowledge
from converter.report import reply_files
from converter.usecases.deciding import existing_store


@dataclass(frozen=True, slots=True)
class RemainingPlaces:
    """Files outside the register that may hold the same members: how many of its files
    lie in each inbox and have a marked copy in each reply folder, and all exports and backups that
    are there still."""

    inboxes: Sequence[tuple[Path, int]]
    replies: Sequence[tuple[Path, int]]
    exports: Sequence[Path]
    backups: Sequence[Path]

    def __bool__(self) -> bool:
        return bool(self.inboxes or self.replies or self.exports or self.backups)


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """What is to be removed: of a period, of a unit (its code or name), of a unit in a period, or
    only what does not count in a period."""

    period: str = ""
    unit: str = ""
    superseded: bool = False
    officer: str = ""
    why: str = ""


def forget(
    store: Path,
    form: Form,
    request: ForgetRequest,
    now: int,
    confirm: Callable[[RemovalPlan], bool] = lambda plan: True,
) -> tuple[RemovalPlan, RemainingPlaces] | None:
    """Remove members for good; None where `confirm` returned False for what would be removed.
    Raises UsageError, RegisterBusy, RegisterError, OSError."""
    with Register(existing_store(store), form) as register:
        request = replace(request, period=periods.canonical(register, request.period))
        scope = register.change(lambda known: _scope(known, request, store))
        plan = register.change(lambda known: forgetting.plan(known, scope))
        plan = _with_below(plan, register)
        if plan.files:
            if not confirm(plan):
                return None
            made = Removal(
                scope.period,
                scope.kind,
                scope.unit_name,
                utc_stamp(now),
                request.officer,
                request.why,
                len(plan.files),
                plan.members,
            )
            register.change(lambda known: forgetting.remove(known, form, made, scope))
        register.publish("", now)  # and what an interrupted run left is finished
    return plan, _remaining(store, plan)


def _with_below(plan: RemovalPlan, register: Register) -> RemovalPlan:
    """With what unions below forwarded."""
    found = forwarded.read(register)
    if not found:
        return plan
    scope, unit = plan.scope, ""
    if scope.kind == forgetting.UNIT:
        rows = register.query("SELECT code FROM units WHERE id = ? AND code <> ''", [scope.unit])
        unit = str(rows[0][0]) if rows else scope.unit_name
    removed = RemovedBelow(scope.period, unit, scope.kind == forgetting.SUPERSEDED, "")
    below = list(forward_removal.files(register.folder / published.FOLDER, found, removed))
    originals = [one.file for one in found if removed.concerns(one)] if below else []
    return replace(
        plan,
        files=[*plan.files, *((number, file, content) for number, file, content, _ in below)],
        members=plan.members + sum(count for *_, count in below),
        elsewhere=[*plan.elsewhere, *originals],
    )


def _unit_below(store: Path, request: ForgetRequest) -> Scope:
    """A unit that only unions below have reported."""
    with Snapshot(store, as_named=True) as snapshot:
        rows = snapshot.query(
            "SELECT DISTINCT code, CASE code WHEN '' THEN name ELSE code END FROM units"
            " WHERE via <> '' AND (code = $1 OR name = $1)",
            [request.unit.strip()],
        )
    if not rows:
        raise UsageError("forget_no_unit", unit=request.unit)
    if len(rows) > 1:
        raise UsageError("forget_many_units", unit=request.unit)
    return Scope(forgetting.UNIT, request.period, forward_removal.BELOW, str(rows[0][1]))


def _scope(known: Knowledge, request: ForgetRequest, store: Path) -> Scope:
    if request.superseded:
        if request.unit or not request.period:
            raise UsageError("forget_superseded")
        return Scope(forgetting.SUPERSEDED, request.period)
    if not request.unit:
        if not request.period:
            raise UsageError("forget_what")
        return Scope(forgetting.PERIOD, request.period)
    found = known.find(request.unit)
    if len(found) > 1:
        raise UsageError("forget_many_units", unit=request.unit)
    rows = [
        row
        for one in found
        for row in known.query(
            "SELECT id, name FROM units WHERE code = $1 AND ($1 <> '' OR name = $2)",
            [one.code, one.name],
        )
    ]
    if not rows:
        return _unit_below(store, request)
    if len(rows) > 1:
        raise UsageError("forget_many_units", unit=request.unit)
    return Scope(forgetting.UNIT, request.period, int(rows[0][0]), str(rows[0][1]))


def _remaining(store: Path, plan: RemovalPlan) -> RemainingPlaces:
    received = audit.places(store, audit.RECEIVE)
    inboxes = [
        (path, sum(_lies_in(path, name) for name in plan.elsewhere))
        for path in received.get("inbox", [])
    ]
    replies = [
        (path, sum(reply_files.annotated(path, name).is_file() for name in plan.elsewhere))
        for path in received.get("reply", [])
    ]
    return RemainingPlaces(
        [one for one in inboxes if one[1]],
        [one for one in replies if one[1]],
        audit.places(store, audit.EXPORT).get("path", []),
        audit.places(store, audit.BACKUP).get("path", []),
    )


def _lies_in(inbox: Path, name: str) -> bool:
    """Whether a file, its zip, or one of its two halves lies in an inbox still."""
    if inbox.is_file():
        return name.split("/", 1)[0] == inbox.name
    for part in name.split(" + "):
        path = inbox
        for piece in part.split("/"):
            path /= piece
            if path.is_file():
                return True
    return False
