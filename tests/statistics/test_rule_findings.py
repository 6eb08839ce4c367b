"""`stats --rules`: what each rule found, what was explained, what units took back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import duckdb
import pytest

from converter.forms import loading
from converter.model.forms import Amendment, Form
from converter.register.schema import RegisterTables
from converter.statistics import rule_findings
from converter.statistics.figure import Row

FORM = loading.load(loading.form_dir("jiceng"))
# (number, unit, state, what was found in it: code, level, count)
Sent = tuple[int, int, str, Sequence[tuple[str, str, int]]]


@dataclass(frozen=True)
class Received:
    """A register of which only submissions and their findings matter."""

    connection: duckdb.DuckDBPyConnection

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(parameters)).fetchall()


def rows(sent: Sequence[Sent], form: Form = FORM) -> dict[str, Row]:
    """The table's rows, by code; all was sent in one period, and something in another."""
    connection = duckdb.connect()
    connection.execute("CREATE TABLE submissions (id INT, unit INT, period TEXT, state TEXT)")
    connection.execute("CREATE TABLE findings (submission INT, code TEXT, level TEXT, count INT)")
    other: Sent = (99, 9, "current", [("X101", "error", 7)])
    for number, unit, state, found in (*sent, other):
        period = "2025" if number == other[0] else "2026"
        connection.execute("INSERT INTO submissions VALUES (?, ?, ?, ?)",
                           [number, unit, period, state])  # fmt: skip
        for code, level, count in found:
            connection.execute("INSERT INTO findings VALUES (?, ?, ?, ?)",
                               [number, code, level, count])  # fmt: skip
    register = cast("RegisterTables", Received(connection))
    table = rule_findings.figure(register, form, "2026").table
    return {str(row[0])[:4]: row for row in table.rows}


def counted(row: Row) -> tuple[object, ...]:
    """Units, places, explained, taken back."""
    return tuple(row[2:])


def test_rules_stand_in_the_order_of_the_form_whether_or_not_they_found_anything() -> None:
    found = rows([])
    assert list(found) == [rule.code for rule in FORM.rules]
    assert counted(found["X101"]) == (0, 0, 0, 0)
    assert counted(found["X121"]) == (0, 0, "", 0)  # no reason excuses it


def test_a_unit_counts_once_with_what_it_sent_last() -> None:
    found = rows(
        [
            (1, 1, "superseded", [("X101", "error", 5)]),
            (2, 1, "current", [("X101", "warning", 1)]),
            (3, 2, "faulty", [("X101", "error", 2)]),
        ]
    )
    assert counted(found["X101"]) == (2, 3, 1, 0)  # one place of the three is explained


def test_what_is_gone_from_the_file_that_counts_was_taken_back() -> None:
    found = rows(
        [
            (1, 1, "superseded", [("X121", "error", 1), ("X102", "error", 1)]),
            (2, 1, "current", [("X102", "error", 1)]),
            (3, 2, "faulty", [("X121", "error", 1)]),
        ]
    )
    assert counted(found["X121"]) == (2, 1, "", 1)
    assert counted(found["X102"]) == (1, 1, 0, 0)


@pytest.mark.parametrize("state", ["identical", "paired"])
def test_the_same_file_once_more_is_no_other_finding(state: str) -> None:
    found = rows([(1, 1, "current", [("X101", "error", 1)]), (2, 1, state, [])])
    assert counted(found["X101"]) == (1, 1, 0, 0)


def test_rules_on_trial_and_rules_switched_off_are_called_so() -> None:
    on_trial = [replace(rule, beta=rule.code == "X101") for rule in FORM.rules]
    off = {"X121": Amendment("X121", None, "2026-03-01", "口径有误")}
    form = replace(FORM, rules=tuple(on_trial), amendments=off)
    found = rows([(1, 1, "current", [("X101", "note", 3), ("X121", "note", 2)])], form)
    assert "试" in str(found["X101"][1])
    assert counted(found["X101"]) == (1, 3, 3, 0)  # what is told with a reason is a note
    assert found["X121"][1] == "停用"
    assert counted(found["X121"])[:2] == (1, 2)
