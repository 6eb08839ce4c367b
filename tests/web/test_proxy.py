"""Debian's nginx before the pages, with the lines of the handbook."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.tools import needs
from tests.web.running import Portal, heading, inside, send
from tests.web.test_attacks import ANNOUNCED, PART, head, sockets
from tests.web.test_handbook import HANDBOOK
from tests.web.test_server import cookie
from tests.web.world import World, workbook

pytestmark = needs("nginx")

CONFIGURATION = """
{user}
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""


@contextmanager
def nginx(home: Path, upstream: str) -> Iterator[int]:
    """nginx on a free port before an address; the port."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    (location,) = re.findall(r"^location / \{\n.*?^\}", HANDBOOK.read_text("utf-8"), re.M | re.S)
    location = location.replace("http://127.0.0.1:8000", upstream)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = home / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers could not write here
    values = {"home": home, "port": port, "location": location, "user": user}
    path.write_text(CONFIGURATION.format(**values), "utf-8")
    process = subprocess.Popen([program, "-c", path, "-e", home / "error.log"])
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        assert process.poll() is None, (home / "error.log").read_text("utf-8")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def test_slow_uploads_wait_at_the_proxy_and_take_no_place(union: World, tmp_path: Path) -> None:
    from converter.web import server

    listening = server.Listening("127.0.0.1", 0, proxy=True)
    with (
        inside(union, listening=listening, secure=True) as portal,
        nginx(tmp_path, portal.url) as port,
        sockets(port, 16, head(ANNOUNCED) + PART + bytes(2_000)),
    ):
        capacity = portal.app.state.services.capacity
        cookies = cookie(union, secure=True)
        with httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=60
        ) as clerk:
            for _ in range(3):
                assert heading(send(clerk, workbook(1))) == "检查结果：通过"
            assert capacity.uploads == 0


def test_each_visitor_behind_the_proxy_is_counted_alone(union: World, tmp_path: Path) -> None:
    portal = Portal(union, "--proxy")
    try:
        with nginx(tmp_path, portal.url) as port:
            codes = {}
            for source in ("127.0.0.5", "127.0.0.6"):
                transport = httpx2.HTTPTransport(local_address=source)
                with httpx2.Client(
                    base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=60
                ) as visitor:
                    page = visitor.get("/officer/sign-in")
                    token = re.search(r'name="token" value="([^"]*)"', page.text)
                    assert token
                    # The browser of a test sends secure cookies over HTTPS alone.
                    jar = {"cookie": page.headers["set-cookie"].partition(";")[0]}
                    rounds = 7 if source.endswith("5") else 1
                    for _ in range(rounds):
                        answer = visitor.post(
                            "/officer/sign-in", headers=jar,
                            data={"token": token[1], "password": "AAAA"},
                        )  # fmt: skip
                    codes[source] = answer.status_code
        assert codes == {"127.0.0.5": 429, "127.0.0.6": 403}
    finally:
        portal.stop()
