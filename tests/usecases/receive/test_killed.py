"""A run that is killed at any moment and started again ends where an undisturbed one does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from converter.forms import loading
from converter.messages.catalogue import message
from converter.register import Register
from tests.usecases.receive import killing
from tests.usecases.receive.collection import CREATED, Inbox, packed, records, workbook, zipped
from tests.usecases.receive.killing import decided

pytestmark = pytest.mark.posix("SIGKILL")


def received(root: Path, store: str, kill_at: int = 0) -> bool:
    return killing.received(
        root / "in",
        root / store,
        root / f"{store}-R",
        kill_at=kill_at,
        batch=3,
        now=1772900000,
    )


def contents(store: Path) -> dict[str, list[tuple[object, ...]]]:
    with Register(store, loading.read(loading.form_dir())) as register:
        return {
            table: register.query(f"SELECT * FROM {table} ORDER BY ALL")
            for table in ("units", "submissions", "answers", "members", "findings", "containers")
        }


def replies(folder: Path) -> dict[str, bytes]:
    """Receipts beside their files' names; the units' folder holds each once more."""
    found = {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.json"))
    }
    units = message("units_folder") + "/"
    return {name: data for name, data in found.items() if not name.startswith(units)}


def test_killed_at_random_and_run_again_gives_the_same_register(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "in")
    for n in range(1, 7):
        box.put(f"{n}.zip", packed(records(n)))
    box.put("3改.zip", packed(records(3, staff="50")))
    box.put("4抄.zip", packed(records(4), CREATED + 5))
    box.put("坏.pdf", b"%PDF-1.7")
    box.put("表.xlsx", workbook(8))
    box.put("一批.zip", zipped([(f"{n}.zip", packed(records(n))) for n in range(20, 24)]))
    assert received(tmp_path, "whole")
    expected = contents(tmp_path / "whole")
    assert len(expected["submissions"]) == 14
    chance = random.Random(20261123)
    killed = 0
    # What a run writes at its end, whatever is new, takes more and more steps in one go.
    while not received(tmp_path, "torn", chance.randint(2, 7 + killed)):
        killed += 1
        assert killed < 60
    assert killed >= 3
    assert contents(tmp_path / "torn") == expected
    assert replies(tmp_path / "torn-R") == replies(tmp_path / "whole-R")
    assert not list((tmp_path / "torn").glob("spool/*"))


def test_decisions_that_are_killed_and_repeated_are_made_once(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "in")
    for n in range(1, 4):
        box.put(f"{n}.zip", packed(records(n)))
    box.put("别期.zip", packed(records(4), period="2031"))
    box.put("二月.zip", packed(records(2, staff="50")))
    for name in ("whole", "torn"):
        assert received(tmp_path, name)
    # Killed before the commit, after it, and while it is published; a revocation that was committed
    # cannot be made again.
    made = [
        ("accept", "别期.zip", (1, 2, 4)),
        ("withdraw", "二月.zip", (2,)),
        ("revoke", "1", (1,)),
    ]
    for action, subject, moments in made:
        assert decided(tmp_path / "whole", action, subject, kill_at=0)
        for moment in moments:
            assert not decided(tmp_path / "torn", action, subject, kill_at=moment)
        assert decided(tmp_path / "torn", action, subject, kill_at=0)
    assert contents(tmp_path / "torn") == contents(tmp_path / "whole")
    assert received(tmp_path, "torn")  # the inbox once more
    found = contents(tmp_path / "torn")
    assert found == contents(tmp_path / "whole")
    with Register(tmp_path / "torn", loading.read(loading.form_dir())) as register:
        assert register.query("SELECT number, action FROM decisions ORDER BY number") == [
            (number, action) for number, (action, *_) in enumerate(made, 1)
        ]
        states = dict(register.query("SELECT file, state FROM submissions"))
    assert states == {
        "1.zip": "current", "2.zip": "current", "3.zip": "current", "二月.zip": "withdrawn",
        "别期.zip": "held",
    }  # fmt: skip
