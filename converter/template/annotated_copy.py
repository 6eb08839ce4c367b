"""What an annotated copy has beyond a filled workbook: marked cells with comments, ways from one
fault to the next, pages of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from converter.formulas import expressions
from converter.messages.catalogue import message
from converter.model.issues import Level, column_letters
from converter.template import comments, member_sheet, text_sheets
from converter.template.answers import formula
from converter.template.blueprint import (
    NAMES,
    RELATIONS,
    SHEETS,
    TYPES,
    Blueprint,
    tail_placeholder,
)
from converter.template.cell_text import attribute
from converter.template.conditional_formats import is_unchanged
from converter.template.labels import VERDICT_END
from converter.template.layout import MemberLayout, quoted
from converter.template.text_sheets import TextSheet

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATION = '<Relationship Id="{id}" Type="' + _OFFICE + '/{kind}" Target="{target}"/>'
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{relations}</Relationships>"
)
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_OVERRIDE = '<Override PartName="/{part}" ContentType="{type}"/>'
_DRAWINGS = (
    '<Default Extension="vml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
)
_HANGER = f'<legacyDrawing xmlns:r="{_OFFICE}" r:id="shapes"/>'.encode()


AHEAD = 200  # rows below that a way to the next fault looks at


class Additions(NamedTuple):
    """Values of a blueprint's placeholders, and further parts."""

    values: dict[bytes, bytes | Iterable[bytes]]
    parts: list[tuple[str, Iterable[bytes]]]


@dataclass(frozen=True)
class Copy:
    """`levels` by sheet key, row and column: the colours of cells, of which there may be a million;
    `comments` by sheet key and (row, column). The first page stands in front, others behind."""

    levels: Mapping[str, Mapping[int, Mapping[int, Level]]]
    comments: Mapping[str, Mapping[tuple[int, int], str]]
    pages: Sequence[TextSheet]

    def level(self, sheet: str, row: int, column: int) -> Level | None:
        return self.levels.get(sheet, {}).get(row, {}).get(column)

    def rows(self, sheet: str) -> Mapping[int, Mapping[int, Level]]:
        """The marked rows of a sheet."""
        return self.levels.get(sheet, {})

    # --- ways to the next fault ------------------------------------------------------------

    def table_jump(self, plan: Blueprint, key: str, last: int, row: int) -> bytes:
        """The cell that leads from a row on to the next one in question."""
        table = plan.layout.tables[key]
        return self._jump(plan, key, table.jump, table.open, row, last)

    def table_open(self, plan: Blueprint, key: str, row: int) -> bytes:
        """The hidden cell that names the column of what is still in question in a row."""
        table = plan.layout.tables[key]
        columns = [
            (table.columns[field], was)
            for field, was in table.was.items()
            if table.columns[field] in self.rows(key)[row]
        ]
        otherwise = columns[0][0] if columns else min(table.columns.values())
        return _open(row, columns, otherwise, table.check, table.open)

    def unit_jump(self, plan: Blueprint, row: int) -> bytes:
        """The cell that leads from an answer on to the next one, then to the tables."""
        unit = plan.layout.record
        return self._jump(plan, unit.sheet.key, unit.JUMP, unit.open, row, unit.last_row)

    def unit_open(self, plan: Blueprint, row: int, *, typed: bool) -> bytes:
        """The hidden cell that says whether an answer is still in question."""
        unit = plan.layout.record
        columns = [(unit.ANSWER, unit.was)] * typed
        return _open(row, columns, unit.ANSWER, unit.CHECK, unit.open)

    def _beyond(self, plan: Blueprint, key: str) -> tuple[str, str]:
        """Where the last fault of a sheet leads, and the words for it: the first fault of the
        next table that has one, or the list in front."""
        keys = [sheet.key for sheet in plan.layout.form.sheets]
        for following in keys[keys.index(key) + 1 :]:
            table, marked = plan.layout.tables.get(following), self._first_rows.get(following)
            if table and marked:
                first = f"{quoted(table.sheet.title)}{_first_column(table)}{marked}"
                return first, message("report_copy_rows", rows=table.sheet.rows_name)
        return f"{quoted(self.pages[0].name)}A1", message("report_copy_back")

    @cached_property
    def _first_rows(self) -> Mapping[str, int]:
        """The first marked row of each sheet that has one."""
        return {key: min(rows) for key, rows in self.levels.items() if rows}

    def _jump(
        self, plan: Blueprint, key: str, column: int, open_: int, row: int, last: int
    ) -> bytes:
        """Leads to the next cell that is still in question: sorted and deleted rows are no harm.
        It looks some hundred rows ahead, so that an edit has few ways computed anew; farther on it
        knows the next row that was marked."""
        sheet = quoted(plan.layout.place(key).sheet.title)
        end, back = self._beyond(plan, key)
        following = self._following[key].get(row)
        if following:
            first = min(self.rows(key)[following])
            end, back = f"{sheet}{column_letters(first)}{following}", message("report_copy_next")
        letters, bottom = column_letters(open_), max(min(row + AHEAD, last), row) + 1
        area = f"${letters}{row + 1}:${letters}{bottom}"
        found = f'MATCH("?*",{area},0)'
        start, beyond = expressions.quote("#" + sheet), expressions.quote("#" + end)
        target = f"IFERROR({start}&INDEX({area},{found})&(ROW()+{found}),{beyond})"
        next_one = message("report_copy_next")
        text = f"IF(ISNUMBER({found}),{expressions.quote(next_one)},{expressions.quote(back)})"
        style = plan.styles[member_sheet.JUMP]
        return f'<c r="{column_letters(column)}{row}" s="{style}'.encode() + formula(
            f"HYPERLINK({target},{text})", next_one if following else back
        )

    @cached_property
    def _following(self) -> Mapping[str, Mapping[int, int]]:
        """By sheet key: the next marked row after each but the last."""
        ordered = {key: sorted(rows) for key, rows in self.levels.items()}
        return {key: dict(pairwise(rows)) for key, rows in ordered.items()}

    # --- parts -----------------------------------------------------------------------------

    def additions(self, plan: Blueprint) -> Additions:
        parts: list[tuple[str, Iterable[bytes]]] = []
        values: dict[bytes, bytes | Iterable[bytes]] = {}
        types = [_DRAWINGS]
        for number, sheet in enumerate(plan.layout.form.sheets, 1):
            key, mark = sheet.key, tail_placeholder(sheet.key)
            values[mark] = b""
            notes = self.comments.get(key, {})
            if notes:
                values[mark] = _HANGER
                parts += _comment_parts(plan.sheet_parts[key], notes, number)
                types.append(_OVERRIDE.format(part=f"xl/comments{number}.xml", type=_COMMENTS_TYPE))
        sheets, relations, names = [], [], []
        for number, page in enumerate(self.pages):
            index = len(plan.titles) - 1 + number if number else 0
            part = f"xl/worksheets/sheet{index + 1}.xml" if number else plan.sheet_parts[""]
            parts.append((part, text_sheets.xml(page, plan.styles.__getitem__, first=not number)))
            names.append(page.names(index))
            if number:
                sheets.append(
                    f"<sheet name={attribute(page.name)} sheetId={attribute(str(index + 1))}"
                    f' state="visible" r:id="page{number}"/>'
                )
                target = part.removeprefix("xl/")
                relations.append(
                    _RELATION.format(id=f"page{number}", kind="worksheet", target=target)
                )
                types.append(_OVERRIDE.format(part=part, type=_SHEET_TYPE))
        for mark, texts in (
            (SHEETS, sheets),
            (RELATIONS, relations),
            (NAMES, names),
            (TYPES, types),
        ):
            values[mark] = "".join(texts).encode()
        return Additions(values, parts)


def _open(
    row: int, columns: Sequence[tuple[int, int]], otherwise: int, check: int, at: int
) -> bytes:
    """The letters of the first column that is as it was, or that 核对 still says something of; ''
    where everything was changed and nothing is found. `columns`: marked ones, and where it stands
    what they were."""
    letters = column_letters
    shown = letters(columns[0][0] if columns else otherwise)
    cases = [
        (is_unchanged(f"${letters(column)}{row}", f"${letters(was)}{row}"), f'"{letters(column)}"')
        for column, was in columns
    ]
    cases.append((f"LEN(${letters(check)}{row})>{len(VERDICT_END)}", f'"{letters(otherwise)}"'))
    expression = expressions.first_of(cases)
    return f'<c r="{letters(at)}{row}'.encode() + formula(expression, shown)


def _first_column(table: MemberLayout) -> str:
    return column_letters(table.columns[table.sheet.fields[0].key])


def _comment_parts(
    sheet: str, notes: Mapping[tuple[int, int], str], number: int
) -> list[tuple[str, Iterable[bytes]]]:
    # Two relations of a sheet: what its comments say, and their shapes.
    relations = "".join(
        _RELATION.format(id=id, kind=kind, target=target)
        for id, kind, target in (
            ("comments", "comments", f"../comments{number}.xml"),
            ("shapes", "vmlDrawing", f"../drawings/vmlDrawing{number}.vml"),
        )
    )
    folder, _, name = sheet.rpartition("/")
    return [
        (f"{folder}/_rels/{name}.rels", [_RELATIONS.format(relations=relations).encode()]),
        (f"xl/comments{number}.xml", [comments.texts(notes, message("report_copy_author"))]),
        (f"xl/drawings/vmlDrawing{number}.vml", [comments.shapes(notes, number)]),
    ]
