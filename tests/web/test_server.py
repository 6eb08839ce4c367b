"""The portal as a program: started, killed, started again, cut off, and with a crowd before it."""

from __future__ import annotations

import http.client
import io
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from converter.cli import portal as command
from converter.identity import issuing, keys
from converter.web import connections
from converter.web.sessions import UNIT, Sessions
from converter.web.state import FILE
from converter.web.units import IssuedUnits
from tests.commands import run
from tests.web import attackers, load
from tests.web.running import Portal, files, heading, hidden, inside, running, send
from tests.web.world import World, workbook


def cookie(own: World, number: int = 1, *, secure: bool = False) -> dict[str, str]:
    """The cookie of a unit that is signed in, made with the portal's own key."""
    base = sqlite3.connect(own.settings().state / FILE)
    (secret,) = base.execute("SELECT value FROM settings WHERE name = 'cookies'").fetchone()
    base.close()
    units = IssuedUnits(own.keys, own.issued)
    entry = units.of(own.units[number - 1].code)
    assert entry
    sessions = Sessions(secret, secure=secure)
    made = sessions.opened(time.time(), UNIT, entry.unit_code, units.mark(entry))
    name, _, value = sessions.header(made).partition(";")[0].partition("=")
    return {name: value}


def client(portal: Portal, own: World | None = None) -> httpx2.Client:
    cookies = cookie(own) if own else None
    return httpx2.Client(base_url=portal.url, cookies=cookies, timeout=60)


@pytest.fixture
def portal(union: World) -> Iterator[Portal]:
    with running(union) as started:
        yield started


def test_killed_and_started_again_nothing_half_is_anywhere(union: World) -> None:
    first = Portal(union)
    assert first.password
    with client(first, union) as clerk:
        page = send(clerk, workbook(1))
        assert heading(page) == "检查结果：通过"
        done = clerk.post(
            f"{page.url.path}/submit", data={"token": hidden(page.text, "token")},
            follow_redirects=True,
        )  # fmt: skip
        number = done.url.path.rpartition("/")[2]
        kept = send(clerk, workbook(1)).url.path
    # In the middle of an upload, with a result on the disk and a package in the inbox.
    with socket.create_connection(("127.0.0.1", int(first.url.rpartition(":")[2]))) as half:
        half.sendall(
            b"POST /check HTTP/1.1\r\nhost: x\r\ncontent-length: 90000\r\n"
            b"content-type: multipart/form-data; boundary=b\r\n\r\n--b\r\n" + bytes(20_000)
        )
        first.kill()
    assert files(union.inbox) == [f"web/{number}.zip"]
    with running(union) as second, client(second, union) as clerk:
        assert second.password == ""  # shown once
        assert files(union.settings().private) == []
        assert number in clerk.get("/unit").text
        assert clerk.get(kept).status_code == 404
        assert heading(send(clerk, workbook(1))) == "检查结果：通过"
    assert files(union.inbox) == [f"web/{number}.zip"]
    received = run(
        "receive", union.inbox, "--store", union.store, "--keys", union.keys, "--format", "json"
    )
    assert received.returncode == 0, received.stdout + received.stderr
    assert '"accepted": 1' in received.stdout


def test_an_upload_that_breaks_off_leaves_nothing_and_disturbs_nobody(
    portal: Portal, union: World
) -> None:
    port = int(portal.url.rpartition(":")[2])
    with client(portal, union) as clerk:
        before = files(union.settings().private)
        name, value = next(iter(cookie(union).items()))
        head = (
            f"POST /check HTTP/1.1\r\nhost: x\r\ncookie: {name}={value}\r\n"
            "content-type: multipart/form-data; boundary=b\r\ncontent-length: 3000000\r\n\r\n"
            '--b\r\ncontent-disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'
        ).encode()
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port)) as broken:
                broken.sendall(head + workbook(1)[:9000])
        assert heading(send(clerk, workbook(1))) == "检查结果：通过"
        assert len(files(union.settings().private)) == len(before) + 1
    assert portal.stop() == 0
    assert not any("Error" in line for line in portal.log), portal.log


def test_stopping_is_orderly_and_leaves_no_uploads(portal: Portal, union: World) -> None:
    with client(portal, union) as clerk:
        send(clerk, workbook(1, fault=True))
    assert portal.stop() == 0
    assert files(union.settings().private) == []
    output = "".join(portal.output + portal.log)
    for secret in (union.units[0].name, *union.passwords.values()):
        assert secret not in output


def test_only_one_portal_has_a_state(portal: Portal, union: World) -> None:
    done = run(
        "portal", "--keys", union.keys, "--issued", union.issued, "--inbox", union.inbox,
        "--published", union.store, "--port", 0, timeout=60,
    )  # fmt: skip
    assert (done.returncode, "另一个窗口" in done.stderr) == (2, True)


def test_a_crowd_is_served_whole_and_in_turn(union: World, tmp_path: Path) -> None:
    """A small deadline day; `make portal-load` has fifty clerks."""
    figures = load.crowd(union, clerks=8, jobs=2)
    assert figures.lost == 0
    assert figures.submitted == 8
    assert figures.register == figures.submitted  # all of them whole


def test_a_crowd_beside_attackers_of_each_kind_is_served(
    union: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "WARMED", 1)
    figures = load.crowd(union, clerks=6, jobs=2, attackers=list(attackers.KINDS))
    assert figures.lost == 0
    assert figures.came_back == 0  # nobody was refused
    assert figures.register == figures.submitted == 6


# --- what is told before it starts -----------------------------------------------------------------


def test_an_open_address_needs_https(union: World) -> None:
    done = run(
        "portal", "--keys", union.keys, "--inbox", union.inbox, "--published", union.store,
        "--host", "0.0.0.0", timeout=60,
    )  # fmt: skip
    assert (done.returncode, "--certificate" in done.stderr) == (2, True)


def test_the_folder_of_identity_files_is_found_beside_the_keys(union: World) -> None:
    (union.root / "别的").mkdir()
    (union.root / "别的" / "x.xml").write_bytes(b"<x/>")
    assert command._issued(union.keys, None) == union.issued
    shutil.copytree(union.issued, union.root / "副本")
    done = run(
        "portal", "--keys", union.keys, "--inbox", union.inbox, "--published", union.store,
        timeout=60,
    )  # fmt: skip
    assert (done.returncode, "--issued" in done.stderr) == (2, True)


def test_a_taken_port_is_told(portal: Portal, union: World, tmp_path: Path) -> None:
    port = portal.url.rpartition(":")[2]
    done = run(
        "portal", "--keys", union.keys, "--issued", union.issued, "--inbox", union.inbox,
        "--published", union.store, "--port", port, "--state", tmp_path / "other", timeout=60,
    )  # fmt: skip
    assert (done.returncode, f"127.0.0.1:{port}" in done.stderr) == (2, True)


def test_other_commands_never_import_the_pages() -> None:
    script = (
        "import sys; from converter import cli; cli.run(['portal', '--help']);"
        "cli.run(['check', '--help']); cli.run(['fields']);"
        "print(sorted({'starlette', 'uvicorn', 'itsdangerous'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("pages", ["converter.web.app", "converter.web.desk.running"])
def test_pages_leave_heavy_libraries_to_the_workers(pages: str) -> None:
    """They would double the time of a cold start and the memory of the pages' process."""
    heavy = "{'pandas', 'pandera', 'numpy', 'openpyxl', 'duckdb', 'PIL', 'lxml'}"
    script = f"import sys, {pages}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- what others hold open, and what is never opened -------------------------------------------------


def test_a_head_that_never_comes_is_not_waited_for(
    union: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD", 0.2)
    with inside(union) as portal:
        port = int(portal.url.rpartition(":")[2])
        for sent in (b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as slow:
                slow.sendall(sent)
                assert slow.recv(1000) == b""  # closed on us, not timed out
        # One that has sent its request, and another after it, is served.
        patient = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        patient.connect()
        kept = patient.sock
        for _ in range(2):
            patient.request("GET", "/health")
            assert patient.getresponse().read() == b"ok"
            assert patient.sock is kept
        patient.close()


def test_the_unions_private_keys_are_not_needed(union: World) -> None:
    for name in (keys.SIGNING, keys.SEALING):
        (union.keys / name).unlink()
    with inside(union) as portal, httpx2.Client(base_url=portal.url, timeout=60) as clerk:
        page = clerk.get("/identity").text
        unit = union.units[0]
        fields = {
            "token": hidden(page, "token"),
            "name": unit.name, "password": union.passwords[unit.code],
        }  # fmt: skip
        page = clerk.post("/identity", data=fields, follow_redirects=True).text
        file = clerk.post("/unit/identity", data={"token": hidden(page, "token")})
        assert file.content == (union.issued / issuing.file_name(unit)).read_bytes()
        page = send(clerk, workbook(1)).text
        assert "提交上报</button>" in page


def test_sealed_on_the_way_into_the_inbox_and_opened_by_receive(union: World) -> None:
    with inside(union, seal=True) as portal:
        cookies = cookie(union)
        with httpx2.Client(base_url=portal.url, cookies=cookies, timeout=60) as clerk:
            page = send(clerk, workbook(1))
            token = {"token": hidden(page.text, "token")}
            clerk.post(f"{page.url.path}/submit", data=token, follow_redirects=True)
    (name,) = files(union.inbox)
    with zipfile.ZipFile(union.inbox / name) as package:
        assert "members.csv.age" in package.namelist()
        assert "members.csv" not in package.namelist()
    done = run("receive", union.inbox, "--store", union.store, "--keys", union.keys)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_units_secret_goes_nowhere_but_into_its_download(union: World) -> None:
    unit = union.units[0]
    text = (union.issued / issuing.file_name(unit)).read_text("utf-8")
    found = re.search("<secret[^>]*>([^<]+)<", text)
    assert found
    secret = found[1].encode()
    with inside(union) as portal:
        cookies = cookie(union)
        with httpx2.Client(base_url=portal.url, cookies=cookies, timeout=60) as clerk:
            page = send(clerk, workbook(1))
            token = {"token": hidden(page.text, "token")}
            answers = [page, clerk.get("/unit"), clerk.post("/unit/workbook", data=token)]
            answers.append(clerk.get(f"{page.url.path}/package"))
            assert secret in clerk.post("/unit/identity", data=token).content
            clerk.post(f"{page.url.path}/submit", data=token)
        for answer in answers:
            assert answer.status_code == 200
            assert not holds(answer.content, secret)
        for folder in (union.inbox, union.settings().state):
            for name in files(folder):
                assert not holds((folder / name).read_bytes(), secret), name


def holds(data: bytes, secret: bytes) -> bool:
    """Whether a file holds a text, also packed in a zip."""
    parts = [data]
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts += [packed.read(name) for name in packed.namelist()]
    return any(secret in part for part in parts)
