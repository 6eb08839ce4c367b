"""blank_when, required_when, leave_blank, together, belongs, agrees, unique."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from converter.model.forms import Code, CodeList
from converter.rules import FAMILIES
from converter.rules.base import FormColumns, SheetColumns
from tests.rules.tables import FORM, TODAY, at, hits, rule, sentence, table, tables


def test_an_institution_leaves_the_opening_date_blank() -> None:
    given = tables(
        "unit_category | opened_on | production_status\n"
        "400 | 2001-03-01 |\n400 | | \n170 | 2001-03-01 | 1\n500 | 2001-03-01 |"
    )
    assert at("X141", given) == [("unit.opened_on", 0)]
    assert sentence("X141", given) == "单位类别为“事业”的，不用填投产开业时间"


def test_a_faulty_cell_that_should_be_blank_has_its_own_message() -> None:
    assert at("X141", tables("unit_category | opened_on\n400 | !x")) == []


def test_an_enterprise_is_asked_for_both() -> None:
    given = tables("unit_category | opened_on | production_status\n170 | | \n500 | |\n | |")
    assert at("X142", given) == [("unit.opened_on", 0), ("unit.production_status", 0)]
    assert sentence("X142", given) == "单位类别为“企业”的，应填写投产开业时间"


def test_a_legal_person_has_three_more_cells() -> None:
    given = tables(
        "legal_person | legal_person_on | legal_person_certificate | legal_representative\n"
        "1 | !x | | 王示例\n0 | | |\n!x | | |\n | | |"
    )
    assert at("X143", given) == [("unit.legal_person_certificate", 0)]
    assert hits("X143", given)[0].related == (("unit.legal_person", 0),)
    assert "为“是”的" in sentence("X143", given)


def test_without_registration_the_three_stay_blank() -> None:
    given = tables("legal_person | legal_person_on\n0 | 2006-01-10\n1 | 2006-01-10\n | 2006-01-10")
    assert at("X144", given) == [("unit.legal_person_on", 0)]


def test_a_cell_nobody_asks_for_is_mentioned_when_filled() -> None:
    assert at("X145", tables("chair_honour | staff\n劳动模范 | 1\n | 1\n!x | 1")) == [
        ("unit.chair_honour", 0)
    ]


def test_an_honour_has_level_and_date_or_nothing() -> None:
    given = tables(
        "honour | honour_level | honour_on\n1 | |\n1 | 1 | 2020-05-01\n | |\n | !x |\n | | 2020-05-01"
    )
    assert at("X151", given) == [
        ("unit.honour", 3),
        ("unit.honour", 4),
        ("unit.honour_level", 0),
        ("unit.honour_level", 4),
        ("unit.honour_on", 0),
        ("unit.honour_on", 3),
    ]
    assert sentence("X151", given) == "荣誉级别填了，荣誉类别还空着"


def test_all_that_stands_beside_a_blank_is_named() -> None:
    given = tables("honour | honour_level | honour_on\n | 1 | 2020-05-01")
    assert sentence("X151", given) == "荣誉级别、荣获时间填了，荣誉类别还空着"
    assert FAMILIES["together"].message_params(rule("X151"), "unit.honour", FORM) == {
        "all": "荣誉类别、荣誉级别、荣获时间"
    }


def test_a_cell_of_signs_that_do_not_count_calls_for_nothing() -> None:
    given = tables("honour | honour_level | honour_on\n | |")
    column = given.column("unit.honour")
    quoted = replace(column, raw=column.raw.replace("", "'"))
    unit = replace(given.record, columns={**given.record.columns, "honour": quoted})
    assert at("X151", replace(given, sheets={**given.sheets, "unit": unit})) == []


def test_a_cell_that_nobody_could_fill_does_not_call_for_others() -> None:
    """A merged area or a missing heading is faulty without anything typed."""
    assert at("X151", tables("honour | honour_level | honour_on\n! | |")) == []


def test_a_division_belongs_to_its_section() -> None:
    given = tables("industry | industry_division\nC | 01\nA | 01\n | 01\nC |\n!x | 01\nC | !x")
    assert at("X161", given) == [("unit.industry_division", 0)]
    assert sentence("X161", given) == ("细分行业类别“农业”不属于“制造业”，属于“农、林、牧、渔业”")


def test_an_entry_without_a_parent_belongs_anywhere() -> None:
    other = CodeList("industry_division", (Code("01", "农业", parent="A"), Code("99", "其他")))
    given = tables("industry | industry_division\nC | 99\nC | 01")
    given = replace(given, form=replace(FORM, codes={**FORM.codes, other.name: other}))
    assert at("X161", given) == [("unit.industry_division", 1)]


def test_a_typed_sex_that_differs_from_the_id_is_named_by_its_label() -> None:
    given = tables(
        member="id_number | sex\n1 | 1>2\n1 | 2>2\n1 | >2\n1 | ?未知>2\n1 | ?未知>\n1 | 2"
    )
    assert at("X174", given) == [("member.sex", 0), ("member.sex", 3)]
    assert sentence("X174", given) == ("会员性别填的是“男”，按身份证号算出的是“女”，以身份证号为准")
    assert hits("X174", given)[1].params["typed"] == "未知"
    assert hits("X174", given)[1].related == (("member.id_number", 3),)


def test_a_typed_birthday_is_compared_as_a_date() -> None:
    given = tables(
        member="birthday\n1990-01-02>1990-01-02\n1990-01-03>1990-01-02\n?生日>1990-01-02"
    )
    assert at("X174", given) == [("member.birthday", 1), ("member.birthday", 2)]
    assert "“1990-01-03”" in sentence("X174", given)


def test_a_derived_unit_field_is_compared_like_a_members() -> None:
    assert at("X174", tables("organisation_form\n1>2\n2>2")) == [("unit.organisation_form", 0)]


def test_every_row_after_the_first_of_an_id_names_the_first() -> None:
    given = tables(member="# | id_number\n0 | A\n1 | A\n0 | B\n0 | A\n0 | A\n1 | B")
    assert at("X191", given) == [("member.id_number", 3), ("member.id_number", 4)]
    assert {hit.related for hit in hits("X191", given)} == {(("member.id_number", 0),)}
    assert sentence("X191", given) == "身份证号和 C5 的一样"


def test_each_repeated_id_names_its_own_first_row() -> None:
    given = tables(member="# | id_number\n0 | C\n0 | A\n0 | B\n1 | B\n0 | B\n0 | A\n1 | B\n0 | B")
    first = {hit.record: hit.related[0][1] for hit in hits("X191", given)}
    assert first == {4: 2, 5: 1, 6: 3, 7: 2}


@pytest.mark.parametrize("cells", ["!A | a\n!A | b", " | a\n | b", "A | a\n!A | b\nB | c"])
def test_blank_and_faulty_ids_are_not_duplicates(cells: str) -> None:
    assert at("X191", tables(member=f"id_number | name\n{cells}")) == []


def test_the_same_id_in_another_submission_is_not_this_rules_business() -> None:
    cells = "\n".join(f"{n} | {letter}" for n in range(4) for letter in "ABC")
    assert at("X191", tables(member=f"# | id_number\n{cells}")) == []


def test_record_labels_are_the_tables_own() -> None:
    """A batch's records need not count from 0."""
    member = table("member", "id_number\nA\nB\nA", first=40)
    given = FormColumns({"unit": table("unit", ""), "member": member}, TODAY, FORM)
    (hit,) = hits("X191", given)
    assert (hit.record, hit.related) == (42, (("member.id_number", 40),))


def test_records_out_of_order_keep_their_labels() -> None:
    source = table("member", "id_number\nA\nB\nA")
    columns = {
        key: type(c)(*(getattr(c, name).set_axis([7, 3, 5]) for name in c.__dataclass_fields__))
        for key, c in source.columns.items()
    }
    member = SheetColumns(columns, pd.Series([0, 0, 0], index=[7, 3, 5]))
    (hit,) = hits("X191", FormColumns({"unit": table("unit", ""), "member": member}, TODAY, FORM))
    assert (hit.record, hit.related) == (5, (("member.id_number", 7),))
