"""With the union's keys: sealed packages are opened, signed times decide, receipts are signed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from converter import package
from converter.identity import keys
from converter.model.submissions import Unit
from converter.register import Snapshot, cross_unit_checks, receipts
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.identity.unions import Office, held, office
from tests.sheets import FORM
from tests.usecases.receive.collection import (
    CREATED,
    SUPERIOR,
    Inbox,
    name_of,
    packed,
    records,
    zipped,
)
from tests.usecases.receive.conftest import plan

UNIT = Unit("130102-0001", name_of(1), SUPERIOR, "130102")


@pytest.fixture
def union(tmp_path: Path) -> Office:
    return office(tmp_path)


def sent(file: Path, created: int, *, recipient: str = "", **changed: str) -> bytes:
    """A signed package of unit 1, sealed for a recipient."""
    unit = held(file)
    assert unit.signer is not None
    of = records(1, None, **changed)
    members = package.build(of, FORM, unit.document, created, recipient=recipient)
    signature = unit.signer.sign(dict(members)[FORM.package.descriptor])
    return zipped([*members, (FORM.package.signature, signature)])


def rows(store: Path) -> list[tuple[object, ...]]:
    with Snapshot(store) as found:
        return found.query(
            "SELECT file, result, state, ordered_by, signed, sealed FROM submissions ORDER BY id"
        )


def test_an_older_one_that_arrives_late_is_set_aside(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    file = union.file(UNIT)
    box = Inbox(tmp_path / "in")
    box.put("新.zip", sent(file, CREATED + 100, staff="20"))
    box.put("旧.zip", sent(file, CREATED, staff="30"))
    done = receive(box.folder, tmp_path / "S", plan(None, union.keys), worker)
    assert rows(tmp_path / "S") == [
        ("新.zip", "accepted", "current", "signature", True, False),
        ("旧.zip", "accepted", "older", "signature", True, False),
    ]
    assert cross_unit_checks.count(done.findings) == {"C110": 1}


def test_without_keys_no_signature_orders_anything(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    file = union.file(UNIT)
    box = Inbox(tmp_path / "in")
    box.put("新.zip", sent(file, CREATED + 100, staff="20"))
    box.put("旧.zip", sent(file, CREATED, staff="30"))
    receive(box.folder, tmp_path / "S", plan(None), worker)
    assert [row[2:5] for row in rows(tmp_path / "S")] == [
        ("superseded", "arrival", False),
        ("current", "arrival", False),
    ]


def test_sealed_plain_and_unsigned_of_the_same_tables_are_identical(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    file = union.file(UNIT)
    recipient = keys.public(union.keys).sealing
    box = Inbox(tmp_path / "in")
    box.put("无签名.zip", packed(records(1)))
    box.put("签名.zip", sent(file, CREATED))
    box.put("密封.zip", sent(file, CREATED + 60, recipient=recipient))
    done = receive(box.folder, tmp_path / "S", plan(None, union.keys), worker)
    assert done.states == {"current": 1, "identical": 2}
    assert [row[5] for row in rows(tmp_path / "S")] == [False, False, True]
    with Snapshot(tmp_path / "S") as found:
        assert found.query("SELECT code FROM units") == [("130102-0001",)]
        assert found.query("SELECT count(*) FROM members") == [(4,)]


def test_an_unsigned_one_never_takes_the_place_of_a_signed_one(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    box = Inbox(tmp_path / "in")
    box.put("签名.zip", sent(union.file(UNIT), CREATED))
    box.put("无签名.zip", packed(records(1, staff="30")))
    done = receive(box.folder, tmp_path / "S", plan(None, union.keys), worker)
    assert done.states == {"current": 1, "held": 1}
    (issue,) = done.findings
    assert (issue.code, issue.place.file, issue.params["other"]) == (
        "C111", "无签名.zip", "签名.zip",
    )  # fmt: skip


def test_a_signature_of_another_union_is_refused(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    other = office(tmp_path, "邻县")
    box = Inbox(tmp_path / "in")
    box.put("冒名.zip", sent(other.file(UNIT), CREATED))
    done = receive(box.folder, tmp_path / "S", plan(tmp_path / "R", union.keys), worker)
    assert done.results == {"rejected": 1}


def test_receipts_are_signed_and_a_changed_one_is_found_out(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    box = Inbox(tmp_path / "in")
    box.put("a.zip", packed(records(1)))
    receive(box.folder, tmp_path / "S", plan(tmp_path / "R", union.keys), worker)
    reported = receipts.read(tmp_path / "R" / "回执-a.zip.json")
    assert reported is not None
    public = keys.public(union.keys).signing
    assert receipts.verify(reported, public)
    assert not receipts.verify(reported | {"members": 400}, public)
    assert not receipts.verify(reported | {"extra": 1}, public)
    assert not receipts.verify(reported, keys.public(office(tmp_path, "邻县").keys).signing)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"format": "other"}', b"{" * 100_000, b"\xff\xfe"])
def test_what_is_no_receipt_is_none(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(data)
    assert receipts.read(tmp_path / "x.json") is None


def test_no_secret_reaches_register_or_replies(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    file = union.file(UNIT)
    secret = file.read_text("utf-8").partition('<secret algorithm="Ed25519">')[2].partition("<")[0]
    assert len(secret) == 44
    box = Inbox(tmp_path / "in")
    box.put("a.zip", sent(file, CREATED))
    box.put("标识.xml", file.read_bytes())  # sent by mistake
    receive(box.folder, tmp_path / "S", plan(tmp_path / "R", union.keys), worker)
    written = [p for f in ("S", "R") for p in (tmp_path / f).rglob("*") if p.is_file()]
    assert len(written) > 5
    assert not [p for p in written if secret.encode() in p.read_bytes()]
    reported = json.loads((tmp_path / "R" / "回执-标识.xml.json").read_text("utf-8"))
    assert reported["result"] == "rejected"


def test_a_receipt_can_be_verified_by_its_description_alone(tmp_path: Path) -> None:
    made = {"b": 1, "a": {"中": "文", "x": [1, None]}, "signature": "…"}
    assert receipts.canonical(made) == '{"a":{"x":[1,null],"中":"文"},"b":1}'.encode()
    assert receipts.canonical(replace_key(made)) == receipts.canonical(made)


def replace_key(made: dict[str, object]) -> dict[str, object]:
    return dict(reversed(list((made | {"signature": "other"}).items())))


def test_the_superior_union_may_be_issued_anew(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    """A superseded identity file is refused: the ledger knows."""
    old = union.file(UNIT).read_bytes()
    (tmp_path / "old.xml").write_bytes(old)
    union.issue(replace(UNIT, contact="王示例"))
    box = Inbox(tmp_path / "in")
    box.put("a.zip", sent(tmp_path / "old.xml", CREATED))
    done = receive(box.folder, tmp_path / "S", plan(None, union.keys), worker)
    assert done.results == {"rejected": 1}
