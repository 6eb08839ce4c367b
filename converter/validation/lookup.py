"""What follows from the form alone and is asked for again and again: once a form."""

from __future__ import annotations

from functools import lru_cache

from converter.kinds import KINDS, tolerance
from converter.kinds.base import Check
from converter.messages import catalogue
from converter.model.forms import Field, Form
from converter.model.issues import Level


class Same:
    """A form as a cache key. Forms hold mappings, which cannot be hashed; identity will do."""

    __slots__ = ("form",)

    def __init__(self, form: Form) -> None:
        self.form = form

    def __hash__(self) -> int:
        return id(self.form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.form is other.form


def checks(field: Field, form: Form) -> tuple[Check, ...]:
    """The kind's checks of a field, in order."""
    return _checks(Same(form), field.path)


def is_error(code: str, field: Field, form: Form) -> bool:
    """Whether a fault makes the cell faulty, as the form and the field want it."""
    return _level(Same(form), code, field.path) is Level.ERROR


def is_explainable(code: str, form: Form) -> bool:
    """Whether a reason makes a warning of the fault."""
    return catalogue.entry(code, form).explainable


def tolerated(field: Field, form: Form) -> frozenset[str]:
    """The checks that are errors elsewhere, but not in this form (or field)."""
    return _tolerated(Same(form), field.path)


@lru_cache(maxsize=512)
def _tolerated(form: Same, path: str) -> frozenset[str]:
    return tolerance.tolerated(form.form.field(path), form.form)


@lru_cache(maxsize=512)
def _checks(form: Same, path: str) -> tuple[Check, ...]:
    field = form.form.field(path)
    return KINDS[field.kind].checks(field, form.form)


@lru_cache(maxsize=4096)
def _level(form: Same, code: str, path: str) -> Level:
    return catalogue.entry(code, form.form, form.form.field(path)).level
