"""Nothing that was changed on the way is taken for what was signed, and nothing raises."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from converter import identity, package
from converter.identity import loading
from converter.model.issues import Level
from tests.identity.unions import TODAY, held, office
from tests.safety.mutating import packages, packed_again, sent, spoiled
from tests.sheets import FORM

ROUNDS = int(os.environ.get("ROUNDS", "400"))


def examined(data: bytes, path: Path) -> package.Examined:
    path.write_bytes(data)
    return package.examine(path, FORM, union=sent().union, opener=sent().opener)


def test_the_sound_one_is_accepted(tmp_path: Path) -> None:
    found = examined(sent().data, tmp_path / "a.zip")
    assert found.submission.issues == ()
    assert (found.signed, found.sealed) == (True, True)


@pytest.mark.parametrize("seed", range(2))
def test_no_changed_package_passes_for_the_signed_one(seed: int, tmp_path: Path) -> None:
    """Either it is refused, or it says exactly what was signed."""
    sound = examined(sent().data, tmp_path / "a.zip")
    accepted = 0
    for data in packages(ROUNDS // 2, seed):
        found = examined(data, tmp_path / "b.zip")
        errors = [issue for issue in found.submission.issues if issue.level is Level.ERROR]
        if errors:
            continue
        accepted += 1
        if found.signed:
            assert found.submission.sheets["unit"] == sound.submission.sheets["unit"]
            assert found.submission.sheets["member"] == sound.submission.sheets["member"]
            assert found.submission.stamp == sound.submission.stamp
            assert found.created == sound.created
        else:  # without its signature it is no signed package, and says so
            assert not packed_again(data)
    assert accepted < ROUNDS // 4


def test_no_changed_identity_passes_for_the_issued_one(tmp_path: Path) -> None:
    path, chance = tmp_path / "标识.xml", random.Random(7)
    path.write_bytes(sent().identity)
    sound = held(path)
    for _ in range(ROUNDS):
        path.write_bytes(spoiled(sent().identity, chance))
        public, issues = identity.read(path, TODAY, sent().union)
        if public is None or any(issue.level is Level.ERROR for issue in issues):
            continue
        assert public.identity == sound.public.identity
        assert public.keys == sound.public.keys
        found, _ = loading.load_private(path, TODAY)
        assert (
            found is None or found.signer is None or found.signer.public == public.keys.unit_signing
        )


def test_a_secret_of_another_unit_signs_nothing_here(tmp_path: Path) -> None:
    """Two files of one union, their secrets exchanged."""
    desk = office(tmp_path)
    from tests.identity.unions import OTHER, UNIT

    first, second = desk.issue(UNIT, OTHER).files
    secret = re.compile(rb"<secret.*</secret>")
    other_ones = secret.search(second.read_bytes())
    assert other_ones
    first.write_bytes(secret.sub(other_ones[0], first.read_bytes()))
    found, issues = loading.load_private(first, TODAY)
    assert found is None or found.signer is None or any(i.level is Level.ERROR for i in issues)
