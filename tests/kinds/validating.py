"""What a clerk types in, what a kind makes of it out.

A str is typed as text, a number or a date as such; what comes back is `Verdict`: canonical text
('' where nothing can be read), the first fault, and the note about what was rewritten.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

import pandas as pd

from converter.forms import loading
from converter.kinds import KINDS
from converter.kinds.base import Cells
from converter.messages.catalogue import entry
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Level
from converter.text.cell_values import number_text
from converter.text.characters import strip
from tests.forms.small import EVERY_KIND

FORM: Form = loading.load(EVERY_KIND)


class Verdict(NamedTuple):
    text: str
    fault: str
    note: str


def field(path: str, **options: Any) -> Field:
    """A field of the form, perhaps with other options (None takes one away)."""
    found = FORM.field(path)
    merged = {k: v for k, v in {**found.options, **options}.items() if v is not None}
    return replace(found, options=merged)


def cell_of(typed: Any) -> tuple[str, CellType]:
    if isinstance(typed, tuple):  # a text, and the type of its cell
        return typed
    if isinstance(typed, bool):
        return str(typed).upper(), CellType.BOOL
    if isinstance(typed, datetime):
        return typed.isoformat(), CellType.DATE
    if isinstance(typed, date):
        return typed.isoformat(), CellType.DATE
    if isinstance(typed, int | float):
        return number_text(float(typed)), CellType.NUMBER
    return (typed, CellType.TEXT) if strip(typed) else ("", CellType.BLANK)


def cells(*typed: Any) -> Cells:
    found = [cell_of(value) for value in typed]
    # Labels that are no positions: nothing may rely on them.
    index = pd.Index(range(100, 100 + len(found)))
    return Cells(
        pd.Series([text for text, _ in found], index=index, dtype=object),
        pd.Series([int(kind) for _, kind in found], index=index, dtype="int8"),
    )


def validate(of: Field, *typed: Any) -> list[Verdict]:
    kind, given = KINDS[of.kind], cells(*typed)
    normal = kind.normalise(given, of, FORM)
    shown = Cells(normal.text, given.type)
    faults = [""] * len(typed)
    for check in reversed(kind.checks(of, FORM)):
        for at, passes in enumerate(check.passes(shown)):
            faults[at] = faults[at] if passes else check.code
    verdicts = []
    for text, fault, note in zip(normal.text, faults, normal.note, strict=True):
        wrong = bool(fault) and entry(fault, FORM, of).level is Level.ERROR
        verdicts.append(Verdict("" if wrong else text, fault, "" if wrong else note))
    return verdicts


def verdict(of: Field, typed: Any) -> Verdict:
    return validate(of, typed)[0]


def params(of: Field, typed: Any) -> dict[str, Any]:
    """What the sentence of a cell's fault fills in."""
    given = cells(typed)
    text = KINDS[of.kind].normalise(given, of, FORM).text.iloc[0]
    return dict(
        KINDS[of.kind].message_params(verdict(of, typed).fault, given.text.iloc[0], text, of, FORM)
    )
