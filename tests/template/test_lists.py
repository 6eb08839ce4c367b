"""The hidden sheet: code lists under the names that formulas use."""

from __future__ import annotations

from typing import Any

from converter.formulas.expressions import list_name
from converter.kinds.choice import fold, spelling_keys, spelling_texts
from converter.model.forms import Code, CodeList, Form
from converter.template.cell_text import LONGEST_TEXT
from converter.template.lists import lists_in_use


def listed(blank: Any, name: str) -> list[str | None]:
    sheet, _, area = blank.defined_names[name].value.partition("!")
    first, _, last = area.replace("$", "").partition(":")
    (row,) = blank[sheet.strip("'")][f"{first}:{last or first}"]
    return [cell.value for cell in row]


def test_every_list_of_a_choice_field_has_its_names(blank: Any, form: Form) -> None:
    used = {f.options["codes"] for s in form.sheets for f in s if f.kind == "choice"}
    assert {codes.name for codes in lists_in_use(form)} == used
    for name in used:
        for part in ("label", "code", "spellings"):
            assert list_name(name, part) in blank.defined_names


def test_labels_and_codes_stand_in_the_order_of_the_list(blank: Any, form: Form) -> None:
    entries = form.codes["industry_division"].entries
    assert listed(blank, "list_industry_division_label") == [e.label for e in entries]
    assert listed(blank, "list_industry_division_code") == [e.code for e in entries]
    assert listed(blank, "list_industry_division_parent") == [e.parent for e in entries]


def spellings(blank: Any, name: str) -> dict[str, str]:
    """The code of every spelling, read as formulas do: a line and the one above it."""
    (text,) = listed(blank, f"list_{name}_spellings")
    assert text
    lines = text.split("\n")[:-1]
    return dict(zip(lines[1::2], (code.removeprefix(" ") for code in lines[::2]), strict=True))


def test_every_spelling_stands_below_its_code(blank: Any, form: Form) -> None:
    entries = form.codes["political_status"].entries
    wanted = {fold(text): e.code for e in entries for text in (e.label, *e.aliases)}
    found = spellings(blank, "political_status")
    assert wanted.items() <= found.items()
    assert found["1"] == "01"  # a numeric cell loses the zero
    assert "01" not in found  # it is left as it is


def test_a_list_of_numbers_alone_has_a_cell_for_spellings() -> None:
    years = CodeList("years", (Code("2025", "2025"), Code("2026", "2026")))
    assert spelling_texts(years) == ["\n"]


def test_no_line_of_a_code_can_be_taken_for_a_spelling(blank: Any, form: Form) -> None:
    for codes in lists_in_use(form):
        (text,) = listed(blank, f"list_{codes.name}_spellings")
        assert text
        assert all(line.startswith(" ") for line in text.split("\n")[:-1:2])
        assert not any(" " in line for line in text.split("\n")[1::2])


def test_a_list_longer_than_a_cell_goes_into_several() -> None:
    entries = tuple(Code(f"{n:05}", f"第{n}号") for n in range(2_000))
    texts = spelling_texts(CodeList("many", entries))
    assert len(texts) > 1
    assert all(len(text) <= LONGEST_TEXT for text in texts)
    read = [key for key, code in spelling_keys(CodeList("", entries)).items() if key != code]
    assert sum(text.count("\n") for text in texts) == 2 * len(read)


def test_codes_keep_their_zeros(blank: Any) -> None:
    assert listed(blank, "list_industry_division_code")[0] == "01"


def test_a_list_without_parents_has_no_name_for_them(blank: Any) -> None:
    assert "list_sex_parent" not in blank.defined_names


def test_long_lists_that_nobody_picks_from_stay_out(blank: Any) -> None:
    assert not [name for name in blank.defined_names if "region" in name]
