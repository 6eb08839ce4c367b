"""What scale costs: a whole collection received, and a register of ten million members asked.

    python -m benchmarks.scale receive [UNITS]      press that many workbooks, receive them all
    python -m benchmarks.scale register [UNITS]     fill a register directly, ask it everything
    python -m benchmarks.scale check [UNITS]        one process, two, and two Dask workers
    python -m benchmarks.scale province [UNITS]     11 unions below with so many each, merged
    python -m benchmarks.scale memory [UNITS]       a register of so many units and files, opened
    python -m benchmarks.scale command [UNITS]      the command's own share, with recorded answers
    python -m benchmarks.scale page                 docs/scale.md from what was measured

Each prints what it measured and keeps it in docs/scale.json, from which docs/scale.md is made.
Processor seconds count (user and system, of the command and of its workers), not the clock: they
are the same on a machine that is busy with something else.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import platform
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks import scale_page
from converter.files import zip_writing
from converter.forms import loading

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "scale.json"
MEMBERS = 100  # of every unit
DAYS, A_DAY = 10_500, 998  # distinct birthdays; numbers of each: even, so that sexes alternate
FIRST = date(1960, 1, 1)
NOW = 1_772_900_000
STEP = 2_000  # submissions between two measurements
FAULTY = 100  # one workbook of so many has a mistake
SHARED = 1_000  # one unit of so many lists a member of the unit before it: the 550th

# --- inputs -----------------------------------------------------------------------------------


def id_number(number: int) -> str:
    """The number of the n-th invented person; no two share one."""
    day, count = divmod(number, A_DAY)
    before, total = _born(day)
    last = f"{1 + count:03d}"
    total += 8 * int(last[0]) + 4 * int(last[1]) + 2 * int(last[2])
    return before + last + "10X98765432"[total % 11]


@cache
def _born(day: int) -> tuple[str, int]:
    """(region and birthday of the people of a day, what their digits weigh)"""
    before = f"{130102 + day // DAYS}{FIRST + timedelta(days=day % DAYS):%Y%m%d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5)
    return before, sum(int(digit) * w for digit, w in zip(before, weights, strict=True))


def unit_name(unit: int) -> str:
    return f"示例第{unit:07d}公司工会委员会"


def press() -> Callable[[int], bytes]:
    """A function from a unit's number to its workbook: the form's own template, filled in by
    hand once, of which only names and numbers differ from unit to unit."""
    from converter import template
    from converter import workbook as reader
    from tests.people import UNIT
    from tests.sheets import FORM, blank, fill

    marks = [f"@@id{n:03d}@@" for n in range(MEMBERS)]
    figures = {
        "单位工会名称": "@@name@@",
        "单位工会联系电话": "@@phone@@",
        "职工总数": MEMBERS + 20,
        "女职工人数": MEMBERS // 2 + 10,
        "会员总数": MEMBERS,
        "女职工会员数": MEMBERS // 2,
    }
    people = [
        (f"{'赵钱孙李周吴郑王'[n % 8]}示例", mark, date(2010, 5, 1)) for n, mark in enumerate(marks)
    ]
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder) / "a.xlsx"
        fill(blank(MEMBERS), UNIT | figures, people).save(filled)
        data = reader.read(filled, FORM)
    # Pressed anew with these answers: formulas stand as in a template, not as openpyxl saves them.
    pressed = BytesIO(b"".join(template.build(FORM, rows=MEMBERS, data=data)))
    with zipfile.ZipFile(pressed) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    places = [mark.encode() for mark in (*marks, "@@name@@", "@@phone@@")]
    pattern = zip_writing.Pattern(members, places, when=NOW)

    def workbook(unit: int) -> bytes:
        numbers = [id_number(unit * MEMBERS + n) for n in range(MEMBERS)]
        if unit % SHARED == 550:
            numbers[0] = id_number((unit - 1) * MEMBERS)
        values = dict(zip(marks, numbers, strict=True))
        values["@@name@@"] = unit_name(unit)
        values["@@phone@@"] = "1" if unit % FAULTY == FAULTY - 1 else "0311-85551234"
        return pattern.copy(lambda _, place: values[place.decode()].encode())

    return workbook


def write_inputs(folder: Path, units: int) -> int:
    """Write the workbooks of units into an inbox; returns bytes written."""
    workbook = press()
    written = 0
    for unit in range(units):
        path = folder / f"{unit // 500:04d}" / f"{unit:07d}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = workbook(unit)
        path.write_bytes(data)
        os.utime(path, (NOW + unit, NOW + unit))
        written += len(data)
    return written


# --- measuring ----------------------------------------------------------------------------------


class Meter:
    """Processor seconds and memory of this process and of those it started."""

    def __init__(self) -> None:
        import psutil

        self._own = psutil.Process()
        self._children: dict[int, float] = {}
        self.peak_own = self.peak_worker = 0
        self._start = self.seconds()

    def seconds(self) -> tuple[float, float]:
        """(this process, its workers) so far."""
        import psutil

        own = self._own.cpu_times()
        self.peak_own = max(self.peak_own, self._own.memory_info().rss)
        for child in self._own.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                used = child.cpu_times()
                self._children[child.pid] = used.user + used.system
                self.peak_worker = max(self.peak_worker, child.memory_info().rss)
        return own.user + own.system, sum(self._children.values())

    def since(self) -> dict[str, float]:
        own, workers = self.seconds()
        return {
            "command_s": round(own - self._start[0], 2),
            "workers_s": round(workers - self._start[1], 2),
        }


@contextlib.contextmanager
def measured() -> Iterator[dict[str, Any]]:
    """Fills the dict with processor seconds and the clock's of its block."""
    told: dict[str, Any] = {}
    cpu, wall = time.process_time(), time.perf_counter()
    yield told
    told["cpu_s"] = round(time.process_time() - cpu, 2)
    told["clock_s"] = round(time.perf_counter() - wall, 2)


def peak_mib() -> int:
    """The most memory this process ever had, in MiB (Linux and macOS)."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1 << 20 if sys.platform == "darwin" else 1 << 10))


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
        size = write_inputs(root / "in", units)
        print(f"{units} workbooks, {size / 1e6:.0f} MB", flush=True)
        meter = Meter()
        steps: list[dict[str, float]] = []

        def watching(received: Any, *_: Any) -> Iterator[Any]:
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
            "megabytes_in": round(size / 1e6),
            "results": summary.results,
            "findings": len(summary.findings),
            "steps": steps,
            **total,
            "clock_s": round(time.perf_counter() - began),
            "command_peak_mib": peak_mib(),
            "worker_peak_mib": round(meter.peak_worker / (1 << 20)),
            "register_megabytes": round(_size(root / "S" / "register.duckdb") / 1e6),
            "published_megabytes": round(_size(root / "S" / "published") / 1e6),
            "replies_megabytes": round(_size(root / "reply") / 1e6),
        }


def check(units: int) -> dict[str, Any]:
    """The same files checked by one process here, by two, and by two Dask workers."""
    from converter.usecases.check import check_files
    from converter.workers.cluster import connect
    from converter.workers.pool import Runner, Worker
    from tests.workers.cluster.conftest import Cluster

    folder = loading.form_dir().resolve()
    told: dict[str, Any] = {"units": units}

    def timed(name: str, jobs: int, pool: Sequence[Runner] = ()) -> None:
        meter = Meter()
        began = time.perf_counter()

        def watching(answers: Any, *_: Any) -> Iterator[Any]:
            for answer in answers:
                yield answer
                meter.seconds()

        check_files([inbox], folder, None, jobs, Worker(), watching, pool)
        told[name] = {
            **meter.since(),
            "clock_s": round(time.perf_counter() - began, 1),
            "worker_peak_mib": round(meter.peak_worker / (1 << 20)),
        }
        print(name, told[name], flush=True)

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
    told["command_peak_mib"] = peak_mib()
    return told


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


# --- a large register ---------------------------------------------------------------------------


def register(units: int) -> dict[str, Any]:
    """Fill a register with what workers would have handed over, and ask it everything."""
    from converter.register import Register, Snapshot, cross_unit_checks
    from converter.statistics import collection

    cards = loading.with_codes(loading.form_dir().resolve())
    told: dict[str, Any] = {"units": units, "members": units * MEMBERS}
    with tempfile.TemporaryDirectory(prefix="converter-scale-") as name:
        store = Path(name) / "S"
        in_a_process(filled, store, units)
        told["register_megabytes"] = round(_size(store) / 1e6)

        asked: dict[str, Callable[[Register], object]] = {
            "duplicates": lambda opened: list(cross_unit_checks._twice(opened, cards, "2026")),
            "all_findings": lambda opened: cross_unit_checks.findings(opened, cards, "2026"),
            "publish": lambda opened: opened.publish("2026", NOW),
        }

        def ask(name: str) -> dict[str, Any]:
            with Register(store, cards) as opened, measured() as cost:
                asked[name](opened)
            return {**cost, "peak_mib": peak_mib()}

        def open_it(folder: Path) -> dict[str, Any]:
            before = peak_mib()
            with measured() as cost, Register(folder, cards) as opened:
                opened.done([])
            return {**cost, "peak_mib": peak_mib(), "grew_mib": peak_mib() - before}

        def statistics() -> dict[str, Any]:
            with measured() as cost, Snapshot(store) as snapshot:
                collection.figures(snapshot, cards, date(2026, 3, 7), by=collection.groups(cards))
            return {**cost, "peak_mib": peak_mib()}

        told["open_empty"] = in_a_process(open_it, store.with_name("empty"))
        told["open_it"] = in_a_process(open_it, store)
        for name in asked:
            told[name] = in_a_process(ask, name)
        told["statistics"] = in_a_process(statistics)
        told["published_megabytes"] = round(_size(store / "published") / 1e6)
    return told


def in_a_process(work: Callable[..., Any], *args: Any) -> Any:
    """Its memory counts by itself, and is given back."""
    import multiprocessing

    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def run() -> None:
        there.send(work(*args))

    process = context.Process(target=run)
    process.start()
    there.close()
    told = here.recv()
    process.join()
    return told


def filled(store: Path, units: int, first: int = 0, close: bool = False) -> None:
    """A register with that many units, from the number `first` on; with its period closed."""
    from converter.register import ClaimedSender, Collection, ReceivedFile, Register, periods
    from converter.register.writer import rows_file

    cards = loading.with_codes(loading.form_dir().resolve())
    keys = [field.key for field in cards.main_table]
    batch = 2_000
    with Register(store, cards) as opened:
        opened.collect(Collection("2026"), "2026-03-07T00:00:00Z")
        for start in range(first, first + units, batch):
            numbers = range(start, min(start + batch, first + units))
            for sheet in cards.sheets:
                with gzip.open(opened.spool / rows_file(sheet.key), "wt", 1, newline="") as file:
                    for unit in numbers:
                        if sheet.is_record:
                            file.write(_line(unit - start, *_answers(cards, unit).values()))
                        elif sheet is cards.main_table:
                            file.writelines(_lines(unit, unit - start, keys))
            arrivals = [
                ReceivedFile(
                    f"{unit // 500:04d}/{unit_name(unit)}.xlsx", f"{unit:064x}", "accepted",
                    ClaimedSender("", unit_name(unit), "", f"示例{unit // 200}总工会"),
                    period="2026", digest=f"{unit:064x}", members=MEMBERS,
                    member_sheet="members", id_column=3, spool=str(opened.spool),
                    number=unit - start,
                )
                for unit in numbers
            ]  # fmt: skip
            with opened.record(arrivals, "2026-03-07T00:00:00Z"):
                pass
        if close:
            made = periods.Period("2026", periods.CLOSED, "2026-03-08T00:00:00Z", "")
            opened.change(lambda known: known.set_period(made))
            opened.publish("2026", NOW)


def _line(*cells: object) -> str:
    return ",".join(f'"{cell}"' for cell in cells) + "\r\n"


def _lines(unit: int, number: int, keys: list[str]) -> Iterator[str]:
    for n in range(MEMBERS):
        of = unit * MEMBERS + n - (MEMBERS if n == 0 and unit % SHARED == 550 else 0)
        text = id_number(of)
        values = {
            "name": f"name{of % 5_000}",
            "id_number": text,
            "joined_on": "2010-05-01",
            "sex": "12"[int(text[16]) % 2 == 0],
            "birthday": f"{text[6:10]}-{text[10:12]}-{text[12:14]}",
        }
        yield _line(number, n + 1, n + 6, *(values.get(key, "") for key in keys))


def _answers(cards: Any, unit: int) -> dict[str, str]:
    answers = {}
    for place, field in enumerate(cards.record):
        if field.kind == "count":
            answers[field.key] = str((place + unit) % 300)
        elif field.kind == "choice":
            entries = cards.codes[field.options["codes"]].entries
            answers[field.key] = entries[unit % len(entries)].code
        else:
            answers[field.key] = f"{field.key}{unit % 5_000}"
    return answers


# --- keeping what was measured --------------------------------------------------------------------


def main() -> None:
    what, units = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    if what == "page":
        text = scale_page.page(json.loads(RESULTS.read_text("utf-8")))
        (ROOT / "docs" / "scale.md").write_text(text, "utf-8", newline="\n")
        return
    from benchmarks import scale_upward

    works = {
        "receive": (receive, 20_000),
        "register": (register, 100_000),
        "check": (check, 1_000),
        "province": (scale_upward.province, 10_000),
        "memory": (scale_upward.memory, 100_000),
        "command": (scale_upward.command, 4_000),
    }
    work, usual = works[what]
    told = work(units or usual)
    print(json.dumps(told, indent=1))
    if not units:
        kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        kept["machine"] = (
            f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        )
        kept[what] = {"measured": date.today().isoformat(), **told}
        RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
