"""Attacks on a running portal, on the loopback and bounded: while they last a clerk is served."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from converter.web import guard
from tests.web.running import Portal, heading, hidden, inside, send
from tests.web.test_server import cookie
from tests.web.world import World, workbook

ANNOUNCED = 268_000_000
PART = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'


@pytest.fixture(scope="module")
def attacked(
    original: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Portal]]:

    own = original.copied(tmp_path_factory.mktemp("attacked") / "union")
    portal = Portal(own)
    try:
        yield own, portal
    finally:
        portal.stop()


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def head(size: int, path: str = "/check") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n"
        "content-type: multipart/form-data; boundary=b\r\n\r\n"
    ).encode()


@contextmanager
def sockets(port: int, count: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections from other addresses of the loopback that send a little and stay."""
    with ExitStack() as stack:
        opened = []
        for n in range(count):
            one = socket.socket()
            stack.callback(one.close)
            one.bind((f"127.0.0.{2 + n % 20}", 0))
            one.connect(("127.0.0.1", port))
            one.sendall(sent)
            opened.append(one)
        yield opened


def clerk_is_served(own: World, url: str, number: int = 1) -> None:
    with httpx2.Client(base_url=url, cookies=cookie(own, number), timeout=60) as clerk:
        for _ in range(3):
            assert heading(send(clerk, workbook(number))) == "检查结果：通过"


# --- uploads that are announced and never come -----------------------------------------------------


def test_sixteen_sockets_that_announce_much_stop_nobody(attacked: tuple[World, Portal]) -> None:
    own, portal = attacked
    with sockets(port_of(portal.url), 16, head(ANNOUNCED) + PART + bytes(2_000)):
        clerk_is_served(own, portal.url)
        with httpx2.Client(base_url=portal.url, timeout=60) as stranger:
            assert heading(send(stranger, workbook(1))) == "检查结果：通过"


def test_a_crowd_of_them_leaves_the_units_a_reserve(union: World) -> None:
    with inside(union, max_uploads=40) as portal:
        with sockets(port_of(portal.url), 120, head(ANNOUNCED) + PART):
            clerk_is_served(union, portal.url)
            assert portal.app.state.services.capacity.uploads <= 30
        with httpx2.Client(base_url=portal.url, timeout=60) as stranger:
            for _ in range(50):  # the places of the others are free again
                page = send(stranger, workbook(1))
                if page.status_code == 200:
                    break
                time.sleep(0.05)
            assert heading(page) == "检查结果：通过"


def test_room_is_charged_for_bytes_that_came(union: World) -> None:
    with inside(union, max_bytes=4_000_000) as portal:
        services = portal.app.state.services
        many = head(ANNOUNCED) + PART + bytes(700_000)
        with sockets(port_of(portal.url), 8, many):
            clerk_is_served(union, portal.url)
            assert services.capacity._bytes.total <= 4_000_000 * 3 / 4


@pytest.mark.parametrize(
    ("announced", "seconds", "came", "stands"),
    [
        (ANNOUNCED, 59, 100_000, False),  # 2 kB a second
        (ANNOUNCED, 59, 30_000_000, True),
        (0, 59, 100_000, False),  # no length: as fast as the largest
        (1_000_000, 59, 100_000, True),
        (1_000_000, 400, 100_000, False),
    ],
)
def test_what_is_announced_has_to_come(
    announced: int, seconds: int, came: int, stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, float(seconds)])
    monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=lambda: next(clock)))

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    async def receive() -> Any:
        return {"type": "http.request", "body": bytes(came), "more_body": True}

    async def ignored(_: Any) -> None:
        return

    limits = guard.Limits(page, lambda _: ANNOUNCED + guard.SMALL, 30)
    headers = [(b"content-length", str(announced).encode())] if announced else []
    scope = {"type": "http", "path": "/check", "headers": headers, "state": {}}
    if stands:
        asyncio.run(limits(scope, receive, ignored))
    else:
        with pytest.raises(guard.UploadTooSlow):
            asyncio.run(limits(scope, receive, ignored))


# --- more than a fair share ---------------------------------------------------------------------------


def test_one_address_that_fills_the_queue_keeps_no_unit_out(attacked: tuple[World, Portal]) -> None:
    own, portal = attacked
    book = workbook(1)

    async def flood() -> list[int]:
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(base_url=portal.url, timeout=120, limits=limits) as client:
            token = hidden((await client.get("/check")).text, "token")

            async def one() -> int:
                answer = await client.post(
                    "/check", data={"token": token}, files={"file": ("a.xlsx", book)}
                )
                return answer.status_code

            uploads = [asyncio.create_task(one()) for _ in range(230)]
            await asyncio.sleep(0)
            await asyncio.to_thread(clerk_is_served, own, portal.url)
            for upload in uploads:
                upload.cancel()
            done = await asyncio.gather(*uploads, return_exceptions=True)
            return [one for one in done if isinstance(one, int)]

    asyncio.run(flood())
    # Those who left are not waited for.
    started = time.monotonic()
    clerk_is_served(own, portal.url)
    assert time.monotonic() - started < 60


def test_jobs_of_visitors_who_left_are_dropped(union: World) -> None:
    with inside(union) as portal:
        queue = portal.app.state.services.queue
        with httpx2.Client(base_url=portal.url, timeout=60) as stranger:
            token = hidden(stranger.get("/check").text, "token")
            session = "; ".join(f"{k}={v}" for k, v in stranger.cookies.items())
            body = (
                b'--b\r\ncontent-disposition: form-data; name="token"\r\n\r\n'
                + token.encode() + b"\r\n" + PART + workbook(1) + b"\r\n--b--\r\n"
            )  # fmt: skip
            request = head(len(body)).replace(b"host: x", f"host: x\r\ncookie: {session}".encode())
            with sockets(port_of(portal.url), 30, request + body):
                deadline = time.monotonic() + 30
                while not queue.waiting and time.monotonic() < deadline:
                    time.sleep(0.01)
                assert queue.waiting
            deadline = time.monotonic() + 5
            while queue.waiting and time.monotonic() < deadline:
                time.sleep(0.01)
            assert queue.waiting == 0


def test_a_thousand_tiny_uploads_delete_nobody_elses_results(union: World) -> None:
    from converter.report.page_summary import PageSummary
    from converter.web import results
    from converter.web.results import Results
    from converter.web.upload_check import UploadResult
    from converter.web.visitor import Visitor as Owner

    summary = PageSummary("ok", (0, 0, 0), (), ())
    kept = Results(union.root / "tmp", 900, 10_000, lambda: 0.0)

    def keep(owner: Owner, size: int = 1) -> str:
        token, folder = kept.new_folder()
        (folder / "package.zip").write_bytes(bytes(size))
        kept.keep(token, owner.key, owner, "", ("a",), UploadResult(summary), "n")
        return token

    unit, neighbour, flood = Owner("unit", True), Owner("near", False), Owner("flood", False)
    promised, other = keep(unit), keep(neighbour)
    for _ in range(results.STRANGERS_RESULTS + 50):
        keep(flood)
    for n in range(40):
        keep(Owner(f"large {n}", False), 4_000)
    assert kept.find(promised, "unit")
    assert kept.find(other, "near")
    assert len(kept._results) <= results.ADDRESS_RESULTS + 10
    for _ in range(results.UNIT_RESULTS):
        newest = keep(unit)
    assert kept.find(newest, "unit")
    assert len([r for r in kept._results.values() if r.visitor == unit]) == results.UNIT_RESULTS
    assert kept.find(promised, "unit") is None  # only the unit's own later ones displace it
