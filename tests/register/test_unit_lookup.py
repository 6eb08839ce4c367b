"""Units are looked up by what files claim as if all of them were known."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb

from converter.register import ClaimedSender, Collection, Register, RosterEntry, unit_lookup
from converter.register.senders import SenderResolver
from tests.canonical import FORM

CODES = ["", "1", "001", "2", "A2", "0a2", "00", "77", "B-3"]
NAMES = ["甲厂工会", "甲 厂工会", "丙（集团）工会", "丙(集团)工会", "戊ＡＢ工会", "戊AB工会", ""]
ABOVE = ["", "示例总工会", "示例 总工会"]
LISTED = ["1", "A2", "77", "B-3"]


def _claim(draw: random.Random) -> ClaimedSender:
    return ClaimedSender(draw.choice(CODES), draw.choice(NAMES), "", draw.choice(ABOVE))


def test_few_rows_decide_as_all_would(tmp_path: Path) -> None:
    draw = random.Random(19)
    for number in range(5):
        units = [(n, _claim(draw)) for n in range(1, 9)]
        roster = [RosterEntry(c, draw.choice(NAMES), "", draw.choice(ABOVE)) for c in LISTED]
        former = {unit_lookup.names_of(RosterEntry("", "旧厂工会")): roster[0]}
        with Register(tmp_path / str(number), FORM) as register:
            register.collect(Collection("2026"), "2026-03-01T00:00:00Z")
            register.set_roster(roster, "2026")
            rows = [(n, c.code, c.name, c.superior, *unit_lookup.keys(c)) for n, c in units]
            connection = register._connection
            connection.executemany("INSERT INTO units VALUES (?, ?, ?, '', ?, 0, '', ?, ?)", rows)
            for claim in [*(_claim(draw) for _ in range(25)), ClaimedSender("", "旧厂工会")]:
                found = unit_lookup.rows_about(connection, [claim], former, "2026")
                few = SenderResolver(found[0], len(units), found[1], former, {"77": 1})
                every = SenderResolver(units, len(units), roster, former, {"77": 1})
                assert few.sender(claim) == every.sender(claim), claim
                assert few.changes() == every.changes(), claim


def test_an_older_register_gets_the_keys_that_rows_are_written_with(tmp_path: Path) -> None:
    draw = random.Random(19)
    claims = [_claim(draw) for _ in range(40)]
    with duckdb.connect(str(tmp_path / "register.duckdb")) as connection:
        for table in ("units", "roster"):
            connection.execute(
                f"CREATE TABLE {table} (code VARCHAR, name VARCHAR, superior VARCHAR,"
                " name_key UINTEGER, code_key UINTEGER)"
            )
            rows = [(one.code, one.name, one.superior) for one in claims]
            connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, NULL, NULL)", rows)
        unit_lookup.fill(connection)
        for table in ("units", "roster"):
            kept = connection.execute(f"SELECT name_key, code_key FROM {table} ORDER BY rowid")
            assert kept.fetchall() == [unit_lookup.keys(one) for one in claims]
