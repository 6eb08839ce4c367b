"""What was corrected on the page outlives the desk, until it is written into a form or not wanted."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import httpx2
import openpyxl
import pytest

from converter.web.desk import corrections
from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, member_cell, put
from tests.web.desk.at_work import AtWork, at_work, countdown, drop, entered, key_of, press
from tests.web.running import alert
from tests.web.world import workbook

TYPED = "在网页上改的 1 格还没有存进填报表"
AGAIN = "前面改的 1 格都记着"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the desks of all tests are, one after the other: what is kept names its place."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture
def root(place: Path) -> Path:
    shutil.rmtree(place)
    place.mkdir()
    return place / "基层工会填报 🙂"


@contextmanager
def started(root: Path) -> Iterator[tuple[AtWork, httpx2.Client]]:
    """A desk from its start to its end."""
    with at_work(root) as desk, entered(desk) as client:
        yield desk, client


def page(client: httpx2.Client, key: str) -> str:
    return client.get(f"/check/{key}/correct").text


def faulty(client: httpx2.Client, key: str) -> str:
    """The name of the faulty cell's field."""
    before = page(client, key).partition('data-fault="error"')[0]
    return before.rpartition('name="')[2].partition('"')[0]


@pytest.fixture(scope="module")
def kept(place: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of all that a desk leaves that ended when a form was corrected on its page, and the
    form's key."""
    with started(place / "基层工会填报 🙂") as (desk, client):
        key = key_of(drop(client, desk, ("填报.xlsx", workbook(1, fault=True))))
        cell = faulty(client, key)
        assert TYPED not in client.get(f"/check/{key}").text
        press(client, desk, f"/check/{key}/correct", **{cell: MEMBERS[2][1]})
    return Path(shutil.copytree(place, tmp_path_factory.mktemp("kept") / "desk")), key


@pytest.fixture
def begun(kept: tuple[Path, str], root: Path) -> str:
    """The key of a form that was corrected on the page when the desk ended."""
    copy, key = kept
    shutil.copytree(copy, root.parent, dirs_exist_ok=True)
    return key


def found(desk: AtWork, client: httpx2.Client) -> str:
    """The key of the form in a desk that was started anew: the first page leads to it."""
    href = client.get("/").text.partition('href="/check/')[2]
    return href.partition('"')[0]


def members(path: Path) -> set[object]:
    book = openpyxl.load_workbook(path)
    return {cell.value for row in book[MEMBER_SHEET].iter_rows() for cell in row}


def test_corrections_are_there_again_and_are_written(root: Path, begun: str) -> None:
    with started(root) as (desk, client):
        assert found(desk, client) == begun
        assert TYPED in client.get(f"/check/{begun}").text
        assert TYPED in client.get(f"/export/{begun}").text
        assert AGAIN in page(client, begun)
        done = press(client, desk, f"/check/{begun}/correct", do="finish")
        assert countdown(done) == "可以上报"
        assert TYPED not in client.get(f"/check/{begun}").text
    assert MEMBERS[2][1] in members(next(root.rglob("填报-修正.xlsx")))
    assert MEMBERS[2][1] not in members(next(root.rglob("填报.xlsx")))
    with started(root) as (_, client):
        client.get("/")
        assert AGAIN not in page(client, begun)


def test_a_form_saved_in_between_moves_nothing(root: Path, begun: str) -> None:
    form = next(root.rglob("填报.xlsx"))
    book = openpyxl.load_workbook(BytesIO(form.read_bytes()))
    put(book[MEMBER_SHEET], member_cell(book, 3, "会员姓名"), "后来改的")
    book[MEMBER_SHEET].insert_rows(5)
    book.save(form)
    with started(root) as (desk, client):
        client.get("/")
        assert "后来又保存过" in alert(client.get(f"/check/{begun}/correct"))
        done = press(client, desk, f"/check/{begun}/correct", do="finish")
        assert countdown(done) == "可以上报"
    corrected = members(next(root.rglob("填报-修正.xlsx")))
    assert MEMBERS[2][1] in corrected
    assert "后来改的" not in corrected


def test_what_is_not_wanted_is_dropped(root: Path, begun: str) -> None:
    with started(root) as (desk, client):
        client.get("/")
        answer = press(client, desk, f"/check/{begun}/correct", do="discard")
        assert AGAIN not in answer.text
        assert 'data-fault="error"' in answer.text
        assert TYPED not in client.get(f"/check/{begun}").text
    assert list(unfinished(root).iterdir()) == []


def test_nobody_else_may_read_them(root: Path, begun: str) -> None:
    if os.name != "posix":
        return
    folder = unfinished(root) / begun
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / corrections.EDITS).stat().st_mode & 0o077 == 0


def test_a_copy_without_corrections_is_not_kept(root: Path) -> None:
    with started(root) as (desk, client):
        key = key_of(drop(client, desk, ("填报.xlsx", workbook(1, fault=True))))
        page(client, key)
        assert (unfinished(root) / key).is_dir()
    assert list(unfinished(root).iterdir()) == []


def test_a_form_with_the_name_of_the_result_is_corrected_too(root: Path) -> None:
    with started(root) as (desk, client):
        key = key_of(drop(client, desk, ("corrected.xlsx", workbook(1, fault=True))))
        press(client, desk, f"/check/{key}/correct", **{faulty(client, key): MEMBERS[2][1]})
        done = press(client, desk, f"/check/{key}/correct", do="finish")
        assert countdown(done) == "可以上报"


def test_old_ones_go_and_newer_ones_stay(root: Path, begun: str) -> None:
    edits = unfinished(root) / begun / corrections.EDITS
    for age, stays in ((corrections.KEPT - 60, True), (corrections.KEPT + 60, False)):
        moment = time.time() - age
        os.utime(edits, (moment, moment))
        corrections.sweep(unfinished(root))
        assert edits.exists() is stays


@pytest.mark.parametrize(
    "stored",
    [b"", b"{", b"[]", b'{"version": [[1]], "files": [], "edits": []}',
     b'{"version": [[1, 1]], "files": ["0/none.xlsx"], "edits": []}',
     b'{"version": [[1, 1]], "files": [], "edits": [["x", 1, "y", ""]]}',
     b'{"version": [[1, 1]], "files": [], "edits": [["x"]]}'],
)  # fmt: skip
def test_what_cannot_be_read_begins_anew(root: Path, begun: str, stored: bytes) -> None:
    (unfinished(root) / begun / corrections.EDITS).write_bytes(stored)
    with started(root) as (_, client):
        client.get("/")
        answer = page(client, begun)
        assert 'data-fault="error"' in answer
        assert AGAIN not in answer


def test_what_a_crash_left_open_is_gone_at_the_next_start(root: Path) -> None:
    left = unfinished(root).with_name("open") / "upload" / "填报.xlsx"
    left.parent.mkdir(parents=True)
    left.write_bytes(workbook(1))
    with started(root):
        assert not left.exists()
        assert left.parents[1].is_dir()
    assert not left.parents[1].exists()


def unfinished(root: Path) -> Path:
    return root.with_name(f"{root.name}-state") / "corrections"


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_form_that_was_renamed_or_moved_keeps_them(level: int, root: Path, begun: str) -> None:
    """The form itself, the folder of its year, that of its unit."""
    form = next(root.rglob("填报.xlsx"))
    named = [form, *form.parents][level]
    named.rename(named.with_name(f"旧-{named.name}"))
    with started(root) as (desk, client):
        home = client.get("/")
        assert f'href="/check/{begun}/correct"' in home.text
        assert f'href="/check/{begun}/correct"' in client.get(f"/check/{begun}").text
        assert AGAIN in page(client, begun)
        done = press(client, desk, f"/check/{begun}/correct", do="finish")
        assert countdown(done) == "可以上报"
        assert begun not in client.get("/").text
    assert MEMBERS[2][1] in members(next(root.rglob("填报-修正.xlsx")))


def test_what_cannot_be_read_for_a_moment_is_not_lost(
    root: Path, begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virus scanner may have it open."""
    read = Path.read_bytes

    def busy(path: Path) -> bytes:
        if path.name == corrections.EDITS:
            raise PermissionError(13, "used by another program", str(path))
        return read(path)

    with started(root) as (_, client):
        client.get("/")
        with monkeypatch.context() as while_open:
            while_open.setattr(Path, "read_bytes", busy)
            assert client.get(f"/check/{begun}/correct").status_code == 409
        assert AGAIN in page(client, begun)


@pytest.mark.parametrize("beside", ["~${}", ".~{}", ".~lock.{}#"])
def test_a_package_of_a_form_that_is_open_warns_to_save_first(beside: str, root: Path) -> None:
    with started(root) as (desk, client):
        key = key_of(drop(client, desk, ("填报.xlsx", workbook(1))))
        assert "没有保存的内容" not in client.get(f"/export/{key}").text
        form = next(root.rglob("填报.xlsx"))
        form.with_name(beside.format(form.name)).write_bytes(b"")
        assert "没有保存的内容不会写进上报文件" in client.get(f"/export/{key}").text
