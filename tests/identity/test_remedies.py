"""Remedies about identity files and sealed packages, done by a machine: the unit can sign again,
and its package can be read whole by its upper union.

Those about several levels of unions (I109 to I111, I161 to I167) stand in `test_chain_remedies`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from converter import identity
from converter.identity import ledger, loading, passphrases
from tests.canonical import PEOPLE, records
from tests.identity.unions import ISSUED, OTHER, TODAY, UNIT, UNTIL, Office, office
from tests.package.members import DESCRIPTOR, Members, described
from tests.package.test_sealed import built, opened, refitted

WORD = "示例密码"


@dataclass
class Hands:
    """A unit with its identity file, and the upper union that issued it."""

    union: Office
    path: Path
    sent: bytes  # the file as it was sent
    today: date = TODAY
    passphrase: str = ""
    kept: dict[str, bytes] = field(default_factory=dict)

    def codes(self) -> set[str]:
        """What the upper union says of the file, and the unit when it signs and seals."""
        known = identity.union_of(self.union.keys)
        unit = loading.signing_unit(self.path, self.today, seal=True, passphrase=self.passphrase)
        found = [*identity.read(self.path, self.today, known)[1], *unit.issues]
        return {issue.code for issue in found}

    def can_sign(self) -> bool:
        unit = loading.signing_unit(self.path, self.today, seal=True, passphrase=self.passphrase)
        return unit.sign is not None and unit.seal

    def replace(self, old: str, new: str) -> None:
        text = self.path.read_text("utf-8")
        assert old in text
        self.path.write_text(text.replace(old, new, 1), "utf-8")


Act = Callable[[Hands], object]


def content(data: bytes) -> Act:
    return lambda hands: hands.path.write_bytes(data)


def altered(old: str, new: str) -> Act:
    return lambda hands: hands.replace(old, new)


def without(element: str) -> Act:
    def act(hands: Hands) -> None:
        lines = hands.path.read_text("utf-8").splitlines(keepends=True)
        hands.path.write_text("".join(one for one in lines if f"<{element} " not in one), "utf-8")

    return act


def original(hands: Hands) -> None:
    """The file as the upper union sent it."""
    hands.path.write_bytes(hands.sent)


def issued_anew(hands: Hands) -> None:
    """The upper union issues the unit another file."""
    until = UNTIL.replace(year=max(UNTIL.year, hands.today.year))
    (path,) = hands.union.issue(UNIT, issued=min(hands.today, ISSUED), until=until).files
    hands.path.write_bytes(path.read_bytes())


def on(day: date) -> Act:
    return lambda hands: setattr(hands, "today", day)


def knowing(passphrase: str) -> Act:
    return lambda hands: setattr(hands, "passphrase", passphrase)


def locked(hands: Hands) -> None:
    passphrases.change(hands.path, "", WORD)


def both(*acts: Act) -> Act:
    def act(hands: Hands) -> None:
        for one in acts:
            one(hands)

    return act


def superseded(hands: Hands) -> None:
    """The unit goes on with the file that was sent first."""
    hands.kept["newest"] = hands.union.file().read_bytes()
    original(hands)


def handed_newest(hands: Hands) -> None:
    hands.path.write_bytes(hands.kept["newest"])


def older_ledger(hands: Hands) -> None:
    """The union's ledger was put back from before the file was issued."""
    path = hands.union.keys / ledger.NAME
    hands.kept["ledger"] = path.read_bytes()
    path.unlink()
    hands.union.issue(OTHER)


def newest_ledger(hands: Hands) -> None:
    (hands.union.keys / ledger.NAME).write_bytes(hands.kept["ledger"])


def same_serial(hands: Hands) -> None:
    (hands.union.keys / ledger.NAME).unlink()
    hands.union.issue(UNIT)
    original(hands)


def neighbours(hands: Hands) -> None:
    """The unit took the file that another union had issued to it."""
    hands.path.write_bytes(office(hands.union.keys.parent.parent, "邻县").file().read_bytes())


def public_only(hands: Hands) -> None:
    hands.path.write_bytes(identity.public_document(hands.path))


def other_secret(hands: Hands) -> None:
    text = hands.path.read_text("utf-8")
    hands.path.write_text(re.sub("(<secret[^>]*>)[^<]*", r"\1c2hvcnQ=", text), "utf-8")


REMEDIES: dict[str, tuple[Act, Act]] = {
    "I101": (lambda hands: hands.path.unlink(), original),
    "I102": (content(b"x" * 70_000), original),
    "I103": (content(b"no xml"), original),
    "I104": (content(b'<!DOCTYPE identity [<!ENTITY a "a">]><identity>&a;</identity>'), original),
    "I105": (content(b"<html/>"), original),
    "I106": (altered("<serial>1</serial>", ""), original),
    "I107": (altered("2026-12-31", "2026-13-31"), original),
    "I108": (altered("<serial>1<", "<serial>0<"), original),
    "I121": (on(date(2027, 1, 1)), issued_anew),
    "I121-clock": (on(date(2027, 1, 1)), on(TODAY)),
    "I122": (on(date(2026, 1, 4)), on(TODAY)),
    "I131": (altered("示例机械", "示例纺织"), original),
    "I131-lost": (altered("示例机械", "示例纺织"), issued_anew),
    "I132": (without("signature"), original),
    "I133": (neighbours, issued_anew),
    "I134": (superseded, handed_newest),
    "I135": (older_ledger, newest_ledger),
    "I135-lost": (older_ledger, issued_anew),
    "I136": (same_serial, issued_anew),
    "I141": (other_secret, original),
    "I142": (public_only, original),
    "I143": (locked, knowing(WORD)),
    "I144": (both(locked, knowing("别的密码")), knowing(WORD)),
    "I144-forgotten": (both(locked, knowing("别的密码")), both(issued_anew, knowing(""))),
    "I151": (without("union-sealing"), issued_anew),
}


@pytest.fixture
def hands(tmp_path: Path) -> Hands:
    union = office(tmp_path)
    sent = union.file().read_bytes()
    path = tmp_path / "标识.xml"
    path.write_bytes(sent)
    return Hands(union, path, sent)


@pytest.mark.parametrize("name", REMEDIES)
def test_what_the_remedy_says_lets_the_unit_sign_again(name: str, hands: Hands) -> None:
    fault, remedy = REMEDIES[name]
    fault(hands)
    assert name.partition("-")[0] in hands.codes()
    remedy(hands)
    assert hands.codes() == set()
    assert hands.can_sign()


def mixed(union: Office, members: Members) -> Members:
    """One table sealed, the other not."""
    plain, found = built(union, records(), seal=False), described(members)
    members.pop("members.csv.age")
    found["resources"][1]["path"] = "members.csv"
    members["members.csv"] = plain["members.csv"]
    return refitted(members, resources=found["resources"])


SIGNATURE = "signature"
SEALED: dict[str, Callable[[Office, Members], Members]] = {
    "P131": lambda _, members: members | {SIGNATURE: b"x"},
    "P132": lambda _, members: members | {DESCRIPTOR: members[DESCRIPTOR] + b" "},
    "P134": lambda _, members: {k: v for k, v in members.items() if k != SIGNATURE},
    "P142": lambda union, _: refitted(built(office(union.keys.parent.parent, "邻县"), records())),
    "P143": mixed,
}


@pytest.mark.parametrize("code", SEALED)
def test_a_sealed_package_made_anew_is_read_whole(code: str, tmp_path: Path) -> None:
    union = office(tmp_path)
    spoiled = SEALED[code](union, built(union, records()))
    assert code in {i.code for i in opened(spoiled, tmp_path, union).submission.issues}
    found = opened(built(union, records()), tmp_path, union)  # of the same form, as it says
    assert found.submission.issues == ()
    assert found.submission.count("member") == len(PEOPLE)
