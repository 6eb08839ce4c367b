"""What an annotated copy has beyond a filled workbook: marked cells with comments, ways from one
fault to the next, pages of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from converter.formulas import expressions
from converter.messages.catalogue import message
from converter.model.issues import Level, column_letters
from converter.template import comments, member_sheet, text_sheets
from converter.template.answers import formula
from converter.template.blueprint import NAMES, RELATIONS, SHEETS, TAIL, TYPES, Blueprint
from converter.template.layout import quoted
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
    """What goes into the marked places of a design, and parts beside its own."""

    values: dict[bytes, bytes | Iterable[bytes]]
    parts: list[tuple[str, Iterable[bytes]]]


@dataclass(frozen=True)
class Copy:
    """`marks` by sheet key, row and column: the colours of cells, of which there may be a million;
    `comments` by sheet key and (row, column). The first page stands in front, others behind."""

    levels: Mapping[str, Mapping[int, Mapping[int, Level]]]
    comments: Mapping[str, Mapping[tuple[int, int], str]]
    pages: Sequence[TextSheet]

    def level(self, sheet: str, row: int, column: int) -> Level | None:
        return self.levels.get(sheet, {}).get(row, {}).get(column)

    @property
    def member_rows(self) -> Mapping[int, Mapping[int, Level]]:
        return self.levels.get("member", {})

    @property
    def unit_rows(self) -> Collection[int]:
        return self.levels.get("unit", {}).keys()

    @cached_property
    def _first_member(self) -> int:
        return min(self.member_rows)

    # --- ways to the next fault ------------------------------------------------------------

    def member_jump(self, plan: Blueprint, last: int, row: int) -> bytes:
        """The cell that leads from a member on to the next one in question."""
        member = plan.layout.member
        first = column_letters(member.columns[member.sheet.fields[0].key])
        there = f"{quoted(member.sheet.title)}{first}"
        return self._jump(plan, member.jump, row, last, there, self._front, "report_copy_back")

    def unit_jump(self, plan: Blueprint, row: int) -> bytes:
        """The cell that leads from an answer on to the next one, then to the members."""
        unit, member = plan.layout.unit, plan.layout.member
        there = f"{quoted(unit.sheet.title)}{column_letters(unit.ANSWER)}"
        end, text = self._front, "report_copy_back"
        if self.member_rows:
            first = column_letters(member.columns[member.sheet.fields[0].key])
            end = f"{quoted(member.sheet.title)}{first}{self._first_member}"
            text = "report_copy_members"
        return self._jump(plan, unit.JUMP, row, unit.last_row, there, end, text)

    def _jump(
        self, plan: Blueprint, column: int, row: int, last: int, there: str, end: str, back: str
    ) -> bytes:
        """Column texts below say where the next one is: sorted or deleted rows keep the chain."""
        letters = column_letters(column)
        found = f'MATCH("?*",${letters}{row + 1}:${letters}{max(last, row) + 1},0)'
        below, last_one = expressions.quote("#" + there), expressions.quote("#" + end)
        target = f"IFERROR({below}&(ROW()+{found}),{last_one})"
        next_one, over = (expressions.quote(message(key)) for key in ("report_copy_next", back))
        text = f"IF(ISNUMBER({found}),{next_one},{over})"
        style = plan.styles[member_sheet.JUMP]
        return f'<c r="{letters}{row}" s="{style}'.encode() + formula(f"HYPERLINK({target},{text})")

    @property
    def _front(self) -> str:
        return f"{quoted(self.pages[0].name)}A1"

    # --- parts -----------------------------------------------------------------------------

    def additions(self, plan: Blueprint) -> Additions:
        parts: list[tuple[str, Iterable[bytes]]] = []
        values: dict[bytes, bytes | Iterable[bytes]] = dict.fromkeys(TAIL.values(), b"")
        types = [_DRAWINGS]
        for number, (key, mark) in enumerate(TAIL.items(), 1):
            said = self.comments.get(key, {})
            if said:
                values[mark] = _HANGER
                parts += _comment_parts(plan.sheet_parts[key], said, number)
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


def _comment_parts(
    sheet: str, said: Mapping[tuple[int, int], str], number: int
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
        (f"xl/comments{number}.xml", [comments.texts(said, message("report_copy_author"))]),
        (f"xl/drawings/vmlDrawing{number}.vml", [comments.shapes(said, number)]),
    ]
