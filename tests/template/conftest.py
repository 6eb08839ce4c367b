"""The form and the workbook that all tests of this folder look at."""

from __future__ import annotations

from typing import Any

import pytest

from converter import form as forms
from converter import template
from converter.model import Form


@pytest.fixture(scope="session")
def form() -> Form:
    return forms.load(forms.form_dir())


@pytest.fixture(scope="session")
def blank(form: Form) -> Any:
    """A blank workbook of 30 prepared rows; not to be changed."""
    return template.build(form, rows=30)
