"""Cells in, validated columns and (code, field, record) out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.config import config_context

from converter.forms import loading
from converter.kinds import KINDS
from converter.kinds.base import Cells, Check, Kind, Mask, Normalised
from converter.model.cell_types import CellType
from converter.model.forms import Derivation, Field, Form, Sheet
from converter.model.issues import Level
from converter.validation.sheets import ValidatedSheet, schema, validate_sheet
from tests.people import MEMBERS

FULL: Form = loading.load(loading.form_dir())
Typed = str | tuple[str, CellType]
TEXT = CellType.TEXT
EXAMPLES = int(os.environ.get("EXAMPLES", "6"))  # `make fuzz` has more


@dataclass
class Plain(Kind):
    """A kind for tests: reads upper-case words; digits and long words are wrong."""

    name = "plain"
    seen: list[Cells] | None = None
    breaks: Callable[[Cells], Any] | None = None

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        text = cells.text.str.replace("'", "").str.upper()
        note = np.where((text != cells.text) & (text != ""), "K901", "")
        return Normalised(text, pd.Series(note, index=text.index))

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        def no_digits(cells: Cells) -> Mask:
            if self.seen is not None:
                self.seen.append(cells)
            if self.breaks:
                return self.breaks(cells)  # type: ignore[no-any-return]
            return ~cells.text.str.contains("[0-9]").to_numpy(dtype=bool)

        def short(cells: Cells) -> Mask:
            return (cells.text.str.len() < 6).to_numpy()

        def few(cells: Cells) -> Mask:
            return (cells.text.str.len() < 9).to_numpy()

        # The levels of these codes are set by the form below.
        return (Check("K301", no_digits), Check("K302", short), Check("K303", few))

    def message_params(
        self, code: str, raw: str, text: str, field: Field, form: Form
    ) -> Mapping[str, str]:
        return {"raw": raw, "text": text}

    def cell(self, text: str, field: Field, form: Form) -> str:
        return f"<{text}>"


def sheet_form(*fields: Field, **levels: Level) -> Form:
    """A form whose member sheet has these fields."""
    sheet = replace(FULL.main_table, fields=fields)
    return replace(
        FULL, sheets=(FULL.record, sheet), rules=(), levels={"K302": Level.WARNING, **levels}
    )


def plain(key: str, **more: Any) -> Field:
    return Field(key, key.title(), "plain", "member", **more)


A, B = plain("a", required=True), plain("b")


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> Plain:
    made = Plain()
    monkeypatch.setitem(KINDS, "plain", made)
    return made


def cells(values: Sequence[Typed], index: Sequence[int] | None = None) -> Cells:
    """Texts, or texts with a cell type; '' is blank."""
    pairs = [v if isinstance(v, tuple) else (v, TEXT if v else CellType.BLANK) for v in values]
    labels = pd.Index([*(range(len(pairs)) if index is None else index)], dtype="int64")
    return Cells(
        pd.Series([text for text, _ in pairs], index=labels, dtype=object),
        pd.Series(np.array([type_ for _, type_ in pairs], dtype="int8"), index=labels),
    )


def run(
    given: Form, absent: Mapping[str, Any] | None = None, /, **columns: Sequence[Typed]
) -> ValidatedSheet:
    return validate_sheet(
        given.main_table, {k: cells(v) for k, v in columns.items()}, given, absent
    )


def found(validated: ValidatedSheet) -> list[tuple[str, str, int]]:
    return [(f.code, f.field, f.record) for f in validated.findings]


# --- cells ---------------------------------------------------------------------------------

TYPE_FAULTS = [
    (("#N/A", CellType.ERROR), "K002"),
    (("", CellType.UNCALCULATED), "K003"),
    (("TRUE", CellType.BOOL), "K004"),
    (("a\x07b", TEXT), "K005"),
    (("a\ud800b", TEXT), "K005"),
    (("a\x85", TEXT), "K005"),
]


@pytest.mark.parametrize(("cell", "code"), TYPE_FAULTS)
@pytest.mark.parametrize("field", [A, B], ids=["required", "optional"])
def test_a_cell_that_no_kind_can_read_has_one_fault(field: Field, cell: Typed, code: str) -> None:
    validated = run(sheet_form(field), None, **{field.key: ["ok", cell]})
    assert found(validated) == [(code, field.key, 1)]
    column = validated.columns[field.key]
    assert column.faulty.tolist() == [False, True]
    assert column.blank.tolist() == [False, False]
    assert column.text.tolist() == ["OK", ""]


@pytest.mark.parametrize(
    "character", [0, 8, 0xB, 0xC, 0xE, 0x1F, 0x7F, 0x9F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF], ids=hex
)
def test_signs_that_no_workbook_can_show_are_faults(character: int) -> None:
    assert found(run(sheet_form(B), b=[f"a{chr(character)}b"])) == [("K005", "b", 0)]


def test_tabs_and_line_ends_are_no_control_characters() -> None:
    assert found(run(sheet_form(B), b=["a\tb", "a\r\nb", "a\u3000b"])) == []


def test_a_cell_inside_a_merged_area_raises_nothing_and_is_not_blank() -> None:
    validated = run(sheet_form(A), a=[("", CellType.COVERED), "ok"])
    assert found(validated) == []
    assert validated.columns["a"].faulty.tolist() == [True, False]
    assert validated.columns["a"].blank.tolist() == [False, False]


def test_a_missing_heading_is_not_reported_as_blank_cells() -> None:
    absent = {"a": pd.Series([True, False])}
    validated = run(sheet_form(A, B), absent, a=["", ""], b=["x", "y"])
    assert found(validated) == [("K001", "a", 1)]
    assert validated.columns["a"].faulty.tolist() == [True, False]
    assert validated.columns["a"].blank.tolist() == [False, True]


def test_a_required_cell_left_blank_is_reported_and_stays_blank() -> None:
    validated = run(sheet_form(A, B), a=["", "ok"], b=["", ""])
    assert found(validated) == [("K001", "a", 0)]
    assert next(iter(validated.findings)).params == {}
    assert validated.columns["a"].blank.tolist() == [True, False]
    assert not validated.columns["a"].faulty.any()
    assert validated.columns["b"].blank.all()


def test_a_cell_of_signs_that_do_not_count_is_blank() -> None:
    validated = run(sheet_form(A), a=["'", "ok"])
    assert found(validated) == [("K001", "a", 0)]
    assert validated.columns["a"].blank.tolist() == [True, False]
    assert [note.record for note in validated.notes] == [1]


def test_nothing_is_noted_of_a_cell_that_comes_to_nothing() -> None:
    row: dict[str, Typed] = {"name": "钱示例", "id_number": "'"}
    validated = validate_sheet(
        FULL.main_table, {f.key: cells([row.get(f.key, "")]) for f in FULL.main_table}, FULL
    )
    assert ("K001", "id_number", 0) in found(validated)
    assert [*validated.notes] == []


# --- checks --------------------------------------------------------------------------------


def test_of_several_failing_checks_the_first_is_reported() -> None:
    validated = run(sheet_form(B, K302=Level.ERROR), b=["ok", "abcdefghi1", "abcdefghij"])
    assert found(validated) == [("K301", "b", 1), ("K302", "b", 2)]
    assert next(validated.findings).params == {"raw": "abcdefghi1", "text": "ABCDEFGHI1"}


def test_an_error_makes_a_cell_faulty_and_a_warning_does_not() -> None:
    validated = run(sheet_form(B), b=["abc1", "abcdefg"])
    assert found(validated) == [("K301", "b", 0), ("K302", "b", 1)]
    assert validated.columns["b"].faulty.tolist() == [True, False]
    assert validated.columns["b"].text.tolist() == ["", "ABCDEFG"]


def test_a_warning_does_not_hide_an_error_that_comes_later() -> None:
    assert found(run(sheet_form(B), b=["abcdefghij"])) == [("K303", "b", 0)]


def test_a_fields_own_level_counts() -> None:
    milder = plain("b", levels={"K301": Level.WARNING})
    assert not run(sheet_form(milder), b=["abc1"]).columns["b"].faulty.any()


def test_checks_see_filled_cells_only_with_their_types(kind: Plain) -> None:
    kind.seen = []
    run(sheet_form(B), b=["", ("5a", CellType.NUMBER), ("#N/A", CellType.ERROR), "x", "'"])
    (seen,) = kind.seen
    assert seen.text.tolist() == ["5A", "X"]
    assert seen.type.tolist() == [CellType.NUMBER, TEXT]
    assert seen.text.index.equals(seen.type.index)


def test_each_distinct_cell_of_a_long_column_is_looked_at_once(kind: Plain) -> None:
    kind.seen = []
    number = ("5", CellType.NUMBER)
    validated = run(sheet_form(A), a=["x", "5", number, "", "'", "y"] * 100)
    (seen,) = kind.seen
    assert list(zip(seen.text, seen.type, strict=True)) == [
        ("X", TEXT), ("5", TEXT), ("5", CellType.NUMBER), ("Y", TEXT),
    ]  # fmt: skip
    codes = ["", "K301", "K301", "K001", "K001", ""] * 100
    assert found(validated) == [(code, "a", n) for n, code in enumerate(codes) if code]
    column = validated.columns["a"]
    assert column.text.tolist() == ["X", "", "", "", "", "Y"] * 100
    assert column.faulty.tolist() == [False, True, True, False, False, False] * 100
    assert column.blank.tolist() == [False, False, False, True, True, False] * 100
    assert [note.record % 6 for note in validated.notes] == [0, 5] * 100


def test_cells_of_one_text_and_two_types_are_told_apart_in_their_order(kind: Plain) -> None:
    kind.seen = []
    run(sheet_form(A), a=[("5", CellType.NUMBER), "5", "x"] * 100)
    (seen,) = kind.seen
    assert list(zip(seen.text, seen.type, strict=True)) == [
        ("5", CellType.NUMBER), ("5", TEXT), ("X", TEXT),
    ]  # fmt: skip


def test_records_keep_their_labels() -> None:
    fields = sheet_form(A, B)
    columns = {"a": cells(["x", "", "x1"], [40, 7, 12]), "b": cells(["1", "", "y"], [40, 7, 12])}
    validated = validate_sheet(fields.main_table, columns, fields)
    assert found(validated) == [("K001", "a", 7), ("K301", "a", 12), ("K301", "b", 40)]
    assert validated.columns["a"].text.index.tolist() == [40, 7, 12]


def test_labels_must_be_unique() -> None:
    fields = sheet_form(B)
    with pytest.raises(ValueError, match="labels"):
        validate_sheet(fields.main_table, {"b": cells(["x", "y"], [1, 1])}, fields)


def test_an_exception_inside_a_check_is_a_bug_not_a_finding(kind: Plain) -> None:
    kind.breaks = lambda cells: 1 / 0
    with pytest.raises(RuntimeError, match="K301"):
        run(sheet_form(A, B), a=[""], b=["x"])


def test_an_answer_of_the_wrong_length_is_a_bug(kind: Plain) -> None:
    kind.breaks = lambda cells: np.array([True, False, True])
    with pytest.raises(RuntimeError, match="K301"):
        run(sheet_form(B), b=["x", "y"])


def test_validation_runs_even_where_the_environment_switched_it_off() -> None:
    with config_context(validation_enabled=False):
        assert found(run(sheet_form(A), a=["", "x1"])) == [("K001", "a", 0), ("K301", "a", 1)]


def test_no_records_no_findings() -> None:
    empty = {field.key: cells([]) for field in FULL.main_table}
    validated = validate_sheet(FULL.main_table, empty, FULL)
    assert (found(validated), [*validated.notes]) == ([], [])
    assert all(len(column.text) == 0 for column in validated.columns.values())
    assert validated.columns["joined_on"].value.dtype.kind == "M"


def test_a_column_without_content_keeps_the_type_of_its_values() -> None:
    blank = {field.key: cells(["", ""]) for field in FULL.main_table}
    validated = validate_sheet(FULL.main_table, blank, FULL)
    required = [f.key for f in FULL.main_table if f.required]
    assert sorted(found(validated)) == sorted(("K001", k, n) for k in required for n in (0, 1))
    assert validated.columns["joined_on"].value.dtype.kind == "M"
    assert validated.columns["joined_on"].value.isna().all()
    assert (validated.columns["name"].value == "").all()


# --- notes and derived fields --------------------------------------------------------------


def test_what_was_rewritten_is_noted_unless_the_cell_is_in_error() -> None:
    validated = run(sheet_form(B), b=["abc", "ABC", "abc1", "abcdefg"])
    assert [(n.code, n.record) for n in validated.notes] == [("K901", 0), ("K901", 3)]
    assert next(validated.notes).params == {"from": "abc", "to": "<ABC>"}


def test_a_single_rewritten_cell_is_noted() -> None:
    validated = run(sheet_form(B), b=["abc"])
    assert [(n.code, n.field, n.record) for n in validated.notes] == [("K901", "b", 0)]


def derived_form() -> Form:
    source = plain("s")
    by = Derivation("sex_of_id", "s")
    return sheet_form(plain("d", derive=by, required=True), source)


WOMAN, MAN = "AAAAAAAAAAAAAAAA2X", "AAAAAAAAAAAAAAAA1X"


def test_a_derived_field_follows_from_its_source() -> None:
    fields = replace(derived_form(), levels=dict.fromkeys(("K301", "K302", "K303"), Level.WARNING))
    validated = run(fields, d=["2", "typed", "", ""], s=[WOMAN, MAN, "", ("#N/A", CellType.ERROR)])
    column = validated.columns["d"]
    assert column.text.tolist() == ["2", "1", "", ""]
    assert column.typed.tolist() == ["2", "TYPED", "", ""]
    assert column.blank.tolist() == [False, False, True, True]
    assert not column.faulty.any()
    assert {field for _, field, _ in found(validated)} == {"s"}


def test_what_is_typed_over_a_derived_field_raises_nothing() -> None:
    typed: list[Typed] = ["x1", "abcdefghij", ("#N/A", CellType.ERROR), ("TRUE", CellType.BOOL)]
    validated = run(derived_form(), d=[*typed, "a\x07", "low", "warned"], s=[""] * 7)
    assert (found(validated), [*validated.notes]) == ([], [])
    assert validated.columns["d"].typed.tolist() == ["", "", "", "", "", "LOW", "WARNED"]
    assert validated.columns["d"].raw.tolist()[2:4] == ["#N/A", "TRUE"]


def test_a_faulty_source_derives_nothing() -> None:
    validated = run(derived_form(), d=[""], s=[WOMAN])
    assert found(validated) == [("K301", "s", 0)]
    assert validated.columns["d"].text.tolist() == [""]


def test_sex_and_birthday_follow_from_the_id() -> None:
    _, number, joined = MEMBERS[1]
    row: dict[str, Typed] = {
        "name": "钱示例",
        "id_number": number,
        "joined_on": (str(joined), CellType.DATE),
    }
    validated = validate_sheet(
        FULL.main_table, {f.key: cells([row.get(f.key, "")]) for f in FULL.main_table}, FULL
    )
    assert found(validated) == []
    assert validated.columns["sex"].text.tolist() == ["2"]
    assert (
        str(validated.columns["birthday"].value[0].date())
        == f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    )


# --- the schema ----------------------------------------------------------------------------


def test_the_schema_is_built_once_a_form() -> None:
    assert schema(FULL.main_table, FULL) is schema(FULL.main_table, FULL)
    assert schema(FULL.main_table, FULL) is not schema(FULL.main_table, replace(FULL))


def test_the_schema_names_its_checks_by_their_codes() -> None:
    wanted = schema(FULL.record, FULL)
    assert not wanted.columns["staff"].nullable
    codes = [check.code for check in KINDS["count"].checks(FULL.record.field("staff"), FULL)]
    assert [check.name for check in wanted.columns["staff"].checks] == codes
    assert "organisation_form" not in wanted.columns


def any_cell() -> st.SearchStrategy[Typed]:
    written = st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            ["12", "１２人", "2010.5.1", "20100501", "是", "男", "0311-85551234", "170"]
        ),
        st.sampled_from([number for _, number, _ in MEMBERS]),
    )
    return st.tuples(written, st.sampled_from(CellType)).map(_as_read)


def _as_read(cell: tuple[str, CellType]) -> Typed:
    text, type_ = cell
    silent = (CellType.BLANK, CellType.UNCALCULATED, CellType.COVERED)
    return ("" if type_ in silent else text or "x", type_)


@pytest.mark.parametrize("sheet", FULL.sheets, ids=lambda s: s.key)
@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_records_are_judged_together_as_they_are_one_by_one(sheet: Sheet, data: Any) -> None:
    some = st.lists(st.fixed_dictionaries({f.key: any_cell() for f in sheet}), max_size=3)
    rows = data.draw(some) * data.draw(st.sampled_from([1, 1, 30]))  # long columns repeat
    whole = validate_sheet(sheet, {f.key: cells([r[f.key] for r in rows]) for f in sheet}, FULL)
    rows = rows[:3]
    alone = [
        validate_sheet(sheet, {f.key: cells([row[f.key]], [n]) for f in sheet}, FULL)
        for n, row in enumerate(rows)
    ]
    assert sorted(f for f in found(whole) if f[2] < 3) == sorted(
        f for validated in alone for f in found(validated)
    )
    for key, column in whole.columns.items():
        for n, validated in enumerate(alone):
            one = validated.columns[key]
            assert column.text[n] == one.text[n]
            assert (column.blank[n], column.faulty[n]) == (one.blank[n], one.faulty[n])
            # A cell is blank, faulty, or has a value.
            state = (column.blank[n], column.faulty[n], column.text[n] != "")
            assert sum(map(bool, state)) == 1
