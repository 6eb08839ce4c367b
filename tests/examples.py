"""A right answer of each kind, for required fields that a form has gained."""

from __future__ import annotations

from converter.model.forms import Field, Form

EXAMPLES = {
    "count": "1",
    "text": "示例",
    "person_name": "示例",
    "date": "2010-05-01",
    "phone": "13800138000",
    "postcode": "050000",
    "certificate_number": "81130102MCEXAMPLEW",
}


def example(field: Field, form: Form) -> str:
    if field.kind == "choice":
        return form.codes[field.options["codes"]].entries[0].label
    return EXAMPLES[field.kind]
