"""Issuing: a file a unit, a ledger that knows every one of them, passwords for handing out."""

from __future__ import annotations

import csv
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from converter import identity
from converter.files import writing
from converter.identity import issuing, keys, ledger, passwords
from converter.messages import errors
from converter.model.errors import LedgerBusy, LedgerError
from converter.model.submissions import Unit
from tests.identity.unions import OTHER, TODAY, UNIT, Office, held


def test_every_unit_gets_a_file_that_verifies(union: Office) -> None:
    done = union.issue(UNIT, OTHER)
    known = identity.union_of(union.keys)
    for path, unit in zip(done.files, (UNIT, OTHER), strict=True):
        public, issues = identity.read(path, TODAY, known)
        assert issues == []
        assert public is not None
        holder = public.identity
        assert (holder.unit_code, holder.unit_name, holder.serial) == (unit.code, unit.name, 1)
        assert (holder.superior_code, holder.superior_name) == ("130102", "示例县总工会")
        assert (holder.issued, holder.valid_until, holder.period) == (
            "2026-01-05", "2026-12-31", "2026",
        )  # fmt: skip
        assert held(path).signer is not None


def test_the_file_has_the_unions_keys_and_a_key_of_its_own(union: Office) -> None:
    public = keys.public(union.keys)
    found = [held(path).public.keys for path in union.issue(UNIT, OTHER).files]
    assert {(k.union_signing, k.union_sealing) for k in found} == {(public.signing, public.sealing)}
    assert found[0].unit_signing != found[1].unit_signing


def test_issuing_again_supersedes_by_serial_and_leaves_others_alone(union: Office) -> None:
    union.issue(UNIT, OTHER)
    again = union.issue(UNIT)
    assert again.again == 1
    entries = ledger.read(union.keys)
    assert entries is not None
    assert [(e.unit_code, e.serial, e.status) for e in entries] == [
        (UNIT.code, 1, "superseded"),
        (OTHER.code, 1, "current"),
        (UNIT.code, 2, "current"),
    ]
    assert held(again.files[0]).public.identity.digest == entries[2].digest


@pytest.mark.posix("Windows has no such modes")
def test_files_with_secrets_are_their_owners_alone(union: Office) -> None:
    done = union.issue()
    for path in (*done.files, done.passwords):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_passwords_are_random_and_no_list_is_written_over(union: Office) -> None:
    first, second = union.issue(UNIT, OTHER), union.issue(UNIT, OTHER)
    assert first.passwords != second.passwords
    seen = []
    for done in (first, second):
        text = done.passwords.read_text(encoding="utf-8-sig")
        header, *rows = csv.reader(text.splitlines())
        assert header[-1] == "领取口令"
        assert [row[:4] for row in rows] == [
            [unit.code, unit.name, unit.contact, path.name]
            for unit, path in zip((UNIT, OTHER), done.files, strict=True)
        ]
        seen += [row[4] for row in rows]
    assert len(set(seen)) == 4
    assert all(len(p) == 14 and set(p) <= {*passwords.ALPHABET, "-"} for p in seen)


def test_a_password_is_nothing_of_the_units_name(union: Office) -> None:
    (path,) = union.issue().files
    assert union.issue().passwords.read_text("utf-8-sig").split(",")[-1].strip() not in (
        path.read_text("utf-8")
    )


@pytest.mark.parametrize("at", ["write", "_write_passwords", "ledger"])
def test_what_fails_half_way_leaves_nothing_behind(
    at: str, union: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    union.issue(UNIT)
    files = {p.name: p.read_bytes() for p in union.files.iterdir()}
    before = (union.keys / ledger.NAME).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "disk full")

    target = (
        (ledger, "write")
        if at == "ledger"
        else (issuing, at.replace("write", "_write", 1) if at == "write" else at)
    )
    monkeypatch.setattr(*target, full)
    with pytest.raises(OSError, match="disk full"):
        union.issue(UNIT, OTHER)
    assert {p.name: p.read_bytes() for p in union.files.iterdir()} == files
    assert (union.keys / ledger.NAME).read_bytes() == before


def test_what_a_killed_process_left_is_removed_and_its_serials_are_not_given_again(
    union: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    named = writing.write_beside

    def killed(path: Path, write: Callable[[Path], object]) -> Path:
        """At the moment when the first identity file gets its name."""
        if path.suffix != ".xml":
            return named(path, write)
        raise Killed

    monkeypatch.setattr(writing, "write_beside", killed)
    with pytest.raises(Killed):
        union.issue()
    monkeypatch.undo()
    (stray,) = (p for p in union.files.iterdir() if p.is_dir())
    assert len(list(stray.iterdir())) == 1
    path = union.file()
    assert held(path).public.identity.serial == 2
    assert not any(p.is_dir() for p in union.files.iterdir())


def test_two_at_once_do_not_give_out_one_serial(union: Office) -> None:
    with ledger.locked(union.keys), pytest.raises(LedgerBusy) as caught:
        union.issue()
    assert str(union.keys) in errors.text(caught.value)
    assert union.issue().again == 0  # the lock is gone with its holder


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda t: t.replace("2026-01-05", "2026/1/5", 1), 2),
        (lambda t: t.replace("130102-0001", "1.30102E+11 x", 1), 2),
        (lambda t: t.replace(",1,", ",0,", 1), 2),
        (lambda t: t.replace("sha256:", "", 1), 2),
        (lambda t: t.replace("current", "fine", 1), 2),
        (lambda t: t.replace("unit_code", "代码", 1), 1),
        (lambda t: t + t.splitlines()[1] + "\r\n", 4),
        (lambda t: t + "x\r\n", 4),
        (lambda t: "", 1),
    ],
)
def test_a_spoilt_ledger_is_refused_at_its_line(change: object, line: int, union: Office) -> None:
    union.issue(UNIT, OTHER)
    path = union.keys / ledger.NAME
    assert callable(change)
    path.write_bytes(change(path.read_bytes().decode()).encode())
    before = path.read_bytes()
    with pytest.raises(LedgerError) as caught:
        union.issue()
    assert caught.value.line == line
    assert str(path) in errors.text(caught.value)
    assert path.read_bytes() == before


def test_a_ledger_in_another_encoding_is_refused(union: Office) -> None:
    union.issue()
    path = union.keys / ledger.NAME
    path.write_bytes(path.read_text("utf-8-sig").encode("gb18030"))
    with pytest.raises(LedgerError):
        identity.union_of(union.keys)


def test_names_that_no_file_can_bear_are_made_harmless(union: Office) -> None:
    unit = Unit("A-1", "示例<厂>/一:二?*|\u202e " + "长" * 100, "示例县总工会")
    (path,) = union.issue(unit).files
    assert path.parent == union.files
    assert path.name.startswith("A-1-示例_厂__一_二____ 长长")
    assert len(path.name) == len("A-1-.xml") + issuing.LONGEST_NAME
    assert held(path).public.identity.unit_name == unit.name


def test_a_union_without_a_code_is_issued_without(union: Office) -> None:
    path = union.file(replace(UNIT, superior_code=""))
    assert b"<superior>" in path.read_bytes()
    assert held(path).public.identity.superior_code == ""


def test_many_units_take_one_ledger_write(union: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[tuple[Any, ...]] = []
    whole = ledger.write

    def counted(*given: Any) -> object:
        writes.append(given)
        return whole(*given)

    monkeypatch.setattr(ledger, "write", counted)
    done = union.issue(*(replace(UNIT, code=f"U{n}") for n in range(40)))
    assert (len(done.files), len(writes)) == (40, 1)
    assert len(list(union.files.iterdir())) == 41
    assert Path(done.files[7]).name.startswith("U7-")


def test_the_day_of_issue_is_the_first_good_day(union: Office) -> None:
    (path,) = union.issue(issued=date(2026, 3, 1)).files
    codes = [i.code for i in identity.read(path, date(2026, 2, 28))[1]]
    assert codes == ["I122"]
    assert identity.read(path, date(2026, 3, 1))[1] == []
