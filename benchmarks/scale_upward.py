"""What scale costs above a county: forwards merged into one register, millions of units, and how
many cores one command can feed."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from benchmarks.scale_inputs import MEMBERS, NOW, filled, write_inputs
from benchmarks.scale_measuring import Meter, in_a_process, measured, peak_mib
from converter.forms import loading
from converter.identity import keys as signing
from converter.identity.subordinates import UnionName
from converter.upward.writing import ForwardPlan
from converter.usecases.receive import Plan, inbox, receive
from converter.usecases.receive.inbox import InboxFile
from converter.workers import protocol
from converter.workers.pool import Runner, Shared, Worker
from converter.workers.requests.base import A, Request
from converter.workers.requests.receive import ReceiveRequest
from converter.workers.requests.replies import RepliesAnswer, RepliesRequest

T = TypeVar("T")

COUNTIES = 11
BY = ("superior_union", "industry", "member.sex", "member.birthday")


def province(units: int) -> dict[str, Any]:
    """So many units in each of 11 counties: every county forwards its closed period, the province
    takes all of them in, looks for findings, publishes and counts."""
    from tests.identity.chain import PROVINCE, UnionDesk

    with tempfile.TemporaryDirectory(prefix="converter-scale-") as name:
        root = Path(name)
        (root / "in").mkdir()
        above = UnionDesk.new(root, PROVINCE)
        sent = 0.0
        for n in range(COUNTIES):
            below = UnionDesk.new(root, UnionName(f"13{n:02d}", f"示例{n}市总工会"))
            above.endorse(below, until=date.today() + timedelta(days=300))
            sent += in_a_process(_forwarded, root, below.keys, n, units)["cpu_s"]
            print(f"{n + 1} forwards, {sent / (n + 1):.1f} s each", flush=True)
        size = sum(path.stat().st_size for path in (root / "in").iterdir())
        return {
            "forwards": COUNTIES,
            "members": COUNTIES * units * MEMBERS,
            "megabytes": round(size / 1e6),
            "forward_s": round(sent / COUNTIES, 2),
            "merge": in_a_process(_merged, root, above.keys),
            "statistics": in_a_process(_counted, root / "S"),
        }


def _forwarded(root: Path, keys: Path, number: int, units: int) -> dict[str, Any]:
    from converter.usecases import forwarding

    store = root / f"store{number}"
    # A tenth of the units of each county report, with all their members, to the next one as well.
    before = units // 10 if number else 0
    filled(store, units + before, number * units - before, close=True)
    plan = ForwardPlan("2026", interim=False, figures_only=False, now=NOW)
    output = root / "in" / f"{number:02d}.zip"
    with measured() as cost:
        forwarding.forward(store, loading.form_dir().resolve(), keys, output, plan, None)
    return {**cost, "peak_mib": peak_mib()}


def _merged(root: Path, keys: Path) -> dict[str, Any]:
    """The command and its workers; the findings are those across units."""
    import resource

    folder = loading.form_dir().resolve()
    plan = Plan(folder, loading.read(folder), root / "reply", keys, signing.signer(keys), 2, NOW)
    with measured() as cost, Worker() as worker:
        summary = receive(root / "in", root / "S", plan, worker, period="2026")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        **cost,
        "states": sorted({one.forward.state for one in summary.forwards}),
        "findings": len(summary.findings),
        "workers_s": round(used.ru_utime + used.ru_stime, 2),
        "peak_mib": peak_mib(),
        "worker_peak_mib": used.ru_maxrss >> 10,
    }


def _counted(store: Path) -> dict[str, Any]:
    from converter.register import Snapshot
    from converter.statistics import collection

    form = loading.with_codes(loading.form_dir().resolve())
    with measured() as cost, Snapshot(store) as snapshot:
        collection.figures(snapshot, form, date(2026, 3, 7), period="2026", by=BY, units=True)
    return {**cost, "peak_mib": peak_mib()}


# --- millions of units ------------------------------------------------------------------------


def memory(units: int) -> dict[str, Any]:
    """A register of so many units, each with a file: opened, then one more file; then a whole run
    over an inbox with all those files."""
    with tempfile.TemporaryDirectory(prefix="converter-scale-") as name:
        root = Path(name)
        results: dict[str, Any] = {"units": units, "empty": in_a_process(_run, root / "empty")}
        in_a_process(_many, root / "S", units)
        results["full"] = in_a_process(_run, root / "S")
        return {**results, "inbox": in_a_process(_run_over_inbox, root, units)}


def _many(store: Path, units: int) -> None:
    """Rows as `receive` writes them, made by the database: names, codes, a file each."""
    from converter.register import Register, schema, unit_lookup

    cards = loading.with_codes(loading.form_dir().resolve())
    with Register(store, cards):
        pass
    with schema.connect(store / "register.duckdb") as connection:
        listed = f"FROM range(1, {units + 1}) t(n)"
        code, name = "printf('%09d', n)", "printf('示例第%07d公司工会委员会', n)"
        above = "printf('示例%d总工会', n // 200)"
        connection.execute(
            "INSERT INTO units (id, code, name, superior_code, superior)"
            f" SELECT n, {code}, {name}, '', {above} {listed}"
        )
        for table in ("roster", "roster_given"):
            connection.execute(
                f"INSERT INTO {table} (code, name, superior_code, superior, period, position)"
                f" SELECT {code}, {name}, '', {above}, '2026', n {listed}"
            )
        connection.execute(
            "INSERT INTO submissions BY NAME SELECT n AS id, n AS unit, '2026' AS period,"
            f" printf('%04d/%s.xlsx', n // 500, {name}) AS file, sha256(n::VARCHAR) AS content,"
            " sha256(n::VARCHAR) AS digest, 'accepted' AS result, 'current' AS state, 0 AS other,"
            " '2026-03-07T00:00:00Z' AS received, '' AS created, 'arrival' AS ordered_by,"
            f" {code} AS unit_code, {name} AS unit_name, {above} AS superior, '' AS form_version,"
            " 0 AS serial, 0 AS members, 0 AS errors, 0 AS warnings, false AS signed,"
            " false AS sealed, false AS package, 'a' AS unit_sheet, 'b' AS member_sheet,"
            f" 3 AS id_column, '2026' AS claimed_period, '2026' AS collected {listed}"
        )
        unit_lookup.fill(connection)


def _run(store: Path) -> dict[str, Any]:
    """Opening it, then knowing what is done, then the sender of a file that is new."""
    from converter.register import ClaimedSender, Collection, ReceivedFile, Register

    before = peak_mib()
    cards = loading.with_codes(loading.form_dir().resolve())
    with measured() as cost, Register(store, cards) as opened:
        opened.collect(Collection("2026"), "2026-03-07T00:00:00Z")
        opened.done([(f"{n}.xlsx", f"{n:064x}") for n in range(2_000)])
        new = ReceivedFile(
            "new.xlsx", "c", "accepted", ClaimedSender("000000007"), period="2026", digest="d"
        )
        with opened.record([new], "2026-03-07T00:00:00Z"):
            pass
    return {**cost, "peak_mib": peak_mib(), "before_mib": before}


def _run_over_inbox(root: Path, units: int) -> dict[str, Any]:
    """Names of files are invented where the inbox is listed, and no file has a reply to look for;
    all else is as it is: what is done is found, lists are written, the register is published."""
    from unittest import mock

    from converter.usecases import receive as receiving
    from converter.usecases.receive import answers, run

    def found(*_: object) -> inbox.InboxFiles:
        return inbox.InboxFiles(_known_files(units))

    folder = loading.form_dir().resolve()
    plan = Plan(folder, loading.read(folder), root / "reply", None, None, 1, NOW)
    with (
        mock.patch.object(receiving, "scan", found),
        mock.patch.object(answers, "_link"),
        mock.patch.object(run, "has_receipt", return_value=True),
        measured() as cost,
        Worker() as worker,
    ):
        summary = receive(root / "in", root / "S", plan, worker, period="2026")
    return {**cost, "peak_mib": peak_mib(), "seen": summary.seen, "fresh": summary.fresh}


def _known_files(units: int) -> Iterator[InboxFile]:
    """The files of `_many`, in the order of a disk."""
    for n in range(units, 0, -1):
        name = f"{n // 500:04d}/示例第{n:07d}公司工会委员会.xlsx"
        content = hashlib.sha256(str(n).encode()).hexdigest()
        yield InboxFile(name, Path("in", name), content, saved=NOW * 10**9 + n % 86_400)


# --- the command alone --------------------------------------------------------------------------


RUNNERS = 30


class _Recorder:
    """A worker whose answers are kept as they cross a pipe or a cluster."""

    def __init__(self, worker: Worker, kept: dict[str, bytes]) -> None:
        self._worker, self._kept, self._meter = worker, kept, Meter()
        self.marks: list[tuple[int, float]] = []  # files, seconds of the worker until then

    def run(self, request: Request[A]) -> A:
        answer = self._worker.run(request)
        if isinstance(request, ReceiveRequest):
            self._kept[request.files[0].name] = protocol.pack(answer)
            before = self.marks[-1][0] if self.marks else 0
            self.marks.append((before + len(request.files), self._meter.seconds()[1]))
        return answer


class _Player:
    """One of many workers that nobody sees: gives the answers that were kept after the time that
    the worker took for them. Of replies nothing is written."""

    def __init__(self, kept: dict[str, bytes], seconds: float) -> None:
        """`seconds`: of a worker, for a file and its replies."""
        self._kept, self._seconds = kept, seconds

    def run(self, request: Request[A]) -> A:
        protocol.pack(request)
        if isinstance(request, RepliesRequest):
            names = tuple(f"{request.reply}/{n:07d}.json" for n in range(len(request.copies)))
            data = protocol.pack(RepliesAnswer(names, ((),) * len(names)))
        else:
            assert isinstance(request, ReceiveRequest)
            data = self._kept[request.files[0].name]
            time.sleep(self._seconds * len(request.files))
        return cast(A, protocol.unpack(data).read(request.answer_class()))


def command(units: int) -> dict[str, Any]:
    """A run's own share with recorded answers of 30 workers: hashing, then all from the first
    answer to the last commit but reading, validating and writing replies; and how many such workers
    it kept busy, by the clock."""
    with tempfile.TemporaryDirectory(prefix="converter-scale-") as name:
        root = Path(name)
        write_inputs(root / "in", units)
        kept: dict[str, bytes] = {}
        with Worker() as worker:
            recorder = _Recorder(worker, kept)
            _received(root, "first", [Shared([recorder])] * RUNNERS, worker)
            read = _slope(recorder.marks)
            players = [_Player(kept, read) for _ in range(RUNNERS)]
            cpu, clock = _received(root, "second", players, worker)
            at_once = [_Player(kept, 0) for _ in range(RUNNERS)]
            _, shortest = _received(root, "third", at_once, worker)
        with measured() as hashing:
            inbox.scan(root / "in")
        own = cpu + hashing["cpu_s"] / units
        return {
            "units": units,
            "runners": RUNNERS,
            "ms_a_file": round(1000 * own, 3),
            "worker_ms_a_file": round(1000 * read, 3),
            "of_that_hashing": round(1000 * hashing["cpu_s"] / units, 3),
            "workers_fed": round(read / own, 1),
            "workers_busy": round(read / clock, 1),  # the fewer, the fewer batches there are
            "files_a_minute": round(60 / shortest),  # of workers that answer at once
            "command_peak_mib": peak_mib(),
        }


def _slope(marks: Sequence[tuple[int, float]]) -> float:
    """Seconds a file between the first mark and the last."""
    (files, seconds), (last, until) = marks[0], marks[-1]
    return (until - seconds) / (last - files)


def _received(
    root: Path, store: str, pool: Sequence[Runner], worker: Worker
) -> tuple[float, float]:
    """Seconds a file while files are received: of the processor, and by the clock."""
    folder = loading.form_dir().resolve()
    took: list[tuple[float, float]] = []

    def watching(received: Iterable[T], *_: object) -> Iterator[T]:
        cpu, clock, files = time.process_time(), time.perf_counter(), 0
        for one in received:
            yield one
            files += 1
        if files:
            took.append(
                ((time.process_time() - cpu) / files, (time.perf_counter() - clock) / files)
            )

    reply = root / f"{store}-reply"
    plan = Plan(folder, loading.read(folder), reply, None, None, 1, NOW, pool=pool)
    receive(root / "in", root / store, plan, worker, period="2026", progress=watching)
    return took[0]
