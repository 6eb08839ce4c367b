"""At whatever step the disk is full or the process killed: the old state or the new one, and
the same command once more finishes the job."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from converter.files import writing
from converter.forms import loading
from converter.identity import keys, ledger
from converter.identity.files import parse
from tests.identity.unions import office
from tests.roster.test_reading import GOOD, filled
from tests.safety import failing
from tests.safety.failing import FULL, KILLED
from tests.usecases.receive.collection import Inbox, packed, records, workbook

pytestmark = pytest.mark.posix("faults are set in a fork")
EVERY = bool(os.environ.get("EVERY_STEP"))  # `make fuzz`
SAMPLES = loading.form_dir().resolve().parents[1] / "samples"
SOUND = SAMPLES / "01-correct" / "input" / "填报.xlsx"
FAULTY = SAMPLES / "02-every-common-fault" / "input" / "填报.xlsx"
OLD = b"what stood there before"


@dataclass(frozen=True)
class Scene:
    """A command that writes: its arguments, what must be there before."""

    name: str
    arguments: tuple[str, ...]
    prepare: Callable[[Path], object]
    good: tuple[int, ...] = (0,)
    picks: int = 9  # steps tried in `make test`; all of them in `make fuzz`
    numbers: bool = False  # what it writes never takes the place of what is there


def standing(name: str, data: bytes = OLD) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "out").mkdir()
        (folder / "out" / name).write_bytes(data)

    return prepare


@cache
def _older() -> bytes:
    return packed(records(3))


def older_package(folder: Path) -> None:
    standing("上报.zip", _older())(folder)


def backed_up(folder: Path) -> None:
    from converter.usecases import backup

    (folder / "work").mkdir()
    for number in range(3):
        (folder / "work" / f"{number}.xml").write_bytes(b"<x/>" * number)
        os.utime(folder / "work" / f"{number}.xml", (1_772_000_000, 1_772_000_000))
    backup.backup([folder / "work"], folder / "备份.zip", when=1_772_000_000)
    (folder / "out").mkdir()


def to_back_up(folder: Path) -> None:
    backed_up(folder)
    (folder / "备份.zip").unlink()


SCENES = {
    scene.name: scene
    for scene in (
        Scene("template", ("template", "-o", "out/空白.xlsx", "--rows", "5"), standing("空白.xlsx"), picks=4, numbers=True),
        Scene("convert", ("convert", str(SOUND), "-o", "out/上报.zip"), older_package, picks=3, numbers=True),
        Scene("annotate", ("check", str(FAULTY), "--annotate", "out"), lambda folder: None, good=(1,), picks=2, numbers=True),
        Scene("backup", ("backup", "work", "-o", "out/备份.zip"), to_back_up),
        Scene("restore", ("restore", "备份.zip", "-o", "out/还原"), backed_up),
        Scene("roster", ("template", "--roster", "-o", "out/花名册.xlsx"), standing("花名册.xlsx"), numbers=True),
        Scene("figures", ("stats", str(SOUND), "-o", "out/汇总.html"), standing("汇总.html"), picks=2, numbers=True),
    )
}  # fmt: skip


def strays(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob(f"{writing.PREFIX}*")]


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772000000")


def faults(steps: Sequence[str], picks: int) -> list[tuple[int, str]]:
    """Steps to fail at and how: every one both ways, or some of them, the last ones surely."""
    at = failing.chosen(steps, EVERY)
    if EVERY:
        return [(n, how) for n in at for how in (FULL, KILLED)]
    stride = max(1, -(-len(at) // picks))
    return [(n, (KILLED, FULL)[k % 2]) for k, n in enumerate(at[::-1][::stride])]


def rooms(scene: Scene, base: Path, patch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Gives a folder by number, where a scene is prepared and stood in."""

    def fresh(number: int) -> Path:
        folder = base / str(number)
        folder.mkdir()
        scene.prepare(folder)
        patch.chdir(folder)
        return folder

    return fresh


@pytest.mark.parametrize("name", list(SCENES))
def test_old_or_new_and_a_second_run_finishes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = SCENES[name]
    fresh = rooms(scene, tmp_path, monkeypatch)
    folder = fresh(-1)
    before = failing.files(folder)
    whole = failing.run(scene.arguments)
    assert whole.code in scene.good, whole.shown
    after = failing.files(folder)
    assert after != before
    assert whole.steps
    for at, how in faults(whole.steps, scene.picks):
        folder = fresh(at)
        torn = failing.run(scene.arguments, at, how)
        assert torn.code == (-9 if how == KILLED else torn.code)
        assert torn.code in (-9, 0, 1, 2), (at, whole.steps[at], torn.shown)
        assert "Traceback" not in torn.shown
        found = {k: v for k, v in failing.files(folder).items() if writing.PREFIX not in k}
        for file, data in found.items():  # each file is the old one or the new one
            assert data in (before.get(file), after.get(file)), (at, whole.steps[at], file)
        assert set(before) <= set(found)
        if how == FULL:
            assert not strays(folder), (at, whole.steps[at])
        again = failing.run(scene.arguments)
        # What does not write over anything says so where the first run had finished after all.
        assert again.code in scene.good or found == after, (at, whole.steps[at], again.shown)
        left = failing.files(folder)
        if found == after and scene.numbers:  # the second copy stands beside the first
            left = {k: v for k, v in left.items() if k in after or v not in after.values()}
        assert left == after, (at, whole.steps[at])
        shutil.rmtree(folder)


# --- what is random or held in a database is compared by what it means ---------------------


def test_keys_are_made_whole(tmp_path: Path) -> None:
    whole = failing.run(("identity", "init", "--keys", tmp_path / "whole"))
    assert whole.code == 0
    for at, how in faults(whole.steps, 99):
        folder = tmp_path / f"{at}-{how}"
        torn = failing.run(("identity", "init", "--keys", folder), at, how)
        assert torn.code in (-9, 0, 2), torn.shown
        made = failing.files(folder) if folder.exists() else {}
        again = failing.run(("identity", "init", "--keys", folder))
        assert again.code == 0 or len(made) >= 4, again.shown
        for name, data in made.items():  # a key that had its name keeps its bytes
            assert writing.PREFIX in name or (folder / name).read_bytes() == data
        assert keys.signer(folder).public == keys.public(folder).signing
        assert keys.opener(folder).public == keys.public(folder).sealing
        assert not strays(folder)


def test_every_identity_file_is_in_the_ledger(tmp_path: Path) -> None:
    office(tmp_path, "desk")
    own = tmp_path / "desk" / "keys"
    roster = filled(tmp_path, GOOD)
    arguments = ("identity", "issue", roster, "--keys")

    def desk(number: int) -> tuple[Path, tuple[object, ...]]:
        folder = tmp_path / str(number)
        shutil.copytree(own, folder / "keys")
        return folder, (*arguments, folder / "keys", "-o", folder / "out")

    _, command = desk(-1)
    whole = failing.run(command)
    assert whole.code == 0, whole.shown
    for at, how in faults(whole.steps, 3):
        folder, command = desk(at)
        torn = failing.run(command, at, how)
        assert torn.code in (-9, 0, 2), torn.shown
        named = sound_files(folder)
        again = failing.run(command)
        assert again.code == 0, again.shown
        assert len(sound_files(folder)) == len(GOOD)
        assert set(named) <= set(sound_files(folder))
        assert not strays(folder), whole.steps[at]
        shutil.rmtree(folder)


def sound_files(folder: Path) -> list[str]:
    """Identity files with a name, each of which the ledger knows."""
    entries = {(e.unit_code, e.serial): e.digest for e in ledger.read(folder / "keys") or []}
    names = []
    for path in (folder / "out").glob("*.xml"):
        secret = re.sub(rb"\s*<secret.*</secret>", b"", path.read_bytes())
        identity = parse(secret).identity
        assert entries[identity.unit_code, identity.serial] == identity.digest
        names.append(path.name)
    return names


def test_what_is_received_is_registered_once(tmp_path: Path) -> None:
    """Steps of ours around those of the database."""
    from tests.usecases.receive.test_killed import contents, replies

    box = Inbox(tmp_path / "in")
    box.put("1.zip", packed(records(1)))
    box.put("表.xlsx", workbook(8))
    box.put("坏.pdf", b"%PDF-1.7")

    def command(name: object) -> tuple[object, ...]:
        return (
            "receive",
            box.folder,
            "--store",
            tmp_path / f"S{name}",
            "--reply",
            tmp_path / f"R{name}",
        )

    whole = failing.run(command("whole"))
    assert whole.code == 1, whole.shown  # the PDF
    expected, answers = contents(tmp_path / "Swhole"), replies(tmp_path / "Rwhole")
    for at, how in faults(whole.steps, 3):
        torn = failing.run(command(at), at, how)
        assert torn.code in (-9, 0, 1, 2), (whole.steps[at], torn.shown)
        again = failing.run(command(at))
        assert again.code in (0, 1), again.shown
        assert contents(tmp_path / f"S{at}") == expected, whole.steps[at]
        assert replies(tmp_path / f"R{at}") == answers, whole.steps[at]
        assert not strays(tmp_path / f"S{at}")
