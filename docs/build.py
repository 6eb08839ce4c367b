"""Renew the generated pages of this folder: `make docs`."""

from __future__ import annotations

import json
from pathlib import Path

from converter.forms.loading import DEFAULT_FORM, load, templates_dir
from converter.model.forms import Form
from docs import card_schemas, options_reference, reference_pages

HERE = Path(__file__).parent
SCHEMAS = HERE / "schemas"
PAGES = {
    "checks.zh-CN.md": reference_pages.checks_page,
    "fields.zh-CN.md": reference_pages.fields_page,
}


OTHER_FORMS = ("shiming", "fenbiao")  # their fields have a page each


def pages(form: Form) -> dict[str, str]:
    """File name → what should stand in it, of the form that is taken where none is named."""
    return {name: page(form) for name, page in PAGES.items()}


def pages_of_other_forms() -> dict[str, str]:
    return {
        f"fields-{name}.zh-CN.md": reference_pages.fields_page(load(templates_dir() / name))
        for name in OTHER_FORMS
    }


def schemas() -> dict[str, str]:
    """The schemas of a form's cards; those of what the program writes are kept by hand."""
    return {
        name: json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for name, schema in card_schemas.schemas().items()
    }


if __name__ == "__main__":
    for name, text in (
        pages(load(templates_dir() / DEFAULT_FORM)) | pages_of_other_forms()
    ).items():
        (HERE / name).write_text(text, encoding="utf-8", newline="\n")
    for name, text in schemas().items():
        (SCHEMAS / name).write_text(text, encoding="utf-8", newline="\n")
    handbook = HERE / "maintainer.zh-CN.md"
    renewed = options_reference.renewed(handbook.read_text(encoding="utf-8"))
    handbook.write_text(renewed, encoding="utf-8", newline="\n")
