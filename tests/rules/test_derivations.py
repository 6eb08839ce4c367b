"""What follows from another field of the same record, and cards that cannot be followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from converter.model.errors import FormError
from converter.model.forms import Derivation, Field
from converter.rules import derivations
from tests.canonical import FORM
from tests.people import id_number


def derived(path: str, *source: str) -> list[str]:
    labels = range(7, 7 + len(source))  # that are no positions
    found = derivations.derive(FORM.field(path), pd.Series(source, index=labels, dtype=object))
    assert found.index.tolist() == list(labels)
    return found.tolist()


@pytest.mark.parametrize("last", range(10))
def test_an_odd_sequence_is_a_mans(last: int) -> None:
    numbers = [id_number("130102", "1990-11-12", 10 * n + last) for n in (0, 12, 99)]
    assert derived("member.sex", *numbers) == ["1" if last % 2 else "2"] * 3


@pytest.mark.parametrize("born", ["1990-01-02", "1990-11-30", "2000-02-29", "1850-12-31"])
def test_the_birthday_stands_in_the_number(born: str) -> None:
    assert derived("member.birthday", id_number("130102", born, 88)) == [born]


def test_the_last_step_that_a_count_reaches_is_its_code() -> None:
    counts = ["", "0", "1", "2", "3", "", "10"]
    assert derived("unit.organisation_form", *counts) == ["", "", "1", "2", "2", "", "2"]


def test_nothing_follows_from_nothing() -> None:
    assert derived("member.sex") == []
    assert derived("member.birthday", "", "") == ["", ""]


def card(path: str, **changes: Any) -> Field:
    field = FORM.field(path)
    assert field.derive
    return replace(field, derive=replace(field.derive, **changes))


@pytest.mark.parametrize(
    ("field", "named"),
    [
        (card("member.sex", by="guess"), "by: .*guess"),
        (card("member.sex", source="name"), "source: .*person_name.*id_number"),
        (card("unit.organisation_form", source="founded_on"), "source: .*date.*count"),
        *(
            (card("unit.organisation_form", options={"steps": steps}), "steps: ")
            for steps in (
                None, "1", {1: "1"}, [1], ["1"], [[1]], [[1, "1", "2"]], [["1", "1"]], [[1, 1]],
                [[1, "1"], [2, 2]], [[2, "2"], [1, "1"]],
            )
        ),
        (card("unit.organisation_form", options={}), "steps: "),
    ],
)  # fmt: skip
def test_a_card_that_cannot_be_followed_is_refused(field: Field, named: str) -> None:
    with pytest.raises(FormError, match=f"^{named}"):
        derivations.accept(field, FORM)


def test_the_cards_of_the_form_are_accepted() -> None:
    for sheet in FORM.sheets:
        for field in sheet:
            if isinstance(field.derive, Derivation):
                derivations.accept(field, FORM)


def test_a_formula_yields_nothing_where_its_source_is_not_usable() -> None:
    field = FORM.field("member.sex")
    formula = derivations.excel(field, "N1", "U1")
    assert formula.startswith("IF(U1,")
    assert formula.endswith(',"")')
