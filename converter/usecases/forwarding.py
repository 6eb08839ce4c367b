"""`forward`: a union's period as one file for the union above."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from converter.forms import loading
from converter.identity import subordinates
from converter.identity.subordinates import UnionName
from converter.model.errors import UsageError
from converter.register import Snapshot, audit, incoming, periods
from converter.statistics import collection
from converter.upward import layout, parts, writing
from converter.upward.writing import Forwarded, ForwardPlan
from converter.usecases.common import known_period


def forward(
    store: Path,
    folder: Path,
    keys: Path,
    output: Path,
    plan: ForwardPlan,
    own: UnionName | None,
    passphrase: str = "",
) -> Forwarded:
    """Write the forward of a period ('' = the newest), and log it. `own`: what the union is called,
    where no superior says so. Raises UsageError, RegisterError, KeysError, OSError."""
    form = loading.load(folder)
    with Snapshot(store, form, as_named=True) as register:
        if own is not None and not subordinates.superior(keys):
            subordinates.keep_name(keys, own)
        output.parent.mkdir(parents=True, exist_ok=True)
        period = known_period(register, plan.period)
        if collection.heading(register, period).state != periods.CLOSED and not plan.interim:
            raise UsageError("forward_open", period=period)
        union = subordinates.own_name(keys)
        if union is None:
            raise UsageError("union_no_name")
        chosen = replace(plan, period=period)
        known = layout.tables(form, members=not plan.figures_only)
        with incoming.kept(store, parts.name_of(register.state, period, known)) as folder:
            written = parts.ForwardParts(folder)
            done = writing.write(register, form, keys, union, output, chosen, written, passphrase)
    audit.append(store, audit.FORWARD, plan.now, path=done.path, period=period)
    return done
