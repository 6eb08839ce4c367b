"""Workbooks of one form, rendered by the thousand: blank ones for units, filled ones for clerks.

What openpyxl designed is compressed once; a copy costs the parts that differ. Blank workbooks
for units differ in names alone, which go between blocks that are compressed already
(`zip_writing.Pattern`). Filled ones have their sheets written anew, row by row (`rows`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from converter.files import zip_writing
from converter.model.forms import Form
from converter.model.submissions import Stamp, Submission
from converter.template import filling
from converter.template.annotated_copy import Copy
from converter.template.blueprint import (
    Blueprint,
    below_placeholder,
    bottom_placeholder,
    design_blueprint,
    last_placeholder,
    placeholder,
    printed_placeholder,
    rows_placeholder,
    stamp_placeholders,
)
from converter.template.cell_text import escaped, harmless, visible
from converter.template.labels import label
from converter.template.layout import BLANK_ROWS_PRINTED, LAST_SHEET_ROW, MemberLayout, bottom_below
from converter.template.print_setup import footer_text
from converter.template.saving import time_of_parts
from converter.template.stored import Computed

BLANK_STAMP = Stamp()
SPARE_ROWS = 20
DESIGNS_KEPT = 8  # of a form
# zlib's levels: for what is written once, for what is large. What is mailed is the smallest.
LEVEL_ONCE, LEVEL_LARGE = 6, 2
LARGE = 5_000  # rows

Values = dict[bytes, bytes | Iterable[bytes]]


def build(
    form: Form,
    *,
    rows: int,
    stamp: Stamp = BLANK_STAMP,
    data: Submission | None = None,
    computed: Computed | None = None,
) -> list[bytes]:
    """One workbook of a form, in pieces: blank, personalised or with answers."""
    return TemplateRenderer(form).filled(data, stamp, rows=rows, computed=computed)


def sheet_names(form: Form) -> list[str]:
    """The sheets of every workbook of a form."""
    front, hidden = label(form, "guide_sheet"), label(form, "lists_sheet")
    return [front, *(sheet.title for sheet in form.sheets), hidden]


def prepared_rows(rows: int, filled: int) -> int:
    """How many rows of a table are prepared: what was asked for, but room for newcomers too."""
    spare = max(SPARE_ROWS, filled // 10) if filled else 0
    room = LAST_SHEET_ROW - 100
    most = LAST_SHEET_ROW - MemberLayout.FIRST_ROW  # formulas name the row below the last one
    return max(1, min(max(rows, filled + spare), room), min(filled, most))


_kept: deque[TemplateRenderer] = deque(maxlen=4)


def renderer_of(form: Form) -> TemplateRenderer:
    """The one that is kept for a form: to design a workbook takes longer than to fill in twenty."""
    for known in _kept:
        if known.form is form:
            return known
    _kept.append(TemplateRenderer(form))
    return _kept[-1]


@dataclass
class TemplateRenderer:
    """Makes workbooks of a form; what they have in common is made when it is first needed."""

    form: Form
    _blueprints: dict[tuple[frozenset[str], bool, bool, int], Blueprint] = field(
        default_factory=dict
    )
    _patterns: dict[tuple[frozenset[str], int], zip_writing.Pattern] = field(default_factory=dict)

    def blank(self, stamp: Stamp = BLANK_STAMP, *, rows: int) -> bytes:
        """A blank workbook, personalised for a unit, `rows` rows of each table prepared: for few
        rows and many units."""
        values = _stamp_values(stamp)
        key = frozenset(_entries(stamp)), prepared_rows(rows, 0)
        if key not in self._patterns:
            self._patterns[key] = self._pattern(*key)
        return self._patterns[key].copy(lambda _, place: values[place])

    def filled(
        self,
        data: Submission | None,
        stamp: Stamp = BLANK_STAMP,
        *,
        rows: int,
        computed: Computed | None = None,
        copy: Copy | None = None,
    ) -> list[bytes]:
        """A workbook, in pieces, with answers as they were typed, types included; derived fields
        get their formulas back, with what they come to where it is known (`computed`). With `copy`
        also what was found in it. No more of a table than some thousand rows is held at a time."""
        prepared = {
            table.key: prepared_rows(rows, data.count(table.key) if data else 0)
            for table in self.form.tables
        }
        longest = max(prepared.values(), default=0)
        plan = self._blueprint(frozenset(_entries(stamp)), longest, copy=copy is not None)
        numbers = _numbers(plan, prepared, data)
        values: Values = {**_stamp_values(stamp), **numbers}
        values |= filling.values(plan, stamp, data, computed)
        values |= filling.unit_cells(plan, stamp, data, computed, copy)
        for table in self.form.tables:
            values[rows_placeholder(table.key)] = filling.table_rows(
                plan, table.key, data, prepared[table.key], numbers, computed, copy
            )
        more: list[tuple[str, Iterable[bytes]]] = []
        if copy:
            additions = copy.additions(plan)
            values |= additions.values
            more = additions.parts
        level = LEVEL_ONCE if data else zip_writing.LEVEL_SMALLEST
        level = level if longest < LARGE else LEVEL_LARGE
        filled = {rows_placeholder(table.key) for table in self.form.tables}
        members = [
            part.packed
            if len(part.pieces) == 1
            else zip_writing.packed(
                part.name, part.filled(values), level, is_table=not filled.isdisjoint(part.pieces)
            )
            for part in plan.parts
        ]
        members += [zip_writing.packed(name, pieces, level) for name, pieces in more]
        return zip_writing.zipped(members, when=time_of_parts())

    def _blueprint(self, names: frozenset[str], rows: int, *, copy: bool) -> Blueprint:
        live = rows <= self.form.limits["live_duplicates"]
        key = names, live, copy, time_of_parts()  # a design is dated
        if key not in self._blueprints:
            if len(self._blueprints) == DESIGNS_KEPT:  # the files say which entries they have
                self._blueprints.clear()
            self._blueprints[key] = design_blueprint(self.form, names, live=live, copy=copy)
        return self._blueprints[key]

    def _pattern(self, names: frozenset[str], rows: int) -> zip_writing.Pattern:
        plan = self._blueprint(names, rows, copy=False)
        marks: dict[str, Any] = {n: placeholder(n).decode() for n in names - {"serial"}}
        stamp = Stamp(**marks)
        values: Values = {**filling.values(plan, stamp, None, None)}
        values |= filling.unit_cells(plan, stamp, None, None, None)
        numbers = _numbers(plan, {table.key: rows for table in self.form.tables})
        values |= numbers
        for table in self.form.tables:
            values[rows_placeholder(table.key)] = filling.table_rows(
                plan, table.key, None, rows, numbers, None, None
            )
        ours = stamp_placeholders(names)
        values |= {mark: mark for mark in ours}
        members = [(part.name, b"".join(part.filled(values))) for part in plan.parts]
        places = sorted(m for m in ours if any(m in data for _, data in members))
        return zip_writing.Pattern(members, places, when=time_of_parts())


def _numbers(
    plan: Blueprint, prepared: Mapping[str, int], data: Submission | None = None
) -> dict[bytes, bytes]:
    """The last rows of the tables, the rows below them, the last rows to print, and how far down
    formulas look."""
    numbers: dict[bytes, bytes] = {}
    for key, table in plan.layout.tables.items():
        last = table.HEADING_ROW + prepared[key]
        printed = table.HEADING_ROW + (
            data.count(key) if data and data.count(key) else min(BLANK_ROWS_PRINTED, prepared[key])
        )
        numbers |= {
            last_placeholder(key): b"%d" % last,
            below_placeholder(key): b"%d" % (last + 1),
            printed_placeholder(key): b"%d" % printed,
            bottom_placeholder(key): b"%d" % bottom_below(last),
        }
    return numbers


def _entries(stamp: Stamp) -> Mapping[str, str]:
    """What differs from unit to unit; form and version do not."""
    known = {f.name: str(getattr(stamp, f.name) or "") for f in fields(stamp)}
    return {n: text for n, text in known.items() if text and n not in ("form", "version")}


def _stamp_values(stamp: Stamp) -> dict[bytes, bytes]:
    """What goes into the places that name the unit: in cells, footers, properties."""
    values = {}
    for name, text in _entries(stamp).items():
        values[placeholder(name)] = escaped(harmless(text)).encode()
        values[placeholder(f"footer:{name}")] = escaped(footer_text(text)).encode()
        values[placeholder(f"property:{name}")] = escaped(visible(text)).encode()
    return values
