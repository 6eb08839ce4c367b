"""With the union's keys: sealed packages are opened, signed times decide, receipts are signed."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from converter import package
from converter.identity import keys, ledger
from converter.model.submissions import Unit
from converter.register import Register, Snapshot, cross_unit_checks, receipts
from converter.register.deciding import Order
from converter.usecases import deciding
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
from tests.usecases.receive.conftest import NOW, plan

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


@pytest.mark.parametrize("ahead", [0, 86_400 * 30])
def test_a_signed_report_in_another_zip_is_the_same_report(
    ahead: int, union: Office, tmp_path: Path, worker: Worker
) -> None:
    """It was superseded, by one of the same second or after a clock that was ahead was set."""
    file, box = union.file(UNIT), Inbox(tmp_path / "in")
    first = sent(file, CREATED + 10 * 86_400 + ahead, staff="20")
    box.put("一.zip", first)
    receive(box.folder, tmp_path / "S", plan(None, union.keys), worker)
    later = replace(plan(None, union.keys), now=NOW + 86_400)
    box.put("二.zip", sent(file, CREATED + 10 * 86_400 + bool(ahead) * 3600, staff="30"))
    done = receive(box.folder, tmp_path / "S", later, worker)
    assert cross_unit_checks.count(done.findings) == ({} if ahead else {"C102": 1})
    with zipfile.ZipFile(BytesIO(first)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    box.put("又一.zip", zipped(members[::-1]))
    receive(box.folder, tmp_path / "S", replace(later, now=NOW + 2 * 86_400), worker)
    assert [row[2] for row in rows(tmp_path / "S")] == ["superseded", "current", "identical"]


def test_without_keys_no_signature_orders_anything(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    file = union.file(UNIT)
    box = Inbox(tmp_path / "in")
    box.put("新.zip", sent(file, CREATED + 100, staff="20"))
    box.put("旧.zip", sent(file, CREATED, staff="30"))
    receive(box.folder, tmp_path / "S", plan(None), worker)
    assert [row[2:5] for row in rows(tmp_path / "S")] == [
        ("superseded", "arrival", True),
        ("unconfirmed", "arrival", True),
    ]


def test_what_came_signed_without_keys_is_unconfirmed_until_a_run_has_them(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    file, stranger = union.file(UNIT), office(tmp_path, "邻").file(UNIT)
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("新.zip", sent(file, CREATED + 100, staff="20"))
    box.put("一批.zip", zipped([("旧.zip", sent(file, CREATED, staff="30"))]))
    box.put("无签名.zip", packed(records(1, staff="40")))
    box.put("别家.zip", sent(stranger, CREATED + 200, staff="50"))
    done = receive(box.folder, store, plan(None), worker)
    assert done.states == {"superseded": 3, "unconfirmed": 1}
    assert cross_unit_checks.count(done.findings)["C118"] == 1
    assert receive(box.folder, store, plan(None), worker).fresh == 0
    done = receive(box.folder, store, plan(tmp_path / "R", union.keys), worker)
    assert (done.fresh, [one.file for one in done.refused]) == (3, ["别家.zip"])
    with Snapshot(store) as found:
        assert found.query("SELECT file, state FROM submissions ORDER BY id") == [
            ("新.zip", "current"),
            ("一批.zip/旧.zip", "older"),
            ("无签名.zip", "held"),
            ("别家.zip", "rejected"),
        ]
        assert found.query("SELECT staff, count(*) FROM answers GROUP BY ALL") == [("20", 1)]
        assert found.query("SELECT count(*) FROM members") == [(4,)]
    with Register(store, FORM) as register:  # nothing of the first look is left
        assert register.query("SELECT count(*) FROM answers") == [(3,)]
        assert register.query("SELECT count(*) FROM members") == [(12,)]
    assert receive(box.folder, store, plan(tmp_path / "R", union.keys), worker).fresh == 0


def test_what_an_officer_let_in_counts_over_what_is_verified_later(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    """The signed one had come before she decided, though no key was at hand."""
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("签名.zip", sent(union.file(UNIT), CREATED))
    box.put("无签名.zip", packed(records(1, staff="40")))
    receive(box.folder, store, plan(None), worker)
    deciding.decide(store, FORM, Order("accept", "无签名.zip"), NOW)
    receive(box.folder, store, plan(None, union.keys), worker)
    assert [row[2] for row in rows(store)] == ["superseded", "current"]


def test_a_serial_that_the_ledger_does_not_list_takes_nobodys_place(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    """Made with a stolen signing key; or the ledger was lost, and is restored later."""
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("真.zip", sent(union.file(UNIT), CREATED))
    listed = ledger.read(union.keys)
    assert listed is not None
    box.put("新标识.zip", sent(union.file(UNIT), CREATED + 60, staff="40"))
    everything = ledger.read(union.keys)
    assert everything is not None
    ledger.write(union.keys, listed)
    receive(box.folder, store, plan(None, union.keys), worker)
    assert [row[2] for row in rows(store)] == ["current", "held"]
    ledger.write(union.keys, everything)
    box.put("再一份.zip", sent(union.file(UNIT), CREATED + 90, staff="50"))
    receive(box.folder, store, plan(None, union.keys), worker)
    assert [row[2] for row in rows(store)] == ["superseded", "rejected", "current"]


def test_signed_only_judges_what_counts_already(
    union: Office, tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    union.issue(UNIT)
    box.put("1.zip", packed(records(1)))
    box.put("2.zip", packed(records(2)))
    box.put("3.zip", packed(records(3)))
    receive(box.folder, store, plan(None, union.keys), worker)
    deciding.decide(store, FORM, Order("accept", "3.zip"), NOW)
    strict = replace(plan(None, union.keys), signed_only=True)
    done = receive(box.folder, store, strict, worker)
    assert [row[2] for row in rows(store)] == ["held", "held", "current"]
    assert {i.place.file for i in done.findings if i.code == "C114"} == {"1.zip", "2.zip"}
    deciding.decide(store, FORM, Order("accept", "1.zip"), NOW)
    receive(box.folder, store, plan(None, union.keys), worker)  # without it nothing slips in
    assert [row[2] for row in rows(store)] == ["current", "held", "current"]


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
