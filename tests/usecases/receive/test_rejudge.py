"""`receive --rejudge`: what was refused is validated once more, under the rules of today."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converter.forms import loading
from converter.register import Snapshot
from converter.usecases import form_packages
from converter.usecases.form_packages import Amending
from converter.usecases.receive import Plan, receive
from converter.workers.pool import Worker
from tests.identity.unions import office
from tests.usecases.receive.collection import Inbox, name_of, workbook, zipped
from tests.usecases.receive.conftest import NOW, plan
from tests.usecases.receive.test_halves import halves

LATER = NOW + 86_400
TOO_MANY: dict[str, Any] = {"职工总数": 3}  # fewer than there are members: X101


def amended(tmp_path: Path, *, rejudge: bool = True) -> Plan:
    """A plan with X101 switched off by the union."""
    changes = Amending({"X101": None}, (), "派遣人员不算职工")
    form_packages.amend(
        loading.form_dir(), office(tmp_path).keys, tmp_path / "规则调整.zip", changes, NOW
    )
    folder = loading.form_dir()
    made = replace(plan(tmp_path / "R"), folder=folder, form=loading.read(folder), now=LATER)
    return replace(made, rejudge=rejudge)


def rows(store: Path) -> list[tuple[object, ...]]:
    with Snapshot(store) as register:
        return register.query(
            "SELECT id, file, state, errors, received FROM submissions ORDER BY id"
        )


def receipt(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@pytest.mark.parametrize("place", ["alone", "zip"])
def test_a_refused_file_is_accepted_with_its_number_and_time(
    place: str, tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    refused, fine = workbook(1, **TOO_MANY), workbook(2)
    if place == "zip":
        box.put("都在.zip", zipped([("1.xlsx", refused), ("2.xlsx", fine)]))
    else:
        box.put("1.xlsx", refused)
        box.put("2.xlsx", fine)
    first = receive(box.folder, store, plan(tmp_path / "R"), worker)
    assert first.results == {"accepted": 1, "rejected": 1}
    before = {file: (number, received) for number, file, _, _, received in rows(store)}
    done = receive(box.folder, store, amended(tmp_path), worker)
    assert done.rejudged is not None
    assert (done.rejudged.accepted, done.rejudged.refused, done.rejudged.missing) == (1, 0, 0)
    now = rows(store)
    assert {state for _, _, state, _, _ in now} == {"current"}
    assert {file: (number, received) for number, file, _, _, received in now} == before
    (path,) = (p for p in (tmp_path / "R").rglob("回执-1.xlsx.json") if "各单位" not in str(p))
    told = receipt(path)
    assert told["state"] == "current"
    assert told["amendments"] == [
        {"code": "X101", "level": "off", "since": _since(), "reason": "派遣人员不算职工"}
    ]
    page = path.with_suffix(".html").read_text("utf-8")
    assert "规则调整" in page
    assert "派遣人员不算职工" in page
    assert not [p for p in (tmp_path / "R").rglob("*1.xlsx") if p.suffix == ".xlsx"]


def _since() -> str:
    return next(iter(loading.read(loading.form_dir()).amendments.values())).since


def test_what_has_other_errors_stays_refused(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("1.xlsx", workbook(1, 单位工会联系电话="1", **TOO_MANY))
    receive(box.folder, store, plan(tmp_path / "R"), worker)
    done = receive(box.folder, store, amended(tmp_path), worker)
    assert done.rejudged is not None
    assert (done.rejudged.accepted, done.rejudged.refused) == (0, 1)
    told = receipt(tmp_path / "R" / "回执-1.xlsx.json")
    assert (told["state"], told["errors"]) == ("rejected", 1)
    assert told["amendments"]


def test_without_being_asked_nothing_is_judged_again(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("1.xlsx", workbook(1, **TOO_MANY))
    receive(box.folder, store, plan(tmp_path / "R"), worker)
    done = receive(box.folder, store, amended(tmp_path, rejudge=False), worker)
    assert (done.fresh, done.rejudged) == (0, None)
    assert [state for _, _, state, _, _ in rows(store)] == ["rejected"]


def test_a_later_report_of_the_unit_stays_the_one_that_counts(
    tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("1.xlsx", workbook(1, **TOO_MANY))
    receive(box.folder, store, plan(tmp_path / "R"), worker)
    box.put("1改.xlsx", workbook(1))
    receive(box.folder, store, plan(tmp_path / "R"), worker)
    receive(box.folder, store, amended(tmp_path), worker)
    assert [(file, state) for _, file, state, _, _ in rows(store)] == [
        ("1.xlsx", "superseded"),
        ("1改.xlsx", "current"),
    ]


def test_two_halves_that_were_refused_are_judged_again(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    unit, people = halves(1, **TOO_MANY)
    box.put("单位1/单位表.xlsx", unit)
    box.put("单位1/会员表.xlsx", people)
    first = receive(box.folder, store, plan(tmp_path / "R"), worker)
    assert first.results == {"rejected": 1}
    done = receive(box.folder, store, amended(tmp_path), worker)
    assert done.rejudged is not None
    assert (done.rejudged.accepted, done.rejudged.refused, done.rejudged.missing) == (1, 0, 0)
    states = [state for _, _, state, _, _ in rows(store)]
    assert sorted(map(str, states)) == ["current", "paired", "paired"]
    told = receipt(tmp_path / "R" / "单位1" / "回执-单位表.xlsx.json")
    assert (told["result"], told["unit"]["name"]) == ("accepted", name_of(1))


def test_files_that_are_gone_are_counted(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("1.xlsx", workbook(1, **TOO_MANY))
    receive(box.folder, store, plan(tmp_path / "R"), worker)
    (box.folder / "1.xlsx").unlink()
    done = receive(box.folder, store, amended(tmp_path), worker)
    assert done.rejudged is not None
    assert done.rejudged.missing == 1
    assert [state for _, _, state, _, _ in rows(store)] == ["rejected"]
