"""What a form accepts though a kind finds it wrong: checks that are errors, but that the form, a
field's card or an amendment takes for less. What fails them need not be what the kind knows."""

from __future__ import annotations

from dataclasses import replace

from converter.kinds import KINDS
from converter.messages import catalogue
from converter.model.forms import Field, Form
from converter.model.issues import Level

# Required, but blank; words for nothing and for what stands above.
REQUIRED, NOT_A_NAME, NOT_FILLED, REPEATED = "K001", "K203", "K009", "K010"


def tolerated(field: Field, form: Form) -> frozenset[str]:
    """The codes of these checks."""
    if not (form.levels or form.amendments or field.levels):
        return frozenset()
    usual = replace(form, levels={}, amendments={})
    checks = (check.code for check in KINDS[field.kind].checks(field, form))
    return frozenset(
        code
        for code in (REQUIRED, NOT_A_NAME, NOT_FILLED, REPEATED, *checks)
        if catalogue.entry(code, usual).level is Level.ERROR
        and catalogue.entry(code, form, field).level is not Level.ERROR
    )


def is_always_filled(field: Field, form: Form) -> bool:
    """Whether records always hold something: it is required, and where it follows from another
    field, that one is what its kind knows."""
    if not field.required or REQUIRED in tolerated(field, form):
        return False
    if field.derive is None:
        return True
    return not tolerated(form.sheet(field.sheet).field(field.derive.source), form)
