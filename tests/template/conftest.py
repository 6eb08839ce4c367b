"""The form and the workbook that all tests of this folder look at."""

from __future__ import annotations

from typing import Any

import pytest

from converter.forms import loading as forms
from converter.model.forms import Form
from converter.model.submissions import Stamp
from converter.template.blueprint import workbook
from converter.template.labels import label
from converter.template.layout import layout
from converter.template.style import Painter
from tests.opened import opened


@pytest.fixture(scope="session")
def form() -> Form:
    return forms.load(forms.form_dir())


@pytest.fixture(scope="session")
def blank(form: Form) -> Any:
    """A blank workbook of 30 prepared rows; not to be changed."""
    return opened(form, rows=30)


@pytest.fixture(scope="session")
def designed(form: Form) -> Any:
    """The same workbook as openpyxl designs it: one member row, every name and formula."""
    return workbook(layout(form, 30), Painter(label(form, "font")), Stamp())
