"""Signed packages: what was signed is what is read, whoever it came through."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from converter import identity, package
from converter.identity import keys, ledger
from converter.messages import catalogue
from converter.model.issues import Level
from converter.package import descriptor
from tests.canonical import CREATED, FORM, records
from tests.identity.unions import OTHER, Office, held, office
from tests.package.members import DESCRIPTOR, Members, described, edited, refitted, swap, zipped
from tests.tools import needs

SIGNATURE, IDENTITY = FORM.package.signature, FORM.package.identity


@pytest.fixture
def union(tmp_path: Path) -> Office:
    return office(tmp_path)


def signed(file: Path, created: int = CREATED) -> Members:
    unit = held(file)
    assert unit.signer is not None
    members = dict(package.build(records(), FORM, unit.document, created))
    return members | {SIGNATURE: unit.signer.sign(members[DESCRIPTOR])}


def examined(members: Members, folder: Path, union: Office | None = None) -> package.Examined:
    known = identity.union_of(union.keys) if union else None
    return package.examine(zipped(members, folder), FORM, union=known)


def codes(found: package.Examined) -> list[str]:
    return [issue.code for issue in found.submission.issues]


def test_a_signed_package_is_proved_with_and_without_the_unions_keys(
    union: Office, tmp_path: Path
) -> None:
    members = signed(union.file())
    for by in (None, union):
        found = examined(members, tmp_path, by)
        assert (codes(found), found.signed, found.sealed) == ([], True, False)
        assert found.created == "2026-02-25T06:13:20Z"
        assert found.counts == {"unit": 1, "members": 4}


def test_an_unsigned_package_is_fine_and_proves_nothing(union: Office, tmp_path: Path) -> None:
    members = dict(package.build(records(), FORM, None, CREATED))
    found = examined(members, tmp_path, union)
    assert (codes(found), found.signed) == ([], False)


@needs("openssl")
def test_openssl_verifies_the_signature_as_documented(union: Office, tmp_path: Path) -> None:
    file = union.file()
    members = signed(file)
    for name in (DESCRIPTOR, SIGNATURE):
        (tmp_path / name).write_bytes(members[name])
    raw = keys._raw(held(file).public.keys.unit_signing)
    (tmp_path / "unit.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + raw)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "unit.der"]
    command += ["-rawin", "-in", DESCRIPTOR, "-sigfile", SIGNATURE]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda m: m | {SIGNATURE: b""}, ["P131"]),
        (lambda m: m | {SIGNATURE: m[SIGNATURE][:-1]}, ["P131"]),
        (lambda m: m | {SIGNATURE: m[SIGNATURE] + b"\n"}, ["P131"]),
        (lambda m: m | {SIGNATURE: bytes(64)}, ["P132"]),
        (edited(period="2025"), ["P126", "P132"]),
        (edited(created="2026-02-25T06:13:21Z"), ["P132"]),
        (edited(serial=7), ["P126", "P132"]),
        (lambda m: m | {DESCRIPTOR: m[DESCRIPTOR] + b" "}, ["P132"]),
        (lambda m: refitted(swap("members.csv", "赵示例", "钱示例")(m)), ["P132"]),
        (swap("members.csv", "赵示例", "钱示例"), ["P116"]),
        (swap(IDENTITY, "2026-12-31", "2027-12-31"), ["I131"]),
        (lambda m: {n: d for n, d in m.items() if n != IDENTITY}, ["P133"]),
        (lambda m: {n: d for n, d in m.items() if n != SIGNATURE}, ["P134"]),
    ],
)
def test_each_fault_has_its_code(
    change: Callable[[Members], Members], expected: list[str], union: Office, tmp_path: Path
) -> None:
    members = change(signed(union.file()))
    for by in (None, union):
        found = examined(members, tmp_path, by)
        assert (codes(found), found.signed) == (expected, expected == ["P116"])


def test_an_identity_that_nobody_signed_vouches_for_nothing(union: Office, tmp_path: Path) -> None:
    members = signed(union.file())
    public = identity.parse(members[IDENTITY])
    members[IDENTITY] = identity.compose(public.identity, public.keys)
    assert codes(examined(members, tmp_path)) == ["P133"]
    assert codes(examined(members, tmp_path, union)) == ["I132", "P133"]


def test_a_whole_forgery_is_found_with_the_unions_keys(union: Office, tmp_path: Path) -> None:
    union.issue()
    members = signed(office(tmp_path, "冒名").file())
    assert codes(examined(members, tmp_path)) == []
    found = examined(members, tmp_path, union)
    assert (codes(found), found.signed) == (["I133"], False)


def test_a_package_of_a_superseded_identity_is_refused(union: Office, tmp_path: Path) -> None:
    members = signed(union.file())
    union.issue()
    found = examined(members, tmp_path, union)
    assert (codes(found), found.signed) == (["I134"], False)


def test_an_identity_of_the_same_unit_but_another_key_does_not_fit(
    union: Office, tmp_path: Path
) -> None:
    first = signed(union.file())
    (union.keys / ledger.NAME).unlink()
    second = signed(union.file())
    mixed = first | {IDENTITY: second[IDENTITY]}
    assert codes(examined(mixed, tmp_path)) == ["P132"]


def test_another_units_identity_does_not_fit(union: Office, tmp_path: Path) -> None:
    mixed = signed(union.file()) | {IDENTITY: held(union.file(OTHER)).document}
    assert codes(examined(mixed, tmp_path, union)) == ["P126", "P132"]


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (1_767_542_399, ["I122"]),  # 2026-01-04 23:59:59 in China
        (1_767_542_400, []),
        (1_798_732_799, []),  # 2026-12-31 23:59:59 in China
        (1_798_732_800, ["I121"]),
    ],
)
def test_the_day_on_which_it_was_made_has_to_be_a_good_one(
    created: int, expected: list[str], union: Office, tmp_path: Path
) -> None:
    found = examined(signed(union.file(), created), tmp_path, union)
    assert codes(found) == expected
    assert found.signed == (expected != ["I121"])


def test_every_flipped_byte_of_a_signed_package_is_noticed(union: Office, tmp_path: Path) -> None:
    """Members are flipped and zipped again, so that no checksum of the zip helps."""
    members = signed(union.file())
    sound = examined(members, tmp_path, union)
    known = identity.union_of(union.keys)
    for name, data in members.items():
        step = max(1, len(data) // 60)
        for position in range(0, len(data), step):
            flipped = bytearray(data)
            flipped[position] ^= 1
            path = zipped(members | {name: bytes(flipped)}, tmp_path)
            found = package.examine(path, FORM, union=known)
            if not any(i.level is Level.ERROR for i in found.submission.issues):
                assert name == IDENTITY  # white space between elements
                assert found.submission == sound.submission


def test_a_descriptor_cannot_promise_more_than_is_signed(union: Office, tmp_path: Path) -> None:
    """The bytes that were verified are the bytes that are read, whatever the zip holds."""
    members = signed(union.file())
    other = described(members) | {"unit": {"code": "X", "name": "别的单位"}}
    twice = members | {"datapackage.json.bak": descriptor.to_bytes(other)}
    found = examined(twice, tmp_path, union)
    assert codes(found) == ["P108"]
    assert found.submission.stamp.unit_code == "130102-0001"


def test_every_new_finding_can_be_put_into_words(union: Office, tmp_path: Path) -> None:
    members = signed(union.file())
    members.pop(SIGNATURE)
    (issue,) = examined(members, tmp_path).submission.issues
    sentence = catalogue.sentence(issue, FORM)
    assert "示例机械" in sentence
    assert "…" not in sentence
