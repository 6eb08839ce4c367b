"""A command uses the warm worker of an open page, and its own wherever anything is not as it should
be: the results are the same."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from converter.files import own_folder
from converter.model.errors import WorkerDied
from converter.usecases.check import check_files
from converter.usecases.convert import convert_files
from converter.workers import open_pages, protocol, warm
from converter.workers.pool import Worker
from converter.workers.requests.check import CheckRequest, CopyTarget
from converter.workers.warm import BorrowingWorker, Loan
from tests.web.desk.at_work import AtWork
from tests.web.world import FOLDER, workbook

OWN = object()  # what a process of its own would have answered


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a command stands, with two workbooks."""
    made = tmp_path / "工会"
    made.mkdir()
    (made / "好.xlsx").write_bytes(workbook(1))
    (made / "错.xlsx").write_bytes(workbook(2, fault=True))
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def known(desk: AtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file by which a command finds the page."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    path = own_folder.state_folder() / "desk-0.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"port": desk.port, "secret": desk.access.secret}))
    return path


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own would answer at once, and differently."""
    monkeypatch.setattr(BorrowingWorker, "_run", lambda *_: OWN, raising=False)


def asked(*names: str) -> CheckRequest:
    return CheckRequest(FOLDER, tuple((Path(name),) for name in names))


def answer(request: CheckRequest) -> Any:
    with BorrowingWorker() as worker:
        return worker.run(request)


@pytest.mark.usefixtures("known")
def test_a_check_is_the_same_and_starts_no_process(folder: Path) -> None:
    paths = [Path("好.xlsx"), Path("错.xlsx"), folder]
    with BorrowingWorker() as borrowed, Worker() as own:
        expected = check_files(paths, FOLDER, None, 1, own)
        found = check_files(paths, FOLDER, None, 1, borrowed)
        assert borrowed._process is None
    assert [(o.file, o.status, list(o.issues)) for o in found.outcomes] == [
        (o.file, o.status, list(o.issues)) for o in expected.outcomes
    ]
    assert {o.file for o in found.outcomes} >= {"好.xlsx", "错.xlsx"}


@pytest.mark.usefixtures("known")
def test_a_package_is_the_same(desk: AtWork, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    monkeypatch.setattr(desk.desk, "fingerprint", warm.fingerprint(FOLDER))
    made = []
    for worker, name in ((BorrowingWorker(), "一.zip"), (Worker(), "二.zip")):
        with worker:
            convert_files([Path("好.xlsx")], FOLDER, Path(name), None, None, worker)
            made.append((folder / name).read_bytes())
            assert (worker._process is None) == isinstance(worker, BorrowingWorker)
    assert made[0] == made[1]


@pytest.mark.usefixtures("folder", "alone")
def test_without_a_page_the_command_does_it_itself(known: Path) -> None:
    known.unlink()
    assert answer(asked("好.xlsx")) is OWN


@pytest.mark.usefixtures("folder", "alone")
@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"port": "x", "secret": ""}', '{"port": 1, "secret": "s"}']
)
def test_a_file_that_says_nothing_is_passed_over(text: str, known: Path) -> None:
    known.write_text(text)
    assert answer(asked("好.xlsx")) is OWN


@pytest.mark.usefixtures("folder", "alone")
@pytest.mark.parametrize("name", [*warm.SURROUNDINGS])
def test_other_surroundings_are_not_borrowed(
    name: str, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answer(asked("好.xlsx")) is not OWN
    monkeypatch.setenv(name, "1790000000")
    assert answer(asked("好.xlsx")) is OWN


@pytest.mark.usefixtures("folder", "alone", "known")
def test_a_form_that_was_changed_is_not_borrowed(tmp_path: Path) -> None:
    import shutil

    other = tmp_path / "form"
    shutil.copytree(FOLDER, other)
    assert answer(CheckRequest(other, ((Path("好.xlsx"),),))) is OWN
    before = warm.fingerprint(other)
    with (other / "form.toml").open("a") as file:
        file.write("\n")
    assert warm.fingerprint(other) != before


@pytest.mark.usefixtures("alone", "known")
def test_what_is_large_or_writes_is_not_borrowed(folder: Path) -> None:
    assert not warm.may_be_borrowed(asked(*["好.xlsx"] * (open_pages.FILES + 1)))
    book = Path("好.xlsx")
    copies = CheckRequest(FOLDER, ((book,),), (CopyTarget(book, Path("批注.xlsx")),))
    assert answer(copies) is OWN
    (folder / "大.xlsx").write_bytes(bytes(open_pages.BYTES + 1))
    assert answer(asked("大.xlsx")) is OWN


@pytest.mark.usefixtures("folder", "alone", "known")
def test_a_busy_worker_is_not_waited_for(desk: AtWork) -> None:
    with desk.desk.worker.idle() as runner:
        assert runner is not None
        assert answer(asked("好.xlsx")) is OWN
    assert answer(asked("好.xlsx")) is not OWN


@pytest.mark.usefixtures("folder", "alone")
@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n" + b"0" * 900]
)
def test_whoever_took_over_the_port_is_not_believed(sent: bytes, known: Path) -> None:
    """It never gets the secret, and cannot prove that it knows it."""
    secret = json.loads(known.read_bytes())["secret"]
    got = []
    with socket.create_server(("127.0.0.1", 0)) as impostor:
        known.write_text(json.dumps({"port": impostor.getsockname()[1], "secret": secret}))

        def listen() -> None:
            connection, _ = impostor.accept()
            with connection:
                got.append(connection.recv(1 << 16))
                connection.sendall(sent)

        thread = threading.Thread(target=listen)
        thread.start()
        assert answer(asked("好.xlsx")) is OWN
        thread.join()
    assert b"POST /work" in got[0]
    assert secret.encode() not in got[0]


@pytest.mark.usefixtures("folder", "alone")
def test_a_page_that_was_asked_is_not_waited_for_at_the_end(known: Path) -> None:
    """As after Ctrl+C: the page has taken the work, and does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as asking:
        known.write_text(json.dumps({"port": silent.getsockname()[1], "secret": "s"}))
        worker = BorrowingWorker().start()
        work = asking.submit(worker.run, asked("好.xlsx"))
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(4) == b"POST"
            worker.stop()
            assert isinstance(work.exception(warm.ANSWERING / 2), WorkerDied)
            assert worker._process is None


@pytest.mark.parametrize("origin", ["", "http://127.0.0.1:{port}", "http://evil.example"])
def test_nobody_borrows_without_the_secret(origin: str, desk: AtWork) -> None:
    headers = {warm.PROOF: "0" * 96}
    if origin:
        headers["origin"] = origin.format(port=desk.port)
    body = protocol.pack(Loan("/", desk.desk.fingerprint), asked("好.xlsx"))
    done = httpx2.post(f"{desk.url}{warm.PATH}", content=body, headers=headers)
    assert done.status_code == 403


@pytest.mark.usefixtures("folder", "known")
def test_a_command_does_not_keep_a_closed_page_open(desk: AtWork) -> None:
    presence = desk.desk.presence
    presence.left()
    presence.look()
    looks = presence._looks
    assert answer(asked("好.xlsx")).submissions[0].outcome.status == "ok"
    assert presence._looks >= looks > 0
