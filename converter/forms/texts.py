"""What form.toml says in the workbook: `[template]` and `[contacts]`; the latter on pages, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from converter.files.toml_access import TomlTable
from converter.forms import cards
from converter.messages import catalogue
from converter.model.forms import Form

_SHEET_NAMES = ("guide_sheet", "lists_sheet")


def template(form: TomlTable, sheets: Iterable[str]) -> Mapping[str, Any]:
    """The workbook's texts; those it leaves out come from the catalogue. Raises FormError."""
    own = form.table("template", required=False)
    known = catalogue.workbook_texts()
    own.only((*known, "guide"))
    for key in own.values:
        if key in _SHEET_NAMES:
            cards.sheet_name(own, key)
        elif key != "guide":
            _fillable(own, key, known[key])
    names = [(title, "sheet.title") for title in sheets]
    names += [(own.values.get(key) or known[key], key) for key in _SHEET_NAMES]
    own.unique(names)
    for section in own.cards("guide") if "guide" in own.values else []:
        _section(TomlTable(section.values, section.file, f"template.{section.context}"))
    return own.values


def contacts(form: TomlTable) -> Mapping[str, Any]:
    """Whom to ask, as a section of the guide; {} where nobody is named. Raises FormError."""
    own = form.table("contacts", required=False)
    if own.values:
        _section(own)
    return own.values


def contact_section(form: Form, own: str = "") -> Mapping[str, Any]:
    """Whom to ask: the upper union's `own` line in place of those left for it to fill in; {} where
    neither it nor the form says anything."""
    section = form.prose.get("contacts") or {}
    if not own:
        return section
    heading = section.get("heading") or catalogue.message("contacts_heading")
    return {"heading": heading, "lines": [own, *filled_lines(section)]}


def filled_lines(section: Mapping[str, Any]) -> list[str]:
    """The lines of a section that are more than a label to write beside.

    >>> filled_lines({"lines": ["联系电话：", "联系电话：0311-85550990"]})
    ['联系电话：0311-85550990']
    """
    return [line for line in section.get("lines", ()) if not line.rstrip().endswith((":", "："))]


def _section(own: TomlTable) -> None:
    own.only(("heading", "lines"))
    own.text("heading")
    own.texts("lines", blank=True)


def _fillable(own: TomlTable, key: str, standard: str) -> None:
    """A text may use the same placeholders as the catalogue's own."""
    known = catalogue.placeholders(standard)
    try:
        named = catalogue.placeholders(own.optional_text(key))
    except ValueError as error:
        raise own.error(key, "form_braces", own.values[key]) from error
    for word in named - known:
        raise own.error(key, "form_words", f"{{{word}}}", sorted(f"{{{name}}}" for name in known))
