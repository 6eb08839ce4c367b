"""What `forget` removes is in no file of the register any more, and does not come back."""

from __future__ import annotations

import contextlib
import gzip
import shutil
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import pytest

from converter import cli
from converter.forms import loading
from converter.register import Register, Snapshot
from converter.usecases import forgetting
from converter.usecases.forgetting import ForgetRequest
from tests.people import UNIT as UNIT_ANSWERS
from tests.usecases.receive.collection import (
    Inbox,
    faulty,
    name_of,
    packed,
    people,
    records,
    workbook,
)

pytestmark = pytest.mark.usefixtures("near_workers")

FORM = loading.read(loading.form_dir())


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


def held_in(folder: Path, texts: set[str]) -> set[str]:
    """Which texts some file below a folder holds: in its bytes, in what inflates, in its tables."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file():
            for piece in _pieces(path):
                found |= {text for text in texts if text.encode() in piece}
    return found


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    """One for all tables: to start the database takes longer than to read a hundred of them."""
    return duckdb.connect()


def _pieces(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    yield data
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    at = data.find(b"PK\x03\x04")
    while at >= 0:
        start = at + 30 + int.from_bytes(data[at + 26 : at + 28], "little")
        start += int.from_bytes(data[at + 28 : at + 30], "little")
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[start:])
        at = data.find(b"PK\x03\x04", at + 4)
    if path.suffix == ".parquet":
        rows = _reader().execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        yield repr(rows).encode()
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = [
                (schema, table)
                for schema, table in connection.execute(
                    "SELECT schema_name, table_name FROM duckdb_tables()"
                ).fetchall()
            ]
            assert tables
            for schema, table in tables:
                rows = connection.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()
                yield repr(rows).encode()


def numbers(*units: int) -> set[str]:
    return {number for unit in units for _, number, _ in people(unit, 6)}


def names() -> set[str]:
    return {name for name, _, _ in people(1, 6)}


@pytest.fixture
def year(tmp_path: Path) -> Path:
    """Three units, one of which reported twice; the period is closed. Returns the folder."""
    box = Inbox(tmp_path / "收件")
    box.put("一县/1.xlsx", workbook(1))
    box.put("一县/2.zip", packed(records(2)))
    box.put("二县/3.xlsx", workbook(3, people(3, 6)))
    box.put("二县/3改.xlsx", workbook(3, people(3, 4)))
    assert run("receive", box.folder, "--store", tmp_path / "S", "--period", "2026") == 0
    assert run("period", "close", "2026", "--store", tmp_path / "S") == 0
    return tmp_path


def kept(store: Path) -> list[tuple[object, ...]]:
    with Snapshot(store) as register:
        return register.query(
            "SELECT u.name, s.state, s.members, a.members, a.staff FROM submissions s"
            " JOIN units u ON u.id = s.unit LEFT JOIN answers a ON a.submission = s.id ORDER BY s.id"
        )


def test_a_period_is_gone_from_every_file_and_its_counts_stay(year: Path) -> None:
    store = year / "S"
    before = kept(store)
    assert held_in(store, numbers(1, 2, 3)) >= numbers(1) & {p[1] for p in people(1)}
    assert held_in(store, names())
    assert run("forget", "--store", store, "--period", "2026") == 0
    gone = {str(UNIT_ANSWERS[title]) for title in ("单位工会联系电话", "主席姓名")}
    assert held_in(store, numbers(1, 2, 3) | names() | gone) == set()
    assert kept(store) == before


def test_a_rerun_of_the_inbox_under_any_name_brings_nothing_back(year: Path) -> None:
    store, inbox = year / "S", year / "收件"
    run("forget", "--store", store, "--period", "2026")
    assert run("receive", inbox, "--store", store, "--period", "2026") == 0
    shutil.copytree(inbox / "一县", inbox / "换个地方")
    box = Inbox(inbox)  # the same tables in other bytes, and what comes late
    box.put("重打包/2.zip", packed(records(2), created=1_772_000_999))
    box.put("迟到/4.xlsx", workbook(4))
    run("receive", inbox, "--store", store, "--period", "2026", "--reply", year / "R")
    run("receive", inbox, "--store", store, "--period", "2027")
    assert held_in(store, numbers(1, 2, 3, 4) | names()) == set()


def test_a_period_that_is_open_is_not_removed(
    year: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("period", "open", "2027", "--store", year / "S")
    capsys.readouterr()
    assert run("forget", "--store", year / "S", "--period", "2027") == 2
    assert "converter period close 2027" in capsys.readouterr().err


def test_one_unit_is_removed_and_the_others_stay(year: Path) -> None:
    store = year / "S"
    assert run("forget", "--store", store, "--unit", name_of(3)) == 0
    assert held_in(store, numbers(3)) == set()
    assert held_in(store, numbers(1)) == {p[1] for p in people(1)}
    shutil.copy(year / "收件" / "二县" / "3.xlsx", year / "收件" / "三又来.xlsx")
    run("receive", year / "收件", "--store", store, "--period", "2026")
    assert held_in(store, numbers(3)) == set()


def test_what_does_not_count_is_dropped_and_nothing_else(
    year: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = year / "S"
    replaced = {n for _, n, _ in people(3, 6)} - {n for _, n, _ in people(3, 4)}
    assert held_in(store, replaced) == replaced
    run("decide", "accept", "二县/3改.xlsx", "--store", store, "--officer", "王示例")
    capsys.readouterr()
    assert run("forget", "--store", store, "--period", "2026", "--superseded") == 0
    output = capsys.readouterr().out
    assert output.index("采用 二县/3改.xlsx") < output.index("要删除") < output.index("已删除 1 份")
    assert held_in(store, replaced) == set()
    assert held_in(store, numbers(3)) == {n for _, n, _ in people(3, 4)}
    # The decisions that were listed are final.
    assert run("decide", "withdraw", "二县/3改.xlsx", "--store", store) == 2
    assert run("decide", "revoke", "1", "--store", store) == 2
    assert run("decide", "withdraw", "一县/1.xlsx", "--store", store) == 0


def test_a_period_without_members_is_not_opened_again(
    year: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("forget", "--store", year / "S", "--period", "2026")
    assert run("period", "open", "2026", "--store", year / "S") == 2
    assert "已经删除" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["committed", "published"])
def test_an_interrupted_removal_is_finished_by_the_next_run(
    step: str, year: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = year / "S"

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if step == "committed":
            patch.setattr(Register, "publish", dies)
        else:
            patch.setattr("converter.register.forgetting.finish", dies)
        with pytest.raises(KeyboardInterrupt):
            forgetting.forget(store, FORM, ForgetRequest("2026"), 1_773_000_000)
    (store / "spool").rmdir() if (store / "spool").exists() else None
    (store / "lock").unlink(missing_ok=True)
    assert run("receive", year / "收件", "--store", store, "--period", "2026") == 0
    assert held_in(store, numbers(1, 2, 3) | names()) == set()


def test_places_outside_the_register_are_named(
    year: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = year / "S"
    (year / "收件" / "一县" / "1.xlsx").unlink()
    (year / "收件" / "有错.xlsx").write_bytes(faulty(4))  # refused, and full of names all the same
    assert run(
        "receive", year / "收件", "--store", store, "--period", "2026", "--reply", year / "R"
    )
    run("backup", "-o", year / "备份.zip", "--store", store)
    capsys.readouterr()
    run("forget", "--store", store, "--period", "2026")
    output = capsys.readouterr().err
    run("forget", "--store", store, "--period", "2026", "--superseded")  # what is gone already
    again = capsys.readouterr().err
    assert f"{year / '收件'}：原来的文件还有 2 份" in again  # the older one, the refused one
    assert f"{year / '收件'}：原来的文件还有 4 份" in output
    assert f"{year / 'R'}：标出错误的表还有 1 份" in output
    assert str(year / "备份.zip") in output


def test_the_log_tells_who_did_what(year: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = year / "S"
    run("decide", "withdraw", "一县/1.xlsx", "--store", store, "--officer", "王示例")
    run("forget", "--store", store, "--period", "2026", "--officer", "李示例", "--why", "到期")
    (store / "log.jsonl").open("a").write('{"at": "2026')  # a process that was killed
    run("receive", year / "收件", "--store", store, "--period", "2026")
    capsys.readouterr()
    assert run("show", "--store", store, "--log") == 0
    output = capsys.readouterr().out
    for words in (
        "开始接收",
        "关闭 2026",
        "撤回 一县/1.xlsx",
        "王示例",
        "删除 2026",
        "李示例",
        "到期",
    ):
        assert words in output
    assert (store / "log.jsonl").stat().st_mode & 0o077 == 0
