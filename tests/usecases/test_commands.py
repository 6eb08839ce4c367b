"""What tests run in place of a fresh start is the same command: same words, same ending."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from converter import cli
from converter.forms.loading import form_dir
from converter.model.errors import WorkerDied
from converter.workers import starting, tasks
from converter.workers.pool import Worker
from converter.workers.requests.check import CheckRequest
from tests import commands, forking
from tests.sheets import blank, fill, saved
from tests.workers.orders import Order

pytestmark = pytest.mark.posix("nothing is forked here")
CHECK = ("check", "填报.xlsx", "坏.xlsx", "--format", "json")


@pytest.mark.parametrize("arguments", [CHECK, ("chek",), ("convert", "填报.xlsx"), ("show",)])
def test_a_forked_command_says_what_a_plain_one_says(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    saved(fill(blank(20)), tmp_path)
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04")
    given = {"SOURCE_DATE_EPOCH": "1772000000", "COLUMNS": "60"}
    first = commands.plain(*arguments, cwd=tmp_path, env=given)
    made = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    for name in set(made) - {"填报.xlsx", "坏.xlsx"}:
        (tmp_path / name).unlink()
    second = commands.forked(*arguments, cwd=tmp_path, env=given)
    assert (second.returncode, second.stdout, second.stderr) == (
        first.returncode, first.stdout, first.stderr,
    )  # fmt: skip
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == made
    assert Path.cwd() != tmp_path
    assert os.environ.get("COLUMNS") != "60"


@pytest.mark.usefixtures("forks_see_patches")
def test_a_bug_of_a_forked_command_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise KeyError("here")

    monkeypatch.setattr(cli, "main", broken)
    done = commands.forked("fields")
    assert done.returncode not in (0, 1, 2)
    assert "KeyError" in done.stderr


@pytest.mark.usefixtures("near_workers", "forks_see_patches")
def test_a_forked_worker_is_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadly(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(
        tasks, "named", {"Order": (Order, deadly), "CheckRequest": tasks.named("CheckRequest")}.get
    )
    monkeypatch.setitem(tasks.TASKS, "Order", "")
    path = saved(fill(blank(20)), tmp_path)
    with Worker() as worker:
        with pytest.raises(WorkerDied) as caught:
            worker.run(Order())
        assert caught.value.how == "crash"
        answer = worker.run(CheckRequest(form_dir(), ((path,),)))
        assert [one.outcome.file for one in answer.submissions] == [str(path)]
        process = worker._process
    assert isinstance(process, forking.Process)
    assert process.poll() == -signal.SIGKILL  # stopped
    assert starting.subprocess is commands.FORKING
