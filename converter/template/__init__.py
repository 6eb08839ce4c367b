"""Form (+ identity, + data) → the workbook that a clerk fills in.

A workbook has the guide, the sheets of the form and the hidden code lists. Dropdowns, live
checks, links to the first fault: all follow from the form's cards, and the 核对 columns come to
the verdicts of the pipeline (see `formulas`). openpyxl designs it once a form (`blueprint`); a
`TemplateRenderer` fills and packs the copies.

What a workbook is made for stands in its custom document properties (form, version,
unit_code, unit_name, superior_code, superior_name, period, serial), so that it is known again
when it comes back. With data the answers stand as they were typed, types included; derived
fields get their formulas back.

Only functions that Excel 2010, WPS and LibreOffice share; no formula yields an error value.
"""

from converter.template.blueprint import free_title
from converter.template.renderer import (
    SPARE_ROWS,
    TemplateRenderer,
    build,
    prepared_rows,
    renderer_of,
    sheet_names,
)
from converter.template.saving import save
from converter.template.unit_sheet import locked_text

__all__ = [
    "SPARE_ROWS",
    "TemplateRenderer",
    "build",
    "free_title",
    "locked_text",
    "prepared_rows",
    "renderer_of",
    "save",
    "sheet_names",
]
