"""How rules find their cells in the workbook: `rules.base.Refs` for both sheets."""

from __future__ import annotations

from dataclasses import dataclass, field

from converter.model.forms import Form
from converter.rules.base import Ref
from converter.template.layout import TemplateLayout, quoted


@dataclass
class SheetRefs:
    """Cells as seen from the formulas of one sheet ('unit' or 'member')."""

    layout: TemplateLayout
    sheet: str
    form: Form = field(init=False)

    def __post_init__(self) -> None:
        self.form = self.layout.form

    def at(self, path: str) -> Ref:
        """A field of the same record, or of the unit sheet.

        Raises ValueError for a member's field asked for from the unit sheet: no one record.
        """
        sheet, _, key = path.partition(".")
        if sheet == "member" and self.sheet == "unit":
            raise ValueError(f"at: {path} has many records, the unit sheet has one")
        place = self.layout.unit if sheet == "unit" else self.layout.member
        there = self._there(sheet)
        norm = there + place.helper(key, "norm")
        if self.form.field(path).derive:
            blank = f'{norm}=""'
        else:
            # A cell that holds an error or a truth value has no norm either, but a fault.
            blank = f'AND({norm}="",{there}{place.helper(key, "fault")}="")'
        return Ref(there + place.raw(key), norm, blank, there + place.helper(key, "usable"))

    def rows(self, path: str) -> Ref:
        """A column of the member sheet, with its heading cell, whose norm is empty."""
        key = path.partition(".")[2]
        member, there = self.layout.member, self._there("member")
        return Ref(
            there + member.whole(member.columns[key]),
            there + member.whole(member.helpers[key, "norm"]),
            "",
            "",
        )

    @property
    def filled_rows(self) -> str:
        return self._total("filled")

    @property
    def beyond(self) -> str:
        return self._total("beyond")

    @property
    def prepared(self) -> int:
        return self.layout.rows

    @property
    def row_number(self) -> str:
        """Counts from the heading, as the ranges of `rows` do."""
        return f"(ROW()-ROW($A${self.layout.member.HEADING_ROW})+1)"

    def _there(self, sheet: str) -> str:
        return "" if sheet == self.sheet else quoted(self.form.sheet(sheet).title)

    def _total(self, name: str) -> str:
        return self._there("member") + self.layout.member.total(name)
