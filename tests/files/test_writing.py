"""Files appear whole or not at all; zips depend on their members and their date alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.files import writing, zip_peek, zip_writing

MEMBERS = [("b.txt", b"second"), ("a/b.txt", b"x" * 100_000), ("empty", b"")]
WHEN = 1_772_000_000


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_many_files_beside_those_that_came_meanwhile(tmp_path: Path) -> None:
    """None of several at the same moment replaces another's."""
    path = tmp_path / "填报-批注.xlsx"
    for number in range(3):
        named = writing.write_many([(path, b"%d" % number)], beside=writing.Beside.ALWAYS)
        assert named[path].read_bytes() == b"%d" % number
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "填报-批注-2.xlsx",
        "填报-批注-3.xlsx",
        "填报-批注.xlsx",
    ]


def test_members_come_back_in_the_order_given(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    zip_writing.write_zip(target, iter(MEMBERS), when=WHEN)
    with zipfile.ZipFile(target) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == MEMBERS
        assert archive.getinfo("a/b.txt").compress_size < 1000
    assert names(tmp_path) == ["a.zip"]


def test_members_bear_the_given_date_and_one_mode(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    zip_writing.write_zip(target, MEMBERS, when=WHEN)
    with zipfile.ZipFile(target) as archive:
        for info in archive.infolist():
            assert info.date_time == (2026, 2, 25, 6, 13, 20)
            assert (info.create_system, info.external_attr >> 16) == (3, 0o100644)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (-1, (1980, 1, 1, 0, 0, 0)),
        (315532799, (1980, 1, 1, 0, 0, 0)),
        (315532800, (1980, 1, 1, 0, 0, 0)),
        (2**33, (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_dates_a_zip_cannot_hold_are_clipped(
    when: int, expected: tuple[int, int, int, int, int, int]
) -> None:
    assert zip_writing.dos_time(when) == expected


def test_the_umask_leaves_the_bytes_alone(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        zip_writing.write_zip(tmp_path / "a.zip", MEMBERS, when=WHEN)
    finally:
        os.umask(old)
    zip_writing.write_zip(tmp_path / "b.zip", MEMBERS, when=WHEN)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_name_given_twice_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="twice"):
        zip_writing.write_zip(tmp_path / "a.zip", [("a", b"1"), ("a", b"2")], when=WHEN)
    assert names(tmp_path) == []


def test_verify_sees_the_whole_file_before_it_has_its_name(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    seen: list[bool] = []

    def verify(path: Path) -> None:
        seen.append(zipfile.ZipFile(path).testzip() is None and not target.exists())
        assert path.parent == target.parent

    zip_writing.write_zip(target, MEMBERS, when=WHEN, verify=verify)
    assert seen == [True]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_what_verify_refuses_leaves_the_older_file(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def verify(path: Path) -> None:
        raise failure

    with pytest.raises(failure):
        writing.write_bytes_atomically(target, b"new", verify=verify)
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_failure_half_way_leaves_the_older_file(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    target.write_bytes(b"old")

    def members() -> object:
        yield "a", b"1"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        zip_writing.write_zip(target, members(), when=WHEN)  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.zip"]


@pytest.mark.posix("the folder's own flush, the last step, is POSIX' alone")
def test_a_crash_at_any_step_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every system call of the writing fails in turn, as if the machine had died there."""
    target = tmp_path / "a.bin"
    for name in ("fsync", "replace", "open"):
        target.write_bytes(b"old")
        real = getattr(os, name)

        def dying(*args: object, _real: object = real, **kwargs: object) -> object:
            raise MemoryError

        with monkeypatch.context() as patch:
            patch.setattr(os, name, dying)
            if name == "open":  # the folder's own flush comes last: the file is the new one
                with pytest.raises(MemoryError):
                    writing.write_bytes_atomically(target, b"new")
                assert target.read_bytes() == b"new"
            else:
                with pytest.raises(MemoryError):
                    writing.write_bytes_atomically(target, b"new")
                assert target.read_bytes() == b"old"
        assert names(tmp_path) == ["a.bin"]


def test_strays_of_dead_processes_are_swept_and_fresh_ones_kept(tmp_path: Path) -> None:
    stale, fresh = tmp_path / f"{writing.PREFIX}1-a", tmp_path / f"{writing.PREFIX}2-b"
    for path in (stale, fresh, tmp_path / "other"):
        path.write_bytes(b"half")
    os.utime(stale, (1, 1))
    os.utime(tmp_path / "other", (1, 1))
    writing.write_bytes_atomically(tmp_path / "a.bin", b"new")
    assert names(tmp_path) == sorted([fresh.name, "a.bin", "other"])


def test_a_missing_folder_is_the_callers_affair(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        writing.write_bytes_atomically(tmp_path / "none" / "a.bin", b"new")


def test_a_folder_in_the_place_of_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "a.zip").mkdir()
    with pytest.raises(OSError):  # noqa: PT011 (which one differs between systems)
        zip_writing.write_zip(tmp_path / "a.zip", MEMBERS, when=WHEN)
    assert names(tmp_path) == ["a.zip"]


def test_chinese_names_and_spaces_in_paths(tmp_path: Path) -> None:
    folder = tmp_path / "上报 文件"
    folder.mkdir()
    writing.write_bytes_atomically(folder / "𠮷 示例.zip", b"new")
    assert names(folder) == ["𠮷 示例.zip"]


def test_packages_are_told_from_other_files(tmp_path: Path) -> None:
    zip_writing.write_zip(tmp_path / "a.zip", [("datapackage.json", b"{}")], when=WHEN)
    zip_writing.write_zip(tmp_path / "b.zip", MEMBERS, when=WHEN)
    (tmp_path / "c.zip").write_bytes(b"no zip")
    found = [zip_peek.is_package(tmp_path / f"{name}.zip") for name in "abcd"]
    assert found == [True, False, False, False]


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}\.csv", fullmatch=True), st.binary(), max_size=4))
def test_any_members_survive(members: dict[str, bytes]) -> None:
    from io import BytesIO

    first, second = BytesIO(), BytesIO()
    for stream in (first, second):
        zip_writing.pack(stream, members.items(), when=WHEN)
    assert first.getvalue() == second.getvalue()
    with zipfile.ZipFile(first) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == members


@pytest.mark.posix("whether a process lives cannot be asked on Windows: there age decides")
def test_what_a_killed_process_left_is_gone_at_the_next_start(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from converter.files import writing\n"
        "def die(path): os.kill(os.getpid(), signal.SIGKILL)\n"
        "writing.write_bytes_atomically(Path(sys.argv[1]) / 'a', b'new', verify=die)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    (stray,) = tmp_path.iterdir()
    alive = stray.with_name(stray.name.replace(stray.name.split("-")[3], str(os.getpid())))
    alive.write_bytes(b"another process is still writing this")
    writing.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [alive]
