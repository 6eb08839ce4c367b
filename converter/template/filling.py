"""The placeholders of a blueprint filled with a clerk's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from converter.model.issues import column_letters
from converter.model.submissions import Stamp, Submission
from converter.template import answers, member_sheet, rows, stored, unit_sheet, value_places
from converter.template.annotated_copy import Copy
from converter.template.answers import Answer
from converter.template.blueprint import GUIDE, Blueprint, UnitCell, height_placeholder
from converter.template.labels import VERDICT_END
from converter.template.layout import STATUS_ROW
from converter.template.stored import Computed
from converter.template.style import varied
from converter.template.unit_sheet import locked_text
from converter.template.value_places import Value


def values(
    plan: Blueprint, stamp: Stamp, data: Submission | None, computed: Computed | None
) -> dict[bytes, bytes]:
    """What the formulas come to that are not in the rows of a table, by their placeholders."""
    form, unit = plan.layout.form, plan.layout.record
    found: dict[str, dict[str, Value]] = {unit.sheet.key: _unit_values(plan, stamp, computed)}
    for key, table in plan.layout.tables.items():
        records = data.count(key) if data else 0
        checks = computed.checks(key) if computed else [VERDICT_END] * records
        found[key] = stored.table_totals(table, form, checks)
    shown = [
        value
        for place in plan.layout.places
        for value in (place.sheet.title, found[place.sheet.key][f"A{STATUS_ROW}"])
    ]
    guide = plan.value_places[GUIDE]
    found[GUIDE] = {place.address: value for place, value in zip(guide, shown, strict=True)}
    return dict(
        pair
        for key, some in plan.value_places.items()
        for pair in value_places.filled_places(some, found[key])
    )


def _unit_values(plan: Blueprint, stamp: Stamp, computed: Computed | None) -> dict[str, Value]:
    unit = plan.layout.record
    locked = {field.key: locked_text(field, stamp) for field in unit.sheet}
    return stored.unit_values(unit, plan.layout.form, computed, locked)


def unit_cells(
    plan: Blueprint,
    stamp: Stamp,
    data: Submission | None,
    computed: Computed | None,
    copy: Copy | None,
) -> dict[bytes, bytes]:
    """The answers and reasons of the unit sheet, by their placeholders."""
    unit = plan.layout.record
    values = _unit_values(plan, stamp, computed)
    found = {}
    for mark, cell in plan.unit_cells.items():
        row = unit.rows[cell.field.key]
        marked = copy is not None and row in copy.rows(unit.sheet.key)
        if cell.column == unit.last_helper:
            answer = _answer(cell, stamp, data, plan) if marked else answers.BLANK
            explained = value_places.with_value(cell.xml, values[cell.address.decode()])
            found[mark] = explained
            if copy and marked:
                still = copy.unit_open(plan, row, typed=not cell.field.derive)
                found[mark] += _was(plan, cell, row, answer) + still
            continue
        is_reason = cell.column == unit.EXPLANATION
        answer = _reason(cell, data) if is_reason else _answer(cell, stamp, data, plan)
        if cell.field.derive and not is_reason:
            valued = value_places.with_value(cell.xml, values[cell.address.decode()])
            answer = Answer(valued[valued.index(b' s="') + 4 :].lstrip(b"0123456789"))
        level = copy.level(unit.sheet.key, row, cell.column) if copy else None
        look = varied(cell.look, answer.shown, level) if answer.shown or level else cell.look
        xml = b'<c r="%b" s="%d%b' % (cell.address, plan.styles[look], answer.tail)
        if copy and marked and is_reason:
            xml += copy.unit_jump(plan, row)
        found[mark] = xml
    return found | dict(_unit_heights(plan, stamp, data, values))


def _unit_heights(
    plan: Blueprint, stamp: Stamp, data: Submission | None, values: Mapping[str, Value]
) -> Iterator[tuple[bytes, bytes]]:
    """How high the lines of the unit sheet are, for what stands in them."""
    unit = plan.layout.record
    raw = data.sheets.get(unit.sheet.key) if data else None
    for key, row in unit.rows.items():
        field, column = unit.sheet.field(key), raw.columns.get(key) if raw else None
        typed = column.text[0] if column and column.text else ""
        texts = {
            unit.ANSWER: locked_text(field, stamp) or typed,
            unit.CHECK: str(values[f"{column_letters(unit.CHECK)}{row}"]),
            unit.EXPLANATION: raw.explanation(key, 0) if raw else "",
        }
        needed = unit_sheet.line_height([texts.get(n, "") for n in range(1, len(unit.ROLES) + 1)])
        yield height_placeholder(row), b"%g" % max(plan.unit_heights[key], needed)


def _was(plan: Blueprint, cell: UnitCell, row: int, answer: Answer) -> bytes:
    """The hidden cell that keeps what a marked answer was; none for one that nobody types."""
    if cell.field.derive:
        return b""
    letters = column_letters(plan.layout.record.was)
    return f'<c r="{letters}{row}'.encode() + answers.kept(answer.tail)


def _reason(cell: UnitCell, data: Submission | None) -> Answer:
    raw = data.sheets.get(cell.field.sheet) if data else None
    text = raw.explanation(cell.field.key, 0) if raw else ""
    return Answer(answers.plain(text)) if text else answers.BLANK


def _answer(cell: UnitCell, stamp: Stamp, data: Submission | None, plan: Blueprint) -> Answer:
    field = cell.field
    if text := locked_text(field, stamp):
        return Answer(answers.plain(text))
    raw = data.sheets.get(field.sheet) if data else None
    column = raw.columns.get(field.key) if raw else None
    if data is None or column is None or not column.text:
        return answers.BLANK
    shown = cell.look.number_format
    if data.from_package:
        return answers.canonical(column.text[0], field, plan.layout.form, shown)
    return answers.typed(column.text[0], column.type[0], shown)


def table_rows(
    plan: Blueprint,
    key: str,
    data: Submission | None,
    prepared: int,
    numbers: Mapping[bytes, bytes],
    computed: Computed | None,
    copy: Copy | None,
) -> Iterator[bytes]:
    """The prepared rows of a table, filled where there are records. `numbers`: what the marks of
    last rows stand for."""
    table = plan.layout.tables[key]
    last = table.HEADING_ROW + prepared

    def numbered(piece: bytes) -> bytes:
        for mark, number in numbers.items():
            piece = piece.replace(mark, number)
        return piece

    row = plan.rows[key]
    first = {column: tuple(map(numbered, pieces)) for column, pieces in row.first.items()}
    what = rows.Filling(
        form=plan.layout.form,
        member=table,
        styles_by_column=member_sheet.cell_styles(table),
        style=plan.styles.__getitem__,
        data=data.sheets.get(key) if data else None,
        canonical=bool(data and data.from_package),
        levels=copy.rows(key) if copy else {},
        computed=computed,
        jump=partial(copy.table_jump, plan, key, last) if copy else None,
        open=partial(copy.table_open, plan, key) if copy else None,
    )
    return rows.chunks(replace(row, first=first), what, last)
