"""A union's register itself, its folder or a backup of it → the partition of it.

What a register publishes is what a forward holds, but nobody has signed it: it counts as
unconfirmed. Its newest period is taken; its roster says whose register it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from converter.files import backup_zip
from converter.files.backup_zip import BackupEntry
from converter.model.errors import NotABackup, RegisterError
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.package.origin import is_time
from converter.register import Snapshot, periods, published, schema
from converter.statistics import collection
from converter.upward import layout, writing
from converter.upward.partition import ForwardRefused, ReadForward, disk_full, write_partition
from converter.upward.parts import ForwardParts


def read(
    folder: Path, file: str, form: Form, unions: Mapping[str, str], target: Path, number: int
) -> ReadForward:
    """Take over what a register has published, as the forward of this number. Never raises on bad
    data. `unions`: name → code, as the receiving union knows them."""
    found = ReadForward()
    try:
        with Snapshot(folder, as_named=True) as register:
            found = _described(register, form, unions)
            plan = writing.ForwardPlan(found.period, found.interim, False, 0)
            known = layout.tables(form)
            parts = ForwardParts(target / "parts")
            parts.folder.mkdir()
            counts = writing.extract(register, form, plan, known, target, parts)
            shutil.rmtree(parts.folder)
        found = replace(found, counts=counts)
        spooled = {one.name: target / one.path for one in known}
        replies = write_partition(spooled, known, found, target, number)
    except ForwardRefused as refused:
        return _refused(found, file, refused.code, **refused.params)
    except schema.database_errors() as error:
        if schema.is_full(error):
            raise disk_full(target) from error
        return _refused(found, file, "P201")
    except (RegisterError, KeyError, TypeError, ValueError):
        return _refused(found, file, "P201")
    return replace(found, partition=True, replies=replies)


def read_backup(
    path: Path, file: str, form: Form, unions: Mapping[str, str], target: Path, number: int
) -> ReadForward:
    """The same with the one register in a backup, of which only what is published is opened."""
    folder = target / "backup"
    try:
        with backup_zip.opened(path) as (archive, entries):
            chosen = _published(entries)
            if chosen is None:
                return _refused(ReadForward(), file, "P211")
            for entry in chosen:
                if not backup_zip.is_whole(archive, entry):
                    return _refused(ReadForward(), file, "P201")
                backup_zip.extract(archive, entry, folder)
            below = folder / PurePosixPath(chosen[0].name).parent
        return read(below, file, form, unions, target, number)
    except NotABackup:
        return _refused(ReadForward(), file, "P201")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _published(entries: Sequence[BackupEntry]) -> list[BackupEntry] | None:
    """What a backup's register has published, `state.json` first; None where it holds no register
    or several."""
    named = [PurePosixPath(one.name) for one in entries]
    places = {path.parents[1] for path in named if path.name == "units.parquet" and path.parts[2:]}
    found = [one for one in named if one.name == published.STATE and one.parent in places]
    if len(found) != 1:
        return None
    (state,) = found
    within = [one for one in entries if PurePosixPath(one.name).is_relative_to(state.parent)]
    return sorted(within, key=lambda one: one.name != str(state))


def _refused(found: ReadForward, file: str, code: str, **params: str | int) -> ReadForward:
    issue = Issue(code, Level.ERROR, Place(file), params={"union": found.name, **params})
    return replace(found, issues=(*found.issues, issue))


def _described(register: Snapshot, form: Form, unions: Mapping[str, str]) -> ReadForward:
    """What the forward of it would say of itself. Raises ForwardRefused."""
    state = register.state
    of, period, created = state["form"], str(state["period"]), str(state["published"])
    if (of["id"], of["version"]) != (form.id, form.version):
        stated = f"{of['id']} {of['version']}"[:60]
        raise ForwardRefused("P203", found=stated, expected=f"{form.id} {form.version}")
    if not is_time(created):
        raise ForwardRefused("P201")
    heading = collection.heading(register, period)
    codes = register.query(
        "SELECT superior_code FROM roster_of($1) WHERE superior = $2 AND superior_code <> ''"
        " UNION SELECT code FROM roster_of($1) WHERE name = $2 AND code <> ''",
        [period, heading.union],
    )
    code = str(codes[0][0]) if codes else unions.get(heading.union, "")
    if not heading.union or not code:
        raise ForwardRefused("P210")
    return ReadForward(
        code=code,
        name=heading.union,
        period=period,
        created=created,
        interim=heading.state != periods.CLOSED,
    )
