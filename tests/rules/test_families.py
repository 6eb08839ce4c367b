"""What holds for every family: registered, well-formed in both faces, quiet on broken cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from converter import rules
from converter.formulas.expressions import list_name
from converter.kinds import KINDS
from converter.messages.catalogue import entry, fill
from converter.model.errors import FormError
from converter.model.forms import Code, CodeList, Form, Rule, Sheet
from converter.rules import FAMILIES
from converter.rules.base import FormColumns, Ref
from tests.rules.tables import FORM, TODAY, at, column, hits, live, rule, table, tables

BANNED = re.compile(
    r"\b(LET|XLOOKUP|TEXTJOIN|UNICODE|UNICHAR|DATEVALUE|INDIRECT|FILTER|SORT|UNIQUE|IFS|SWITCH"
    r"|CONCAT|DATEDIF|COUNTIFS?|SUMIFS?)\("
)
LONGEST = 8192
LIVE = list(live())


@dataclass(frozen=True)
class Cells:
    """A workbook as rules see it, with addresses as long as real ones get."""

    form: Form = FORM
    prepared: int = 500
    row_number: str = "(ROW()-ROW($A$4)+1)"
    heading_row: str = "ROW($A$4)"

    def filled_rows(self, table: str) -> str:
        return f"'{self.form.sheet(table).title}'!$AZ$3"

    def beyond(self, table: str) -> str:
        return f"'{self.form.sheet(table).title}'!$AZ$4"

    def at(self, path: str) -> Ref:
        key = path.replace(".", "_")
        return Ref(f"raw_{key}", f"norm_{key}", f"blank_{key}", f"usable_{key}")

    def rows(self, path: str) -> Ref:
        return Ref("'会员基本信息表'!$B$4:$B$504", "'会员基本信息表'!$BB$4:$BB$504", "", "")

    def rows_without_formulas(self, path: str) -> tuple[str, str]:
        return "'填写说明'!$BB$4:$BB$504", "'填写说明'!$BC$4:$BC$504"

    def first_alike(self, path: str) -> str:
        return f"MATCH({self.at(path).norm},{self.rows(path).norm},0)"


def test_every_module_of_the_folder_is_registered() -> None:
    shared = {"__init__", "base", "conditions", "ages", "date_order", "derivations", "one_cell"}
    shared |= {
        "other_rows",
        "expressions",
        "demands",
        "places",
        "calendar_units",
        "condition_texts",
    }
    modules = {path.stem for path in Path(rules.__path__[0]).glob("*.py")}
    assert modules - shared == set(FAMILIES)


def test_every_family_is_used_by_the_rules_of_the_tests() -> None:
    # tests/forms/test_several_tables.py and test_must_hold.py have the others
    across = {"found_in", "must_hold", "not_in", "sums_rows"}
    assert {rule.family for rule in FORM.rules} == set(FAMILIES) - across


@pytest.mark.parametrize(("rule", "path"), LIVE, ids=lambda v: getattr(v, "code", v))
def test_conditions_use_only_what_all_programs_share(rule: Rule, path: str) -> None:
    condition = FAMILIES[rule.family].excel(rule, path, Cells())
    assert condition
    assert not BANNED.search(condition)
    assert "_xl" not in condition
    assert len(condition) < LONGEST
    outside = re.sub(r'"[^"]*"', "", condition)
    depths = np.cumsum([{"(": 1, ")": -1}.get(c, 0) for c in outside])
    assert depths[-1] == 0
    assert depths.min() >= 0
    assert depths.max() < 40


@pytest.mark.parametrize(("rule", "path"), LIVE, ids=lambda v: getattr(v, "code", v))
def test_conditions_ask_first_whether_their_own_cell_can_be_judged(rule: Rule, path: str) -> None:
    condition = FAMILIES[rule.family].excel(rule, path, Cells()) or ""
    ref = Cells().at(path)
    assert ref.usable in condition or ref.blank in condition


def test_duplicates_are_left_to_the_pipeline_in_a_large_workbook() -> None:
    wanted, limit = rule("X191"), FORM.limits["live_duplicates"]
    excel = FAMILIES["unique"].excel
    assert excel(wanted, "member.id_number", Cells(prepared=limit))
    assert excel(wanted, "member.id_number", Cells(prepared=limit + 1)) is None


def test_a_choice_is_compared_with_codes_of_the_hidden_list() -> None:
    condition = FAMILIES["belongs"].excel(rule("X161"), "unit.industry_division", Cells())
    assert condition
    assert list_name("industry_division", "parent") in condition


@pytest.mark.parametrize(("rule", "path"), LIVE, ids=lambda v: getattr(v, "code", v))
def test_the_short_message_needs_no_figures(rule: Rule, path: str) -> None:
    shown = entry(rule.code, FORM)
    texts = {
        "title": FORM.field(path).title,
        "row": 5,  # the workbook computes it
        **FAMILIES[rule.family].message_params(rule, path, FORM),
    }
    assert shown.title
    assert shown.fix
    assert "…" not in fill(shown.brief, texts)


# --- cards ---------------------------------------------------------------------------------

REFUSED = [
    ("X101", {"limits": []}, "limits"),
    ("X101", {"limits": ["unit.nothing"]}, "limits"),
    ("X101", {"limits": ["unit.founded_on"]}, "limits"),
    ("X101", {"limits": {"unit.staff": 1}}, "limits"),
    ("X111", {"of": "unit"}, "of"),
    ("X112", {"where": {"field": "member.sex", "equals": "9"}}, "where"),
    ("X112", {"where": {"field": "unit.legal_person", "equals": "1"}}, "where"),
    ("X113", {"from": 0}, "from"),
    ("X131", {"since": "unit.staff"}, "since"),
    ("X131", {"since": "member.birthday"}, "at"),
    ("X134", {"until": "unit.nothing"}, "until"),
    ("X134", {"until": "unit.staff"}, "until"),
    ("X134", {"until": "member.birthday"}, "at"),
    ("X135", {"years": "5"}, "years"),
    ("X141", {"when": {"field": "unit.unit_category", "group": "没有"}}, "when"),
    ("X141", {"when": {"field": "unit.unit_category", "group": ""}}, "when"),
    ("X141", {"when": {"field": "unit.staff", "equals": "1"}}, "when"),
    ("X142", {"when": {"field": "unit.legal_person"}}, "when"),
    ("X142", {"when": {"field": "unit.legal_person", "group": ""}}, "when"),
    ("X142", {"when": "unit.legal_person"}, "when"),
    ("X142", {"when": ["field", "equals"]}, "when"),
    ("X142", {"when": None}, "when"),
    ("X161", {"to": "unit.legal_person"}, "to"),
    ("X161", {"to": "unit.staff"}, "to"),
    ("X172", {"min": True}, "min"),
    ("X172", {"born": "member.name"}, "born"),
    ("X172", {"born": "unit.chair_birthday"}, "at"),
    ("X173", {"max": 0}, "max"),
    ("X173", {"born": "member.name"}, "born"),
    ("X173", {"born": "unit.chair_birthday"}, "at"),
    ("X175", {"min": 60, "max": 18}, "min"),
]


@pytest.mark.parametrize(("code", "options", "named"), REFUSED)
def test_a_broken_card_is_refused_by_its_option(
    code: str, options: dict[str, object], named: str
) -> None:
    wanted = rule(code, **options)
    with pytest.raises(FormError, match=rf"^{named}[.:]"):
        FAMILIES[wanted.family].accept(wanted, FORM)


@pytest.mark.parametrize(
    ("code", "places"),
    [
        ("X101", ["unit.founded_on"]),
        ("X111", ["member.id_number"]),
        ("X111", ["unit.founded_on"]),
        ("X113", ["unit.founded_on"]),
        ("X121", ["unit.staff"]),
        ("X131", ["unit.staff"]),
        ("X134", ["unit.staff"]),
        ("X135", ["unit.staff"]),
        ("X151", ["unit.honour"]),
        ("X151", ["unit.honour", "member.sex"]),
        ("X161", ["unit.staff"]),
        ("X172", ["member.name"]),
        ("X174", ["unit.staff"]),
        ("X174", ["unit.nothing"]),
        ("X191", ["unit.unit_name"]),
    ],
)
def test_a_card_for_the_wrong_place_is_refused(code: str, places: list[str]) -> None:
    wanted = replace(rule(code), at=tuple(places))
    with pytest.raises(FormError, match=r"^at: "):
        FAMILIES[wanted.family].accept(wanted, FORM)


def divisions(*entries: Code) -> Form:
    """The form with another list of divisions."""
    codes = {**FORM.codes, "industry_division": CodeList("industry_division", entries)}
    return replace(FORM, codes=codes)


def test_an_entry_whose_parent_the_other_list_lacks_is_refused() -> None:
    accept = FAMILIES["belongs"].accept
    accept(rule("X161"), divisions(Code("01", "农业", parent="A"), Code("99", "其他")))
    with pytest.raises(FormError, match=r"^to: .*'02'.*'Z'"):
        accept(
            rule("X161"), divisions(Code("01", "农业", parent="A"), Code("02", "林业", parent="Z"))
        )


def test_a_choice_cannot_belong_to_one_of_another_sheet() -> None:
    with pytest.raises(FormError, match=r"^at: "):
        FAMILIES["belongs"].accept(rule("X161", to="member.sex"), divisions(Code("01", "农业")))


@pytest.mark.parametrize("given", [rule("X101", limits=["unit.staff"]), rule("X111")])
def test_a_count_of_a_member_is_not_compared_with_those_of_the_unit(given: Rule) -> None:
    paid = replace(FORM.field("unit.staff"), key="paid", sheet="member")
    member = replace(FORM.main_table, fields=(*FORM.main_table.fields, paid))
    with pytest.raises(FormError, match=r"^at: "):
        FAMILIES[given.family].accept(
            replace(given, at=("member.paid",)), replace(FORM, sheets=(FORM.record, member))
        )


def test_the_smallest_limits_that_make_sense_are_accepted() -> None:
    FAMILIES["within_years"].accept(rule("X135", years=1), FORM)
    pair = replace(rule("X151"), at=("unit.honour", "unit.honour_on"))
    FAMILIES["together"].accept(pair, FORM)


def test_an_age_without_any_limit_is_refused() -> None:
    card = replace(rule("X173"), options={"born": "member.birthday"})
    with pytest.raises(FormError, match=r"^min: "):
        FAMILIES["age_today"].accept(card, FORM)


# --- data ----------------------------------------------------------------------------------


@pytest.mark.parametrize("given", FORM.rules, ids=lambda r: r.code)
def test_no_record_no_hit(given: Rule) -> None:
    assert hits(given, tables()) == []


def filled(sheet: Sheet, mark: str) -> str:
    """One record with something in every cell."""
    sample = {"count": "7", "date": "2031-01-01", "choice": "1"}
    keys = [field.key for field in sheet]
    cells = [mark + sample.get(field.kind, "X") for field in sheet]
    return " | ".join(keys) + "\n" + " | ".join(cells)


@pytest.mark.parametrize("given", FORM.rules, ids=lambda r: r.code)
def test_cells_in_error_raise_no_second_alarm(given: Rule) -> None:
    broken = FormColumns(
        {
            "unit": table("unit", filled(FORM.record, "!")),
            "member": table("member", filled(FORM.main_table, "!")),
        },
        TODAY,
        FORM,
    )
    assert at(given, broken) == []


@pytest.mark.parametrize("given", FORM.rules, ids=lambda r: r.code)
def test_a_blank_sheet_raises_nothing(given: Rule) -> None:
    keys = "unit_name | staff"
    blank = tables(f"{keys}\n | ", "name | joined_on\n | ")
    assert at(given, blank) == []


@pytest.mark.parametrize("bad", ["!130102190001010000", "!1", "!"])
def test_one_bad_id_sets_off_nothing_elsewhere(bad: str) -> None:
    """Sex and birthday stay underived, so neither counts nor ages are validated by them."""
    member = (
        "id_number | sex | birthday | joined_on\n"
        "A | 2 | 1990-01-01 | 2015-01-01\n"
        f"{bad} | 1> | 1990-01-01> | 1980-01-01\n"
        f"{bad} |  |  | 2000-01-01"
    )
    given = tables("members | women_members | staff | women_staff\n3 | 2 | 3 | 2", member)
    assert [hit for each in FORM.rules for hit in hits(each, given)] == []


def draw_cell(kind: str, path: str) -> st.SearchStrategy[str]:
    values = {
        "count": st.integers(0, 40).map(str),
        "date": st.dates(TODAY.replace(year=1900), TODAY.replace(year=2030)).map(str),
    }
    field = FORM.field(path)
    if kind == "choice":
        values["choice"] = st.sampled_from(
            [e.code for e in FORM.codes[field.options["codes"]].entries]
        )
    sound = values.get(kind, st.sampled_from(["A", "B", "C"]))
    return st.one_of(st.just(""), sound, sound.map(lambda v: f"!{v}"))


@st.composite
def drawn(draw: st.DrawFn, sheet: Sheet) -> dict[str, list[str]]:
    rows = draw(st.integers(0, 4))
    return {
        field.key: [draw(draw_cell(field.kind, field.path)) for _ in range(rows)] for field in sheet
    }


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(drawn(FORM.record), drawn(FORM.main_table))
def test_any_table_is_judged_and_hits_name_usable_or_blank_cells(
    unit: dict[str, list[str]], member: dict[str, list[str]]
) -> None:
    given = tables(_text(unit), _text(member))
    for each in FORM.rules:
        for hit in hits(each, given):
            assert hit.path in each.at
            assert not given.column(hit.path).faulty.loc[hit.record]
            shown = {"title": "T", "related_cell": "C5", **hit.params}
            assert "…" not in fill(entry(each.code, FORM).sentence, shown)
            for path, record in hit.related:
                assert record in given.table(path).index


def _text(cells: dict[str, list[str]]) -> str:
    if not next(iter(cells.values())):
        return ""
    rows = zip(*cells.values(), strict=True)
    return "\n".join(" | ".join(row) for row in [tuple(cells), *rows])


def test_columns_of_the_tables_are_written_as_judged_ones() -> None:
    """The helper of these tests makes what the schema makes."""
    made = column("unit.staff", ["1", "", "!x"], table("unit", "staff\n1\n\n!x").index)
    assert made.usable.tolist() == [True, False, False]
    assert made.value.isna().tolist() == [False, True, True]
    assert set(KINDS) >= {field.kind for sheet in FORM.sheets for field in sheet}
