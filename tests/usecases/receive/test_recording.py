"""Replies that workers write are those that the command writes itself, also where a worker dies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from converter.model.errors import WorkerDied
from converter.register import Register
from converter.usecases.receive import Plan, receive, recording, run
from converter.workers.pool import Worker
from converter.workers.requests.replies import RepliesRequest
from tests.commands import near_workers
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, packed, records, workbook
from tests.usecases.receive.conftest import FOLDER


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording") / "in"
    box = Inbox(folder)
    for n in range(1, 7):
        box.put(f"{n}.zip", packed(records(n)))
    box.put("3改.zip", packed(records(3, staff="50")))
    box.put("坏.xlsx", workbook(8, 单位工会联系电话="1"))
    return folder


def received(inbox: Path, folder: Path) -> tuple[Any, ...]:
    """What stands in the register, and every reply."""
    plan = Plan(FOLDER, FORM, folder / "reply", None, None, 1, 1_772_900_000)
    with near_workers(), Worker() as worker:
        summary = receive(inbox, folder / "S", plan, worker, period="2026")
    with Register(folder / "S", FORM) as register:
        rows = register.query("SELECT * FROM submissions ORDER BY id")
    replies = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in (folder / "reply").rglob("*")
        if path.is_file() and path.suffix in (".json", ".html")
    }
    return rows, replies, summary.results, [one.file for one in summary.refused]


@pytest.fixture
def by_workers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Small batches, whose replies workers write: how many each request asks for."""
    asked: list[int] = []
    run_request = Worker.run

    def counted(self: Worker, request: Any) -> Any:
        if isinstance(request, RepliesRequest):
            asked.append(len(request.copies))
        return run_request(self, request)

    monkeypatch.setattr(recording, "FEW_REPLIES", 0)
    monkeypatch.setattr(recording, "REPLIES_AT_ONCE", 2)
    monkeypatch.setattr(run, "FILES_A_BATCH", 3)
    monkeypatch.setattr(Worker, "run", counted)
    return asked


def test_workers_write_the_same_replies(
    inbox: Path, tmp_path: Path, by_workers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = received(inbox, tmp_path / "theirs")
    assert sum(by_workers) == 8
    assert max(by_workers) == 2
    monkeypatch.setattr(recording, "FEW_REPLIES", 100)
    assert received(inbox, tmp_path / "own") == theirs
    assert sum(by_workers) == 8


def test_where_a_worker_dies_the_command_writes_them(
    inbox: Path, tmp_path: Path, by_workers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = received(inbox, tmp_path / "theirs")
    run_request = Worker.run

    def dying(self: Worker, request: Any) -> Any:
        if isinstance(request, RepliesRequest):
            raise WorkerDied("memory", None)
        return run_request(self, request)

    monkeypatch.setattr(Worker, "run", dying)
    assert received(inbox, tmp_path / "own") == theirs


def test_replies_that_cannot_be_written_take_their_batch_back(
    inbox: Path, tmp_path: Path, by_workers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_request = Worker.run

    def full(self: Worker, request: Any) -> Any:
        if isinstance(request, RepliesRequest):
            raise OSError("disk full")
        return run_request(self, request)

    with monkeypatch.context() as broken:
        broken.setattr(Worker, "run", full)
        with pytest.raises(OSError, match="disk full"):
            received(inbox, tmp_path / "one")
    with Register(tmp_path / "one" / "S", FORM) as register:
        assert register.query("SELECT count(*) FROM submissions") == [(0,)]
    assert received(inbox, tmp_path / "one")[0] == received(inbox, tmp_path / "two")[0]
