"""Backups come back byte for byte; damage is named file by file; nothing is written over."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from converter.files.backup_zip import BackupEntry
from converter.model.errors import BackupDamaged, NotABackup, OutputExists, RegisterBusy
from converter.register import Register
from converter.usecases import backup as backups
from converter.usecases.backup import backup, restore
from tests.canonical import FORM

WHEN = 1_772_000_000


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "工作"
    (folder / "一县").mkdir(parents=True)
    (folder / "一县" / "表.xlsx").write_bytes(b"table" * 1000)
    (folder / "空").write_bytes(b"")
    (folder / "标识.xml").write_bytes(b"<identity/>")
    os.utime(folder / "标识.xml", (WHEN - 99, WHEN - 99))
    return folder


@pytest.fixture
def made(work: Path, tmp_path: Path) -> Path:
    backup([work], tmp_path / "备份.zip", when=WHEN)
    return tmp_path / "备份.zip"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def rewritten(
    path: Path, change: dict[str, bytes | None], extra: dict[str, bytes] | None = None
) -> Path:
    """The same zip with members replaced (None = left out) and added."""
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = change.get(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
        for name, data in (extra or {}).items():
            new.writestr(name, data)
    return target


def test_what_was_saved_comes_back(work: Path, made: Path, tmp_path: Path) -> None:
    done = restore(made, tmp_path / "out")
    assert tree(tmp_path / "out" / "工作") == tree(work)
    assert (done.files, done.bytes) == (3, 5011)
    assert (tmp_path / "out" / "工作" / "标识.xml").stat().st_mtime == WHEN - 99


@pytest.mark.posix("Windows keeps permissions otherwise")
def test_restored_files_are_their_owners_alone(made: Path, tmp_path: Path) -> None:
    restore(made, tmp_path / "out")
    assert {p.stat().st_mode & 0o077 for p in (tmp_path / "out").rglob("*")} == {0}


def test_damage_is_named_file_by_file_and_nothing_is_restored(made: Path, tmp_path: Path) -> None:
    changed = rewritten(
        made,
        {"files/工作/一县/表.xlsx": b"other", "files/工作/标识.xml": None},
        {"files/工作/多出来的": b"x"},
    )
    with pytest.raises(BackupDamaged) as error:
        restore(changed, tmp_path / "out")
    assert {(f.how, f.name) for f in error.value.faults} == {
        ("changed", "工作/一县/表.xlsx"),
        ("missing", "工作/标识.xml"),
        ("extra", "工作/多出来的"),
    }
    assert not (tmp_path / "out").exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_flipped_bit_is_named(made: Path, tmp_path: Path) -> None:
    data = bytearray(made.read_bytes())
    with zipfile.ZipFile(made) as archive:
        info = archive.getinfo("files/工作/一县/表.xlsx")
        data[info.header_offset + 30 + len(info.filename.encode()) + 5] ^= 0x10
    made.write_bytes(bytes(data))
    with pytest.raises(BackupDamaged) as error:
        restore(made, tmp_path / "out")
    assert [f.name for f in error.value.faults] == ["工作/一县/表.xlsx"]


def test_a_cut_off_backup_is_no_backup(made: Path, tmp_path: Path) -> None:
    made.write_bytes(made.read_bytes()[:-100])
    with pytest.raises(NotABackup):
        restore(made, tmp_path / "out")


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\..\\x", ""])
def test_paths_that_lead_out_are_refused(name: str, made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        reported = json.loads(archive.read("manifest.json"))
    reported["files"][0]["path"] = name
    changed = rewritten(
        made, {"manifest.json": json.dumps(reported).encode()}, {f"files/{name}": b""}
    )
    with pytest.raises(NotABackup):
        restore(changed, tmp_path / "out")
    assert not (tmp_path / "x").exists()


def test_nothing_is_written_over(work: Path, made: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputExists):
        restore(made, work)
    with pytest.raises(OutputExists):
        backup([work], made, when=WHEN)
    (tmp_path / "empty").mkdir()
    restore(made, tmp_path / "empty")
    assert (tmp_path / "empty" / "工作" / "空").is_file()


def test_two_folders_of_one_name_are_told_apart(work: Path, tmp_path: Path) -> None:
    other = tmp_path / "b" / "工作"
    other.mkdir(parents=True)
    (other / "x").write_bytes(b"x")
    backup([work, other], tmp_path / "二.zip", when=WHEN)
    restore(tmp_path / "二.zip", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["工作", "工作-2"]


def test_two_files_of_one_name_keep_their_ending(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "填报.xlsx" for folder in "abc"]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(path.parent.name.encode())
    backup(paths, tmp_path / "二.zip", when=WHEN)
    restore(tmp_path / "二.zip", tmp_path / "out")
    found = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert found == {"填报.xlsx": b"a", "填报-2.xlsx": b"b", "填报-3.xlsx": b"c"}


def test_a_register_comes_back_and_is_not_saved_while_somebody_writes(tmp_path: Path) -> None:
    with Register(tmp_path / "S", FORM) as register:
        register.publish("2026", WHEN)
        with pytest.raises(RegisterBusy):
            backup([tmp_path / "S"], tmp_path / "b.zip", when=WHEN)
    assert not (tmp_path / "b.zip").exists()
    backup([tmp_path / "S"], tmp_path / "b.zip", when=WHEN)
    restore(tmp_path / "b.zip", tmp_path / "out")
    assert "lock" not in {p.name for p in (tmp_path / "out" / "S").iterdir()}
    with Register(tmp_path / "out" / "S", FORM) as register:
        assert register.query("SELECT * FROM submissions") == []


def test_a_backup_that_does_not_read_back_gets_no_name(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = backups._manifest

    def torn(entries: list[BackupEntry], when: int) -> bytes:
        return honest(entries, when).replace(b'"bytes": 5000', b'"bytes": 5001')

    monkeypatch.setattr(backups, "_manifest", torn)
    with pytest.raises(BackupDamaged):
        backup([work], tmp_path / "b.zip", when=WHEN)
    assert not (tmp_path / "b.zip").exists()


def test_the_same_files_give_the_same_bytes(work: Path, made: Path, tmp_path: Path) -> None:
    backup([work], tmp_path / "again.zip", when=WHEN)
    assert (tmp_path / "again.zip").read_bytes() == made.read_bytes()
