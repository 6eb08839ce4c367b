"""Stand-ins for rows without formulas: those that were inserted, or pasted over.

A row that is inserted brings no formulas along. So the hidden sheet has a few rows of its own: each
takes up the answers of one such row and checks them as the formulas of that row would:

    会员基本信息表      8 | 王示例 | 1301021990 |    (no formulas)
    the hidden sheet    5 | 王示例 | 1301021990 | … | 错误：身份证号应为 18 位(K112)

where 5 is the row's place, counted from the heading. The status line says what they find, and the
colours of the row follow it (see `summary` and `member_sheet`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from openpyxl.workbook.defined_name import DefinedName

from converter.template import row_checks
from converter.template.cell_text import put_formula
from converter.template.constants import Constants
from converter.template.formulas import FieldFormulas
from converter.template.labels import VERDICT_END
from converter.template.layout import TemplateLayout, quoted
from converter.template.refs import SheetRefs
from converter.template.row_formulas import PREFIX, put_named
from converter.template.stand_in_layout import BARE, COUNT, PLACE, StandIn, name_of, stand_ins
from converter.template.value_places import Value


@dataclass
class StandInRefs(SheetRefs):
    """Cells as seen from the stand-ins of a table."""

    @property
    def stand_in(self) -> StandIn:
        found = self.layout.tables[self.sheet]
        assert isinstance(found, StandIn)
        return found

    @property
    def row_number(self) -> str:
        return self.stand_in.place

    def first_alike(self, path: str) -> str:
        """In the table, where it is no row with formulas, in another stand-in."""
        table, norm = self.stand_in, self.at(path).norm
        own = table.own(table.helpers[path.partition(".")[2], "norm"])
        other = f"INDEX({table.own(PLACE)},MATCH({norm},{own},0))"
        return f"IFERROR({super().first_alike(path)},{other})"


def write(book: Any, sheet: Any, layout: TemplateLayout, constants: Constants) -> None:
    """In the first rows of the hidden sheet."""
    for table in stand_ins(layout):
        key = table.sheet.key
        area = f"${table.letters(1)}$1:${table.letters(table.width)}${COUNT}"
        book.defined_names[name_of(table)] = DefinedName(
            name_of(table), attr_text=quoted(sheet.title) + area
        )
        own = replace(layout, tables={**layout.tables, key: table})
        for offset, expression in _formulas(own, table).items():
            cell = sheet.cell(1, table.first_column + offset - 1)
            put_named(cell, constants.replace(expression) or expression, many=False)
            for row in range(2, COUNT + 1):
                put_formula(sheet.cell(row, cell.column), PREFIX + cell.column_letter)


def _formulas(layout: TemplateLayout, table: StandIn) -> dict[int, str]:
    """The formulas of a stand-in, as `StandIn.offset` counts."""
    refs = StandInRefs(layout, table.sheet.key)
    answers = [table.NUMBER, *table.columns.values(), table.explanation_column]
    checks = row_checks.formulas_of(layout.form, table, refs)
    return {
        table.offset(PLACE): row_checks.nth_bare_row(table, "ROW()"),
        table.offset(BARE): _bare(table),
        **{table.offset(column): _answer(table, column) for column in answers},
        **{
            table.offset(column): text
            for column, text in checks.items()
            if column not in table.columns.values()
        },
        table.reason: FieldFormulas.explained(table.explanation),
    }


def _answer(table: StandIn, column: int) -> str:
    answer = f"INDEX({table.whole(column)},{table.place})"
    return f'IF({table.place}=0,"",IF(ISBLANK({answer}),"",{answer}))'


def _bare(table: StandIn) -> str:
    helper = f"INDEX({table.whole(table.helpers['', 'filled'])},{table.place})"
    return f"IF({table.place}=0,0,IF(ISBLANK({helper}),1,0))"


def values(layout: TemplateLayout) -> dict[str, Value]:
    """By address: what the stand-ins of a workbook come to whose rows all have formulas."""
    found: dict[str, Value] = {}
    for table in stand_ins(layout):
        known: Mapping[int, Value] = {
            table.offset(PLACE): 0,
            table.offset(BARE): 0,
            table.offset(table.helpers["", "filled"]): 0,
            table.offset(table.check): VERDICT_END,
            table.reason: False,
        }
        for offset in range(1, table.width + 1):
            for row in range(1, COUNT + 1):
                found[f"{table.letters(offset)}{row}"] = known.get(offset, "")
    return found
