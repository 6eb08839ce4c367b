"""Passwords for fetching identity files: kept as hashes, known however they are typed."""

from __future__ import annotations

import csv
import os
import stat
from pathlib import Path

import pytest

from converter.identity import issuing, ledger, passwords
from converter.identity.issuing import Issued
from converter.model.errors import UsageError
from converter.usecases.identities import chosen, new_password
from tests.commands import run
from tests.identity.unions import OTHER, UNIT, Office


def reported(done: Issued) -> dict[str, str]:
    """What the list for handing out says, by unit."""
    rows = csv.reader(done.passwords.read_text("utf-8-sig").splitlines())
    return {row[0]: row[4] for row in list(rows)[1:]}


def test_what_was_handed_out_opens_and_nothing_else_does(union: Office) -> None:
    params = reported(union.issue(UNIT, OTHER))
    lines = passwords.read(union.keys)
    assert set(lines) == {(UNIT.code, 1), (OTHER.code, 1)}
    assert passwords.matches(params[UNIT.code], lines[UNIT.code, 1])
    assert passwords.matches(params[UNIT.code].lower().replace("-", " "), lines[UNIT.code, 1])
    assert not passwords.matches(params[OTHER.code], lines[UNIT.code, 1])
    assert not passwords.matches("", lines[UNIT.code, 1])


def test_the_file_tells_no_password_and_is_its_owners_alone(union: Office) -> None:
    params = reported(union.issue(UNIT, OTHER))
    path = union.keys / passwords.NAME
    text = path.read_text("utf-8")
    assert not any(w in text or passwords.typed(w) in text for w in params.values())
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_issuing_again_replaces_the_password_of_those_units_alone(union: Office) -> None:
    first = reported(union.issue(UNIT, OTHER))
    second = reported(union.issue(UNIT))
    third = reported(union.issue(UNIT))
    lines = passwords.read(union.keys)
    # Of the file before there is a line still: it counts until the ledger says otherwise.
    assert set(lines) == {(UNIT.code, 2), (UNIT.code, 3), (OTHER.code, 1)}
    assert passwords.matches(third[UNIT.code], lines[UNIT.code, 3])
    assert not passwords.matches(second[UNIT.code], lines[UNIT.code, 3])
    assert passwords.matches(first[OTHER.code], lines[OTHER.code, 1])


def test_when_issuing_fails_the_password_that_counts_still_opens(
    union: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = reported(union.issue(UNIT))

    def full(*_: object) -> None:
        raise OSError(28, "disk full")

    monkeypatch.setattr(ledger, "write", full)
    with pytest.raises(OSError, match="disk full"):
        union.issue(UNIT)
    (current,) = ledger.latest(ledger.read(union.keys) or []).values()
    line = passwords.read(union.keys)[UNIT.code, current.serial]
    assert passwords.matches(first[UNIT.code], line)


def test_a_new_password_for_one_unit(union: Office) -> None:
    first = reported(union.issue(UNIT, OTHER))
    made = issuing.new_password(union.keys, UNIT.code)
    lines = passwords.read(union.keys)
    assert passwords.matches(made, lines[UNIT.code, 1])
    assert not passwords.matches(first[UNIT.code], lines[UNIT.code, 1])
    assert passwords.matches(first[OTHER.code], lines[OTHER.code, 1])
    with pytest.raises(UsageError, match="130102-9999"):
        new_password(union.keys, "130102-9999")


def test_the_command_shows_a_new_password_once(union: Office) -> None:
    union.issue(UNIT)
    done = run("identity", "password", UNIT.code, "--keys", union.keys)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.strip().rpartition("：")[2]
    assert passwords.matches(shown, passwords.read(union.keys)[UNIT.code, 1])
    assert run("identity", "password", "nobody", "--keys", union.keys).returncode == 2


def test_only_the_units_that_were_named_are_issued_to() -> None:
    assert chosen([UNIT, OTHER], [OTHER.code]) == [OTHER]
    assert chosen([UNIT, OTHER], []) == [UNIT, OTHER]
    with pytest.raises(UsageError, match="nobody"):
        chosen([UNIT, OTHER], ["nobody"])


@pytest.mark.parametrize(
    "line",
    ["", "scrypt", "scrypt$16$8$1$a$b", "bcrypt$16$8$1$QQ==$QQ==", "scrypt$x$8$1$QQ==$QQ==",
     "scrypt$1073741824$8$1$QQ==$QQ==", "scrypt$15$8$1$QQ==$QQ=="],
)  # fmt: skip
def test_a_spoilt_line_opens_nothing(line: str) -> None:
    assert not passwords.matches("", line)
    assert not passwords.matches("A", line)


def test_a_spoilt_file_loses_only_its_spoilt_lines(tmp_path: Path) -> None:
    good = passwords.hashed("A", n=16)
    text = f"unit_code,serial,hash\r\na,1,{good}\r\nb,x,{good}\r\nc,2\r\nd,3,plain\r\n"
    (tmp_path / passwords.NAME).write_text(text, "utf-8")
    assert passwords.read(tmp_path) == {("a", 1): good}
    assert passwords.read(tmp_path / "none") == {}
