"""Deadline day on the loopback: `make portal-load`.

Many clerks upload at once, some with faults; who is figures that the queue is full comes back as
figures. Each submits what is clean. Nothing may be lost: every upload gets its verdict, every
submission that got a number is in the inbox, whole. Ends by itself.

    python -m tests.web.load [CLERKS]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from converter.files import zip_peek
from tests.web import world
from tests.web.running import Portal, files, heading, hidden
from tests.web.world import World

ROUNDS = 20  # times a clerk comes back at the most
FAULTY = 4  # every so many-th workbook has a fault


@dataclass(frozen=True)
class LoadFigures:
    """What a crowd came to. Times in seconds of the clock, memory in megabytes."""

    clerks: int
    submitted: int
    faulty: int
    lost: int
    came_back: int
    register: int  # whole packages in the inbox
    median: float
    p95: float
    longest: float
    memory: float  # the portal and its workers, at the most
    before: float  # the same with warm workers, before the crowd
    cpu: float  # seconds of all of them


def crowd(own: World, clerks: int, jobs: int = 2, every_faulty: int = 0) -> LoadFigures:
    """Let clerks upload all at once; `every_faulty`: each so many-th has a fault (0 = none)."""
    from tests.web.test_server import cookie

    portal = Portal(own, "--jobs", jobs)
    try:
        good, bad = world.workbook(1), world.workbook(1, fault=True)
        with httpx2.Client(base_url=portal.url, cookies=cookie(own), timeout=120) as first:
            for _ in range(jobs):  # the workers are warm
                token = hidden(first.get("/check").text, "token")
                first.post("/check", data={"token": token}, files={"file": ("a.xlsx", bad)})
        family = psutil.Process(portal.process.pid)
        before = _memory(family)
        cookies = cookie(own)
        books = [
            bad if every_faulty and n % every_faulty == 0 else good for n in range(1, clerks + 1)
        ]
        used = _cpu(family)
        results, most = asyncio.run(_all(portal.url, cookies, books, family))
        used = _cpu(family) - used
    finally:
        portal.stop()
    times = sorted(result.seconds for result in results)
    packages = [p for p in files(own.inbox) if zip_peek.is_package(own.inbox / p)]
    assert len(packages) == len(files(own.inbox))
    return LoadFigures(
        clerks=clerks,
        submitted=sum(r.number != "" for r in results),
        faulty=sum(r.verdict == "检查结果：有错误" for r in results),
        lost=sum(
            not r.verdict or (r.number != "" and f"web/{r.number}.zip" not in packages)
            for r in results
        ),
        came_back=sum(r.rounds - 1 for r in results),
        register=len(packages),
        median=times[len(times) // 2],
        p95=times[min(len(times) - 1, int(len(times) * 0.95))],
        longest=times[-1],
        memory=most,
        before=before,
        cpu=used,
    )


@dataclass(frozen=True)
class _Result:
    verdict: str
    number: str
    seconds: float
    rounds: int


async def _all(
    url: str, cookies: dict[str, str], books: list[bytes], family: psutil.Process
) -> tuple[list[_Result], float]:
    most = 0.0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, await asyncio.to_thread(_memory, family))
            await asyncio.sleep(0.25)

    watching = asyncio.create_task(watch())
    results = await asyncio.gather(*(_clerk(url, cookies, book) for book in books))
    watching.cancel()
    return list(results), max(most, _memory(family))


async def _clerk(url: str, cookies: dict[str, str], book: bytes) -> _Result:
    """Upload until there is a verdict; submit what is clean."""
    async with httpx2.AsyncClient(
        base_url=url, cookies=cookies, timeout=300, follow_redirects=True
    ) as client:
        token = hidden((await client.get("/check")).text, "token")
        started, rounds = time.monotonic(), 0
        while rounds < ROUNDS:
            rounds += 1
            page = await client.post(
                "/check", data={"token": token}, files={"file": ("填报.xlsx", book)}
            )
            if page.status_code != 503:
                break
            await asyncio.sleep(float(page.headers["retry-after"]) / 10)
        seconds, verdict = time.monotonic() - started, heading(page)
        if verdict != "检查结果：通过":
            return _Result(verdict if page.status_code == 200 else "", "", seconds, rounds)
        done = await client.post(f"{page.url.path}/submit", data={"token": token})
        return _Result(verdict, done.url.path.rpartition("/")[2], seconds, rounds)


def _family(of: psutil.Process) -> list[psutil.Process]:
    return [of, *of.children(recursive=True)]


def _memory(of: psutil.Process) -> float:
    """Megabytes that would be free without them (pages that are shared counted in parts)."""
    total = 0
    for process in _family(of):
        try:
            info = process.memory_full_info()
            total += getattr(info, "pss", info.uss)
        except psutil.Error:
            continue
    return total / 1e6


def _cpu(of: psutil.Process) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in _family(of))


def main() -> None:
    clerks = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as home:
        figures = crowd(world.build(Path(home) / "union"), clerks, every_faulty=FAULTY)
    print(f"{figures.clerks} clerks at once, 2 workers on {psutil.cpu_count()} cores")
    print(f"  verdicts {figures.submitted + figures.faulty}, of them with faults {figures.faulty}")
    print(
        f"  submitted {figures.submitted}, packages in the inbox {figures.register}, lost {figures.lost}"
    )
    print(f"  figures to come back {figures.came_back}")
    print(
        f"  seconds until the verdict: median {figures.median:.1f}, p95 {figures.p95:.1f}, "
        f"longest {figures.longest:.1f}; CPU {figures.cpu:.1f} in all"
    )
    print(f"  memory {figures.before:.0f} MB before, {figures.memory:.0f} MB at the most")
    sys.exit(bool(figures.lost or figures.register != figures.submitted))


if __name__ == "__main__":
    main()
