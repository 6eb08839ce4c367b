"""What changed since the last submission: members told apart by their ID number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from converter.validation import diff
from converter.validation.diff import FieldChange, MemberChange, Person, SubmissionDiff, TableDiff
from tests.canonical import FORM, PEOPLE, records
from tests.people import id_number

NEW = ("陈示例", id_number("130102", "1990-05-05", 5), "2026-01-01", "1", "1990-05-05")
NOTHING = SubmissionDiff((), (TableDiff("member"),))


def person(row: tuple[str, ...]) -> Person:
    return Person(row[1], row[0])


def changes(old: Any, new: Any) -> SubmissionDiff:
    return diff.changes(records(people=old), records(people=new), FORM)


def test_the_same_submission_has_no_changes() -> None:
    found = changes(PEOPLE, PEOPLE)
    assert found == NOTHING
    assert not found


def test_another_order_is_no_change() -> None:
    assert changes(PEOPLE, PEOPLE[::-1]) == NOTHING


def test_who_joined_and_who_left_are_named() -> None:
    found = changes(PEOPLE, [*PEOPLE[1:], NEW])
    assert found == SubmissionDiff((), (TableDiff("member", (person(NEW),), (person(PEOPLE[0]),)),))
    assert found


def test_a_changed_entry_is_told_old_and_new() -> None:
    moved = (PEOPLE[1][0], PEOPLE[1][1], "2020-01-01", *PEOPLE[1][3:])
    found = changes(PEOPLE, [PEOPLE[0], moved, *PEOPLE[2:]])
    change = MemberChange(person(moved), (FieldChange("joined_on", "", "2020-01-01"),))
    assert found == SubmissionDiff((), (TableDiff("member", changed=(change,)),))


def test_a_new_name_is_a_change_of_the_same_person() -> None:
    renamed = ("王示例", *PEOPLE[0][1:])
    found = changes(PEOPLE, [renamed, *PEOPLE[1:]])
    assert found.tables[0].changed == (
        MemberChange(Person(PEOPLE[0][1], "王示例"), (FieldChange("name", "赵示例", "王示例"),)),
    )


def test_changed_answers_of_the_unit_stand_in_form_order() -> None:
    old = records({"phone": ""})
    new = records({"staff": "16", "address": ""})
    assert diff.changes(old, new, FORM).record_changed == (
        FieldChange("phone", "", "0311-85551234"),
        FieldChange("address", "示例县示例路1号,东楼", ""),
        FieldChange("staff", "15", "16"),
    )


def test_fields_the_older_submission_does_not_know_are_left_out() -> None:
    old, new = records(), records({"staff": "16"})
    unit = {key: text for key, text in old.record.items() if key != "staff"}
    members = {
        key: texts
        for key, texts in old.tables["member"].items()
        if key not in ("joined_on", "name")
    }
    older = replace(old, record=unit, tables={"member": members})
    assert diff.changes(older, new, FORM) == NOTHING
    gone = diff.changes(older, records(people=[]), FORM)
    assert gone.tables[0].left[0] == Person(PEOPLE[0][1], "")


def test_ids_given_twice_or_not_at_all_confuse_nothing() -> None:
    twice = (PEOPLE[0][0] + "二", *PEOPLE[0][1:])
    blank = ("无示例", "", "", "", "")
    assert changes(PEOPLE, [*PEOPLE, twice, blank]) == NOTHING
    assert changes([*PEOPLE, twice, blank], PEOPLE) == NOTHING


def test_all_kinds_of_changes_are_found_at_once() -> None:
    moved = (PEOPLE[1][0], PEOPLE[1][1], "2020-01-01", *PEOPLE[1][3:])
    found = diff.changes(
        records(), records({"staff": "16"}, people=[moved, *PEOPLE[2:], NEW]), FORM
    )
    (table,) = found.tables
    assert table.joined == (Person(NEW[1], "陈示例"),)
    assert table.left == (Person(PEOPLE[0][1], "赵示例"),)
    (changed,) = table.changed
    assert changed.person == Person(moved[1], "钱示例")
    assert changed.fields == (FieldChange("joined_on", "", "2020-01-01"),)
    assert found.record_changed == (FieldChange("staff", "15", "16"),)


ROWS = st.lists(st.tuples(*[st.sampled_from("abc")] * 5), max_size=6, unique_by=lambda row: row[1])


@given(ROWS, ROWS)
def test_looking_back_is_looking_forward_reversed(old: list[Any], new: list[Any]) -> None:
    forward, back = changes(old, new), changes(new, old)
    assert {p.id for p in forward.tables[0].joined} == {p.id for p in back.tables[0].left}
    assert {
        (m.person.id, f.field, f.old, f.new) for m in forward.tables[0].changed for f in m.fields
    } == {(m.person.id, f.field, f.new, f.old) for m in back.tables[0].changed for f in m.fields}
    kept = {row[1] for row in old} & {row[1] for row in new}
    assert {m.person.id for m in forward.tables[0].changed} <= kept
