"""Months of years: what is read, what is asked about, and what they are compared with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from converter.kinds import KINDS
from converter.messages.catalogue import entry
from converter.model.errors import FormError
from converter.rules import expressions
from tests.kinds.validating import FORM, field, params, verdict

PAID = field("unit.paid_until")  # 2010-01 to 2030-12


@pytest.mark.parametrize(
    ("typed", "text", "note"),
    [
        ("2025-03", "2025-03", ""),
        ("2025.3", "2025-03", "K902"),
        ("２０２５年 ３月", "2025-03", "K902"),
        ("202503", "2025-03", "K902"),
        (202503, "2025-03", "K902"),
        (2025.3, "2025-03", "K902"),
        ("2025.10", "2025-10", "K902"),
        (date(2025, 3, 1), "2025-03", ""),
        (date(2025, 3, 15), "2025-03", "K902"),
        (datetime(2025, 2, 28, 16), "2025-03", "K902"),  # a midnight that was moved
    ],
)
def test_months_are_read(typed: Any, text: str, note: str) -> None:
    assert verdict(PAID, typed) == (text, "", note)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (2025.1, "K342"), ("2025.1", "K342"), ("２０２５．１", "K342"), ("25-3", "K341"), (25, "K341"),
        (2025, "K341"), ("2025-13", "K341"), ("2025-0", "K341"), (202500, "K341"), ("2025-03-15", "K341"),
        ("2009-12", "K343"), (203101, "K344"), (date(1905, 7, 17), "K341"), ("0202-03", "K341"),
    ],
)  # fmt: skip
def test_nothing_is_guessed(typed: Any, fault: str) -> None:
    assert verdict(PAID, typed).fault == fault
    assert entry(fault, FORM, PAID).fix


def test_the_question_names_both_months() -> None:
    found = params(PAID, 2025.1)
    assert (found["typed"], found["year"]) == ("2025.1", "2025")


def test_only_months_of_years_are_compared_with_them() -> None:
    assert expressions.read("unit.paid_until <= unit.paid_until", FORM, "condition").operands
    for wrong in ("unit.paid_until > 2025", "unit.paid_until == unit.budget_year"):
        with pytest.raises(FormError):
            expressions.read(wrong, FORM, "condition")


@pytest.mark.parametrize("options", [{"min": "2025-3"}, {"max": 202503}, {"min": "2101-01"}])
def test_limits_are_months_too(options: dict[str, Any]) -> None:
    with pytest.raises(FormError):
        KINDS["year_month"].accept(field("unit.paid_until", **options), FORM)
