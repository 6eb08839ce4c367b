"""The same work on a cluster: the same results, whoever is lost on the way."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from converter import __version__, cli
from converter.files import writing
from converter.forms import loading
from converter.identity import keys
from converter.messages import errors
from converter.messages.catalogue import message
from converter.model import clock
from converter.model.errors import ClusterError
from converter.register import Register
from converter.usecases.check import CheckReport, check_files
from converter.usecases.receive import receive, run
from converter.workers import protocol
from converter.workers.cluster import connect, remote, serving
from converter.workers.cluster.serving import RemoteCall, RunTerms, Unfit
from converter.workers.pool import Runner, Worker
from converter.workers.requests.base import Request
from converter.workers.requests.check import CheckRequest
from converter.workers.requests.receive import ReceiveWorkbooksRequest
from tests.commands import near_workers
from tests.identity.unions import Office, office
from tests.usecases.receive.collection import Inbox, faulty, packed, records, workbook, zipped
from tests.usecases.receive.conftest import FOLDER, plan
from tests.usecases.receive.test_signed import UNIT, sent
from tests.workers.cluster.conftest import DEADLY, MURDEROUS, Cluster, children

T = TypeVar("T")
DAY = "2026-03-07"
TABLES = ("units", "submissions", "answers", "members", "findings", "containers")


def contents(store: Path) -> dict[str, list[tuple[object, ...]]]:
    with Register(store, loading.read(FOLDER)) as register:
        return {t: register.query(f"SELECT * FROM {t} ORDER BY ALL") for t in TABLES}


def check(pool: Sequence[Runner], paths: Sequence[Path]) -> CheckReport:
    return check_files(paths, FOLDER, None, 1, Worker(), pool=pool)


def forgive_nothing(dask_scheduler: Any) -> None:
    """A task that lost its worker once is given up."""
    dask_scheduler.allowed_failures = 0


def replies(folder: Path) -> dict[str, bytes]:
    """All replies but the sheet for mail merge, which names where its attachments are."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.stem != message("merge_file")
    }


def collection(folder: Path, union: Path, identity: Path) -> Inbox:
    """Workbooks, faulty ones, packages signed and sealed, zips of submissions, rubbish."""
    box = Inbox(folder)
    for n in (2, 3):
        box.put(f"一县/{n}.xlsx", workbook(n))
        box.put(f"一县/{n + 10}.zip", packed(records(n + 10)))
    box.put("一县/有错.xlsx", faulty(6))
    box.put("一县/签名.zip", sent(identity, 1_772_000_100, staff="20"))
    box.put("一县/旧.zip", sent(identity, 1_772_000_000, staff="30"))
    sealing = keys.public(union).sealing
    box.put("密封.zip", sent(identity, 1_772_000_200, recipient=sealing, staff="25"))
    box.put("坏.xlsx", b"PK\x03\x04" + b"\0" * 100)
    box.put("空.xlsx", b"")
    box.put("一批.zip", zipped([("8.xlsx", workbook(8)), ("9.zip", packed(records(9)))]))
    box.put("二县/7.xlsx", workbook(7))
    return box


@dataclass(frozen=True)
class Sent:
    """What units sent to a union, and what receiving it here came to."""

    union: Office
    inbox: Path
    store: Path
    reply: Path


@pytest.fixture(scope="module")
def sent_in(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    root = tmp_path_factory.mktemp("union")
    union = office(root)
    box = collection(root / "in", union.keys, union.file(UNIT))
    found = Sent(union, box.folder, root / "S", root / "R")
    with pytest.MonkeyPatch.context() as patch, near_workers():
        received(patch, found, found.store, found.reply)
    return found


def received(patch: pytest.MonkeyPatch, what: Sent, store: Path, reply: Path, *where: str) -> None:
    """By the command, as somebody types it who stands beside the inbox."""
    patch.setenv("SOURCE_DATE_EPOCH", "1772900000")
    patch.setattr(run, "FILES_A_BATCH", 3)
    patch.chdir(what.inbox.parent)
    reported = ["receive", what.inbox.name, "--store", str(store), "--reply", str(reply)]
    assert cli.run([*reported, "--keys", str(what.union.keys), "--jobs", "2", *where]) == 1


def test_the_same_register_and_replies_as_from_here(
    cluster: Cluster, sent_in: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, reply = tmp_path / "S", tmp_path / "R"
    received(monkeypatch, sent_in, store, reply, "--cluster", cluster.address)
    assert contents(store) == contents(sent_in.store)
    assert replies(reply) == replies(sent_in.reply)
    results = {file: result for _, _, _, file, _, _, result, *_ in contents(store)["submissions"]}
    assert results["密封.zip"] == "accepted"
    assert results["一批.zip/8.xlsx"] == "accepted"


@pytest.mark.usefixtures("near_workers")
def test_the_unions_secret_never_leaves(sent_in: Sent, tmp_path: Path, worker: Worker) -> None:
    """What is sent is looked at, not only what comes of it."""
    keys_folder = sent_in.union.keys
    secrets = [p.read_bytes() for p in keys_folder.iterdir() if p.is_file()]
    seen: list[bytes] = []

    class Listening:
        def __init__(self, worker: Worker) -> None:
            self.worker = worker

        def run(self, request: Request[Any]) -> Any:
            assert isinstance(request, ReceiveWorkbooksRequest)
            seen.append(protocol.pack(request))
            answer = self.worker.run(request)
            seen.append(protocol.pack(answer))
            return answer

    with Worker() as other:
        away = replace(plan(None, keys_folder), pool=[Listening(other)])
        done = receive(sent_in.inbox, tmp_path / "S", away, worker)
    assert done.states["current"] >= 8
    reported = b"".join(seen)
    for secret in secrets:
        for line in secret.split():
            assert len(line) < 30 or line not in reported
    assert str(keys_folder).encode() not in reported


def test_check_prints_the_same(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With relative paths, from a folder where no Dask worker stands."""
    box = Inbox(tmp_path / "in")
    box.put("1.xlsx", faulty(1))
    box.put("2.xlsx", workbook(2))
    box.put("下/3.xlsx", (box.folder / "1.xlsx").read_bytes())
    box.put("坏.pdf", b"%PDF-1.7")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("converter.usecases.check.FILES_A_BATCH", 2)
    reported = []
    for where, name in (([], "A"), (["--cluster", cluster.address], "B")):
        code = cli.run(["check", "in", "--format", "json", "--annotate", name, *where])
        reported.append((code, json.loads(capsys.readouterr().out)))
    assert reported[0] == reported[1]
    assert reported[0][0] == 1
    assert replies(tmp_path / "A") == replies(tmp_path / "B")
    assert len(replies(tmp_path / "B")) == 2


def test_the_commands_day_counts_not_the_workers(cluster: Cluster, tmp_path: Path) -> None:
    """A worker process stays warm for one day only: another day judges otherwise."""
    path = Inbox(tmp_path).folder / "a.xlsx"
    path.write_bytes(workbook(1))
    request = CheckRequest(FOLDER, ((path,),))
    codes = []
    for day in (DAY, "2001-01-01", DAY):
        with connect(cluster.address, FOLDER, day) as pool:
            outcome = pool[0].run(request).submissions[0].outcome
            codes.append({head.code for head in outcome.issues.heads})
    assert codes[0] == codes[2] != codes[1]


# --- whoever is lost -----------------------------------------------------------------------------


def test_a_lost_dask_worker_only_repeats_its_files(
    bare: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: Worker
) -> None:
    monkeypatch.setattr(run, "FILES_A_BATCH", 1)
    box = Inbox(tmp_path / "in")
    for n in range(1, 7):
        box.put(f"{n}.zip", packed(records(n)))
    box.put("有错.xlsx", faulty(8))
    monkeypatch.setenv(clock.DAY_VARIABLE, DAY)  # copies hold the day that they were made on
    workers = [bare.worker(), bare.worker()]
    receive(box.folder, tmp_path / "A", plan(tmp_path / "RA"), worker)
    reply = tmp_path / "RB"
    with connect(bare.address, FOLDER, DAY, reads=[box.folder], writes=[reply]) as pool:

        def kill_after_the_first(finished: Iterable[T], *_: Any, **__: Any) -> Iterator[T]:
            for number, answer in enumerate(finished):
                if number == 0:
                    assert children(workers[0].pid) or children(workers[1].pid)
                    workers[0].kill()
                yield answer

        away = replace(plan(reply), pool=pool, shared=reply)
        done = receive(box.folder, tmp_path / "B", away, worker, progress=kill_after_the_first)
    assert workers[0].wait() == -signal.SIGKILL
    assert done.results == {"accepted": 6, "rejected": 1}
    assert contents(tmp_path / "B") == contents(tmp_path / "A")
    assert replies(reply) == replies(tmp_path / "RA")


def test_a_killed_worker_process_costs_only_the_file_it_read(
    cluster: Cluster, tmp_path: Path
) -> None:
    """See `DEADLY`: under these Dask workers, who opens it is killed."""
    for name in ("1.xlsx", DEADLY, "2.xlsx"):
        (tmp_path / name).write_bytes(workbook(1))
    with connect(cluster.address, FOLDER, DAY) as pool:
        report = check(pool, sorted(tmp_path.iterdir()))
    found = {Path(o.file).name: [issue.code for issue in o.issues] for o in report.outcomes}
    assert found == {"1.xlsx": [], DEADLY: ["F903"], "2.xlsx": []}


def test_what_kills_one_dask_worker_after_the_other_is_given_up(
    bare: Cluster, tmp_path: Path
) -> None:
    """And the files that were with it are repeated one by one."""
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name in ("1.xlsx", MURDEROUS, "2.xlsx"):
        (inbox / name).write_bytes(workbook(1))
    for _ in range(3):
        bare.worker()
    with connect(bare.address, FOLDER, DAY, reads=[inbox], jobs=1) as pool:
        pool[0]._client.run_on_scheduler(forgive_nothing)
        report = check(pool, sorted(inbox.iterdir()))
    found = {Path(o.file).name: [issue.code for issue in o.issues] for o in report.outcomes}
    assert found == {"1.xlsx": [], MURDEROUS: ["F903"], "2.xlsx": []}
    assert sum(p.poll() is None for p in bare.processes[1:]) == 1


@pytest.mark.parametrize("who", ["scheduler", "worker"])
def test_when_all_are_gone_the_run_ends_and_can_be_taken_up(
    who: str, bare: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: Worker
) -> None:
    monkeypatch.setattr(remote, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(remote, "GONE_SECONDS", 0.5)
    monkeypatch.setattr(run, "FILES_A_BATCH", 1)
    box = Inbox(tmp_path / "in")
    for n in range(1, 7):
        box.put(f"{n}.zip", packed(records(n)))
    lonely = {"worker": bare.worker(), "scheduler": bare.processes[0]}[who]

    def kill_after_the_first(finished: Iterable[T], *_: Any, **__: Any) -> Iterator[T]:
        for answer in finished:
            lonely.kill()
            yield answer

    with connect(bare.address, FOLDER, DAY, jobs=1) as pool:
        away = replace(plan(None), pool=pool)
        with pytest.raises(ClusterError) as caught:
            receive(box.folder, tmp_path / "B", away, worker, progress=kill_after_the_first)
    assert caught.value.message_key == "cluster_gone"
    assert 1 <= len(contents(tmp_path / "B")["submissions"]) < 6
    done = receive(box.folder, tmp_path / "B", plan(None), worker)
    assert done.fresh < 6
    assert len(contents(tmp_path / "B")["submissions"]) == 6


# --- who cannot stand in -------------------------------------------------------------------------


def refused(address: str, **settings: Any) -> ClusterError:
    with pytest.raises(ClusterError) as caught, connect(address, FOLDER, DAY, **settings):
        pass
    return caught.value


def look(terms: RunTerms, sizes: dict[Path, int]) -> Unfit | None:
    """Whether this process could stand in for a command that sees files of these sizes."""
    call = RemoteCall(terms, tuple(sizes), tuple(sizes.values()))
    reply = protocol.unpack(serving.look(protocol.pack(call)))
    return reply.read(Unfit) if reply.holds(Unfit) else None


def test_folders_that_workers_cannot_see_are_named(tmp_path: Path) -> None:
    terms = RunTerms.of(FOLDER, DAY)
    inbox, mark = tmp_path / "收件", tmp_path / "回复" / f"{writing.PREFIX}1"
    inbox.mkdir()
    unfit = look(terms, {inbox: -2, mark: 16})
    assert unfit
    assert unfit.path == str(mark)
    error = remote._unfit(unfit, terms)
    assert str(mark.parent) in errors.text(error)
    assert mark.name not in errors.text(error)
    mark.parent.mkdir()
    mark.write_bytes(bytes(16))
    assert look(terms, {inbox: -2, mark: 16}) is None


def test_a_file_that_is_still_being_saved_is_sent_again(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(1))
    real, reported = serving.size_of, list[Path]()

    def growing(name: Path) -> int:
        reported.append(name)
        return real(name) - (len(reported) == 1)  # when first looked at, a byte was missing

    monkeypatch.setattr(serving, "size_of", growing)
    with connect(cluster.address, FOLDER, DAY) as pool:
        (outcome,) = check(pool, [path]).outcomes
    assert outcome.status == "ok"


def test_a_file_that_only_the_command_sees_stops_the_run_and_is_not_refused(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.xlsx").write_bytes(workbook(1))
    monkeypatch.setattr(serving, "size_of", lambda path: 12345)  # here alone: as on another disk
    with (
        connect(cluster.address, FOLDER, DAY) as pool,
        pytest.raises(ClusterError) as caught,
    ):
        check(pool, [tmp_path / "a.xlsx"])
    assert caught.value.message_key == "cluster_unseen"
    assert str(tmp_path / "a.xlsx") in errors.text(caught.value)


def test_another_version_there_is_told(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "__version__", "99.0")
    error = refused(cluster.address)
    assert error.message_key == "cluster_version"
    assert {"99.0", __version__} <= set(error.params.values())


def test_another_form_there_is_told_and_one_elsewhere_is_found(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / "jiceng")
    with connect(cluster.address, copy, DAY):
        pass
    moved = replace(RunTerms.of(copy, DAY), form_folder="/nowhere/jiceng")
    assert look(moved, {}) is None  # the one that is installed is the same
    card = copy / "member.toml"
    card.write_text(card.read_text("utf-8") + "\n# changed\n", "utf-8")
    loading.digest.cache_clear()
    unfit = look(replace(RunTerms.of(copy, DAY), form_folder="/nowhere/jiceng"), {})
    assert unfit
    assert unfit.why == "form"


def test_workers_without_the_product_are_told(bare: Cluster, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden" / "converter"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("")
    bare.worker(PYTHONPATH=str(hidden.parent))
    error = refused(bare.address)
    assert error.message_key == "cluster_unable"
    assert "converter" in errors.text(error)


def test_an_empty_cluster_is_told(bare: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "WORKERS_SECONDS", 0.5)
    assert refused(bare.address).message_key == "cluster_empty"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "", "127.0.0.1"])
def test_a_cluster_that_cannot_be_reached_is_exit_2(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(remote, "CONNECT_SECONDS", 1.0)
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    assert cli.run(["check", str(tmp_path / "a.xlsx"), "--cluster", address]) == 2
    reported = capsys.readouterr()
    assert reported.out == ""
    assert "连不上集群" in reported.err
    assert "Traceback" not in reported.err


def test_without_the_extra_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    where = ["--cluster", "tcp://127.0.0.1:8786"]
    store = ["--store", str(tmp_path / "S")]
    for command in (["check", str(tmp_path / "a.xlsx")], ["receive", str(tmp_path), *store]):
        assert cli.run([*command, *where]) == 2
        assert "converter[cluster]" in capsys.readouterr().err
    assert not (tmp_path / "S").exists()
