"""Situations of ordinary years in which figures went wrong without a word; one test each."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from converter import package
from converter.cli import cli
from converter.identity import issuing, keys
from converter.model.submissions import Unit
from converter.register import Register, Snapshot, cross_unit_checks
from converter.register.deciding import Order
from converter.statistics import StatisticsTable, collection
from converter.usecases import deciding, identities
from converter.usecases.receive import Summary, receive
from converter.workers.pool import Worker
from tests.identity.unions import ISSUED, UNTIL, Office, held, office
from tests.sheets import FORM
from tests.usecases.receive.collection import (
    CREATED,
    SUPERIOR,
    Inbox,
    listed,
    name_of,
    packed,
    people,
    records,
    workbook,
    zipped,
)
from tests.usecases.receive.conftest import NOW, plan
from tests.usecases.receive.test_ordinary_years import TODAY, figure, states, total


@pytest.fixture
def union(tmp_path: Path) -> Office:
    return office(tmp_path)


def unit(number: int) -> Unit:
    return Unit(listed(number).code, name_of(number), SUPERIOR, "130102")


def signed(
    file: Path, number: int = 1, created: int = CREATED, *, recipient: str = "", many: int = 4,
    **changed: str,
) -> bytes:  # fmt: skip
    """A signed package of a unit, perhaps sealed."""
    of = held(file)
    assert of.signer is not None
    made = records(number, people(number, many), **changed)
    members = package.build(made, FORM, of.document, created, recipient=recipient)
    signature = of.signer.sign(dict(members)[FORM.package.descriptor])
    return zipped([*members, (FORM.package.signature, signature)])


def without(data: bytes, *names: str) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return zipped([(n, archive.read(n)) for n in archive.namelist() if n not in names])


def members(store: Path, period: str = "2026") -> int:
    with Snapshot(store) as register:
        (row,) = register.query("SELECT count(*) FROM members WHERE period = ?", [period])
    return int(row[0])


def decide(store: Path, action: str, subject: str, unit: str = "", **more: str) -> int:
    made, _ = deciding.decide(store, FORM, Order(action, subject, unit, **more), NOW)
    return made.number


def reasons(store: Path) -> dict[str, str]:
    with Snapshot(store) as register:
        return dict(register.query("SELECT file, reason FROM submissions WHERE reason <> ''"))


def codes(done: Summary) -> dict[str, int]:
    return cross_unit_checks.count(done.findings)


# --- 1: who may replace whom -------------------------------------------------------------------


def stripped(file: Path, union: Office) -> bytes:
    return without(signed(file, created=CREATED - 900, many=3), "identity.xml", "signature")


def typed(file: Path, union: Office) -> bytes:
    """A blank template with the unit's public names typed in."""
    return workbook(1, people(1, 3))


def sealed_anew(file: Path, union: Office) -> bytes:
    recipient = keys.public(union.keys).sealing
    built = package.build(
        records(1, people(1, 3)), FORM, held(file).document, CREATED + 60, recipient=recipient
    )
    return zipped(built)


@pytest.mark.parametrize("forged", [stripped, typed, sealed_anew])
def test_a_stranger_never_replaces_a_signed_report(
    forged: Callable[[Path, Office], bytes], union: Office, tmp_path: Path, worker: Worker
) -> None:
    box, store, file = Inbox(tmp_path / "in"), tmp_path / "S", union.file(unit(1))
    box.put("真.zip", signed(file, many=45))
    data = forged(file, union)
    box.put("假.xlsx" if forged is typed else "假.zip", data)
    done = receive(box.folder, store, plan(tmp_path / "R", union.keys), worker, roster=[listed(1)])
    assert done.states == {"current": 1, "held": 1}
    (issue,) = done.findings
    assert (issue.code, issue.params["other"]) == ("C111", "真.zip")
    assert "45 → 3" in str(issue.params["differs"])
    assert members(store) == 45
    assert set(reasons(store).values()) == {"unsigned"}
    (reply,) = (tmp_path / "R").glob("回执-假*.json")
    assert json.loads(reply.read_text("utf-8"))["reason"] == "unsigned"
    decide(store, "accept", issue.place.file)
    assert members(store) == 3
    receive(box.folder, store, plan(tmp_path / "R", union.keys), worker, roster=[listed(1)])
    assert json.loads(reply.read_text("utf-8"))["state"] == "current"  # receipts say it
    decide(store, "revoke", "1")
    assert members(store) == 45


def test_an_unsigned_first_one_is_unconfirmed_in_every_table(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    union.issue(unit(1), unit(2))
    box.put("1.zip", packed(records(1)))
    done = receive(box.folder, store, plan(None, union.keys), worker, roster=[listed(1), listed(2)])
    assert (done.states, codes(done)) == ({"unconfirmed": 1}, {"C104": 1, "C116": 1})
    assert members(store) == 4
    for key in ("progress", "by_superior_union"):
        assert figure(store, key).column("unconfirmed")[-1] == 1
    assert figure(store, "waiting").column("file") == ["1.zip"]
    decide(store, "accept", "1.zip")
    assert states(store) == {"1.zip": "current"}


def test_signed_only_holds_what_nobody_signed(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    box, store, file = Inbox(tmp_path / "in"), tmp_path / "S", union.file(unit(1))
    box.put("1.zip", signed(file))
    box.put("2.zip", packed(records(2)))
    done = receive(box.folder, store, replace(plan(None, union.keys), signed_only=True), worker)
    assert states(store) == {"1.zip": "current", "2.zip": "held"}
    assert codes(done) == {"C114": 1}


def test_an_unsigned_one_over_another_is_told_with_what_differs(
    tmp_path: Path, worker: Worker
) -> None:
    box = Inbox(tmp_path / "in")
    box.put("先.zip", packed(records(1, people(1, 9))))
    box.put("后.zip", packed(records(1, people(1, 3))))
    done = receive(box.folder, tmp_path / "S", plan(None), worker)
    (issue,) = done.findings
    assert issue.code == "C102"
    assert "9 → 3" in str(issue.params["differs"])


# --- 3: sealed, and no key at hand ------------------------------------------------------------


def test_what_was_not_opened_is_not_counted_and_tried_again(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    box, store, file = Inbox(tmp_path / "in"), tmp_path / "S", union.file(unit(1))
    recipient = keys.public(union.keys).sealing
    box.put("1.zip", signed(file, recipient=recipient, many=20))
    inner = signed(file, created=CREATED + 60, recipient=recipient, many=25)
    box.put("一批.zip", zipped([("2.zip", inner)]))
    done = receive(box.folder, store, plan(None), worker, roster=[listed(1)])
    assert (done.results, done.states) == ({"unopened": 2}, {"unopened": 2})
    assert codes(done) == {"C115": 2}
    assert (total(store, "reported"), total(store, "held"), members(store)) == (0, 1, 0)
    again = receive(box.folder, store, plan(None), worker)
    assert again.fresh == 0
    opened = receive(box.folder, store, plan(None, union.keys), worker, roster=[listed(1)])
    assert opened.states == {"current": 1, "superseded": 1}
    assert members(store) == 25


# --- 4, 5: the period --------------------------------------------------------------------------


@pytest.mark.parametrize("stamp", ["2026年", "2999", "2025"])
def test_one_stray_stamp_does_not_turn_the_collection_over(
    stamp: str, tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    for n in range(1, 6):
        box.put(f"{n}.zip", packed(records(n), period="2026" if n % 2 else ""))
    box.put("怪.zip", packed(records(6), period=stamp))
    roster = [listed(n) for n in range(1, 7)]
    done = receive(box.folder, store, plan(None), worker, roster=roster)
    assert (done.period, codes(done)) == ("2026", {"C112": 1})
    assert [total(store, key) for key in ("expected", "reported", "held", "missing")] == [
        6,
        5,
        1,
        0,
    ]
    with Snapshot(store) as register:
        assert register.newest() == "2026"
        assert register.periods() == ["2026"]
    decide(store, "accept", "怪.zip")
    assert total(store, "reported") == 6


def test_a_closed_period_changes_by_decision_only(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("去年.zip", packed(records(1, people(1, 5)), period="2025"))
    roster = [listed(1)]
    receive(box.folder, store, plan(None), worker, roster=roster, period="2025")
    deciding.set_period(store, FORM, "2025", "closed", "王示例", NOW)
    deciding.set_period(store, FORM, "2026", "open", "王示例", NOW)
    box.put("又是去年.zip", packed(records(1, people(1, 9)), period="2025"))
    done = receive(box.folder, store, plan(tmp_path / "R"), worker, roster=roster)
    assert (done.period, codes(done)) == ("2026", {"C113": 1})
    assert (members(store, "2025"), members(store, "2026")) == (5, 0)
    shown = json.loads((tmp_path / "R" / "回执-又是去年.zip.json").read_text("utf-8"))
    assert (shown["state"], shown["reason"], shown["claimed_period"]) == ("held", "closed", "2025")
    number = decide(store, "accept", "又是去年.zip")
    assert (members(store, "2025"), members(store, "2026")) == (9, 0)
    decide(store, "revoke", str(number))
    decide(store, "accept", "又是去年.zip", period="2026")
    assert (members(store, "2025"), members(store, "2026")) == (5, 9)


def test_the_open_period_goes_before_the_ledgers_and_that_before_the_forms(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    issuing.issue(
        [unit(1)], union.keys, union.files, period="2027", issued=ISSUED, valid_until=UNTIL
    )
    box.put("1.zip", packed(records(1)))
    assert receive(box.folder, store, plan(None, union.keys), worker).period == "2027"
    deciding.set_period(store, FORM, "2028", "open", "", NOW)
    assert receive(box.folder, store, plan(None, union.keys), worker).period == "2028"
    assert receive(box.folder, store, plan(None), worker, period="2029").period == "2029"


# --- 6: names and unions -----------------------------------------------------------------------


def test_every_table_credits_the_union_that_the_roster_names(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    old = replace(listed(1), superior="老总工会")
    file = union.file(replace(unit(1), superior_name="老总工会"))
    box.put("1.zip", signed(file, superior_union="老总工会"))
    receive(box.folder, store, plan(None, union.keys), worker, roster=[old, listed(2)])
    assert _unions(store) == {"老总工会": 1}
    new = union.file(replace(unit(1), name="新名称工会"))
    data = signed(new, created=CREATED + 60, unit_name="新名称工会", staff="30")
    box.put("2.zip", data)
    roster = [replace(listed(1), name="新名称工会"), listed(2)]
    receive(box.folder, store, plan(tmp_path / "R", union.keys), worker, roster=roster)
    assert _unions(store) == {SUPERIOR: 1}
    shown = json.loads((tmp_path / "R" / "回执-2.zip.json").read_text("utf-8"))
    assert (shown["superior"], shown["unit"]["name"]) == (SUPERIOR, "新名称工会")


def _tables(store: Path, period: str = "2026") -> list[StatisticsTable]:
    with Snapshot(store) as register:
        known = collection.groups(FORM)
        return [f.table for f in collection.figures(register, FORM, TODAY, period=period, by=known)]


def _unions(store: Path) -> dict[str, object]:
    """Units that count by union, which the progress and the grouped table both say."""
    tables = {table.key: table for table in _tables(store)}
    progress, grouped = tables["progress"], tables["by_superior_union"]
    reported = dict(zip(progress.column("superior"), progress.column("reported"), strict=True))
    units = dict(zip(grouped.column("group"), grouped.column("units"), strict=True))
    assert {name: count for name, count in reported.items() if count} == units
    return {str(name): count for name, count in units.items() if name != "合计"}


# --- 7: strangers ------------------------------------------------------------------------------


def test_correcting_a_name_counts_once_and_files_can_be_taken_back(
    tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    wrong = name_of(1).replace("公司", "公思")
    box.put("错名.zip", packed(records(1, people(1, 20), unit_name=wrong)))
    roster = [listed(1), listed(2)]
    done = receive(box.folder, store, plan(None), worker, roster=roster)
    by_code = {issue.code: issue for issue in done.findings if issue.params.get("similar")}
    assert name_of(1) in str(by_code["C108"].params["similar"])
    assert wrong in str(by_code["C104"].params["similar"])
    assert [total(store, key) for key in ("expected", "reported", "missing")] == [2, 0, 2]
    assert members(store) == 0
    box.put("对名.zip", packed(records(1, people(1, 20))))
    receive(box.folder, store, plan(None), worker, roster=roster)
    assert members(store) == 20
    assert [total(store, key) for key in ("expected", "reported", "missing")] == [2, 1, 1]
    decide(store, "withdraw", "对名.zip")
    assert (members(store), states(store)["对名.zip"]) == (0, "withdrawn")
    decide(store, "assign", "错名.zip", listed(1).code)
    assert members(store) == 20
    assert total(store, "reported") == 1
    decide(store, "revoke", "1")
    assert members(store) == 20  # the same tables: one of both counts


def test_a_unit_struck_off_the_roster_leaves_all_totals(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    for n in (1, 2):
        box.put(f"{n}.zip", packed(records(n)))
    receive(box.folder, store, plan(None), worker, roster=[listed(1), listed(2)])
    assert members(store) == 8
    receive(box.folder, store, plan(None), worker, roster=[listed(1)])
    assert (members(store), states(store)["2.zip"]) == (4, "held")
    for table in _tables(store):
        if table.total and "units" in [column.key for column in table.columns]:
            assert table.column("units")[-1] == 1
    overview = {row[0]: row[1] for row in figure(store, "overview").rows}
    assert (overview["应报"], overview["已报"], overview["名册外的单位（不计入）"]) == (1, 1, 1)


# --- 8: codes robbed of zeros ------------------------------------------------------------------


def test_codes_that_lost_their_zeros_are_matched(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    file = union.file(replace(unit(1), code="001"))
    box.put("1.zip", signed(file))
    roster = [replace(listed(1), code="1"), replace(listed(2), code="2")]
    for _ in range(2):
        done = receive(box.folder, store, plan(None, union.keys), worker, roster=roster)
        assert done.respelled == {"1": "001"}
        assert [total(store, key) for key in ("expected", "reported", "missing")] == [2, 1, 1]
    with Snapshot(store) as register:
        assert register.query("SELECT code FROM roster ORDER BY code") == [("001",), ("2",)]


def test_two_codes_that_differ_in_zeros_are_never_one_unit(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    """Without a ledger: the roster's one was robbed by the first file, the second is a stranger."""
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    files = union.issue(*(replace(unit(n), code=code) for n, code in ((1, "001"), (2, "01")))).files
    for number, file in enumerate(files, 1):
        box.put(f"{number}.zip", signed(file, number))
    roster = [replace(listed(1), code="1"), listed(3)]
    for _ in range(2):
        receive(box.folder, store, plan(None), worker, roster=roster)
        assert states(store) == {"1.zip": "unconfirmed", "2.zip": "held"}
        assert members(store) == 4


def test_zeros_are_looked_up_in_earlier_rosters_too(tmp_path: Path, worker: Worker) -> None:
    store = tmp_path / "S"
    assert identities.known_units(None, store) == []
    for period, code in (("2024", "001"), ("2025", "01")):
        with Register(store, FORM) as register:
            register.set_roster([replace(listed(1), code=code)], period)
            register.publish(period, NOW)
    assert [u.code for u in identities.known_units(None, store)] == ["001", "01"]


# --- decisions ---------------------------------------------------------------------------------


def test_decisions_hold_for_the_same_file_wherever_it_comes_again(
    tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    data = packed(records(7))
    box.put("陌生.zip", data)
    receive(box.folder, store, plan(None), worker, roster=[listed(1)])
    decide(store, "accept", "陌生.zip", why="新建的单位", officer="王示例")
    assert members(store) == 4
    assert [total(store, key) for key in ("expected", "reported")] == [2, 1]
    box.put("别处/陌生抄.zip", data)
    receive(box.folder, store, plan(None), worker, roster=[listed(1)])
    assert states(store) == {"陌生.zip": "current", "别处/陌生抄.zip": "identical"}
    with Register(store, FORM) as register:
        rows = register.query("SELECT number, action, officer, why FROM decisions")
    assert rows == [(1, "accept", "王示例", "新建的单位")]


def test_the_commands_list_decide_and_revoke(
    tmp_path: Path, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("一县/陌生.zip", packed(records(7)))
    box.put("1.zip", packed(records(1)))
    receive(box.folder, store, plan(None), worker, roster=[listed(1)])

    def run(*arguments: Any) -> tuple[int, str]:
        code = cli([*map(str, arguments)], standalone_mode=False)
        return code, capsys.readouterr().out

    code, listed_ = run("decide", "--store", store)
    assert code == 0
    assert "一县/陌生.zip" in listed_
    assert "名册上没有这个单位" in listed_
    assert run("decide", "--store", store, "accept", "陌生.zip", "--officer", "王")[0] == 0
    assert states(store)["一县/陌生.zip"] == "current"
    assert "（已取消）" not in run("decide", "--store", store)[1]
    assert run("decide", "--store", store, "revoke", "1")[0] == 0
    assert "（已取消）" in run("decide", "--store", store)[1]
    assert states(store)["一县/陌生.zip"] == "held"
    assert run("decide", "--store", store, "reject", "#1")[0] == 0
    assert run("period", "open", "2027", "--store", store)[0] == 0
    assert "2027" in run("period", "list", "--store", store)[1]
    assert run("period", "close", "2027", "--store", store)[0] == 0
