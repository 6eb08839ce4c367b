"""Replies and files of the inbox that another program has open, as Excel has on Windows: nothing
stops, nothing is lost, nobody is blamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from converter import workbook as workbooks
from converter.messages.catalogue import message
from converter.workers.tasks import receive as tasks
from tests import commands
from tests.held import held
from tests.usecases.receive.collection import (
    Inbox,
    faulty,
    packed,
    people,
    records,
    workbook,
    zipped,
)

pytestmark = pytest.mark.usefixtures("forks_see_patches")
MANY = 30  # files beside the one whose reply is open


def receive(folder: Path, *more: str) -> commands.Done:
    arguments = ["receive", "收件", "--store", "登记库", "--reply", "回复", "--jobs", "1", *more]
    return commands.run(*arguments, cwd=folder)


def received(folder: Path) -> dict[str, str]:
    """File → result, as the receipts say."""
    paths = [folder / "回复" / name for name in replies(folder, "回执") if name.endswith(".json")]
    found = [json.loads(path.read_bytes()) for path in paths]
    return {one["file"]: one["result"] for one in found}


def replies(folder: Path, word: str) -> list[str]:
    """Beside their files' names; the folder of units holds each once more."""
    root = folder / "回复"
    names = (path.relative_to(root).as_posix() for path in root.rglob(f"{word}*"))
    return sorted(name for name in names if not name.startswith(message("units_folder")))


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """甲 sent a workbook with faults, which was received; now the officer looks at the copy, and
    thirty others have sent theirs."""
    box = Inbox(tmp_path / "收件")
    box.put("一县/甲.xlsx", faulty(1))
    assert receive(tmp_path).returncode == 1
    assert replies(tmp_path, "批注") == ["一县/批注-甲.xlsx"]
    for number in range(2, 2 + MANY):
        box.put(f"{number}.zip", packed(records(number)))
    return box


def test_a_corrected_file_is_received_while_its_old_copy_is_open(
    inbox: Inbox, tmp_path: Path
) -> None:
    inbox.put("一县/甲.xlsx", workbook(1))
    copy = tmp_path / "回复/一县/批注-甲.xlsx"
    before = copy.read_bytes()
    with held(copy):
        done = receive(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"新登记 {MANY + 1} 份" in done.stderr
    assert f"正被别的程序打开，没有动它，里面是以前的内容：{copy}" in done.stderr
    assert copy.read_bytes() == before
    assert set(received(tmp_path).values()) == {"accepted"}
    done = receive(tmp_path)  # it was closed meanwhile
    assert (done.returncode, copy.exists()) == (0, False)
    assert "打开" not in done.stderr


def test_a_faulty_one_gets_its_new_copy_beside_the_open_one(inbox: Inbox, tmp_path: Path) -> None:
    """The name of no other file's copy: somebody may well send 甲-2.xlsx."""
    inbox.put("一县/甲.xlsx", faulty(41))
    inbox.put("一县/甲-2.xlsx", faulty(42))
    copy = tmp_path / "回复/一县/批注-甲.xlsx"
    before = copy.read_bytes()
    with held(copy):
        done = receive(tmp_path)
    assert done.returncode == 1
    assert f"新登记 {MANY + 2} 份" in done.stderr
    assert replies(tmp_path, "批注") == [
        "一县/批注-甲-2.xlsx",
        "一县/批注-甲.xlsx",
        "一县/批注2-甲.xlsx",
    ]
    assert copy.read_bytes() == before
    latest = copy.with_name("批注2-甲.xlsx").read_bytes()
    receive(tmp_path)
    assert replies(tmp_path, "批注") == ["一县/批注-甲-2.xlsx", "一县/批注-甲.xlsx"]
    assert copy.read_bytes() == latest


def test_the_newest_copy_gets_the_name_when_several_runs_found_it_open(
    inbox: Inbox, tmp_path: Path
) -> None:
    copy = tmp_path / "回复/一县/批注-甲.xlsx"
    with held(copy):
        for number in (41, 42):
            inbox.put("一县/甲.xlsx", faulty(number))
            assert receive(tmp_path).returncode == 1
    latest = copy.with_name("批注3-甲.xlsx").read_bytes()
    receive(tmp_path)
    assert replies(tmp_path, "批注") == ["一县/批注-甲.xlsx"]
    assert copy.read_bytes() == latest


def test_a_receipt_that_is_open_stops_nothing(inbox: Inbox, tmp_path: Path) -> None:
    inbox.put("一县/甲.xlsx", workbook(1))
    receipt = tmp_path / "回复/一县/回执-甲.xlsx.json"
    with held(receipt):
        done = receive(tmp_path)
    assert done.returncode == 0
    assert json.loads(receipt.read_bytes())["result"] == "rejected"
    beside = receipt.with_name("回执2-甲.xlsx.json")
    assert json.loads(beside.read_bytes())["result"] == "accepted"
    assert str(receipt) in done.stderr
    receive(tmp_path)
    assert json.loads(receipt.read_bytes())["result"] == "accepted"
    assert not beside.exists()


def test_the_list_of_last_time_may_be_open(inbox: Inbox, tmp_path: Path) -> None:
    listed = tmp_path / "回复/汇总问题.csv"
    before = listed.read_bytes()
    inbox.put("同号.zip", packed(records(99, people(2))))  # there is more to list than last time
    with held(listed, tmp_path / "回复/同号单位.csv"):
        done = receive(tmp_path)
    assert done.returncode == 0
    assert "新登记" in done.stderr
    assert f"汇总问题清单：{Path('回复/汇总问题-2.csv')}" in done.stderr
    assert listed.read_bytes() == before
    assert (tmp_path / "回复/汇总问题-2.csv").is_file()


def test_whatever_is_in_the_reply_folder_may_be_open(inbox: Inbox, tmp_path: Path) -> None:
    """Every list and every unit's copy, not only those that this test's author thought of."""
    inbox.put("一县/甲.xlsx", faulty(41))
    there = [path for path in (tmp_path / "回复").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in there}
    with held(*there):
        done = receive(tmp_path)
    assert done.returncode == 1
    assert f"新登记 {MANY + 1} 份" in done.stderr
    assert {path: path.read_bytes() for path in there} == before
    latest = (tmp_path / "回复/一县/批注2-甲.xlsx").read_bytes()
    assert receive(tmp_path).returncode == 0
    assert (tmp_path / "回复/一县/批注-甲.xlsx").read_bytes() == latest


def test_a_run_whose_list_cannot_be_written_still_tells_what_it_registered(
    inbox: Inbox, tmp_path: Path
) -> None:
    (tmp_path / "回复/汇总问题.csv").unlink()
    (tmp_path / "回复/汇总问题.csv").mkdir()
    done = receive(tmp_path)
    assert done.returncode == 2
    assert f"新登记 {MANY} 份" in done.stderr
    assert "写不了" in done.stderr.splitlines()[-1]


def test_all_replies_may_be_open_at_once(inbox: Inbox, tmp_path: Path) -> None:
    receive(tmp_path)
    for number in range(2, 2 + MANY):
        inbox.put(f"{number}.zip", packed(records(number, staff="90")))
    waits: list[float] = []
    with held(*(tmp_path / "回复").rglob("*.*"), waits=waits):
        done = receive(tmp_path)
    assert done.returncode == 0
    assert f"新登记 {MANY} 份" in done.stderr
    assert len(replies(tmp_path, "回执2")) == 2 * MANY  # a page each besides


# --- files of the inbox -----------------------------------------------------------------------


def state(folder: Path) -> Any:
    return json.loads(receive(folder, "--format", "json").stdout)


@pytest.mark.parametrize("name", ["乙.xlsx", "乙.zip", "一批.zip"])
def test_a_file_that_is_open_exclusively_is_nobodys_fault(name: str, tmp_path: Path) -> None:
    box = Inbox(tmp_path / "收件")
    data = {"乙.xlsx": workbook(1), "乙.zip": packed(records(1))}
    data["一批.zip"] = zipped([("丙.xlsx", workbook(3))])
    box.put(name, data[name])
    box.put("甲.zip", packed(records(2)))
    with held(tmp_path / "收件" / name, exclusively=True):
        done = receive(tmp_path)
        found = state(tmp_path)
    assert done.returncode == 1
    assert f"没有登记 {name}：打不开" in done.stderr
    assert "退回" not in done.stdout
    assert found["not_received"] == [{"file": name, "code": "F005"}]
    assert found["rejected"] == []
    assert received(tmp_path) == {"甲.zip": "accepted"}
    done = receive(tmp_path)
    assert (done.returncode, "没有登记" in done.stderr) == (0, False)
    assert len(received(tmp_path)) == 2
    assert set(received(tmp_path).values()) == {"accepted"}


@pytest.mark.posix("set in the worker, which is forked")
def test_so_is_one_that_is_locked_after_it_was_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the worker cannot open, the command could a moment before."""
    box = Inbox(tmp_path / "收件")
    for number in range(1, 4):
        box.put(f"{number}.zip", packed(records(number)))
    box.put("乙.xlsx", workbook(9))
    locked = [tmp_path / "收件/2.zip", tmp_path / "收件/乙.xlsx"]
    real = tasks._validate

    def validate(*arguments: Any) -> Iterator[Any]:
        with held(*locked, exclusively=True):
            yield from real(*arguments)

    with monkeypatch.context() as during:
        during.setattr(tasks, "_validate", validate)
        assert receive(tmp_path).returncode == 1
    assert set(received(tmp_path)) == {"1.zip", "3.zip"}
    assert receive(tmp_path).returncode == 0
    assert set(received(tmp_path)) == {"1.zip", "2.zip", "3.zip", "乙.xlsx"}


@pytest.mark.posix("set in the worker, which is forked")
def test_a_member_that_a_scanner_holds_does_not_finish_its_zip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Inbox(tmp_path / "收件")
    box.put("一批.zip", zipped([(f"{n}.zip", packed(records(n))) for n in range(1, 5)]))
    real = workbooks.read

    def read(path: Path, form: Any, name: str) -> Any:
        if name.endswith("2.zip"):
            with held(path, exclusively=True):
                return real(path, form, name)
        return real(path, form, name)

    with monkeypatch.context() as scanned:
        scanned.setattr(workbooks, "read", read)
        assert receive(tmp_path).returncode == 1
    assert set(received(tmp_path)) == {f"一批.zip/{n}.zip" for n in (1, 3, 4)}
    assert receive(tmp_path).returncode == 0
    assert set(received(tmp_path)) == {f"一批.zip/{n}.zip" for n in (1, 2, 3, 4)}
