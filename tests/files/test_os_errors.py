"""What Windows says when it refuses is recognised by its number, never by its words."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from converter.files import os_errors, writing
from converter.messages.catalogue import message
from converter.model.errors import OutputError
from converter.usecases import failures
from tests.held import held, windows_error


@pytest.mark.parametrize("language", ["拒绝访问。", "Access is denied", "Доступ запрещён"])
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (5, "没有权限，或者正被别的程序打开"),
        (19, "只读"),
        (21, "所在的文件夹不见了"),
        (32, "正被别的程序打开"),
        (33, "正被别的程序打开"),
        (53, "所在的文件夹不见了"),
        (112, "磁盘满了"),
        (123, "名字里有系统不允许的字"),
        (206, "太长"),
    ],
)
def test_an_error_of_windows_is_told_in_the_clerks_words(
    number: int, expected: str, language: str
) -> None:
    text, code = failures.explain(windows_error("统计.xlsx", number, language))
    assert code == 2
    assert text.startswith("写不了 统计.xlsx：")
    assert expected in text
    assert language not in text


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (errno.ENOSPC, "reason_full"),
        (errno.EACCES, "reason_denied"),
        (errno.EROFS, "reason_read_only"),
        (errno.EIO, "reason_gone"),
        (errno.ENAMETOOLONG, "reason_too_long"),
    ],
)
def test_so_is_one_of_the_c_library_in_any_language(number: int, key: str) -> None:
    text, _ = failures.explain(OSError(number, "das geht nicht", "a.zip"))
    assert text == f"写不了 a.zip：{message(key)}"


def test_a_reason_without_a_message_is_quoted() -> None:
    text, _ = failures.explain(OSError(errno.ELOOP, "zu viele Verweise", "a.zip"))
    assert text == "写不了 a.zip：zu viele Verweise"


def test_the_cause_comes_through_a_worker() -> None:
    refused = os_errors.output_error(windows_error("a.zip", 112, "磁盘空间不足。"))
    text, _ = failures.explain(OutputError(refused.path, refused.reason, refused.cause))
    assert text == f"写不了 a.zip：{message('reason_full')}"


def write_one(path: Path) -> None:
    writing.write_bytes_atomically(path, b"new")


def write_several(path: Path) -> None:
    writing.write_many([(path, b"new")])


def replace_whole(path: Path) -> None:
    source = path.with_name("source")
    source.write_bytes(b"new")
    writing.replace(source, path)


WRITERS = [write_one, write_several, replace_whole, writing.remove]


@pytest.mark.posix("refused twice on purpose; with real handles: test_windows_itself")
@pytest.mark.parametrize("write", WRITERS)
def test_a_file_that_is_open_for_a_moment_is_waited_for(
    write: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    waits: list[float] = []
    with held(path, waits=waits):
        refused = {name: getattr(os, name) for name in ("replace", "unlink")}

    def briefly(refusing: Callable[..., None], real: Callable[..., None]) -> Callable[..., None]:
        return lambda *given: (refusing if len(waits) < 2 else real)(*given)

    for name, refusing in refused.items():
        monkeypatch.setattr(os, name, briefly(refusing, getattr(os, name)))
    monkeypatch.setattr(os_errors, "sleep", waits.append)
    write(path)
    assert waits == list(os_errors.WAITS[:2])
    assert not path.exists() if write is writing.remove else path.read_bytes() == b"new"


@pytest.mark.parametrize("write", WRITERS)
def test_one_that_stays_open_is_told_after_a_second_and_a_half(
    write: Callable[[Path], None], tmp_path: Path
) -> None:
    path, waits = tmp_path / "统计.xlsx", list[float]()
    path.write_bytes(b"old")
    with held(path, waits=waits), pytest.raises(PermissionError):
        write(path)
    assert 1.4 < sum(waits) < 2
    assert path.read_bytes() == b"old"
    assert {p.name for p in tmp_path.iterdir()} <= {"统计.xlsx", "source"}


def test_a_folder_without_permission_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "a")

    waits: list[float] = []
    monkeypatch.setattr(os, "replace", denied)
    monkeypatch.setattr(os_errors, "sleep", waits.append)
    with pytest.raises(PermissionError):
        writing.write_bytes_atomically(tmp_path / "a", b"")
    assert waits == [] or sys.platform == "win32"


def test_of_many_files_only_the_first_open_one_is_waited_for(tmp_path: Path) -> None:
    paths = [tmp_path / f"批注-{number}.xlsx" for number in range(40)]
    for path in paths:
        path.write_bytes(b"old")
    waits: list[float] = []
    with held(*paths, waits=waits):
        named = writing.write_many(
            [(path, b"new") for path in paths], beside=writing.Beside.WHERE_OPEN
        )
    assert len(waits) == len(os_errors.WAITS)
    assert all(path.read_bytes() == b"old" for path in paths)
    assert all(got.read_bytes() == b"new" for got in named.values())
    assert len(set(named.values()) | set(paths)) == 80


def test_what_stands_beside_an_open_file_is_not_replaced_either(tmp_path: Path) -> None:
    path, other = tmp_path / "汇总问题.csv", tmp_path / "汇总问题-2.csv"
    path.write_bytes(b"old")
    other.write_bytes(b"an officer's own")
    with held(path):
        named = writing.write_many([(path, b"new")], beside=writing.Beside.WHERE_OPEN)
    assert named == {path: tmp_path / "汇总问题-3.csv"}
    assert other.read_bytes() == b"an officer's own"


@pytest.mark.windows("real handles, real errors")
@pytest.mark.parametrize("seconds", [0.4, 30.0])
def test_windows_itself_refuses_and_gives_way(seconds: float, tmp_path: Path) -> None:
    """The twin with a real handle: another process reads the file without sharing deletion."""
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    script = textwrap.dedent("""
        import sys, time
        with open(sys.argv[1], "rb"):
            print("open", flush=True)
            time.sleep(float(sys.argv[2]))
    """)
    reader = subprocess.Popen(
        [sys.executable, "-c", script, str(path), str(seconds)], stdout=subprocess.PIPE
    )
    assert reader.stdout
    try:
        assert reader.stdout.readline().strip() == b"open"
        if seconds < 1:
            writing.write_bytes_atomically(path, b"new")
            assert path.read_bytes() == b"new"
        else:
            with pytest.raises(PermissionError) as refused:
                writing.write_bytes_atomically(path, b"new")
            assert "正被别的程序打开" in failures.explain(refused.value)[0]
            assert path.read_bytes() == b"old"
    finally:
        reader.kill()
        reader.wait()
        reader.stdout.close()
