"""Small tables in, (path, record) out: validated columns written the way a sheet looks.

A line a record, `|` between cells, field keys in the first line. A cell holds canonical text;
empty is blank; `!text` was typed but is in error; `typed>derived` is a derived field that was
typed over, `?typed>derived` one whose typing cannot be read. `#` is the submission.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from converter.forms import loading
from converter.kinds import KINDS
from converter.messages.catalogue import entry, fill
from converter.model.forms import Form, Rule
from converter.model.issues import Level
from converter.rules import FAMILIES
from converter.rules.base import FormColumns, SheetColumns, ValidatedColumn, Violation
from tests.forms.small import EVERY_KIND

FORM: Form = loading.load(EVERY_KIND)
TODAY = date(2026, 3, 1)


def lines(text: str) -> tuple[list[str], list[list[str]]]:
    """Keys and cells of a table."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    assert all(len(row) == len(rows[0]) for row in rows), text
    return rows[0], rows[1:]


def column(path: str, cells: list[str], index: pd.Index) -> ValidatedColumn:
    """One validated column."""
    field = FORM.field(path)
    raw, typed, text, faulty = [], [], [], []
    for cell in cells:
        before, derived, after = cell.partition(">")
        wrong = before.startswith(("!", "?"))
        raw.append(before.lstrip("!?") if derived or not field.derive else "")
        typed.append("" if wrong else raw[-1])
        text.append((after if derived else "" if wrong else before) if field.derive else typed[-1])
        faulty.append(wrong and not field.derive)

    def series(values: list[Any], dtype: Any = object) -> pd.Series:
        made: pd.Series[Any] = pd.Series(values, index=index, dtype=dtype)
        return made

    known = series(text)
    blank = (known == "") & ~series(faulty, bool)
    value = KINDS[field.kind].value(known, field, FORM) if len(index) else _empty(field.kind, path)
    return ValidatedColumn(series(raw), series(typed), known, value, blank, series(faulty, bool))


def _empty(kind: str, path: str) -> pd.Series:
    return KINDS[kind].value(pd.Series([""], dtype=object), FORM.field(path), FORM).iloc[:0]


def table(sheet: str, text: str, first: int = 0) -> SheetColumns:
    """All fields of a sheet; those that are not written are blank."""
    keys, rows = lines(text) if text else ([], [])
    index = pd.Index(np.arange(first, first + len(rows)), dtype="int64")
    cells = {key: [row[n] for row in rows] for n, key in enumerate(keys)}
    of = [int(n) for n in cells.pop("#", ["0"] * len(rows))]
    if sheet == "unit":
        of = index.to_list()
    blank = [""] * len(rows)
    columns = {
        field.key: column(field.path, cells.pop(field.key, blank), index)
        for field in FORM.sheet(sheet)
    }
    assert not cells, f"no such fields: {sorted(cells)}"
    return SheetColumns(columns, pd.Series(of, index=index, dtype="int64"))


def tables(unit: str = "", member: str = "", today: date = TODAY, **more: Any) -> FormColumns:
    sheets = {"unit": table("unit", unit), "member": table("member", member)}
    return FormColumns(sheets, today, FORM, **more)


def rule(code: str, **options: Any) -> Rule:
    """A rule of the form, with other options where the test wants them."""
    found = FORM.rule(code)
    assert found
    return replace(found, options={**found.options, **options}) if options else found


def hits(code: str | Rule, given: FormColumns) -> list[Violation]:
    wanted = rule(code) if isinstance(code, str) else code
    return list(FAMILIES[wanted.family].find(wanted, given))


def at(code: str | Rule, given: FormColumns) -> list[tuple[str, int]]:
    """Where a rule reports: (field path, record)."""
    return [(hit.path, hit.record) for hit in hits(code, given)]


def sentence(code: str, given: FormColumns) -> str:
    """The sentence of the first hit; fails where a placeholder was left over."""
    hit = hits(code, given)[0]
    texts = {"title": FORM.field(hit.path).title, "related_cell": "C5", **hit.params}
    shown = fill(entry(code, FORM).sentence, texts)
    assert "…" not in shown, shown
    return shown


def live() -> Iterator[tuple[Rule, str]]:
    """Every rule that may show in the workbook, with each of its places."""
    for each in FORM.rules:
        for path in each.at:
            if each.level is not Level.NOTE and FAMILIES[each.family].is_live(path, FORM):
                yield each, path
