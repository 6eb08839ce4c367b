"""Sealed packages: for the upper union's eyes, whole or not at all."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import frictionless
import pytest

from converter import identity, package
from converter.identity import keys
from converter.model.submissions import Records
from converter.validation import checking
from tests.canonical import CREATED, FORM, PEOPLE, records
from tests.identity.unions import Office, held, office
from tests.package.members import DESCRIPTOR, REASONS, Members, as_records, described, zipped
from tests.tools import needs

TABLES = ("unit.csv", "members.csv")


@pytest.fixture
def union(tmp_path: Path) -> Office:
    return office(tmp_path)


def built(union: Office, of: Records, *, seal: bool = True) -> Members:
    unit = held(union.file())
    recipient = unit.public.keys.union_sealing if seal else ""
    members = dict(package.build(of, FORM, unit.document, CREATED, recipient=recipient))
    assert unit.signer
    return members | {FORM.package.signature: unit.signer.sign(members[DESCRIPTOR])}


def opened(members: Members, folder: Path, union: Office) -> package.Examined:
    path, opener = zipped(members, folder), keys.opener(union.keys)
    return package.examine(path, FORM, union=identity.union_of(union.keys), opener=opener)


def codes(found: package.Examined) -> list[str]:
    return [issue.code for issue in found.submission.issues]


def test_no_table_and_no_reason_is_in_plain_sight(union: Office, tmp_path: Path) -> None:
    members = built(union, records(reasons=REASONS))
    assert list(members) == [
        DESCRIPTOR, "unit.csv.age", "members.csv.age", "reasons.json.age", "identity.xml", "signature",
    ]  # fmt: skip
    path = zipped(members, tmp_path)
    with zipfile.ZipFile(path) as archive:
        everything = path.read_bytes() + b"".join(map(archive.read, archive.namelist()))
    for text in (PEOPLE[0][0], PEOPLE[0][1], "0311-85551234", "借调", "补录"):
        assert text.encode() not in everything


def test_counts_digest_and_unit_stay_visible(union: Office) -> None:
    plain, sealed = (described(built(union, records(), seal=s)) for s in (False, True))
    for key in ("counts", "digest", "unit", "superior", "period", "created", "form"):
        assert sealed[key] == plain[key]
    assert [(r["path"], r["format"], "schema" in r) for r in sealed["resources"]] == [
        ("unit.csv.age", "age", False),
        ("members.csv.age", "age", False),
    ]


def test_opened_it_is_what_was_sealed(union: Office, tmp_path: Path) -> None:
    of = records(reasons=REASONS)
    found = opened(built(union, of), tmp_path, union)
    assert (codes(found), found.signed, found.sealed) == ([], True, True)
    again = as_records(found.submission, of)
    assert (again.record, again.tables["member"], again.reasons) == (
        of.record,
        of.tables["member"],
        of.reasons,
    )
    definition = FORM
    (checked,) = checking.check([found.submission], definition, date(2026, 3, 1))
    assert checked.outcome.status == "ok"


def test_without_the_key_it_is_a_warning_with_the_count(union: Office, tmp_path: Path) -> None:
    found = package.examine(zipped(built(union, records()), tmp_path), FORM)
    (issue,) = found.submission.issues
    assert (issue.code, issue.level, issue.params["count"]) == ("P141", "warning", 4)
    assert (found.signed, found.sealed) == (True, True)
    assert found.submission.sheets == {}


def test_sealed_bytes_differ_each_time_and_the_digest_does_not(union: Office) -> None:
    one, other = built(union, records()), built(union, records())
    assert one["members.csv.age"] != other["members.csv.age"]
    assert described(one)["digest"] == described(other)["digest"]


@needs("age")
def test_the_age_program_opens_the_tables(union: Office, tmp_path: Path) -> None:
    sealed, plain = built(union, records()), built(union, records(), seal=False)
    for name in TABLES:
        command = ["age", "-d", "-i", str(union.keys / keys.SEALING)]
        done = subprocess.run(command, input=sealed[f"{name}.age"], capture_output=True, check=True)
        assert done.stdout == plain[name]


def test_frictionless_checks_what_it_can_see(union: Office, tmp_path: Path) -> None:
    members = built(union, records())
    report = frictionless.validate(str(zipped(members, tmp_path)))
    assert report.valid, report.flatten(["type", "note"])


def refitted(members: Members, **changes: Any) -> Members:
    """A descriptor that fits the sealed files as they are: by somebody who forges whole packages."""
    from converter.package import descriptor

    found = described(members) | changes
    for resource in found["resources"]:
        data = members.get(resource["path"], b"")
        resource |= {"bytes": len(data), "hash": descriptor.hash_of(data)}
    unsigned = {n: d for n, d in members.items() if n not in ("signature", "identity.xml")}
    return unsigned | {DESCRIPTOR: descriptor.to_bytes(found)}


def sealed_with(name: str, data: bytes) -> Callable[[Members, str], Members]:
    return lambda members, recipient: members | {f"{name}.age": keys.seal(data, recipient)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda m, r: m, []),
        (lambda m, r: m | {"members.csv.age": m["members.csv.age"][:-1]}, ["P142"]),
        (lambda m, r: m | {"members.csv.age": b"name\r\n"}, ["P142"]),
        (lambda m, r: m | {"members.csv.age": m["unit.csv.age"]}, ["P116", "P118"]),
        (sealed_with("members.csv", b"\xff"), ["P116", "P117"]),
        (sealed_with("reasons.json", b"{"), ["P115"]),
        (sealed_with("reasons.json", b"[1]"), ["P115"]),
        (sealed_with("reasons.json", b'[{"field": "member", "row": 99, "reason": "x"}]'), ["P115"]),
    ],
)
def test_what_was_forged_inside_is_told(
    change: Callable[[Members, str], Members], expected: list[str], union: Office, tmp_path: Path
) -> None:
    members = built(union, records(reasons=REASONS))
    members = refitted(change(members, keys.public(union.keys).sealing))
    assert codes(opened(members, tmp_path, union)) == expected


def test_a_package_sealed_for_another_union_does_not_open(union: Office, tmp_path: Path) -> None:
    members = built(office(tmp_path, "邻县"), records())
    found = opened(refitted(members), tmp_path, union)
    assert codes(found) == ["P142", "P142"]
    assert found.submission.sheets == {}


def test_a_plain_table_beside_sealed_ones_is_refused(union: Office, tmp_path: Path) -> None:
    members, plain = built(union, records()), built(union, records(), seal=False)
    members.pop("members.csv.age")
    found = described(members)
    found["resources"][1]["path"] = "members.csv"
    members["members.csv"] = plain["members.csv"]
    mixed = refitted(members, resources=found["resources"])
    assert "P143" in codes(opened(mixed, tmp_path, union))
    assert "member" not in opened(mixed, tmp_path, union).submission.sheets


def test_sealed_files_that_were_damaged_are_told_without_the_key(
    union: Office, tmp_path: Path
) -> None:
    members = built(union, records()) | {"unit.csv.age": b"x"}
    assert [i.code for i in package.read(zipped(members, tmp_path), FORM).issues] == [
        "P116",
        "P141",
    ]


def test_nothing_is_sealed_for_what_is_no_key() -> None:
    with pytest.raises(ValueError, match="no age recipient"):
        package.build(records(), FORM, None, CREATED, recipient="age1x")
