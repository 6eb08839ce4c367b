"""Units that an officer exempts, dissolves, merges, renames and moves in mid-collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from converter.model.errors import UsageError
from converter.register import Register, Snapshot, questions
from converter.report import audit_text, register_lookup
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, listed, name_of, packed, people, records
from tests.usecases.receive.conftest import plan
from tests.usecases.receive.test_ordinary_years import states, total
from tests.usecases.receive.test_situations import _unions, decide, members

ROSTER = [listed(n) for n in (1, 2, 3)]


@pytest.fixture
def box(tmp_path: Path, worker: Worker) -> Inbox:
    """1 and 2 reported, 3 did not."""
    box = Inbox(tmp_path / "in")
    for n in (1, 2):
        box.put(f"{n}.zip", packed(records(n, people(n, 4 + n))))
    take(box, worker)
    return box


def store(box: Inbox) -> Path:
    return box.folder.parent / "S"


def take(box: Inbox, worker: Worker, roster: object = ROSTER) -> None:
    receive(box.folder, store(box), plan(None), worker, roster=roster)  # type: ignore[arg-type]


def totals(box: Inbox) -> list[object]:
    return [total(store(box), key) for key in ("expected", "reported", "missing")]


def test_an_exempted_unit_owes_no_report_this_period(box: Inbox, worker: Worker) -> None:
    assert totals(box) == [3, 2, 1]
    number = decide(store(box), "exempt", listed(3).code, why="停产", officer="王示例")
    assert totals(box) == [2, 2, 0]
    take(box, worker)  # the roster once more: what was decided still holds
    assert totals(box) == [2, 2, 0]
    with Snapshot(store(box)) as register:
        (row,) = register_lookup.units(register, FORM, listed(3).code)
    assert "免报 2026，理由：停产" in row.reason
    decide(store(box), "revoke", str(number))
    assert totals(box) == [3, 2, 1]
    decide(store(box), "exempt", listed(3).code)
    with Snapshot(store(box)) as register:
        owing = [
            register.query(f"SELECT count(*) FROM roster_of('{period}') WHERE owes")[0][0]
            for period in ("2026", "2027")
        ]
    assert owing == [2, 3]  # another period's roster owes it again


@pytest.mark.parametrize("action", ["dissolve", "merge"])
def test_a_unit_that_is_gone_counts_nowhere_and_can_be_assigned(
    action: str, box: Inbox, worker: Worker
) -> None:
    number = decide(store(box), action, name_of(2), name_of(1) if action == "merge" else "")
    assert totals(box) == [2, 1, 1]
    assert (members(store(box)), states(store(box))["2.zip"]) == (5, "held")
    decide(store(box), "assign", "2.zip", listed(3).code)
    assert totals(box) == [2, 2, 0]
    decide(store(box), "revoke", "2")
    decide(store(box), "revoke", str(number))
    assert (totals(box), members(store(box))) == ([3, 2, 1], 11)


def test_a_renamed_unit_is_known_by_both_names(box: Inbox, worker: Worker) -> None:
    decide(store(box), "rename", listed(3).code, "示例新名称工会委员会")
    box.put("旧名.zip", packed(records(3, people(3, 2))))
    take(box, worker)
    assert totals(box) == [3, 3, 0]
    box.put("新名.zip", packed(records(3, people(3, 9), unit_name="示例新名称工会委员会")))
    take(box, worker)
    assert (states(store(box))["旧名.zip"], totals(box)) == ("superseded", [3, 3, 0])
    assert members(store(box)) == 5 + 6 + 9
    with Snapshot(store(box)) as register:
        names = register.query("SELECT name FROM units_in('2026') ORDER BY 1")
        given = register.query("SELECT name FROM roster WHERE period = '2026' ORDER BY 1")
    assert ("示例新名称工会委员会",) in names
    assert names == given


def test_a_moved_unit_counts_for_its_new_union_from_this_period_on(
    box: Inbox, worker: Worker
) -> None:
    box.put("去年.zip", packed(records(1), period="2025"))
    receive(box.folder, store(box), plan(None), worker, roster=ROSTER, period="2025")
    take(box, worker)
    with Register(store(box), FORM) as register:
        register.publish("2026", 0)
    decide(store(box), "move", listed(1).code, "示例新区总工会", period="2026")
    with Snapshot(store(box)) as register:
        assert dict(
            register.query("SELECT period, superior FROM roster WHERE code = ?", [listed(1).code])
        ) == {"2025": listed(1).superior, "2026": "示例新区总工会"}
    box.put("又一份.zip", packed(records(1, people(1, 8))))  # still says the old union
    take(box, worker)
    assert states(store(box))["1.zip"] == "superseded"
    assert _unions(store(box)) == {listed(2).superior: 1, "示例新区总工会": 1}


def test_a_new_roster_of_the_period_gets_the_same_changes(box: Inbox, worker: Worker) -> None:
    decide(store(box), "dissolve", listed(2).code)
    decide(store(box), "rename", listed(3).code, "示例新名称工会委员会")
    take(box, worker, [*ROSTER, listed(4)])
    with Snapshot(store(box)) as register:
        rows = register.query("SELECT name FROM roster WHERE period = '2026' ORDER BY code")
    assert rows == [(name_of(1),), ("示例新名称工会委员会",), (name_of(4),)]
    assert totals(box) == [3, 1, 2]


def test_what_cannot_be_decided_about_a_unit_is_told(box: Inbox) -> None:
    for action, subject, unit, key in (
        ("exempt", "没有这个", "", "decide_no_unit"),
        ("merge", listed(1).code, listed(1).code, "decide_same_unit"),
        ("merge", listed(1).code, "没有这个", "decide_no_unit"),
    ):
        with pytest.raises(UsageError) as caught:
            decide(store(box), action, subject, unit)
        assert caught.value.message_key == key
    decide(store(box), "dissolve", listed(3).code)
    with pytest.raises(UsageError):
        decide(store(box), "exempt", listed(3).code)
    with Register(store(box), FORM) as register:
        assert register.query("SELECT count(*) FROM decisions") == [(1,)]


def test_a_superior_union_takes_its_units_along_with_its_new_name(
    tmp_path: Path, worker: Worker
) -> None:
    box = Inbox(tmp_path / "in")
    box.put("1.zip", packed(records(1)))
    union = replace(listed(50), name=listed(1).superior, superior="示例市总工会")
    take(box, worker, [union, listed(1)])
    decide(store(box), "rename", union.code, "示例新县总工会")
    assert totals(box) == [1, 1, 0]
    assert {str(name).strip() for name in _unions(store(box))} == {"示例市总工会", "示例新县总工会"}


def test_a_former_name_in_the_roster_renames_once_and_can_be_revoked(
    box: Inbox, worker: Worker
) -> None:
    new = "示例新名称工会委员会"
    roster = [*ROSTER[:2], replace(listed(3), name=new)]
    former = {listed(3).code: name_of(3)}

    def again() -> Sequence[object]:
        receive(box.folder, store(box), plan(None), worker, roster=roster, former_names=former)
        with Snapshot(store(box)) as register:
            return register.query(
                "SELECT name, (SELECT count(*) FROM decisions WHERE action = 'rename') FROM roster"
                " WHERE period = '2026' AND code = ?",
                [listed(3).code],
            )

    box.put("旧名.zip", packed(records(3, people(3, 2))))
    assert again() == [(new, 1)]
    assert totals(box) == [3, 3, 0]
    box.put("新名.zip", packed(records(3, people(3, 9), unit_name=new)))
    assert again() == [(new, 1)]
    assert (states(store(box))["旧名.zip"], totals(box)) == ("superseded", [3, 3, 0])
    decide(store(box), "revoke", "1")
    assert again() == [(name_of(3), 1)]


@pytest.mark.parametrize("number", [2, 3], ids=["reported", "never reported"])
def test_a_unit_is_found_by_the_name_it_had(number: int, box: Inbox, worker: Worker) -> None:
    old, code = name_of(number), listed(number).code
    decide(store(box), "rename", code, "示例改名（集团）工会委员会")
    with Snapshot(store(box)) as register:
        (row,) = register_lookup.units(register, FORM, f" {old[:8]} ")
        assert row.unit == f"示例改名（集团）工会委员会（也叫过：{old}）"
        (row,) = register_lookup.units(register, FORM, "改名(集团)")
        assert row.unit == "示例改名（集团）工会委员会"
        assert register_lookup.units(register, FORM, "没有这个名字") == []
    decide(store(box), "exempt", old)  # and so in decisions
    with Snapshot(store(box)) as register:
        (row,) = register_lookup.units(register, FORM, code)
    assert "免报" in row.reason


def test_a_unit_of_a_new_roster_is_found_by_the_name_of_the_last_one(
    box: Inbox, worker: Worker
) -> None:
    renamed = [replace(one, name=one.name.replace("公司", "集团")) for one in ROSTER]
    take(box, worker, renamed)
    with Snapshot(store(box)) as register:
        (row,) = register_lookup.units(register, FORM, name_of(2))
    assert row.unit.startswith(renamed[1].name)
    assert name_of(2) in row.unit


def asked(box: Inbox) -> dict[str, str]:
    """File → the sentence of its question."""
    with Register(store(box), FORM) as register:
        return {one.file: one.detail for one in questions.questions(register, FORM, "2026")}


def test_merged_into_a_unit_that_has_not_reported_what_it_sent_counts_there(
    box: Inbox, worker: Worker
) -> None:
    before = (totals(box), members(store(box)), states(store(box)))
    number = decide(store(box), "merge", listed(2).code, listed(3).code, officer="王示例")
    assert (totals(box), members(store(box))) == ([2, 2, 0], 5 + 6)
    with Snapshot(store(box)) as register:
        rows = register.query(
            "SELECT u.name, s.members FROM submissions s JOIN units_in('2026') u ON u.id = s.unit"
            " WHERE s.file = '2.zip'"
        )
        (row,) = register_lookup.units(register, FORM, listed(3).code)
    assert rows == [(name_of(3), 6)]
    assert "还没有报，先用它报的" in row.reason
    take(box, worker)
    assert (totals(box), members(store(box))) == ([2, 2, 0], 5 + 6)
    decide(store(box), "revoke", str(number))
    assert (totals(box), members(store(box)), states(store(box))) == before
    decide(store(box), "merge", listed(2).code, listed(3).code)
    box.put("3.zip", packed(records(3, [*people(2, 6), *people(3, 2)])))  # for both
    take(box, worker)
    assert (totals(box), members(store(box))) == ([2, 2, 0], 5 + 8)
    assert states(store(box))["2.zip"] == "superseded"


@pytest.mark.parametrize("common", [0, 4, 6])
def test_merged_into_a_unit_that_has_reported_it_is_a_question(
    common: int, box: Inbox, worker: Worker
) -> None:
    both = [*people(2, 6)[:common], *people(3, 3)]
    box.put("3.zip", packed(records(3, both)))
    take(box, worker)
    decide(store(box), "merge", listed(2).code, listed(3).code)
    assert (totals(box), members(store(box))) == ([2, 2, 0], 5 + len(both))  # nobody twice
    sentence = asked(box)["2.zip"]
    assert f"已并入{name_of(3)}" in sentence
    assert "会员 6 人没有计入" in sentence
    assert f"其中 {common} 名也在" in sentence
    decide(store(box), "reject", "2.zip")
    assert "2.zip" not in asked(box)


def test_what_a_new_roster_changes_of_known_units_is_told_and_logged(
    box: Inbox, worker: Worker
) -> None:
    moved = [replace(ROSTER[0], superior="示例新区总工会"), ROSTER[1], listed(4)]
    moved[1] = replace(ROSTER[1], name="示例新名称工会委员会")
    done = receive(box.folder, store(box), plan(None), worker, roster=moved)
    assert [(one.how, one.code, one.after) for one in done.roster_changes] == [
        ("moved", listed(1).code, "示例新区总工会"),
        ("renamed", listed(2).code, "示例新名称工会委员会"),
    ]
    with Snapshot(store(box)) as register:
        log = [str(row[2]) for row in audit_text.trail(register, store(box)).rows]
    assert (
        f"名册：{name_of(1)}（{listed(1).code}）从 2026 起归 示例新区总工会，以前归 示例县总工会"
        in log
    )
    assert any(f"以前叫 {name_of(2)}" in line for line in log)
    again = receive(box.folder, store(box), plan(None), worker, roster=moved)
    assert again.roster_changes == ()
    decide(store(box), "move", listed(4).code, "示例镇总工会")  # is in the log as a decision
    again = receive(box.folder, store(box), plan(None), worker, roster=moved)
    assert again.roster_changes == ()
    blanks = [replace(one, name=f" {one.name} ") for one in moved]
    assert receive(
        box.folder, store(box), plan(None), worker, roster=blanks
    ).roster_changes == ()  # fmt: skip


def reported(box: Inbox, worker: Worker) -> list[str]:
    """The codes of what a run says of the collection, most of all of unit 1 and 2."""
    done = receive(box.folder, store(box), plan(None), worker, roster=ROSTER)
    return [issue.code for issue in done.findings if issue.code not in ("C103", "C104")]


@pytest.mark.parametrize("action", ["rename", "move"])
def test_the_name_before_a_decision_is_no_wrong_name(
    action: str, box: Inbox, worker: Worker
) -> None:
    number = decide(store(box), action, listed(1).code, "示例改了的总工会委员会")
    assert reported(box, worker) == []
    box.put("又.zip", packed(records(1, people(1, 9))))  # still on the form with the old name
    assert reported(box, worker) == ["C102"]
    decide(store(box), "revoke", str(number))
    other = {"unit_name": "示例另一公司工会委员会"}
    assert "C109" not in reported(box, worker)
    box.put("别的.zip", packed(records(2, people(2, 9), **other)))
    assert "C108" in reported(box, worker)  # a name that the unit never had


@pytest.mark.parametrize("way", ["note", "accept"])
def test_what_was_answered_is_not_asked_by_the_next_run(
    way: str, box: Inbox, worker: Worker
) -> None:
    box.put("1改.zip", packed(records(1, people(1, 9))))
    assert reported(box, worker) == ["C102"]
    with Register(store(box), FORM) as register:
        (one,) = questions.questions(register, FORM, "2026")
    number = decide(store(box), way, one.key if way == "note" else "1改.zip")
    assert reported(box, worker) == []
    decide(store(box), "revoke", str(number))
    assert reported(box, worker) == ["C102"]
    decide(store(box), way, one.key if way == "note" else "1改.zip")
    box.put("1再改.zip", packed(records(1, people(1, 8))))
    assert reported(box, worker).count("C102") >= 1  # another question
