"""The form and the workbook that all tests of this folder look at."""

from __future__ import annotations

from typing import Any

import pytest

from converter import form as forms
from converter.model import Form, Stamp
from converter.template.design import workbook
from converter.template.layout import layout
from converter.template.style import Painter
from converter.template.texts import label
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
