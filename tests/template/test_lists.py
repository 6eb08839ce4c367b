"""The hidden sheet: code lists under the names that formulas use."""

from __future__ import annotations

from typing import Any

from converter.formulas.expressions import list_name
from converter.kinds.choice import fold
from converter.model.forms import Form
from converter.template.lists import lists_in_use


def listed(blank: Any, name: str) -> list[str | None]:
    sheet, _, area = blank.defined_names[name].value.partition("!")
    first, last = area.replace("$", "").split(":")
    (row,) = blank[sheet.strip("'")][f"{first}:{last}"]
    return [cell.value for cell in row]


def test_every_list_of_a_choice_field_has_its_names(blank: Any, form: Form) -> None:
    used = {f.options["codes"] for s in form.sheets for f in s if f.kind == "choice"}
    assert {codes.name for codes in lists_in_use(form)} == used
    for name in used:
        for part in ("label", "code", "key", "value"):
            assert list_name(name, part) in blank.defined_names


def test_labels_and_codes_stand_in_the_order_of_the_list(blank: Any, form: Form) -> None:
    entries = form.codes["industry_division"].entries
    assert listed(blank, "list_industry_division_label") == [e.label for e in entries]
    assert listed(blank, "list_industry_division_code") == [e.code for e in entries]
    assert listed(blank, "list_industry_division_parent") == [e.parent for e in entries]


def test_every_spelling_stands_beside_its_code(blank: Any, form: Form) -> None:
    entries = form.codes["political_status"].entries
    pairs = [(fold(text), e.code) for e in entries for text in (e.label, e.code, *e.aliases)]
    keys = listed(blank, "list_political_status_key")
    codes = listed(blank, "list_political_status_value")
    assert set(pairs) <= set(zip(keys, codes, strict=True))
    assert ("1", "01") in zip(keys, codes, strict=True)  # a numeric cell loses the zero


def test_codes_keep_their_zeros(blank: Any) -> None:
    assert listed(blank, "list_industry_division_code")[0] == "01"


def test_a_list_without_parents_has_no_name_for_them(blank: Any) -> None:
    assert "list_sex_parent" not in blank.defined_names


def test_long_lists_that_nobody_picks_from_stay_out(blank: Any) -> None:
    assert not [name for name in blank.defined_names if "region" in name]
