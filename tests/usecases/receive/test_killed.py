"""A run that is killed at any moment and started again ends where an undisturbed one does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from converter.messages.catalogue import message
from converter.register import Register
from converter.usecases.receive import Plan
from tests.sheets import FORM
from tests.usecases.receive.collection import CREATED, Inbox, packed, records, workbook, zipped
from tests.usecases.receive.conftest import FOLDER
from tests.usecases.receive.killing import Receiving, in_fork

pytestmark = pytest.mark.posix("SIGKILL")


def start(root: Path, name: str, kill_at: int) -> int:
    made = Plan(FOLDER, FORM, root / f"{name}-R", None, None, 1, 1_772_900_000)
    return in_fork(Receiving(root / "in", root / name, made), kill_at)


def contents(store: Path) -> dict[str, list[tuple[object, ...]]]:
    with Register(store, FORM) as register:
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
    assert start(tmp_path, "whole", 0) == 0
    expected = contents(tmp_path / "whole")
    assert len(expected["submissions"]) == 14
    chance = random.Random(20261123)
    killed = 0
    # What a run writes at its end, whatever is new, takes more and more steps in one go.
    while start(tmp_path, "torn", chance.randint(2, 7 + killed)):
        killed += 1
        assert killed < 60
    assert killed >= 3
    assert contents(tmp_path / "torn") == expected
    assert replies(tmp_path / "torn-R") == replies(tmp_path / "whole-R")
    assert not list((tmp_path / "torn").glob("spool/*"))
