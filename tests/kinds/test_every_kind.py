"""What holds for every field of the form, whatever its kind."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.formulas.expressions import WHITESPACE
from converter.kinds import KINDS
from converter.kinds.base import Cells
from converter.kinds.date import Date
from converter.messages import catalogue
from converter.model import clock
from converter.model.cell_types import CellType
from converter.model.clock import today
from converter.model.forms import Field
from converter.model.issues import Issue, Level, Place
from converter.text.characters import half_width
from tests.kinds.validating import FORM, cells, params, validate, verdict
from tests.template.formula_lint import (
    LONGEST,
    LONGEST_TEXT,
    SHARED,
    counted_ranges,
    depth,
    functions,
    longest_text,
)

FIELDS = {field.path: field for sheet in FORM.sheets for field in sheet}
# One field of each kind and options is enough where inputs are many.
VARIETIES = list({(f.kind, str(f.options)): f for f in FIELDS.values()}.values())
# The template and the rules stand around a kind's formula.
LEVELS_AROUND = 5
ODD = "0159xX人-－.．,，、/()（）年月日:=+@'’*?~\"\\ \t\r\n\u3000\u200b\ufeff１９ａé·•張𠮷\ue000\ufffd\U0001f600٣²Ⅷ"

texts = st.text(st.one_of(st.sampled_from(ODD), st.characters()), max_size=30)
typed = st.one_of(
    texts,
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(),
    st.booleans(),
)
each_field = pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_kind_is_right(kind: str) -> None:
    """On every field of the form that has it, without a note."""
    for field in FIELDS.values():
        if field.kind == kind:
            example = KINDS[kind].example_of(field, FORM)
            is_number = KINDS[kind].number_format == "General"  # as a text it is noted
            found = verdict(field, float(example) if is_number else example)
            assert not found.fault, field.path
            assert not found.note or kind == "choice", field.path


@given(st.lists(typed, max_size=4))
def test_nothing_that_is_typed_makes_a_kind_raise(values: list[Any]) -> None:
    for field in VARIETIES:
        for value, found in zip(values, validate(field, *values), strict=True):
            if found.fault:
                text = KINDS[field.kind].normalise(cells(value), field, FORM).text.iloc[0]
                KINDS[field.kind].message_params(
                    found.fault, cells(value).text.iloc[0], text, field, FORM
                )
            elif found.text:
                KINDS[field.kind].cell(found.text, field, FORM)


@given(st.lists(typed, min_size=1, max_size=4))
def test_a_cell_is_judged_the_same_alone_and_in_company(values: list[Any]) -> None:
    for field in VARIETIES:
        assert validate(field, *values) == [verdict(field, value) for value in values]


@given(typed)
def test_canonical_text_is_read_as_itself(value: Any) -> None:
    for field in VARIETIES:
        text = verdict(field, value).text
        if text:
            assert verdict(field, text).text == text


def test_every_full_width_form_of_a_sign_has_its_half_width() -> None:
    ascii_characters = "".join(map(chr, range(0x21, 0x7F)))
    assert half_width("".join(chr(ord(c) + 0xFEE0) for c in ascii_characters)) == ascii_characters
    assert half_width("\uff00\uff5f\u3000张") == "\uff00\uff5f\u3000张"


def test_what_checks_share_is_made_once() -> None:
    made: list[Cells] = []
    given = cells("a")
    assert given.once(made.append) is given.once(made.append) is None
    assert made == [given]


@each_field
def test_blank_cells_have_no_fault_and_no_value(field: Field) -> None:
    assert validate(field, "", " ", WHITESPACE) == [("", "", "")] * 3
    value = KINDS[field.kind].value(cells("", " ").text, field, FORM)
    assert all(pd.isna(v) or v == "" for v in value)


@each_field
def test_a_column_without_rows_is_no_trouble(field: Field) -> None:
    assert validate(field) == []


@each_field
def test_other_cell_types_do_not_raise(field: Field) -> None:
    given = cells("#N/A", "TRUE", "")
    given = Cells(given.text, given.type * 0 + int(CellType.ERROR))
    normal = KINDS[field.kind].normalise(given, field, FORM)
    for check in KINDS[field.kind].checks(field, FORM):
        assert len(check.passes(Cells(normal.text, given.type))) == 3


@pytest.mark.parametrize(
    "character", ["0", "x", " ", "转", "-", "·", ".", "0 ", "0、", "\u3000", "张 ", "("]
)
def test_a_cell_filled_to_the_brim_is_judged_like_any_other(character: str) -> None:
    typed = f"1{character * 16_000}1"
    for field in VARIETIES:
        found = verdict(field, typed)
        assert validate(field, "", typed)[1] == found
        if found.fault:
            params(field, typed)


@pytest.mark.parametrize("name", KINDS)
def test_cells_are_formatted_so_that_they_keep_what_is_typed(name: str) -> None:
    """Only what is computed with is a number; a code keeps its leading zeros, a text its digits."""
    assert {
        "count": "General",
        "decimal": "General",
        "year": "General",
        "month": "General",
        "date": Date.number_format,
    }.get(name, "@") == KINDS[name].number_format


@each_field
def test_the_catalogue_knows_every_fault_and_its_figures(field: Field) -> None:
    kind = KINDS[field.kind]
    live = {c.code for c in kind.excel_faults("A1", "B1", field, FORM)}
    for check in kind.checks(field, FORM):
        entry = catalogue.entry(check.code, FORM, field)
        assert entry.title
        assert "…" not in catalogue.fill(entry.brief, {"title": field.title})
        assert entry.level is not Level.NOTE
        # What no condition finds is marked as the pipeline's own, and nothing else is.
        assert entry.pipeline_only == (check.code not in live)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("member.id_number", "1301"), ("member.id_number", 130102660312003),
        ("member.name", "张1"), ("member.name", "张" * 70),
        ("unit.staff", -1), ("unit.legal_entities", 0), ("unit.staff", 10**8),
        ("unit.founded_on", 2010), ("unit.founded_on", "2010-13-1"), ("unit.founded_on", "1010-1-1"),
        ("unit.founded_on", date(1920, 1, 1)), ("unit.founded_on", date(2200, 1, 1)),
        ("unit.phone", "0311-1"), ("unit.phone", 31185551234), ("unit.phone", "85551234转1"),
        ("unit.phone", "0311-85551234、0311-1"), ("unit.phone", "75585551234"),
        ("unit.phone", "0321-1234567"), ("unit.phone", "0311-85551234、x"),
        ("unit.industry", "x"), ("unit.postcode", "100000"), ("unit.registration_number", "1"),
    ],
)  # fmt: skip
def test_sentences_and_remedies_are_filled_completely(path: str, value: Any) -> None:
    field = FIELDS[path]
    code = verdict(field, value).fault
    entry = catalogue.entry(code, FORM, field)
    place = Place("", FORM.sheet(field.sheet).title, field=field.key)
    about = Issue(code, entry.level, place)
    known = {**catalogue.card_params(about, FORM), **params(field, value)}
    for key in ("sentence", "fix"):
        assert "…" not in catalogue.prose(key, entry, known)


def expressions() -> Iterator[tuple[str, str]]:
    raw, norm = "'会员基本信息表'!$AB$100000", "$AB$100000"
    for path, field in FIELDS.items():
        kind = KINDS[field.kind]
        yield f"{path} text", kind.excel_cleaned(raw, field, FORM)
        cell = "$AC$100000" if kind.excel_text_cell else ""
        yield f"{path} norm", kind.excel_norm(raw, field, FORM, cell)
        yield f"{path} usable", kind.excel_usable(norm)
        for number, condition in enumerate(kind.excel_faults(raw, norm, field, FORM)):
            yield f"{path} {condition.code} {number}", condition.wrong
        dropdown = kind.excel_list(field, FORM, lambda key: norm)
        if dropdown:
            yield f"{path} list", dropdown


EXPRESSIONS = dict(expressions())


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_formulas_hold_only_what_all_programs_share(expression: str) -> None:
    formula = f"={expression}"
    assert functions(formula) <= SHARED
    assert len(formula) < LONGEST
    assert depth(formula) + LEVELS_AROUND <= 64
    assert longest_text(formula) <= LONGEST_TEXT
    assert formula.count("(") - formula.count(")") == sum(
        (text.count("(") - text.count(")")) for text in formula.split('"')[1::2]
    )
    assert all(ord(c) >= 32 for c in formula), "XML loses control characters"


@pytest.mark.parametrize(
    "expression", [e for n, e in EXPRESSIONS.items() if "id_number" in n or " list" not in n]
)
def test_no_text_is_counted_as_a_number(expression: str) -> None:
    assert counted_ranges(f"={expression}") == []


def test_the_day_can_be_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772380799")  # 2026-03-01 23:59:59 in China
    assert today() == date(2026, 3, 1)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772380800")
    assert today() == date(2026, 3, 2)
    monkeypatch.setenv(clock.DAY_VARIABLE, "2026-05-06")  # what the command told this process
    assert today() == date(2026, 5, 6)
    monkeypatch.delenv(clock.DAY_VARIABLE)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert today() in {date.today(), datetime.now().date()}
    assert "SOURCE_DATE_EPOCH" not in os.environ
    assert not math.isnan(today().toordinal())
