"""Connections that attack a running portal: too many, too slow, or too dear to read."""

from __future__ import annotations

import asyncio
import gc
import resource
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from converter.web import connections
from converter.web.connections import Listener
from tests.web.running import Inside, Portal, heading, inside, send
from tests.web.test_attacks import clerk_is_served, head, port_of, sockets
from tests.web.test_server import cookie
from tests.web.world import World, workbook

WHOLE = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
PATIENT = 60  # seconds for what takes one on a machine that does nothing else


def test_idle_connections_beyond_the_limit_keep_nobody_out(
    union: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("converter.web.server.CONNECTIONS", 40)
    with inside(union) as portal, sockets(port_of(portal.url), 100, b"GET / HT") as held:
        clerk_is_served(union, portal.url)
        # Those beyond the limit made room; how many are seen closed at once is the system's affair.
        open_ones, until = list(held), time.monotonic() + 30
        while len(open_ones) > 41 and time.monotonic() < until:
            open_ones = [one for one in open_ones if not is_closed(one)]
        assert len(open_ones) <= 41


class Silent(asyncio.Protocol):
    """Takes a connection over and says nothing."""

    receives_form = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport


def test_connections_that_queued_before_anybody_listened_are_closed_beyond_the_limit() -> None:
    """The backlog is accepted in one go: most are given up before their first step."""
    with socket.socket() as sock, ExitStack() as stack:
        sock.bind(("127.0.0.1", 0))
        sock.listen(60)
        waiting = []
        for _ in range(50):
            one = socket.create_connection(sock.getsockname())
            stack.callback(one.close)
            waiting.append(one)

        async def accept() -> None:
            listener = Listener(sock, Silent, None, 10, 10)  # type: ignore[arg-type]
            while await asyncio.to_thread(still_open, waiting) > 10:
                pass
            listener.close()
            await listener.wait_closed()

        gc.disable()
        stack.callback(gc.enable)
        asyncio.run(asyncio.wait_for(accept(), 30))


def still_open(those: list[socket.socket]) -> int:
    return sum(not is_closed(one) for one in those)


def is_closed(one: socket.socket) -> bool:
    """Whether the other side has gone."""
    one.settimeout(0.05)
    try:
        return one.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def certificate(folder: Path) -> list[str]:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "1", "-subj", "/CN=localhost", "-keyout", "k.pem", "-out", "c.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return ["--certificate", str(folder / "c.pem"), "--certificate-key", str(folder / "k.pem")]


@pytest.fixture(scope="module")
def steady(
    original: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Inside]]:
    """One portal for what leaves it as it was."""
    own = original.copied(tmp_path_factory.mktemp("steady") / "union")
    with inside(own) as portal:
        yield own, portal


def open_connections(portal: Inside) -> int:
    listener: Any = portal.server.servers[0]
    return len(listener._open)


@pytest.fixture
def slowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few connections, and addresses whose second request waits for a minute."""
    monkeypatch.setattr("converter.web.server.CONNECTIONS", 40)
    monkeypatch.setattr("converter.web.server.STOPPING", 0.5)
    for name, value in (("AT_ONCE", 0), ("PACE", 1 / PATIENT), ("LONGEST_PAUSE", PATIENT)):
        monkeypatch.setattr(f"converter.web.guard.{name}", value)


@pytest.mark.usefixtures("slowed")
def test_one_address_has_its_share_whatever_it_asks(union: World) -> None:
    """Whole requests that wait for their pace are no idle connections; one address has a quarter."""
    with inside(union) as portal, ExitStack() as stack:
        for _ in range(80):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port_of(portal.url))))
            one.sendall(WHOLE)
        with httpx2.Client(
            base_url=portal.url, cookies=cookie(union, 1), timeout=PATIENT
        ) as neighbour:  # of the same address, the newest of which is let in
            assert neighbour.get("/unit").status_code == 200
        assert open_connections(portal) <= 10


@pytest.mark.usefixtures("slowed")
def test_a_few_addresses_that_ask_much_keep_no_other_out(
    union: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("converter.web.server.ONE_ADDRESS", 1)
    with inside(union) as portal, sockets(port_of(portal.url), 100, WHOLE * 2):
        clerk_is_served(union, portal.url)
        assert open_connections(portal) <= 40


@pytest.mark.parametrize(
    "sent",
    [
        head(268_000_000).replace(b"POST", b"GET"),
        head(268_000_000, "/identity").replace(b"POST", b"GET"),
        head(268_000_000, "/nowhere"),
        head(268_000_000, "/check").replace(b"multipart/form-data", b"text/plain"),
    ],
)
def test_a_body_that_nobody_reads_keeps_no_connection(
    sent: bytes, steady: tuple[World, Inside], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It trickles on after the answer, so that the connection is never silent."""
    monkeypatch.setattr(connections, "HEAD", 0.5)
    with sockets(port_of(steady[1].url), 30, sent) as opened:
        until, trickling = time.monotonic() + PATIENT, opened
        while trickling and time.monotonic() < until:
            trickling = [one for one in trickling if takes_more(one)]
            time.sleep(0.05)
        assert trickling == []


def takes_more(one: socket.socket) -> bool:
    """Whether a byte more can be sent."""
    try:
        return one.send(b"x") == 1
    except OSError:
        return False


@pytest.mark.parametrize(
    "sent",
    [
        head(0).replace(b"content-length: 0", b"transfer-encoding: chunked")
        + b"1\r\nx\r\n" * 40_000,
        b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a:\r\n" * 5_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a:\r\n" * 100 + b"\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\ncookie: " + b"a=b; " * 5_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /check HTTP/1.1\r\nhost: x\r\ncontent-length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"POST /check HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
    ],
)
def test_what_no_browser_sends_is_refused_before_it_is_read(
    sent: bytes, steady: tuple[World, Inside], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for before in (b"", WHOLE):  # also behind a request that is being answered
        with socket.create_connection(("127.0.0.1", port_of(steady[1].url))) as one:
            one.settimeout(PATIENT)
            try:
                one.sendall(before + sent)
                answer = b"".join(iter(lambda: one.recv(1 << 16), b""))
            except ConnectionError:  # cut off with bytes that were not read
                continue
            assert b"HTTP/1.1 400" in answer
    clerk_is_served(steady[0], steady[1].url)
    assert list(tmp_path.glob("converter-*.txt")) == []


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n",
        WHOLE * 50 + WHOLE.replace(b"host: x", b"host: x\r\nconnection: close"),
        WHOLE.replace(b"GET /", b"GET /static/portal.css").replace(
            b"host: x", b"range: bytes=" + b"0-0," * 1_000 + b"1-1\r\nconnection: close\r\nhost: x"
        ),
    ],
)
def test_odd_but_lawful_requests_are_answered_and_over(
    sent: bytes, steady: tuple[World, Inside]
) -> None:
    with socket.create_connection(("127.0.0.1", port_of(steady[1].url))) as one:
        one.settimeout(PATIENT)
        one.sendall(sent)
        answer = b"".join(iter(lambda: one.recv(1 << 16), b""))
        assert answer.count(b"HTTP/1.1 200") == sent.count(b"GET ")
        assert len(answer) < 50_000 * sent.count(b"GET ")
        clerk_is_served(steady[0], steady[1].url)


@pytest.mark.parametrize("tls", [False, True])
def test_idle_sockets_at_a_low_limit_of_descriptors(
    tls: bool, union: World, tmp_path: Path
) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    options = certificate(tmp_path) if tls else []
    portal = Portal(union, *options, descriptors=1024)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 4096), before[1]))
        secret = cookie(union, secure=tls)
        with sockets(port_of(portal.url), 1_150):
            with httpx2.Client(
                base_url=portal.url, cookies=secret, timeout=60, verify=False
            ) as clerk:
                assert heading(send(clerk, workbook(1))) == "检查结果：通过"
            if tls:  # and one who waits for its handshake
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                with socket.create_connection(("127.0.0.1", port_of(portal.url))) as raw:
                    context.wrap_socket(raw).close()
        assert sum(map(len, portal.log)) < 100_000
    finally:
        portal.stop()


def test_a_handshake_that_never_ends_is_not_waited_for(
    union: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.web import server

    monkeypatch.setattr(connections, "HANDSHAKE", 0.3)
    certificate(tmp_path)
    listening = server.Listening("127.0.0.1", 0, tmp_path / "c.pem", tmp_path / "k.pem")
    with (
        inside(union, listening=listening) as portal,
        socket.create_connection(("127.0.0.1", port_of(portal.url))) as silent,
    ):
        silent.settimeout(10)
        assert silent.recv(1) == b""


def test_a_reader_who_does_not_read_is_dropped(
    union: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "STALLED", 0.5)
    with inside(union) as portal:
        big = b"x" * (30 << 20)
        monkeypatch.setitem(portal.app.state.services.pages.templates.files, "portal.css", big)
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", port_of(portal.url)))
            slow.sendall(b"GET /static/portal.css HTTP/1.1\r\nhost: x\r\n\r\n")
            slow.settimeout(30)
            assert slow.recv(1)  # it has been taken up
            listener: Any = portal.server.servers[0]
            deadline = time.monotonic() + 10
            while not listener._open and time.monotonic() < deadline:
                time.sleep(0.01)
            while listener._open and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not listener._open
        # A reader who reads, slowly, gets all of it.
        with httpx2.Client(base_url=portal.url, timeout=60) as client:
            with client.stream("GET", "/static/portal.css") as answer:
                size = 0
                for chunk in answer.iter_bytes(4 << 20):
                    size += len(chunk)
                    time.sleep(0.1)
            assert size == len(big)
