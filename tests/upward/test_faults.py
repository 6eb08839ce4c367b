"""Forwards that are damaged, forged, misplaced or too late; commands that die on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from converter import cli
from converter.files import writing, zip_writing
from converter.forms import loading
from converter.identity import keys, links, subordinates
from converter.model.errors import RegisterError
from converter.register import Register
from converter.upward import layout
from converter.usecases.receive import Plan, receive
from tests import commands
from tests.identity.chain import COUNTY, UnionDesk
from tests.upward.conftest import FOLDER, NOW, Chain, Office, listed
from tests.usecases.receive.collection import packed, records
from tests.usecases.receive.killing import KILLED, Steps, in_fork

DAY = 86_400
UNTIL = date.today() + timedelta(days=300)


def refused(office: Office, path: Path, *, period: str = "2026") -> str:
    """The code for which a forward is refused; '' where it counts."""
    office.put(path, "given.zip")
    (done,) = office.receive(now=NOW + 9 * DAY).forwards
    assert (done.forward.state in ("rejected", "unopened")) == bool(done.forward.reason)
    return done.forward.reason


@dataclass
class Members:
    """A forward taken apart, to be put together otherwise."""

    names: dict[str, bytes]

    @classmethod
    def of(cls, path: Path) -> Members:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name != zip_writing.MEDIA_TYPE]
            return cls({name: archive.read(name) for name in names})

    def described(self, change: Callable[[dict[str, object]], object]) -> None:
        content = json.loads(self.names[layout.DESCRIPTOR])
        change(content)
        self.names[layout.DESCRIPTOR] = json.dumps(content, ensure_ascii=False).encode()

    def sign(self, folder: Path) -> None:
        signer = keys.signer(folder)
        self.described(lambda content: content.update(signer=signer.public))
        self.names[layout.SIGNATURE] = signer.sign(self.names[layout.DESCRIPTOR])

    def write(self, path: Path) -> Path:
        zip_writing.write_streamed_zip(
            path, ((n, [d]) for n, d in self.names.items()), when=NOW, media_type=layout.MEDIA_TYPE
        )
        return path


@pytest.fixture
def sound(chain: Chain) -> Path:
    return chain.county.folder / "130102.zip"


def test_no_byte_that_was_changed_passes_as_other_content(chain: Chain, sound: Path) -> None:
    """Whatever still counts has the county's very figures."""
    data, chooser = sound.read_bytes(), random.Random(19)
    own = chain.county.tables()
    for place in sorted(chooser.sample(range(len(data)), 40)):
        changed = bytearray(data)
        changed[place] ^= 1 << chooser.randrange(8)
        chain.city.put(bytes(changed), f"{place}.zip")
    chain.city.receive()
    states = set(chain.city.states().values())
    assert "rejected" in states
    if states & {"current", "unconfirmed"}:
        assert chain.city.tables("130102") == own


def test_a_forward_that_was_cut_short_is_refused(chain: Chain, sound: Path) -> None:
    data = sound.read_bytes()
    for share in (0.2, 0.5, 0.9, 0.999):
        chain.city.put(data[: int(len(data) * share)], f"{share}.zip")
    chain.city.receive()
    assert set(chain.city.states().values()) == {"rejected"}


def test_a_period_that_its_tables_do_not_have_is_refused(chain: Chain, sound: Path) -> None:
    made = Members.of(sound)
    made.described(lambda content: content.update(period="2025"))
    made.sign(chain.county.keys)
    assert refused(chain.city, made.write(sound.with_name("x.zip"))) == "P208"


def test_a_whole_forward_of_another_period_is_refused(chain: Chain, sound: Path) -> None:
    city = chain.city
    city.put(sound)
    plan = Plan(FOLDER, loading.read(FOLDER), None, city.keys, None, 1, NOW)
    done = receive(city.inbox, city.store, plan, city.worker, period="2027")
    assert [one.forward.reason for one in done.forwards] == ["P207"]


def test_a_newer_programs_forward_is_refused_by_name(chain: Chain, sound: Path) -> None:
    made = Members.of(sound)
    made.described(lambda content: content.update(format="gonghui-forward/2"))
    made.sign(chain.county.keys)
    assert refused(chain.city, made.write(sound.with_name("x.zip"))) == "P202"


def test_another_forms_forward_is_refused_by_name(chain: Chain, sound: Path) -> None:
    made = Members.of(sound)
    made.described(lambda content: content.update(form={"id": "jiceng", "version": "1999"}))
    made.sign(chain.county.keys)
    assert refused(chain.city, made.write(sound.with_name("x.zip"))) == "P203"


def _signed_by_the_other_county(chain: Chain, made: Members) -> None:
    made.sign(chain.other.keys)


def _with_the_other_countys_identity(chain: Chain, made: Members) -> None:
    made.names[layout.IDENTITY] = (chain.other.keys / "superior.xml").read_bytes()


def _other_county_in_the_first_ones_name(chain: Chain, made: Members) -> None:
    made.names[layout.IDENTITY] = (chain.other.keys / "superior.xml").read_bytes()
    made.sign(chain.other.keys)


def _altered_counts(chain: Chain, made: Members) -> None:
    made.described(lambda content: content.update(counts={"units": 1, "members": 1}))


def _signed_anew_with_other_counts(chain: Chain, made: Members) -> None:
    _altered_counts(chain, made)
    made.sign(chain.county.keys)


def _table_exchanged(chain: Chain, made: Members) -> None:
    theirs = Members.of(chain.other.folder / "130103.zip")
    made.names["members.csv.gz.age"] = theirs.names["members.csv.gz.age"]


def _table_missing(chain: Chain, made: Members) -> None:
    del made.names["members.csv.gz.age"]


def _no_signature(chain: Chain, made: Members) -> None:
    del made.names[layout.SIGNATURE]


def _chain_cut(chain: Chain, made: Members) -> None:
    own = subordinates.superior(chain.county.keys)
    made.names[layout.IDENTITY] = links.compose(own[:1])


def _another_province(chain: Chain, made: Members) -> None:
    """Forged whole: a union of the same name with keys of its own, from a city of its own."""
    folder = chain.county.folder / "forged"
    city = UnionDesk.new(folder / "c", chain.city.desk.union)
    county = UnionDesk.new(folder / "d", COUNTY)
    city.endorse(county, until=UNTIL)
    made.names[layout.IDENTITY] = (county.keys / "superior.xml").read_bytes()
    made.sign(county.keys)


FORGERIES: dict[str, tuple[Callable[[Chain, Members], None], str]] = {
    "signed by the other county": (_signed_by_the_other_county, "P205"),
    "with the other county's identity": (_with_the_other_countys_identity, "P205"),
    "the other county in its name": (_other_county_in_the_first_ones_name, "P206"),
    "altered counts": (_altered_counts, "P205"),
    "counts signed anew": (_signed_anew_with_other_counts, "P208"),
    "a table exchanged": (_table_exchanged, "P204"),
    "a table missing": (_table_missing, "P201"),
    "no signature": (_no_signature, "P205"),
    "another province": (_another_province, "P209"),
}


def test_forged_forwards_are_refused_and_change_nothing(joined: Chain) -> None:
    path, figures = joined.county.folder / "130102.zip", joined.city.tables()
    for name, (forge, _) in FORGERIES.items():
        made = Members.of(path)
        forge(joined, made)
        joined.city.put(made.write(path.with_name("x.zip")), f"{name}.zip")
    done = joined.city.receive(now=NOW + 9 * DAY).forwards
    assert {one.forward.state for one in done} <= {"rejected", "unopened"}
    assert {one.forward.file: one.forward.reason for one in done} == {
        f"{name}.zip": code for name, (_, code) in FORGERIES.items()
    }
    assert joined.city.tables() == figures


def test_the_chain_above_the_receiver_does_not_matter_to_it(chain: Chain, sound: Path) -> None:
    """The city knows its own key; what stands above it is for the province to verify."""
    made = Members.of(sound)
    _chain_cut(chain, made)
    assert refused(chain.city, made.write(sound.with_name("x.zip"))) == ""


def test_a_superseded_countys_key_is_refused_by_name(chain: Chain, sound: Path) -> None:
    fresh = UnionDesk.new(chain.county.folder / "new", COUNTY)
    chain.city.desk.endorse(fresh, until=UNTIL)
    assert refused(chain.city, sound) == "I164"


def test_a_withdrawn_county_is_refused_by_name(chain: Chain, sound: Path) -> None:
    subordinates.withdraw(chain.city.keys, "130102", "2026-03-01T00:00:00Z")
    assert refused(chain.city, sound) == "I165"


def test_a_countys_forward_goes_to_its_city_alone(chain: Chain, sound: Path) -> None:
    assert refused(chain.province, sound) == "P209"


# --- commands that die ---------------------------------------------------------------------------


def killed(at: int, *arguments: object, found: bool = False) -> int:
    """How a command ends that kills itself at its n-th step: KILLED, or 0 where it came to its
    end, clean unless something may be `found`."""

    def work(steps: Steps) -> None:
        for owner, names in STEPS.items():
            for name in names:
                setattr(owner, name, steps.around(getattr(owner, name)))
        os.environ["SOURCE_DATE_EPOCH"] = str(NOW + 2 * DAY)
        assert cli.run([*map(str, arguments)]) <= found

    return in_fork(work, at)


STEPS = {
    writing: ("replace", "flush_all"),
    Path: ("replace", "rename", "unlink"),
    os: ("link", "fsync"),
    Register: ("change", "publish"),
}


@pytest.mark.posix("SIGKILL")
def test_a_forward_that_was_killed_leaves_all_of_it_or_nothing(chain: Chain) -> None:
    output = chain.county.folder / "out" / "给市.zip"
    line = ("forward", "--store", chain.county.store, "--keys", chain.county.keys, "-o", output,
            "--interim")  # fmt: skip
    codes = []
    for at in range(1, 400, 9):
        codes.append(killed(at, *line))
        for path in output.parent.glob("*.zip") if output.parent.exists() else ():
            Members.of(path)
        if codes[-1] == 0:
            break
    assert KILLED in codes
    assert codes[-1] == 0
    chain.city.put(output)
    (done,) = chain.city.receive(now=NOW + 3 * DAY).forwards
    assert done.forward.state == "current"
    assert not [one for one in output.parent.iterdir() if one.is_dir()]


@pytest.mark.posix("SIGKILL")
def test_a_merge_that_was_killed_leaves_the_old_or_the_new(merged: Chain) -> None:
    city, county = merged.city, merged.county
    old = city.tables()
    (county.inbox / "1.zip").unlink()
    county.put(packed(records(6, superior_union=county.desk.union.name)), "6.zip")
    county.receive([listed(county.desk, n) for n in range(1, 8)], keys=False, now=NOW + DAY)
    city.put(county.forward(NOW + DAY, name="later").path)
    line = ("receive", city.inbox, "--store", city.store, "--keys", city.keys, "--period", "2026")
    codes, new = [], None
    for at in range(1, 60, 1 if os.environ.get("EVERY_STEP") else 6):
        codes.append(killed(at, *line, found=True))  # both counties are incomplete
        found = city.tables()
        if found != old:
            new = new or found
            assert found == new
        if codes[-1] == 0:
            break
    assert KILLED in codes
    assert codes[-1] == 0
    assert new is not None
    assert city.tables("130102") == county.tables()
    assert city.states()["130102.zip"] == "superseded"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting needs root")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return commands.run(*arguments, env={"SOURCE_DATE_EPOCH": str(NOW + 2 * DAY)})


def test_a_full_disk_leaves_the_old_state_and_says_so(chain: Chain, small_disk: Path) -> None:
    city = replace(chain.city, folder=small_disk)
    city.put(chain.other.folder / "130103.zip")
    city.receive()
    old = city.tables()
    city.put(chain.county.folder / "130102.zip")
    line = ("receive", city.inbox, "--store", city.store, "--keys", city.keys, "--period", "2026")
    ballast = small_disk / "ballast"
    for leave in (1_000, 8_000, 40_000):
        free = shutil.disk_usage(small_disk).free
        ballast.write_bytes(bytes(max(free - leave, 0)))
        done = run(*line)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "磁盘" in done.stderr
        ballast.unlink()
        assert city.tables() == old
        assert city.states() == {"130103.zip": "current"}
    assert run(*line).returncode == 0
    assert city.states() == {"130103.zip": "current", "130102.zip": "current"}


def test_a_forward_on_a_full_disk_leaves_nothing(chain: Chain, small_disk: Path) -> None:
    line = ("forward", "--store", chain.county.store, "--keys", chain.county.keys, "--interim",
            "-o", small_disk / "给市.zip")  # fmt: skip
    (small_disk / "ballast").write_bytes(bytes(shutil.disk_usage(small_disk).free - 3_000))
    done = run(*line)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "磁盘" in done.stderr
    assert [one.name for one in small_disk.iterdir()] == ["ballast"]


def test_tables_that_are_gone_are_named_and_taken_in_again(merged: Chain) -> None:
    before = merged.city.tables()
    folder = merged.city.store / "published" / "forwards"
    shutil.rmtree(next(iter(folder.iterdir())))
    with pytest.raises(RegisterError) as caught:
        merged.city.tables()
    assert caught.value.message_key == "store_forward_missing"
    merged.city.receive(now=NOW + DAY)
    assert merged.city.tables() == before


# --- forwards in zips, forwards that are refused for now -----------------------------------------


def _zipped(path: Path, *members: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for one in members:
            archive.write(one, f"各县/{one.name}")
    return path


def test_forwards_in_a_zip_are_taken_in(chain: Chain, sound: Path) -> None:
    city, other = chain.city, chain.other.folder / "130103.zip"
    city.put(sound)
    city.put(other)
    city.receive()
    expected = city.tables()
    again = replace(city, folder=city.folder / "again")
    inner = _zipped(city.folder / "乙.zip", other)
    again.put(_zipped(city.folder / "一批.zip", sound, inner), "一批.zip")
    done = again.receive()
    assert [one.forward.state for one in done.forwards] == ["current", "current"]
    assert (done.results, done.refused) == ({}, ())
    assert again.states() == {
        "一批.zip/各县/130102.zip": "current", "一批.zip/各县/乙.zip/各县/130103.zip": "current",
    }  # fmt: skip
    assert again.tables() == expected
    assert again.receive(now=NOW + DAY).forwards == ()


def test_a_sealed_forward_in_a_zip_waits_for_the_keys(chain: Chain, sound: Path) -> None:
    city = chain.city
    city.put(_zipped(city.folder / "一批.zip", sound), "一批.zip")
    city.receive(keys=False)
    assert city.states() == {"一批.zip/各县/130102.zip": "unopened"}
    city.receive(now=NOW + DAY)
    assert city.states() == {"一批.zip/各县/130102.zip": "current"}


def test_a_forward_of_another_period_is_taken_in_when_that_is_collected(
    chain: Chain, sound: Path
) -> None:
    """As its remedy says."""
    city = chain.city
    city.put(sound)
    plan = Plan(FOLDER, loading.read(FOLDER), None, city.keys, None, 1, NOW)
    done = receive(city.inbox, city.store, plan, city.worker, period="2027")
    assert [one.forward.reason for one in done.forwards] == ["P207"]
    assert receive(city.inbox, city.store, plan, city.worker, period="2027").forwards == ()
    city.receive(now=NOW + DAY)
    assert city.states() == {"130102.zip": "current"}
