"""`forward` and the taking in of forwards, killed at random moments: old or new, never half, and the
same command once more ends it (KILLS=100 of each in `make fuzz`)."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from converter.forms import loading
from converter.register import Register, Snapshot, forwarded
from converter.upward import layout, parts, writing
from converter.upward.writing import ForwardPlan
from converter.usecases import forwarding
from converter.usecases.receive import Plan, receive
from converter.workers.pool import Worker
from tests.upward.conftest import FOLDER, FORM, NOW, Chain, Office, listed
from tests.upward.test_faults import Members
from tests.usecases.receive.collection import packed, records
from tests.usecases.receive.killing import KILLED, Steps, at_every_step, in_fork

pytestmark = pytest.mark.posix("SIGKILL")

DAY = 86_400
KILLS = int(os.environ.get("KILLS", "3"))
Command = Callable[[Path], Any]


def run(command: Command, place: Path, kill_at: int, counted: Path | None = None) -> int:
    def work(steps: Steps) -> None:
        at_every_step(steps)
        command(place)
        if counted:
            counted.write_text(str(steps.count))

    return in_fork(work, kill_at)


def killed(command: Command, place: Path, folder: Path) -> Iterator[Path]:
    """Copies of a place in which the command died at one of its steps, drawn at random."""
    whole = folder / "whole"
    shutil.copytree(place, whole)
    assert run(command, whole, 0, folder / "steps") == 0
    count = int((folder / "steps").read_text())
    assert count > 20
    chooser = random.Random(count)
    for number in range(KILLS):
        copy = folder / f"copy{number}"
        shutil.copytree(place, copy)
        assert run(command, copy, chooser.randint(1, count)) == KILLED
        yield copy
        shutil.rmtree(copy)


def registered(store: Path) -> tuple[Any, ...]:
    """What counts by the register, which can be opened for writing, and where its tables are."""
    with Register(store, FORM) as register:
        found = forwarded.read(register)
    counting = forwarded.counting(found)
    assert all(forwarded.has_partition(store / "published", one) for one in counting)
    return tuple(sorted((one.file, one.state, one.members) for one in found))


def published(store: Path) -> tuple[Any, ...]:
    """What others read."""
    with Snapshot(store) as register:
        return tuple(
            register.query(
                "SELECT u.via, count(*), min(m.id_number), max(m.id_number) FROM members m"
                " JOIN units u ON u.id = m.unit GROUP BY ALL ORDER BY ALL"
            )
        )


def test_taking_in_a_forward_is_done_whole_or_not_at_all(merged: Chain, tmp_path: Path) -> None:
    city, county = merged.city, merged.county
    (county.inbox / "1.zip").unlink()
    county.put(packed(records(6, superior_union=county.desk.union.name)), "6.zip")
    county.receive([listed(county.desk, n) for n in range(1, 8)], keys=False, now=NOW + DAY)
    city.put(county.forward(NOW + DAY, name="later").path)
    plan = Plan(FOLDER, loading.read(FOLDER), None, city.keys, None, 1, NOW + 2 * DAY)

    def take(store: Path) -> None:
        with Worker() as worker:
            receive(city.inbox, store, plan, worker, period="2026")

    old = registered(city.store), published(city.store)
    new: tuple[Any, ...] = ()
    for copy in killed(take, city.store, tmp_path / "merging"):
        whole = tmp_path / "merging" / "whole"
        new = new or (registered(whole), published(whole))
        assert new[0] != old[0]
        assert new[1] != old[1]
        assert published(copy) in (old[1], new[1])
        assert registered(copy) in (old[0], new[0])
        assert run(take, copy, 0) == 0
        assert (registered(copy), published(copy)) == new
        assert not (copy / "incoming").exists()


def test_a_forward_is_written_whole_or_not_at_all(chain: Chain, tmp_path: Path) -> None:
    county = chain.county
    plan = ForwardPlan("2026", True, False, NOW + DAY)

    def write(place: Path) -> None:
        forwarding.forward(place, FOLDER, county.keys, place / "给市" / "县.zip", plan, None)

    contents: set[bytes] = set()
    for copy in killed(write, county.store, tmp_path / "writing"):
        made = copy / "给市" / "县.zip"
        if made.exists():  # it died after the file had got its name
            contents.add(_tables(made))
            made.unlink()
        assert run(write, copy, 0) == 0
        contents.add(_tables(made))
        assert [one.name for one in made.parent.iterdir()] == [made.name]
    assert len(contents) == 1


@pytest.fixture
def parted(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> tuple[Office, list[str]]:
    """A county whose members take several parts, and the names of those that are written."""
    names: list[str] = []
    append = parts.ForwardParts.append

    def appending(self: Any, name: str, write: Callable[[Path], object], whole: Path) -> None:
        def written(path: Path) -> None:
            names.append(name)
            write(path)

        append(self, name, written, whole)

    monkeypatch.setattr(writing, "MEMBERS_A_PART", 4)
    monkeypatch.setattr(parts.ForwardParts, "append", appending)
    return chain.county, names


def test_a_forward_goes_on_where_it_was_killed(parted: tuple[Office, list[str]]) -> None:
    county, names = parted
    whole = county.forward(NOW + DAY, name="一次")
    every = names[:]
    assert sum(name.endswith("members.csv.gz") for name in every) > 2
    assert not (county.store / "incoming").exists()
    for kill_at in range(1, 2 * len(every), 5):

        def work(steps: Steps, kill_at: int = kill_at) -> None:
            # A step when a part is about to be remembered, one when it is.
            parts.writing.write_bytes_atomically = steps.around(  # type: ignore[attr-defined]
                parts.writing.write_bytes_atomically  # type: ignore[attr-defined]
            )
            county.forward(NOW + DAY, name="给市")

        assert in_fork(work, kill_at) == KILLED
        names.clear()
        again = county.forward(NOW + DAY, name="给市")
        assert (again.taken, again.anew) == (kill_at // 2, kill_at < 2)
        assert names == every[kill_at // 2 :]
        assert _tables(again.path) == _tables(whole.path)
        assert not (county.store / "incoming").exists()
        again.path.unlink()


@pytest.mark.parametrize("change", ["damaged", "received"])
def test_what_is_no_longer_right_is_written_again(
    parted: tuple[Office, list[str]], change: str
) -> None:
    county, names = parted

    def work(steps: Steps) -> None:
        writing.zip_writing.write_streamed_zip = steps.around(  # type: ignore[attr-defined]
            writing.zip_writing.write_streamed_zip  # type: ignore[attr-defined]
        )
        county.forward(NOW + DAY, name="给市")

    assert in_fork(work, 1) == KILLED
    every = sorted(path for path in county.store.glob("incoming/*/tables/*.gz"))
    if change == "damaged":
        cut = next(path for path in every if path.name.endswith("-members.csv.gz"))
        cut.write_bytes(cut.read_bytes()[:-1])
    else:
        county.put(packed(records(9, superior_union=county.desk.union.name)), "9.zip")
        county.receive(keys=False, now=NOW + DAY)
    made = county.forward(NOW + DAY, name="给市")
    if change == "damaged":
        assert names == [cut.name]
        assert made.taken == len(every) - 1
    else:
        assert made.taken == 0
    names.clear()
    assert _tables(made.path) == _tables(county.forward(NOW + DAY, name="再来").path)
    assert len(names) >= len(every)


def _tables(path: Path) -> bytes:
    """The digests of what a forward holds, before it was sealed."""
    described = json.loads(Members.of(path).names[layout.DESCRIPTOR])
    return repr(sorted(described["content"].items())).encode()
