"""A union's register itself, its folder copied or restored from a backup → the partition of it.

What a register publishes is what a forward holds, but nobody has signed it: it counts as
unconfirmed. Its newest period is taken; its roster says whose register it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from converter.model.errors import RegisterError
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.package.origin import is_time
from converter.register import Snapshot, periods, schema
from converter.statistics import collection
from converter.upward import layout, writing
from converter.upward.partition import ForwardRefused, ReadForward, disk_full, write_partition


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
            counts = writing.extract(register, form, plan, known, target)
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
