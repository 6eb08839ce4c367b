"""What scale costs: a whole collection received, and a register of ten million members asked.

    python -m benchmarks.scale receive [UNITS]      press that many workbooks, receive them all
    python -m benchmarks.scale register [UNITS]     fill a register directly, ask it everything
    python -m benchmarks.scale check [UNITS]        one process, two, and two Dask workers
    python -m benchmarks.scale province [UNITS]     11 unions below with so many each, merged
    python -m benchmarks.scale memory [UNITS]       a register of so many units and files, opened
    python -m benchmarks.scale command [UNITS]      the command's own share, with recorded answers
    python -m benchmarks.scale partitions [N]       so many registers of a million members together
    python -m benchmarks.scale page                 docs/scale.md from what was measured

Each prints what it measured and keeps it in docs/scale.json, from which docs/scale.md is made.
Processor seconds count (user and system, of the command and of its workers), not the clock: they
are the same on a machine that is busy with something else.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import scale_page
from benchmarks.scale_inputs import MEMBERS, NOW, filled, write_inputs
from benchmarks.scale_measuring import Meter, in_a_process, measured, peak_mib, size
from converter.forms import loading

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "scale.json"
STEP = 2_000  # submissions between two measurements

T = TypeVar("T")

# --- a whole collection ---------------------------------------------------------------------------


def receive(units: int) -> dict[str, Any]:
    """Press workbooks, receive them, and tell what each 2,000 of them cost."""
    from converter.usecases.check import FILES_A_BATCH
    from converter.usecases.receive import Plan
    from converter.usecases.receive import receive as run
    from converter.workers.pool import Worker

    folder = loading.form_dir().resolve()
    with tempfile.TemporaryDirectory(prefix="converter-scale-") as name:
        root = Path(name)
        written = write_inputs(root / "in", units)
        print(f"{units} workbooks, {written / 1e6:.0f} MB", flush=True)
        meter = Meter()
        steps: list[dict[str, float]] = []

        def watching(received: Iterable[T], *_: object) -> Iterator[T]:
            for one in received:
                yield one
                done[0] += 1
                if done[0] % FILES_A_BATCH == 0:
                    meter.seconds()
                if done[0] % STEP == 0 or done[0] == units:
                    steps.append({"files": done[0], **meter.since()})
                    print(steps[-1], flush=True)

        done = [0]
        plan = Plan(
            folder, loading.read(folder), root / "reply", None, None, os.cpu_count() or 1, NOW
        )
        began = time.perf_counter()
        with Worker() as worker:
            summary = run(root / "in", root / "S", plan, worker, progress=watching)
            total = meter.since()
        return {
            "units": units,
            "members": units * MEMBERS,
            "megabytes_in": round(written / 1e6),
            "results": summary.results,
            "findings": len(summary.findings),
            "steps": steps,
            **total,
            "clock_s": round(time.perf_counter() - began),
            "command_peak_mib": peak_mib(),
            "worker_peak_mib": round(meter.peak_worker / (1 << 20)),
            "register_megabytes": round(size(root / "S" / "register.duckdb") / 1e6),
            "published_megabytes": round(size(root / "S" / "published") / 1e6),
            "replies_megabytes": round(size(root / "reply") / 1e6),
        }


def check(units: int) -> dict[str, Any]:
    """The same files checked by one process here, by two, and by two Dask workers."""
    from converter.usecases.check import check_files
    from converter.workers.cluster import connect
    from converter.workers.pool import Runner, Worker
    from tests.workers.cluster.conftest import Cluster

    folder = loading.form_dir().resolve()
    results: dict[str, Any] = {"units": units}

    def timed(name: str, jobs: int, pool: Sequence[Runner] = ()) -> None:
        meter = Meter()
        began = time.perf_counter()

        def watching(answers: Iterable[T], *_: object) -> Iterator[T]:
            for answer in answers:
                yield answer
                meter.seconds()

        check_files([inbox], folder, None, jobs, Worker(), watching, pool)
        results[name] = {
            **meter.since(),
            "clock_s": round(time.perf_counter() - began, 1),
            "worker_peak_mib": round(meter.peak_worker / (1 << 20)),
        }
        print(name, results[name], flush=True)

    with tempfile.TemporaryDirectory(prefix="converter-scale-") as name:
        inbox = Path(name) / "in"
        write_inputs(inbox, units)
        timed("one", 1)
        timed("two", 2)
        (Path(name) / "dask").mkdir()
        dask = Cluster(Path(name) / "dask")
        try:
            dask.start("scheduler", "--port", "0")
            dask.worker()
            dask.worker()
            with connect(dask.address, folder, "2026-03-07", reads=[inbox]) as pool:
                timed("cluster", 2, pool)
        finally:
            dask.stop()
    results["command_peak_mib"] = peak_mib()
    return results


# --- a large register ---------------------------------------------------------------------------


def register(units: int) -> dict[str, Any]:
    """Fill a register with what workers would have handed over, and ask it everything."""
    from converter.register import Register, Snapshot, cross_unit_checks
    from converter.statistics import collection

    cards = loading.with_codes(loading.form_dir().resolve())
    results: dict[str, Any] = {"units": units, "members": units * MEMBERS}
    with tempfile.TemporaryDirectory(prefix="converter-scale-") as name:
        store = Path(name) / "S"
        in_a_process(filled, store, units)
        results["register_megabytes"] = round(size(store) / 1e6)

        asked: dict[str, Callable[[Register], object]] = {
            "duplicates": lambda opened: list(cross_unit_checks._twice(opened, cards, "2026")),
            "all_findings": lambda opened: cross_unit_checks.findings(opened, cards, "2026"),
            "publish": lambda opened: opened.publish("2026", NOW),
        }

        def ask(name: str) -> dict[str, Any]:
            with Register(store, cards) as opened, measured() as cost:
                asked[name](opened)
            return {**cost, "peak_mib": peak_mib()}

        def statistics() -> dict[str, Any]:
            with measured() as cost, Snapshot(store) as snapshot:
                collection.figures(snapshot, cards, date(2026, 3, 7), by=collection.groups(cards))
            return {**cost, "peak_mib": peak_mib()}

        for name in asked:
            results[name] = in_a_process(ask, name)
        results["statistics"] = in_a_process(statistics)
        results["published_megabytes"] = round(size(store / "published") / 1e6)
    return results


# --- keeping what was measured --------------------------------------------------------------------


def main() -> None:
    what, units = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    if what == "page":
        text = scale_page.page(json.loads(RESULTS.read_text("utf-8")))
        (ROOT / "docs" / "scale.md").write_text(text, "utf-8", newline="\n")
        return
    from benchmarks import scale_partitions, scale_upward

    works = {
        "receive": (receive, 20_000),
        "register": (register, 100_000),
        "check": (check, 1_000),
        "province": (scale_upward.province, 10_000),
        "memory": (scale_upward.memory, 100_000),
        "command": (scale_upward.command, 4_000),
        "partitions": (scale_partitions.partitions, 10),
    }
    work, usual = works[what]
    results = work(units or usual)
    print(json.dumps(results, indent=1))
    if not units:
        kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        kept["machine"] = (
            f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        )
        kept[what] = {"measured": date.today().isoformat(), **results}
        RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
