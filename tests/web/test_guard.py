"""What stands before the pages: headers, limits, and a log that names nobody."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from converter.web import guard, server
from tests.web.running import heading
from tests.web.visitors import Visitor
from tests.web.world import World

Made = Callable[..., Any]
PAGES = ["/", "/identity", "/check", "/officer/sign-in", "/nowhere", "/check/nothing", "/officer"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_dressed(path: str, quick: Made) -> None:
    answer = Visitor(quick()).get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert 'lang="zh-CN"' in answer.text
    # What the policy forbids is not there to begin with; nothing comes from elsewhere.
    assert not re.search(r"<style|style=|<script(?! src=\"/static/)| on\w+=|https?://", answer.text)


def test_https_is_remembered_by_browsers(quick: Made) -> None:
    answer = Visitor(quick(secure=True)).get("/")
    assert "max-age=" in answer.headers["strict-transport-security"]


def test_files_of_ours_are_kept_by_browsers_and_carry_no_cookie(quick: Made) -> None:
    visitor = Visitor(quick())
    answer = visitor.get("/static/portal.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "max-age" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
    for name in ("app.py", "..%2fapp.py", "%2e%2e/state.py", "portal.css/x"):
        assert visitor.get(f"/static/{name}").status_code == 404


def test_the_log_has_a_line_a_request_and_names_nobody(
    union: World, quick: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "converter.web")
    visitor = Visitor(quick()).enter(union)
    visitor.get("/check/verysecrettoken")
    visitor.get("/identity?name=张三&id=130102199001011234")
    visitor.get("/unit/submissions/260101-AAAAAA")
    visitor.get("/张三")
    text = caplog.text
    assert "GET /check/{token} 404" in text
    assert "POST /identity 303" in text
    for secret in ("verysecret", "张三", "130102", "260101", union.units[0].name, "192.0.2.1",
                   *union.passwords.values()):  # fmt: skip
        assert secret not in text


def test_what_nobody_expected_becomes_a_page_and_a_note_without_words(
    union: World, quick: Made, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:  # fmt: skip
    app = quick()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def broken(*_: object) -> None:
        raise RuntimeError("张三 130102199001011234")

    visitor = Visitor(app).enter(union)
    monkeypatch.setattr(app.state.services.state, "submissions", broken)
    answer = visitor.get("/unit")
    assert (answer.status_code, heading(answer)) == (500, "程序出错了")
    assert "content-security-policy" in answer.headers
    assert "张三" not in caplog.text + answer.text
    (note,) = tmp_path.glob("converter-*.txt")
    assert "RuntimeError" in note.read_text("utf-8")
    assert "130102199001011234" not in note.read_text("utf-8")


def test_what_the_server_says_of_exceptions_quotes_nobody() -> None:
    try:
        raise ValueError("张三")
    except ValueError:
        record = logging.LogRecord(
            "uvicorn.error", logging.ERROR, "", 0, "Exception in %s", ("app",), sys.exc_info()
        )
    assert server._OneLine("%(message)s").format(record) == "Exception in app"
    reported = "Traceback (most recent call last):\n  File x\nValueError: 张三\n"
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, reported, (), None)
    assert "张三" not in server._OneLine("%(message)s").format(record)


def test_a_crowded_portal_says_when_to_come_back(union: World, quick: Made) -> None:
    for full in ({"max_uploads": 0}, {"max_bytes": 2}):
        visitor = Visitor(quick(**full))
        answer = visitor.upload(("填报.xlsx", b"x"))
        assert (answer.status_code, heading(answer)) == (503, "现在人太多")
        assert int(answer.headers["retry-after"]) > 0
        visitor.services.state.close()


def receiving(*messages: Any) -> Any:
    """What a network sends; None stands for silence."""
    left = list(messages)

    async def receive() -> Any:
        message = left.pop(0) if left else None
        if message is None:
            await asyncio.Event().wait()
        return message

    return receive


def read(receive: Any, limit: int = 100, headers: Any = ()) -> BaseException | bytes:
    """What a page gets that reads a whole body behind the limits."""
    got = bytearray()

    async def page(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            got.extend(message.get("body", b""))
            if not message.get("more_body"):
                break
        await PlainTextResponse("ok")(scope, receive, send)

    async def ignored(_: Any) -> None:
        return

    limits = guard.Limits(page, lambda _: limit, 0.05)
    scope = {"type": "http", "path": "/", "headers": list(headers), "method": "POST", "state": {}}
    try:
        asyncio.run(limits(scope, receive, ignored))
    except (guard.UploadTooLarge, guard.UploadTooSlow) as error:
        return error
    return bytes(got)


def piece(size: int, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


def test_a_body_within_the_limits_comes_through() -> None:
    assert read(receiving(piece(60), piece(40, False))) == b"x" * 100


def test_too_much_is_refused_whether_it_was_announced_or_not() -> None:
    assert isinstance(read(receiving(piece(60), piece(60), piece(0, False))), guard.UploadTooLarge)
    announced = [(b"content-length", b"5000")]
    assert isinstance(read(receiving(*[piece(60)] * 50), headers=announced), guard.UploadTooLarge)
    # A liar is cut off, too: not all of it is drained.
    assert isinstance(read(receiving(*[piece(60)] * 8)), guard.UploadTooLarge)


def test_silence_is_cut_off() -> None:
    assert isinstance(read(receiving(piece(10), None)), guard.UploadTooSlow)


def test_a_trickle_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 50))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    assert isinstance(read(receiving(*[piece(1)] * 20), limit=10**6), guard.UploadTooSlow)


def test_an_address_that_hurries_is_slowed_down_and_others_are_not() -> None:
    pace = guard.Pace()
    waits = [pace.wait("fast", 0.0) for _ in range(guard.AT_ONCE + 3 * guard.PACE)]
    assert not any(waits[: guard.AT_ONCE])
    assert waits[-1] == pytest.approx(3, abs=0.2)
    assert max(pace.wait("fast", 0.0) for _ in range(1_000)) == guard.LONGEST_PAUSE
    assert pace.wait("other", 0.0) == 0
    assert pace.wait("fast", 1_000.0) == 0
