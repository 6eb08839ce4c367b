"""XLSForm (https://xlsform.org): a workbook of which ODK, KoboToolbox and others make forms for
telephones. The record is a group, each table a repeat; dropdowns that depend on another answer
are filtered by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from converter.kinds import KINDS
from converter.kinds.options import YEAR_MONTH, FieldKey
from converter.messages.catalogue import message
from converter.model.forms import CodeList, Field, Form, Sheet
from converter.package.descriptor import table_schema
from converter.template import saving
from converter.template.cell_text import put_text

SURVEY = (
    "type", "name", "label", "hint", "required", "constraint", "constraint_message",
    "choice_filter",
)  # fmt: skip
CHOICES = ("list_name", "name", "label", "parent")
SETTINGS = ("form_title", "form_id", "version", "default_language")
_TYPES = {"integer": "integer", "number": "decimal", "date": "date"}


def write(form: Form) -> bytes:
    book = Workbook()
    _fill(book.active, "survey", SURVEY, _survey(form))
    _fill(book.create_sheet(), "choices", CHOICES, _choices(form))
    settings = (form.title, form.id, form.version, "zh")
    _fill(book.create_sheet(), "settings", SETTINGS, [dict(zip(SETTINGS, settings, strict=True))])
    data = BytesIO()
    saving.save_dated(book, data, saving.time_of_parts())
    return data.getvalue()


def _fill(sheet: Any, title: str, columns: Sequence[str], rows: Any) -> None:
    sheet.title = title
    sheet.append(columns)
    for number, row in enumerate(rows, 2):
        for column, key in enumerate(columns, 1):
            if row.get(key):
                put_text(sheet.cell(number, column), row[key])


def _survey(form: Form) -> Iterator[Mapping[str, str]]:
    for resource in form.package.resources:
        sheet = form.sheet(resource.sheet)
        part = "group" if sheet.is_record else "repeat"
        yield {"type": f"begin_{part}", "name": sheet.key, "label": sheet.title}
        schema = {one["name"]: one for one in table_schema(resource, form)["fields"]}
        for name, key in resource.columns:
            yield _question(sheet.field(key), schema[name], sheet, form)
        yield {"type": f"end_{part}"}


def _question(
    field: Field, schema: Mapping[str, Any], sheet: Sheet, form: Form
) -> Mapping[str, str]:
    limits = schema.get("constraints", {})
    codes = KINDS[field.kind].code_list(field, form)
    parent = _parent(field, codes)
    is_month = schema["type"] == "yearmonth"
    constraint = " and ".join(_months(limits) if is_month else _constraints(limits))
    refused = message("xlsform_constraint", title=field.title) if constraint else ""
    return {
        "type": f"select_one {codes.name}" if codes else _TYPES.get(schema["type"], "text"),
        "name": field.key,
        "label": field.title,
        "hint": field.note,
        "required": "yes" if field.required else "",
        "constraint": constraint,
        "constraint_message": refused,
        "choice_filter": f"parent=${{{parent}}}" if parent else "",
    }


def _parent(field: Field, codes: CodeList | None) -> str:
    """The key of the answer that says which entries of a list are offered; '' = all."""
    if codes is None or not any(entry.parent for entry in codes.entries):
        return ""
    options = KINDS[field.kind].options().values()
    keys = (option(field) for option in options if isinstance(option, FieldKey))
    return next(filter(None, keys), "")


def _constraints(limits: Mapping[str, Any]) -> Iterator[str]:
    if "minimum" in limits:
        yield f". >= {limits['minimum']}"
    if "maximum" in limits:
        yield f". <= {limits['maximum']}"
    if "pattern" in limits:
        yield f"regex(., '{limits['pattern']}')"


def _months(limits: Mapping[str, Any]) -> Iterator[str]:
    """XPath compares numbers alone: 2025-03 as 202503."""
    yield f"regex(., '{YEAR_MONTH}')"
    for key, sign in (("minimum", ">="), ("maximum", "<=")):
        if key in limits:
            yield f"translate(., '-', '') {sign} {limits[key].replace('-', '')}"


def _choices(form: Form) -> Iterator[Mapping[str, str]]:
    """The lists that some field offers, each once."""
    lists: dict[str, CodeList] = {}
    for sheet in form.sheets:
        for field in sheet:
            codes = KINDS[field.kind].code_list(field, form)
            if codes:
                lists[codes.name] = codes
    for name, codes in lists.items():
        for entry in codes.entries:
            label = re.sub(r"\s+", " ", entry.label)
            yield {"list_name": name, "name": entry.code, "label": label, "parent": entry.parent}
