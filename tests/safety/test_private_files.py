"""What holds personal data or secrets is its owner's alone, whatever the umask."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from converter.cli import cli
from converter.identity import keys
from converter.model.errors import BackupSealed, UsageError
from converter.register import Register
from converter.usecases import backup
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.identity.unions import UNIT, office
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, faulty, packed, records
from tests.usecases.receive.conftest import NOW, plan

pytestmark = pytest.mark.posix("modes of files")


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


def test_the_folders_that_are_made_for_them_are_private(tmp_path: Path) -> None:
    union = office(tmp_path)
    union.file(UNIT)
    with Register(tmp_path / "年" / "S", FORM):
        pass
    made = (union.files, tmp_path / "年", tmp_path / "年" / "S")
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_a_backup_is_private(tmp_path: Path) -> None:
    union = office(tmp_path)
    union.file(UNIT)
    backup.backup([union.keys], tmp_path / "备份.zip", when=NOW)
    assert (tmp_path / "备份.zip").stat().st_mode & 0o077 == 0


def test_a_backup_that_holds_keys_is_sealed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    union = office(tmp_path)
    phrase = tmp_path / "密码.txt"
    phrase.write_text("一句 很长的 密码\n", encoding="utf-8")
    (tmp_path / "别的.txt").write_text("另一句", encoding="utf-8")
    sealed = tmp_path / "备份.zip"

    def run(*arguments: object) -> int:
        code: int = cli([*map(str, arguments)], standalone_mode=False)
        return code

    with pytest.raises(UsageError) as error:
        run("backup", "-o", sealed, union.keys)
    assert error.value.message_key == "backup_needs_seal"
    assert run("backup", "-o", sealed, union.keys, "--passphrase-file", phrase) == 0
    assert sealed.read_bytes().startswith(b"age-encryption.org/v1")
    assert sealed.stat().st_mode & 0o077 == 0
    with pytest.raises(BackupSealed):
        run("restore", sealed, "-o", tmp_path / "x", "--passphrase-file", tmp_path / "别的.txt")
    assert run("restore", sealed, "-o", tmp_path / "back", "--passphrase-file", phrase) == 0
    name = union.keys.name
    for path in union.keys.iterdir():
        assert (tmp_path / "back" / name / path.name).read_bytes() == path.read_bytes()
    assert not list(tmp_path.glob(".converter-tmp-*"))
    recipient = keys.public(union.keys).sealing
    other = tmp_path / "给公钥.zip"
    assert run("backup", "-o", other, union.keys, "--recipient", recipient) == 0
    key = union.keys / "sealing.key"
    assert run("restore", other, "-o", tmp_path / "again", "--key-file", key) == 0
    assert run("backup", "-o", tmp_path / "平.zip", union.keys, "--plain") == 0
    capsys.readouterr()
