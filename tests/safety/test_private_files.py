"""What holds personal data or secrets is its owner's alone, whatever the umask."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from converter.usecases import backup
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.identity.unions import UNIT, office
from tests.usecases.receive.collection import Inbox, faulty, packed, records
from tests.usecases.receive.conftest import NOW, plan

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of files")


@pytest.fixture(autouse=True)
def _open_umask(near_workers: None) -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def readable_by_others(folder: Path) -> list[str]:
    """Files that others may read, and folders that they may look into."""
    shared = stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH
    return [
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.lstat().st_mode & shared
    ]


def test_register_publication_and_replies_are_private(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "in")
    box.put("一县/1.zip", packed(records(1)))
    box.put("一县/错.xlsx", faulty(2))
    for name in ("S", "R"):
        (tmp_path / name).mkdir()
    with Worker() as worker:
        receive(box.folder, tmp_path / "S", plan(tmp_path / "R"), worker)
    assert list((tmp_path / "R").rglob("批注-*"))
    assert list((tmp_path / "S").rglob("*.parquet"))
    assert [name for name in readable_by_others(tmp_path / "S") if name != "lock"] == []
    assert readable_by_others(tmp_path / "R") == []


def test_a_backup_is_private(tmp_path: Path) -> None:
    union = office(tmp_path)
    union.file(UNIT)
    backup.backup([union.keys], tmp_path / "备份.zip", when=NOW)
    assert (tmp_path / "备份.zip").stat().st_mode & 0o077 == 0
