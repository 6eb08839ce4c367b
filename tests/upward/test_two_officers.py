"""Two officers receive for two counties into one register: neither waits for the other's reading."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converter.forms import loading
from converter.model.errors import RegisterBusy
from converter.register import Register, incoming
from converter.usecases import receive as receiving
from converter.usecases.receive import Plan, receive
from converter.workers.requests.forward import ForwardRequest
from tests.upward.conftest import FOLDER, FORM, NOW, Chain, Office


class Meanwhile:
    """A worker that has something else happen while it reads the first forward."""

    def __init__(self, office: Office, happens: Callable[[], object]) -> None:
        self._worker, self._happens = office.worker, [happens]

    def run(self, request: Any) -> Any:
        answer = self._worker.run(request)
        if isinstance(request, ForwardRequest) and self._happens:
            self._happens.pop()()
        return answer

    def stop(self) -> None:
        self._worker.stop()


def desk(chain: Chain, county: Office, name: str) -> Path:
    """An officer's inbox with one county's forward."""
    inbox = chain.city.folder / name
    inbox.mkdir(parents=True)
    file = county.folder / f"{county.desk.union.code}.zip"
    (inbox / file.name).write_bytes(file.read_bytes())
    return inbox


def take(chain: Chain, inbox: Path, worker: object = None) -> list[str]:
    city = chain.city
    plan = Plan(FOLDER, loading.read(FOLDER), None, city.keys, None, 1, NOW)
    done = receive(inbox, city.store, plan, worker or city.worker, period="2026")  # type: ignore[arg-type]
    return [one.forward.state for one in done.forwards]


@pytest.fixture
def expected(chain: Chain) -> dict[str, list[tuple[object, ...]]]:
    """The city's tables where one officer received both."""
    alone = replace(chain.city, folder=chain.city.folder / "alone")
    for county in (chain.county, chain.other):
        alone.put(county.folder / f"{county.desk.union.code}.zip")
    alone.receive()
    return alone.tables()


def test_one_receives_while_the_other_reads(
    chain: Chain, expected: dict[str, list[tuple[object, ...]]]
) -> None:
    first, second = desk(chain, chain.county, "甲"), desk(chain, chain.other, "乙")
    states: list[str] = []
    meanwhile = Meanwhile(chain.city, lambda: states.extend(take(chain, second)))
    assert take(chain, first, meanwhile) == ["current"]
    assert states == ["current"]
    assert chain.city.tables() == expected
    assert not (chain.city.store / "incoming").exists()


def test_two_who_receive_the_same_forward_count_it_once(chain: Chain) -> None:
    first, second = desk(chain, chain.county, "甲"), desk(chain, chain.county, "乙")
    meanwhile = Meanwhile(chain.city, lambda: take(chain, second))
    take(chain, first, meanwhile)
    assert chain.city.tables("130102") == chain.county.tables()
    assert list(chain.city.states().values()) == ["current"]


def test_two_commands_at_the_same_time(
    chain: Chain, expected: dict[str, list[tuple[object, ...]]]
) -> None:
    city = chain.city
    running = []
    for inbox in (desk(chain, chain.county, "甲"), desk(chain, chain.other, "乙")):
        line = ["receive", inbox, "--store", city.store, "--keys", city.keys, "--period", "2026"]
        command = [sys.executable, "-m", "converter", *map(str, line)]
        running.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
    for one in running:
        said, errors = one.communicate()
        assert one.returncode == 0, said + errors
    assert set(city.states().values()) == {"current"}
    assert city.tables() == expected


def test_where_the_register_stays_locked_it_is_said(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "PATIENCE", 0)
    inbox = desk(chain, chain.county, "甲")
    with Register(chain.city.store, FORM), pytest.raises(RegisterBusy):
        take(chain, inbox)
    assert not (chain.city.store / "incoming").exists()
    assert take(chain, inbox) == ["current"]


def test_what_a_killed_run_left_is_removed(chain: Chain) -> None:
    left = incoming.tables(chain.city.store, 7)
    left.mkdir(parents=True)
    (left / "members.parquet").write_bytes(b"people")
    (left.parent / "lock").touch()
    assert take(chain, desk(chain, chain.county, "甲")) == ["current"]
    assert not left.parent.exists()
