"""Attackers of each kind, who go on until they are stopped. For `tests.web.load` on the loopback.

python -m tests.web.attackers KIND URL
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import httpx2

from tests.web.running import hidden

CROWD = 40  # attackers of one kind
ANNOUNCED = 268_000_000


async def _connection(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


async def trickle(url: str) -> None:
    """Announce the largest upload, and send two kilobytes a second."""
    _, writer = await _connection(url)
    writer.write(
        f"POST /check HTTP/1.1\r\nhost: x\r\ncontent-length: {ANNOUNCED}\r\n"
        "content-type: multipart/form-data; boundary=b\r\n\r\n--b\r\n".encode()
    )
    while True:
        writer.write(bytes(2_000))
        await writer.drain()
        await asyncio.sleep(1)


async def flood(url: str) -> None:
    """Upload small files without signing in, one after the other."""
    async with httpx2.AsyncClient(base_url=url, timeout=300) as client:
        token = hidden((await client.get("/check")).text, "token")
        while True:
            await client.post("/check", data={"token": token}, files={"file": ("a.xlsx", b"x")})


async def passwords(url: str) -> None:
    """Guess the passwords of the officer and of names."""
    async with httpx2.AsyncClient(base_url=url, timeout=300) as client:
        token = hidden((await client.get("/identity")).text, "token")
        number = 0
        while True:
            number += 1
            for path, name in (("/officer/sign-in", ""), ("/identity", f"某工会{number}")):
                fields = {"token": token, "name": name, "password": "AAAA-BBBB-CCCC"}
                await client.post(path, data=fields)


async def idle(url: str) -> None:
    """Open connections and say nothing."""
    opened = [await _connection(url) for _ in range(30)]
    while opened:
        await asyncio.sleep(1)
        await opened.pop(0)[0].read(1)


async def slow_reader(url: str) -> None:
    """Ask, and ask again, and read no answer."""
    _, writer = await _connection(url)
    while True:
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * 20)
        await writer.drain()
        await asyncio.sleep(1)


KINDS: dict[str, Callable[[str], Awaitable[None]]] = {
    "trickle": trickle,
    "flood": flood,
    "passwords": passwords,
    "idle": idle,
    "slow-reader": slow_reader,
}


async def _forever(attack: Callable[[str], Awaitable[None]], url: str) -> None:
    while True:
        try:
            await attack(url)
        except (OSError, httpx2.HTTPError, AssertionError):
            await asyncio.sleep(0.2)  # cut off: try again


async def _crowd(kind: str, url: str) -> None:
    await asyncio.gather(*(_forever(KINDS[kind], url) for _ in range(CROWD)))


@contextmanager
def attack(kinds: list[str], url: str) -> Iterator[None]:
    """Attackers of each kind, each kind in a process of its own."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.web.attackers", kind, url], stderr=subprocess.DEVNULL
        )
        for kind in kinds
    ]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    asyncio.run(_crowd(sys.argv[1], sys.argv[2]))
