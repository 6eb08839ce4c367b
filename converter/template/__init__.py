"""Form (+ identity, + data) → the workbook that a clerk fills in.

`build` makes four sheets: the guide, the unit sheet, the member sheet and the hidden code
lists. Dropdowns, live checks, links to the first fault: all follow from the form's cards, and
the 核对 columns come to the verdicts of the pipeline (see `formulas`). `save` writes it.

What a workbook is made for stands in its custom document properties (form, version,
unit_code, unit_name, superior_code, superior_name, period, serial), so that it is known again
when it comes back. With data the answers stand as they were typed, types included; derived
fields get their formulas back.

Only functions that Excel 2010, WPS and LibreOffice share; no formula yields an error value.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty

from converter.model import Form, Stamp, Submission
from converter.template import guide, lists, member_sheet, unit_sheet
from converter.template.constants import Constants
from converter.template.layout import LAST_SHEET_ROW, layout
from converter.template.saving import save
from converter.template.style import Painter
from converter.template.texts import label
from converter.template.values import visible

SPARE_ROWS = 20


def prepared_rows(rows: int, members: int) -> int:
    """How many member rows `build` prepares: what was asked for, but room for newcomers too."""
    spare = max(SPARE_ROWS, members // 10) if members else 0
    room = LAST_SHEET_ROW - 100
    return max(1, min(max(rows, members + spare), room))


NOBODY = Stamp()


def build(
    form: Form, *, rows: int, stamp: Stamp = NOBODY, data: Submission | None = None
) -> Workbook:
    """The workbook of a form, `rows` member rows prepared (see `prepared_rows`)."""
    members = len(data.member) if data and data.member else 0
    places = layout(form, prepared_rows(rows, members))
    painter, constants = Painter(label(form, "font")), Constants()
    workbook = Workbook()
    first = workbook.active
    first.title = label(form, "guide_sheet")
    unit = workbook.create_sheet(form.unit.title)
    member = workbook.create_sheet(form.member.title)
    hidden = workbook.create_sheet(label(form, "lists_sheet"))
    guide.write(first, places, painter, stamp)
    unit_sheet.write(unit, places, painter, stamp, data)
    member_sheet.write(member, places, painter, constants, stamp, data)
    lists.write(workbook, hidden, form, constants)
    _stamp(workbook, form, stamp)
    workbook.calculation.fullCalcOnLoad = True
    return workbook


def _stamp(workbook: Any, form: Form, stamp: Stamp) -> None:
    known = {entry.name: getattr(stamp, entry.name) for entry in fields(stamp)}
    known |= {"form": form.id, "version": form.version}
    for name, value in known.items():
        if value:
            workbook.custom_doc_props.append(StringProperty(name=name, value=visible(str(value))))
    workbook.properties.title = form.title
    workbook.properties.creator = visible(stamp.superior_name)


__all__ = ["build", "prepared_rows", "save"]
