"""Lists of the reply folder in which an officer has typed are never replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.usecases.receive.collection import Inbox, packed, people, records
from tests.usecases.receive.test_open_elsewhere import receive

LISTS = ["汇总问题.csv", "同号单位.csv"]


@pytest.fixture
def reply(tmp_path: Path) -> Path:
    """Two units with the same members: both lists have something to say."""
    box = Inbox(tmp_path / "收件")
    for number in (1, 2):
        box.put(f"{number}.zip", packed(records(number, people(1))))
    receive(tmp_path)
    return tmp_path / "回复"


def numbered(reply: Path, name: str) -> list[str]:
    stem = name.removesuffix(".csv")
    return sorted(path.name for path in reply.glob(f"{stem}*.csv"))


@pytest.mark.parametrize("name", LISTS)
def test_an_untouched_list_is_replaced(name: str, reply: Path) -> None:
    for _ in range(2):
        assert "写过字" not in receive(reply.parent).stderr
    assert numbered(reply, name) == [name]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_in_which_somebody_typed_stays(name: str, reply: Path) -> None:
    listed = reply / name
    typed = listed.read_bytes() + "已打电话\r\n".encode()
    listed.write_bytes(typed)
    done = receive(reply.parent)
    assert "写过字" in done.stderr
    assert name in done.stderr
    assert listed.read_bytes() == typed
    beside = name.replace(".csv", "-2.csv")
    assert numbered(reply, name) == sorted([name, beside])
    receive(reply.parent)  # the numbered one is ours again: it is replaced, no third one comes
    assert numbered(reply, name) == sorted([name, beside])
    assert listed.read_bytes() == typed


def test_what_somebody_typed_stays_when_nobody_shares_members_any_more(reply: Path) -> None:
    listed = reply / LISTS[1]
    typed = listed.read_bytes() + "查过了\r\n".encode()
    listed.write_bytes(typed)
    for path in (reply.parent / "收件").iterdir():
        path.unlink()
    Inbox(reply.parent / "收件").put("2.zip", packed(records(2)))
    receive(reply.parent)
    assert listed.read_bytes() == typed


def test_the_log_names_the_lists(reply: Path) -> None:
    log = (reply.parent / "登记库" / "log.jsonl").read_text(encoding="utf-8")
    assert all(name in log for name in LISTS)
