"""The unit's sheet and the members' in two files: one submission, or a question to a person."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter.register import Snapshot, cross_unit_checks
from converter.register.halves import FileHalf, pair
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, listed, name_of, people, workbook, zipped
from tests.usecases.receive.conftest import plan
from tests.usecases.receive.test_ordinary_years import states, total


def halves(number: int, **changed: Any) -> tuple[bytes, bytes]:
    """A unit's workbook, each of its two sheets in a file of its own."""
    made = []
    for key in (FORM.main_table.key, FORM.record.key):
        book = openpyxl.load_workbook(BytesIO(workbook(number, **changed)))
        del book[FORM.sheet(key).title]
        stream = BytesIO()
        book.save(stream)
        made.append(stream.getvalue())
    return made[0], made[1]


def members(store: Path) -> list[tuple[object, ...]]:
    with Snapshot(store) as register:
        return register.query(
            "SELECT u.name, count(*) FROM members m JOIN units u ON u.id = m.unit GROUP BY ALL"
            " ORDER BY 1"
        )


@pytest.mark.parametrize("place", ["folder", "names", "zip", "alone"])
def test_two_halves_are_one_submission(place: str, tmp_path: Path, worker: Worker) -> None:
    box, store, reply = Inbox(tmp_path / "in"), tmp_path / "S", tmp_path / "R"
    for number in (1,) if place == "alone" else (1, 2):
        unit, people_ = halves(number)
        if place == "zip":
            box.put(f"{number}.zip", zipped([("单位.xlsx", unit), ("会员.xlsx", people_)]))
            continue
        folder = f"单位{number}/" if place == "folder" else ""
        stem = f"{name_of(number)}-" if place == "names" else ""
        box.put(f"{folder}{stem}单位表.xlsx", unit)
        box.put(f"{folder}{stem}会员表.xlsx", people_)
    done = receive(box.folder, store, plan(reply), worker, roster=[listed(1), listed(2)])
    count = 1 if place == "alone" else 2
    assert done.results == {"accepted": count}
    assert len(done.paired) == count
    assert members(store) == [(name_of(n), 4) for n in range(1, count + 1)]
    assert total(store, "reported") == count
    assert sorted(states(store).values()) == ["current"] * count + ["paired"] * 2 * count
    shown = [json.loads(path.read_text("utf-8")) for path in reply.rglob("回执-*.json")]
    # A unit's own folder holds a copy of its receipts.
    told = {one["file"]: (one["result"], one["state"]) for one in shown}
    assert list(told.values()) == [("accepted", "current")] * 2 * count
    assert receive(box.folder, store, plan(reply), worker).fresh == 0


def test_halves_that_may_belong_to_several_are_told(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    for number in (1, 2):
        unit, people_ = halves(number)
        box.put(f"甲{number}.xlsx", unit)
        box.put(f"乙{number}.xlsx", people_)
    done = receive(box.folder, store, plan(None), worker)
    assert (done.results, done.paired) == ({"rejected": 4}, ())
    found = [issue for issue in done.findings if issue.code == "C117"]
    assert len(found) == 4
    assert "分不清" in str(found[0].params["why"])
    for issue in found:  # both halves are named: by the sentence, and as places
        other = {"甲": "乙", "乙": "甲"}[issue.place.file[0]]
        assert str(issue.params["file"]) == issue.place.file
        assert {one.file[0] for one in issue.related} == {other}
        assert all(one.file in str(issue.params["why"]) for one in issue.related)


def test_one_of_two_units_in_a_folder_never_gets_the_others_members() -> None:
    unit = FileHalf(1, "一县/乙厂单位表.xlsx", "c1", True, name="示例乙厂工会")
    members = FileHalf(2, "一县/丙厂会员.xlsx", "c2", False)
    found = pair([unit, members])
    assert found.pairs == []
    assert [(half.number, [one.number for one in others]) for half, others in found.left] == [
        (1, [2]), (2, [1]),
    ]  # fmt: skip
    own = FileHalf(3, "一县/丙厂单位表.xlsx", "c3", True, name="示例丙厂工会")
    assert [(p.unit.number, p.members.number) for p in pair([unit, members, own]).pairs] == [(3, 2)]
    year = (
        FileHalf(4, "乙厂/2026年单位表.xlsx", "c4", True),
        FileHalf(5, "乙厂/会员.xlsx", "c5", False),
    )
    assert len(pair(year).pairs) == 1


def test_a_half_alone_is_told(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path / "in")
    box.put("单位.xlsx", halves(1)[0])
    done = receive(box.folder, tmp_path / "S", plan(None), worker)
    assert done.results == {"rejected": 1}
    assert cross_unit_checks.count(done.findings)["C117"] == 1


def test_a_corrected_half_joins_the_other_one_again(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    unit, people_ = halves(1)
    box.put("一/单位.xlsx", unit)
    box.put("一/会员.xlsx", people_)
    receive(box.folder, store, plan(None), worker)
    box.put("一/单位.xlsx", halves(1, 职工总数=77)[0])
    receive(box.folder, store, plan(None), worker)
    with Snapshot(store) as register:
        assert register.query("SELECT staff FROM answers") == [("77",)]
    assert len(people(1)) == 4


def half(number: int, file: str, *, has_unit: bool, code: str = "", name: str = "") -> FileHalf:
    return FileHalf(number, file, f"c{number}", has_unit, code, name)


def test_codes_go_before_names_and_folders() -> None:
    found = pair(
        [
            half(1, "a/1.xlsx", has_unit=True, code="001"),
            half(2, "a/2.xlsx", has_unit=False, code="002"),
            half(3, "b/1.xlsx", has_unit=True, code="002"),
            half(4, "b/2.xlsx", has_unit=False, code="001"),
        ]
    )
    assert {(one.unit.number, one.members.number) for one in found.pairs} == {(1, 4), (3, 2)}


def test_a_folder_does_not_join_what_names_two_units() -> None:
    found = pair(
        [
            half(1, "a/1.xlsx", has_unit=True, code="001"),
            half(2, "a/2.xlsx", has_unit=False, code="2"),
        ]
    )
    assert (found.pairs, len(found.left)) == ([], 2)
