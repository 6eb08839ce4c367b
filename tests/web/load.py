"""Deadline day on the loopback: `make portal-load`.

Clerks of several units upload at once, some with faults; a clerk who hears that the queue is full
comes back as told. Each submits what is clean. Nothing may be lost: every upload gets its
result, every submission that got a number is in the inbox, whole. The same once more beside
attackers of each kind, and the figures go into the handbook (`--write`). Ends by itself.

    python -m tests.web.load [--write] [CLERKS]…
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from converter.files import zip_peek
from tests.web import world
from tests.web.attackers import KINDS, attack
from tests.web.running import Portal, files, heading, hidden
from tests.web.world import World

ROUNDS = 20  # times a clerk comes back at the most
FAULTY = 4  # every so many-th workbook has a fault
UNITS = 10
CLERKS = (50, 200)
WARMED = 5  # seconds that attackers have before the clerks come
HANDBOOK = Path(__file__).parents[2] / "docs" / "portal.zh-CN.md"


@dataclass(frozen=True)
class LoadFigures:
    """What a crowd experienced. Times in seconds of the clock, memory in megabytes."""

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


def crowd(
    own: World,
    clerks: int,
    jobs: int = 2,
    every_faulty: int = 0,
    attackers: Sequence[str] = (),
) -> LoadFigures:
    """Let clerks upload all at once; `every_faulty`: each so many-th has a fault (0 = none)."""
    from tests.web.test_server import cookie

    before_files = len(files(own.inbox)) if own.inbox.exists() else 0
    portal = Portal(own, "--jobs", jobs, forked=False)
    try:
        with httpx2.Client(base_url=portal.url, cookies=cookie(own), timeout=120) as first:
            for _ in range(jobs):  # the workers are warm
                token = hidden(first.get("/check").text, "token")
                book = world.workbook(1, fault=True)
                first.post("/check", data={"token": token}, files={"file": ("a.xlsx", book)})
        family = psutil.Process(portal.process.pid)
        before = _memory(family)
        cases = []
        for n in range(1, clerks + 1):
            unit = n % len(own.units) + 1
            fault = bool(every_faulty) and n % every_faulty == 0
            cases.append((cookie(own, unit), world.workbook(unit, fault=fault)))
        used = _cpu(family)
        with attack(list(attackers), portal.url):
            time.sleep(WARMED if attackers else 0)
            results, most = asyncio.run(_all(portal.url, cases, family))
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
        register=len(packages) - before_files,
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
    url: str, cases: Sequence[tuple[dict[str, str], bytes]], family: psutil.Process
) -> tuple[list[_Result], float]:
    most = 0.0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, await asyncio.to_thread(_memory, family))
            await asyncio.sleep(0.25)

    watching = asyncio.create_task(watch())
    results = await asyncio.gather(*(_clerk(url, *case) for case in cases))
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
    numbers = [int(one) for one in sys.argv[1:] if one.isdecimal()] or list(CLERKS)
    rows, bad = [], False
    for clerks in numbers:
        for kinds in ((), tuple(KINDS)):
            with tempfile.TemporaryDirectory() as home:
                own = world.build(Path(home) / "union", UNITS)
                found = crowd(own, clerks, every_faulty=FAULTY, attackers=kinds)
            bad = bad or bool(found.lost or found.register != found.submitted)
            rows.append(
                f"| {clerks} | {'有' if kinds else '没有'} | {found.submitted} | {found.lost} |"
                f" {found.came_back} | {found.median:.1f} | {found.p95:.1f} | {found.longest:.1f} |"
                f" {found.memory:.0f} |"
            )
            print(rows[-1], flush=True)
    if "--write" in sys.argv:
        _write(rows)
    sys.exit(bad)


def _write(rows: Sequence[str]) -> None:
    """Put the table into the handbook."""
    head = "| 同时上传 | 攻击者 | 提交 | 丢失 | 请再来的次数 | 中位（秒） | p95（秒） | 最长（秒） | 内存（MB） |"
    table = "\n".join([head, "|---:|---|---:|---:|---:|---:|---:|---:|---:|", *rows])
    text = HANDBOOK.read_text("utf-8")
    new = re.sub(
        r"(<!-- portal-load -->\n).*?(<!-- end -->)", rf"\g<1>{table}\n\g<2>", text, flags=re.DOTALL
    )
    HANDBOOK.write_text(new, "utf-8")


if __name__ == "__main__":
    main()
