"""Requests that no browser sends, and a machine that is short of room: told, and nothing broken."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.web.running import heading
from tests.web.visitors import Visitor
from tests.web.world import World, workbook

# --- bytes that no browser sends ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=b; charset=idna",
        "multipart/form-data; boundary=b; charset=punycode",
        "multipart/form-data; boundary=b; charset=undefined",
        "multipart/form-data; boundary=b; charset=unicode_escape",
        "multipart/form-data; boundary=b; charset=\x00",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "b" * 5000,
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
    ],
)
def test_odd_types_are_refused_without_a_crash_note(
    kind: str, quick: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    visitor = Visitor(quick())
    body = b'--b\r\ncontent-disposition: form-data; name="xn--\xff.xn--"\r\n\r\n\xff\r\n--b--\r\n'
    headers = {"content-type": kind} if kind else {}
    answer = visitor.client.post("/check", content=body, headers=headers)
    assert answer.status_code in (400, 415)
    assert list(tmp_path.glob("converter-*.txt")) == []


FILE = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'


@pytest.mark.parametrize(
    "body",
    [
        b'--b\r\ncontent-disposition: form-data; name="x"\r\n\r\nv\r\n' * 200_000,
        FILE * 100_000,
        FILE.replace(b'"file"', b'"' + b"n" * 5_000_000 + b'"'),
        FILE.replace(b'"a"', b'"' + b"n" * 5_000_000 + b'"'),
        b"--b\r\n" + b"a: b\r\n" * 100_000 + b"\r\n",
        b"x" * 20_000_000,
        FILE.replace(b"x", b"\r" * 20_000_000),
        FILE.replace(b"x", b"\r\n--" * 5_000_000),
        FILE + b"--b--\r\n" + b"\r\n" * 10_000_000,
    ],
    ids=range(9),
)
def test_forms_that_no_browser_sends_cost_little(
    body: bytes, quick: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    visitor = Visitor(quick())
    kind = {"content-type": "multipart/form-data; boundary=b"}
    started = time.process_time()
    answer = visitor.client.post("/check", content=body, headers=kind)
    assert answer.status_code in (400, 403)
    assert time.process_time() - started < 5  # parsed to the end most would cost minutes
    assert list(tmp_path.glob("converter-*.txt")) == []


def test_forms_go_to_the_check_page_as_multipart_alone(quick: Any) -> None:
    visitor = Visitor(quick())
    kind = {"content-type": "application/x-www-form-urlencoded"}
    started = time.process_time()
    answer = visitor.client.post("/check", content=b"a&" * (20 << 20), headers=kind)
    assert answer.status_code == 415
    assert time.process_time() - started < 5  # parsed it would cost a minute


def test_a_fault_that_strangers_repeat_has_one_note(
    quick: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = quick()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def broken(*_: object) -> None:
        raise RuntimeError("of the same place")

    monkeypatch.setattr(app.state.services.attempts, "wait", broken)
    visitor = Visitor(app)
    codes = {visitor.sign_in(f"某工会{n}", "x").status_code for n in range(30)}
    assert codes == {500}
    assert len(list(tmp_path.glob("converter-*.txt"))) == 1
    assert sum("RuntimeError" in line for line in caplog.text.splitlines()) <= 6


def test_many_different_faults_have_twenty_notes(
    quick: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = quick()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kinds = iter([type(f"Fault{n}", (Exception,), {}) for n in range(50)])

    def broken(*_: object) -> None:
        raise next(kinds)

    monkeypatch.setattr(app.state.services.attempts, "wait", broken)
    visitor = Visitor(app)
    assert {visitor.sign_in("某工会", "x").status_code for _ in range(50)} == {500}
    assert len(list(tmp_path.glob("converter-*.txt"))) == 20


def test_the_log_is_bounded_whoever_fills_it() -> None:
    import logging

    from converter.web import server

    now = 0.0
    bounded = server._Bounded(lambda: now)
    record = logging.LogRecord("x", logging.INFO, "", 0, "a line", (), None)
    assert sum(bounded.filter(record) for _ in range(10_000)) == server.BURST
    now = 1.0
    passed = [r for r in (logging.makeLogRecord({"msg": "b"}) for _ in range(1_000))
              if bounded.filter(r)]  # fmt: skip
    assert len(passed) == server.LINES_A_SECOND
    assert "9000 lines left out" in str(passed[0].msg)
    long = logging.LogRecord("x", logging.INFO, "", 0, "y" * 100_000, (), None)
    assert len(server._OneLine("%(message)s").format(long)) <= server.LONGEST_LINE


@pytest.mark.parametrize("path", ["/check/", "/officer/units/", "//evil.example", "/unit//"])
def test_no_redirect_names_a_foreign_host(path: str, quick: Any) -> None:
    visitor = Visitor(quick())
    answer = visitor.client.get(path, headers={"host": "evil.example"}, follow_redirects=False)
    assert "evil.example" not in str(answer.headers) + answer.text


def test_browsers_find_an_icon(quick: Any) -> None:
    answer = Visitor(quick()).get("/favicon.ico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "name", ["表\u202excod.xlsx", "NUL.zip", "a\u2068b.zip", 'a"b.zip', "a\r\nset-cookie: x.zip"]
)
def test_downloads_have_harmless_names(name: str) -> None:
    from urllib.parse import unquote

    from converter.web.pages import attachment

    header = attachment(b"", name, "x/y").headers["content-disposition"]
    sent = unquote(header.partition("UTF-8''")[2])
    assert not set(sent) & set('\u202e\u2068"\r\n')
    assert not sent.upper().startswith("NUL.")
    assert header.isascii()


# --- full disks -----------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_goes_on_once_there_is_room(
    union: World, quick: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app = quick()
    state = app.state.services.state
    pages = state._rows("PRAGMA page_count")[0][0]
    state._rows(f"PRAGMA max_page_count = {pages}")
    visitor = Visitor(app)
    codes = set()
    for n in range(400):  # until the file is full
        codes.add(Visitor(app, f"10.0.{n}.1").sign_in(f"某工会{n}", "x").status_code)
        if 503 in codes:
            break
    assert codes == {403, 503}
    answer = visitor.sign_in(union.units[0].name, union.passwords[union.units[0].code])
    assert (answer.status_code, heading(answer)) == (503, "暂时做不到")
    assert list(tmp_path.glob("converter-*.txt")) == []
    assert not state._base.in_transaction
    state._rows("PRAGMA max_page_count = 100000")
    assert visitor.enter(union).get("/unit").status_code == 200


def test_an_upload_to_a_full_disk_is_told(
    union: World, quick: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    visitor, book = Visitor(quick()).enter(union), workbook(1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("shutil.copyfileobj", full)
        answer = visitor.upload(("填报.xlsx", book))
    assert (answer.status_code, heading(answer)) == (503, "暂时做不到")
    private = union.settings().private
    assert [p for p in private.rglob("*") if p.is_file()] == []
    assert list(tmp_path.glob("converter-*.txt")) == []
    assert visitor.services.capacity.uploads == 0
