"""A whole collection, killed again and again, with decisions in between: what counts is the truth.

`make held-out` runs it with 200 units and 27 kills; the tests with 40 and 3.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from converter.identity import keys as of_union
from converter.register.deciding import Order
from converter.usecases import deciding
from converter.usecases.receive import Plan
from tests.sheets import FORM
from tests.usecases.receive import held_out
from tests.usecases.receive.conftest import FOLDER, NOW
from tests.usecases.receive.held_out import HeldOut, Sent
from tests.usecases.receive.killing import KILLED, Receiving, in_fork

pytestmark = pytest.mark.posix("SIGKILL")

UNITS, KILLS = int(os.environ.get("UNITS", "40")), int(os.environ.get("KILLS", "3"))


@dataclass
class Officer:
    """Receives and decides; knows nothing of the truth."""

    folder: Path
    made: HeldOut
    chance: random.Random

    @property
    def store(self) -> Path:
        return self.folder / "S"

    def receive(self, kills: int) -> None:
        """Be killed so many times, then run to the end."""
        for _ in range(kills):
            if not self._run(self.chance.randint(1, 40)):  # it was done before that step
                assert self._run(1)
        assert not self._run(0)

    def _run(self, kill_at: int) -> bool:
        """Whether it was killed."""
        inbox, keys = self.made.box.folder, self.made.union.keys
        plan = Plan(FOLDER, FORM, self.folder / "R", keys, of_union.signer(keys), 2, NOW)
        run = Receiving(inbox, self.store, plan, self.made.roster, "2026", batch=7)
        return in_fork(run, kill_at) == KILLED

    def decide(self, action: str, subject: str, unit: str = "") -> int:
        made, _ = deciding.decide(self.store, FORM, Order(action, subject, unit), NOW)
        return made.number


def published(store: Path) -> tuple[dict[str, str], dict[str, int], dict[str, int]]:
    """(file → state, unit → members that count, unit → files that count), by our own SQL. Units go
    by their names: strangers have no codes."""
    (folder,) = sorted((store / "published").glob("[0-9]*"), key=lambda p: int(p.name))[-1:]

    def rows(sql: str) -> list[tuple[Any, ...]]:
        named = {t: f"'{folder / t}.parquet'" for t in ("submissions", "units", "members")}
        return duckdb.connect().execute(sql.format(**named)).fetchall()

    states = dict(rows("SELECT file, state FROM {submissions}"))
    members = dict(
        rows(
            "SELECT u.name, count(*) FROM {members} m JOIN {units} u ON m.unit = u.id"
            " WHERE m.period = '2026' GROUP BY u.name"
        )
    )
    files = dict(
        rows(
            "SELECT u.name, count(*) FROM {submissions} s JOIN {units} u ON s.unit = u.id"
            " WHERE s.period = '2026' AND s.state IN ('current', 'unconfirmed') GROUP BY u.name"
        )
    )
    return states, members, files


def compare(officer: Officer) -> None:
    """The publication, and the register that it was made of, beside the truth."""
    states, members, files = published(officer.store)
    expected, truth = officer.made.states(), officer.made.members()
    assert {f: (states.get(f), e) for f, e in expected.items() if states.get(f) != e} == {}
    assert states.keys() == expected.keys()
    assert members == truth
    assert files == dict.fromkeys(truth, 1)
    with duckdb.connect(str(officer.store / "register.duckdb"), read_only=True) as register:
        assert dict(register.execute("SELECT file, state FROM submissions").fetchall()) == states


def held_files(one: Sent) -> list[str]:
    return [file for file, state in one.states.items() if state == "held"]


def let_in(one: Sent, file: str) -> None:
    """A held file counts, whatever counted until then."""
    if one.counts:
        one.states[one.counts] = "superseded"
    one.states[file], one.counts = "current", file


def decide_about_everything(officer: Officer) -> None:
    """Each kind of decision for some units, the truth changed as docs/register.md says."""
    made, chance = officer.made, officer.chance
    missing = [one for one in made.sent if one.listed and not one.counts and not held_files(one)]
    for one in [one for one in made.sent if held_files(one)]:
        file, before = held_files(one)[0], dict(one.states)
        counted = one.counts
        action = chance.choice(["accept", "accept and revoke", "reject", "withdraw", "assign", ""])
        if action == "reject" or action == "withdraw":
            officer.decide(action, file)
            one.states[file] = "rejected" if action == "reject" else "withdrawn"
        elif action == "assign" and not one.listed and missing:
            to = missing.pop()
            officer.decide("assign", file, to.code)
            del one.states[file]
            to.states[file], to.counts = "unconfirmed" if to.issued else "current", file
            to.members[file] = one.members[file]
            one = to
        elif action.startswith("accept"):
            number = officer.decide("accept", file)
            let_in(one, file)
            if action != "accept":
                officer.decide("revoke", str(number))
                one.states, one.counts = before, counted
        # The same file comes again: what was decided holds for it.
        state = one.states[file]
        one.states[f"再/{file}"] = state if state in ("rejected", "withdrawn") else "identical"
        made.box.put(f"再/{file}", (made.box.folder / file).read_bytes())
    for one in made.sent[:: max(1, len(made.sent) // 9)]:
        alone = [f for f, state in one.states.items() if state in ("current", "unconfirmed")]
        if len(one.states) == 1 and alone:
            before, number = dict(one.states), officer.decide("withdraw", alone[0])
            one.states[alone[0]], one.counts = "withdrawn", ""
            if chance.random() < 0.5:
                officer.decide("revoke", str(number))
                one.states, one.counts = before, alone[0]


def test_what_counts_is_the_truth_however_often_it_was_killed(tmp_path: Path) -> None:
    officer = Officer(tmp_path, held_out.build(tmp_path, UNITS), random.Random(UNITS))
    officer.receive(KILLS - KILLS // 3)
    compare(officer)
    decide_about_everything(officer)
    officer.receive(KILLS // 3)
    compare(officer)
    assert not list(officer.store.glob("spool/*"))
