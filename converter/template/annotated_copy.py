"""What an annotated copy has beyond a filled workbook: marked cells with comments, ways from one
fault to the next, pages of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

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
        there = f"{quoted(table.sheet.title)}{_first_column(table)}"
        end, text = self._beyond(plan, key)
        return self._jump(plan, table.jump, row, last, there, end, text)

    def unit_jump(self, plan: Blueprint, row: int) -> bytes:
        """The cell that leads from an answer on to the next one, then to the tables."""
        unit = plan.layout.record
        there = f"{quoted(unit.sheet.title)}{column_letters(unit.ANSWER)}"
        end, text = self._beyond(plan, unit.sheet.key)
        return self._jump(plan, unit.JUMP, row, unit.last_row, there, end, text)

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
        self, plan: Blueprint, column: int, row: int, last: int, there: str, end: str, back: str
    ) -> bytes:
        """Column texts below say where the next one is: sorted or deleted rows keep the chain."""
        letters = column_letters(column)
        found = f'MATCH("?*",${letters}{row + 1}:${letters}{max(last, row) + 1},0)'
        below, last_one = expressions.quote("#" + there), expressions.quote("#" + end)
        target = f"IFERROR({below}&(ROW()+{found}),{last_one})"
        key = next(k for k, marked in self.levels.items() if row in marked)
        shown = message("report_copy_next") if row < max(self.levels[key]) else back
        next_one = expressions.quote(message("report_copy_next"))
        over = expressions.quote(back)
        text = f"IF(ISNUMBER({found}),{next_one},{over})"
        style = plan.styles[member_sheet.JUMP]
        return f'<c r="{letters}{row}" s="{style}'.encode() + formula(
            f"HYPERLINK({target},{text})", shown
        )

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
                    f"<sheet name={quoteattr(page.name)} sheetId={quoteattr(str(index + 1))}"
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
