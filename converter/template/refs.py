"""How rules find their cells in the workbook: `rules.base.Refs` for every sheet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from converter.formulas.expressions import quote
from converter.model.forms import Form
from converter.model.issues import Level
from converter.rules.base import Ref
from converter.template import stand_in_layout
from converter.template.formulas import FieldFormulas
from converter.template.labels import label, prefix
from converter.template.layout import MemberLayout, TemplateLayout, UnitLayout, quoted


@dataclass
class SheetRefs:
    """Cells as seen from the formulas of one sheet, named by its key."""

    layout: TemplateLayout
    sheet: str
    by_kind: bool = False  # whether what rules about one cell find in tables is left out
    form: Form = field(init=False)

    def __post_init__(self) -> None:
        self.form = self.layout.form

    def at(self, path: str) -> Ref:
        """A field of the same record, or of the record sheet.

        Raises ValueError for a table's field asked for from another sheet: no one record.
        """
        sheet, _, key = path.partition(".")
        place = self.layout.place(sheet)
        if sheet != self.sheet and not place.sheet.is_record:
            raise ValueError(f"at: {path} has many records, its sheet is not {self.sheet}")
        qualifier = self._qualifier(sheet)
        raw, norm = place.raw(key), place.helper(key, "norm")
        if isinstance(place, UnitLayout):
            blank = f'{qualifier}{norm}=""'
            if not self.form.field(path).derive:
                # A cell that holds an error or a truth value has no norm either, but a fault.
                blank = f'AND({blank},{qualifier}{place.helper(key, "fault")}="")'
        else:
            blank = FieldFormulas(self.form, place, self).blank(place.sheet.field(key))
        return Ref(qualifier + raw, qualifier + norm, blank, self._usable(path))

    def _usable(self, path: str) -> str:
        """A table's rows have no cell for it."""
        sheet, _, key = path.partition(".")
        place = self.layout.place(sheet)
        if isinstance(place, UnitLayout):
            return self._qualifier(sheet) + place.helper(key, "usable")
        formulas = FieldFormulas(self.form, place, replace(self, by_kind=True))
        field = place.sheet.field(key)
        if self.by_kind:
            return formulas.usable_by_kind(field)
        return formulas.usable(field, place.explained(key))

    def rows(self, path: str) -> Ref:
        """A column of a table, with its heading cell, whose norm is empty."""
        sheet, _, key = path.partition(".")
        table, qualifier = self.layout.tables[sheet], self._qualifier(sheet)
        return Ref(
            qualifier + table.whole(table.columns[key]),
            qualifier + table.whole(table.helpers[key, "norm"]),
            "",
            self._all_usable(table, key, qualifier),
        )

    def rows_without_formulas(self, path: str) -> tuple[str, str]:
        sheet, _, key = path.partition(".")
        table = self.layout.tables[sheet]
        norms = stand_in_layout.column_of(table, table.helpers[key, "norm"])
        return norms, stand_in_layout.column_of(table, stand_in_layout.BARE)

    def _all_usable(self, table: MemberLayout, key: str, qualifier: str) -> str:
        """As many rows are filled as have a value that is in no error."""
        norm = qualifier + table.whole(table.helpers[key, "norm"])
        sound = f'({norm}<>"")'
        if table.has(key, "fault"):
            fault = qualifier + table.whole(table.helpers[key, "fault"])
            error = label(self.form, "joiner") + prefix(self.form, Level.ERROR)
            sound += f"*(LEFT({fault},{len(error)})<>{quote(error)})"
        else:
            sound = f"--{sound}"
        return f"SUMPRODUCT({sound})={self.filled_rows(table.sheet.key)}"

    def filled_rows(self, table: str) -> str:
        return self._total(table, "filled")

    def beyond(self, table: str) -> str:
        return self._total(table, "beyond")

    @property
    def prepared(self) -> int:
        return self.layout.rows

    @property
    def row_number(self) -> str:
        """Counts from the heading, as the ranges of `rows` do."""
        return f"(ROW()-{self.heading_row}+1)"

    @property
    def heading_row(self) -> str:
        return self.layout.tables[self.sheet].heading_row

    def first_alike(self, path: str) -> str:
        return f"MATCH({self.at(path).norm},{self.rows(path).norm},0)"

    def _qualifier(self, sheet: str) -> str:
        return "" if sheet == self.sheet else quoted(self.form.sheet(sheet).title)

    def _total(self, table: str, name: str) -> str:
        return self._qualifier(table) + self.layout.tables[table].total(name)
