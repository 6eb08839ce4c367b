"""A collection of many units whose truth is known: what each file must become, what must count.

Each unit follows one of the stories below, which repeat: signed, sealed, in halves, last year's,
strangers, duplicates, and every way of forging that strips, replaces or replays signature, identity,
tables, times and serials. A story writes the files and says what becomes of them, from the words of
docs/register.md; nothing here asks the register.
"""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from io import BytesIO
from pathlib import Path

from converter import package
from converter.identity import keys
from converter.identity.loading import LoadedIdentity
from converter.model.submissions import Unit
from converter.register import RosterEntry
from tests.identity.unions import ISSUED, UNTIL, Office, held, office
from tests.sheets import FORM
from tests.usecases.receive.collection import (
    CREATED,
    SUPERIOR,
    Inbox,
    faulty,
    name_of,
    packed,
    people,
    records,
    workbook,
    zipped,
)
from tests.usecases.receive.test_halves import halves

DESCRIPTOR, SIGNATURE, IDENTITY = FORM.package.descriptor, FORM.package.signature, "identity.xml"


@dataclass
class Sent:
    """What one unit's files must come to."""

    number: int
    code: str
    files: list[tuple[str, bytes]] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    counts: str = ""  # the file that counts
    members: dict[str, int] = field(default_factory=dict)  # file → members in it
    listed: bool = True  # on the roster
    zeros: bool = False  # the roster lost the zeros of its code
    issued: bool = False  # it holds an identity file

    def add(self, name: str, data: bytes, state: str, members: int = 0) -> str:
        file = f"{self.number:03d}/{name}"
        self.files.append((file, data))
        self.states[file] = state
        self.members[file] = members
        if state in ("current", "unconfirmed"):
            self.counts = file
        return file


@dataclass
class Keeper:
    """Makes the files of a unit with the union's help, or without it."""

    union: Office
    neighbour: Office  # another union
    chance: random.Random

    def unit(self, sent: Sent, **changed: str) -> Unit:
        return replace(Unit(sent.code, name_of(sent.number), SUPERIOR, "130102"), **changed)

    def file(self, sent: Sent, until: date = UNTIL) -> LoadedIdentity:
        sent.issued = True
        (path,) = self.union.issue(self.unit(sent), until=until).files
        return held(path, ISSUED)

    def many(self, least: int = 2) -> int:
        return self.chance.randint(least, 9)


def signed(
    sent: Sent, by: LoadedIdentity, many: int, *, after: int = 0, recipient: str = "",
    created: str = "", **changed: str,
) -> bytes:  # fmt: skip
    of = records(sent.number, people(sent.number, many), **changed)
    members = package.build(of, FORM, by.document, CREATED + after, recipient=recipient)
    if created:
        described = json.loads(dict(members)[DESCRIPTOR]) | {"created": created}
        data = json.dumps(described, ensure_ascii=False).encode()
        members = [(name, data if name == DESCRIPTOR else old) for name, old in members]
    assert by.signer is not None
    return zipped([*members, (SIGNATURE, by.signer.sign(dict(members)[DESCRIPTOR]))])


def contents(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rebuilt(data: bytes, *without: str, **changed: bytes) -> bytes:
    parts = {n: d for n, d in contents(data).items() if n not in without}
    return zipped(list((parts | changed).items()))


# --- stories ----------------------------------------------------------------------------------------


def honest(sent: Sent, keeper: Keeper) -> LoadedIdentity:
    """The signed report that a forger would like to replace."""
    by, many = keeper.file(sent), keeper.many(3)  # never as many as what is forged
    sent.add("真.zip", signed(sent, by, many), "current", many)
    return by


def just_signed(sent: Sent, keeper: Keeper) -> None:
    honest(sent, keeper)


def unsigned_without_identity(sent: Sent, keeper: Keeper) -> None:
    many = keeper.many()
    sent.add("表.zip", packed(records(sent.number, people(sent.number, many))), "current", many)


def unsigned_though_issued(sent: Sent, keeper: Keeper) -> None:
    keeper.file(sent)
    many = keeper.many()
    of = records(sent.number, people(sent.number, many))
    sent.add("表.zip", packed(of), "unconfirmed", many)


def sealed(sent: Sent, keeper: Keeper) -> None:
    many, recipient = keeper.many(), keys.public(keeper.union.keys).sealing
    data = signed(sent, keeper.file(sent), many, recipient=recipient)
    sent.add("封.zip", data, "current", many)


def in_halves(sent: Sent, keeper: Keeper) -> None:
    unit, members = halves(sent.number)
    first = sent.add("单位表.xlsx", unit, "paired")
    second = sent.add("会员表.xlsx", members, "paired")
    whole = f"{first} + {second}"
    sent.states[whole], sent.members[whole], sent.counts = "current", 4, whole


def last_years(sent: Sent, keeper: Keeper) -> None:
    of = records(sent.number, people(sent.number, 3))
    sent.add("去年.zip", packed(of, period="2025"), "held", 3)


def stranger(sent: Sent, keeper: Keeper) -> None:
    sent.listed = False
    many = keeper.many()
    sent.add("陌生.zip", packed(records(sent.number, people(sent.number, many))), "held", many)


def corrected_and_copied(sent: Sent, keeper: Keeper) -> None:
    by = keeper.file(sent)
    first, second = signed(sent, by, 3), signed(sent, by, 5, after=60)
    sent.add("一.zip", first, "superseded", 3)
    sent.add("二.zip", second, "current", 5)
    sent.add("二抄.zip", second, "identical", 5)
    sent.add("重放.zip", first, "identical", 3)  # the very same bytes as the first


def late_and_older(sent: Sent, keeper: Keeper) -> None:
    by = keeper.file(sent)
    sent.add("新.zip", signed(sent, by, 6, after=60), "current", 6)
    sent.add("旧.zip", signed(sent, by, 4), "older", 4)


def stripped_bare(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    data = rebuilt(signed(sent, by, 2, after=-900), SIGNATURE, IDENTITY)
    sent.add("假.zip", data, "held", 2)


def stripped_of_its_signature(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    sent.add("假.zip", rebuilt(signed(sent, by, 2, after=90), SIGNATURE), "held", 2)


def stripped_of_its_identity(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    sent.add("假.zip", rebuilt(signed(sent, by, 2, after=90), IDENTITY), "rejected")


def tables_replaced(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    other = contents(signed(sent, by, 2, after=90))["members.csv"]
    sent.add("假.zip", rebuilt(signed(sent, by, 7), **{"members.csv": other}), "rejected")


def tables_and_descriptor_replaced(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    new = contents(packed(records(sent.number, people(sent.number, 2))))
    sent.add("假.zip", rebuilt(signed(sent, by, 7), **new), "rejected")


def signature_of_something_else(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    other = contents(signed(sent, by, 2))[SIGNATURE]
    sent.add("假.zip", rebuilt(signed(sent, by, 7, after=9), **{SIGNATURE: other}), "rejected")


def signature_torn(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    sent.add("假.zip", rebuilt(signed(sent, by, 7), **{SIGNATURE: bytes(64)}), "rejected")
    sent.add("短.zip", rebuilt(signed(sent, by, 7), **{SIGNATURE: b"x"}), "rejected")


def another_units_identity(sent: Sent, keeper: Keeper) -> None:
    honest(sent, keeper)
    other = replace(sent, code="199999-0001", number=990)
    by = keeper.file(other)
    of = records(sent.number, people(sent.number, 2))
    members = dict(package.build(of, FORM, by.document, CREATED + 90))
    assert by.signer is not None
    signature = by.signer.sign(members[DESCRIPTOR])
    sent.add("假.zip", zipped([*members.items(), (SIGNATURE, signature)]), "rejected")


def another_unions_identity(sent: Sent, keeper: Keeper) -> None:
    honest(sent, keeper)
    (path,) = keeper.neighbour.issue(keeper.unit(sent)).files
    data = signed(sent, held(path, ISSUED), 2, after=90)
    sent.add("假.zip", data, "rejected")


def serial_superseded(sent: Sent, keeper: Keeper) -> None:
    old, new = keeper.file(sent), keeper.file(sent)
    sent.add("新.zip", signed(sent, new, 5), "current", 5)
    sent.add("旧标识.zip", signed(sent, old, 2, after=90), "rejected")


def serial_replaced(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    parts = contents(signed(sent, by, 2, after=90))
    described = json.loads(parts[DESCRIPTOR]) | {"serial": 7}
    data = json.dumps(described, ensure_ascii=False).encode()
    sent.add("假.zip", rebuilt(zipped(list(parts.items())), **{DESCRIPTOR: data}), "rejected")
    bare = rebuilt(zipped(list(parts.items())), SIGNATURE, IDENTITY, **{DESCRIPTOR: data})
    sent.add("假无签名.zip", bare, "held", 2)


def time_that_is_none(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    for number, text in enumerate(("zzz", "２０２６-02-25T06:13:20Z", "2026-02-30T06:13:20Z")):
        data = signed(sent, by, 2 + number, created=text)
        sent.add(f"假{number}.zip", data, "rejected")


def time_replaced(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    parts = contents(signed(sent, by, 2))
    data = parts[DESCRIPTOR].replace(b'"2026-02-', b'"2026-03-')
    assert data != parts[DESCRIPTOR]
    sent.add("假.zip", rebuilt(signed(sent, by, 2), **{DESCRIPTOR: data}), "rejected")


def expired(sent: Sent, keeper: Keeper) -> None:
    by = keeper.file(sent, until=date(2026, 2, 1))
    sent.add("过期.zip", signed(sent, by, 5), "rejected")


def sealed_anew(sent: Sent, keeper: Keeper) -> None:
    by = honest(sent, keeper)
    recipient = keys.public(keeper.union.keys).sealing
    of = records(sent.number, people(sent.number, 2))
    built = package.build(of, FORM, by.document, CREATED + 60, recipient=recipient)
    sent.add("假.zip", zipped(built), "held", 2)
    bare = [(name, data) for name, data in built if name != IDENTITY]
    sent.add("假无标识.zip", zipped(bare), "held", 2)


def names_typed_in(sent: Sent, keeper: Keeper) -> None:
    honest(sent, keeper)
    sent.add("假.xlsx", workbook(sent.number, people(sent.number, 2)), "held", 2)


def faulty_workbook(sent: Sent, keeper: Keeper) -> None:
    sent.add("有错.xlsx", faulty(sent.number), "rejected")


def code_robbed_of_its_zeros(sent: Sent, keeper: Keeper) -> None:
    sent.code, sent.zeros = f"00{sent.number:04d}", True
    honest(sent, keeper)


def in_a_zip(sent: Sent, keeper: Keeper) -> None:
    many = keeper.many()
    inner = f"{sent.number:03d}/邮件.zip"
    sent.files.append((inner, zipped([("附件/报.zip", signed(sent, keeper.file(sent), many))])))
    file = f"{inner}/附件/报.zip"
    sent.states[file], sent.members[file], sent.counts = "current", many, file


Story = Callable[[Sent, Keeper], object]
STORIES: tuple[Story, ...] = (
    just_signed, stranger, stripped_bare, last_years, sealed, in_halves, corrected_and_copied,
    tables_replaced, unsigned_though_issued, late_and_older, stripped_of_its_signature,
    another_units_identity, serial_superseded, sealed_anew, time_that_is_none,
    unsigned_without_identity, signature_of_something_else, names_typed_in, another_unions_identity,
    code_robbed_of_its_zeros, serial_replaced, time_replaced, stripped_of_its_identity,
    tables_and_descriptor_replaced, signature_torn, expired, faulty_workbook, in_a_zip,
)  # fmt: skip


@dataclass
class HeldOut:
    """An inbox, the union that it was sent to, and the truth."""

    box: Inbox
    union: Office
    sent: list[Sent]

    @property
    def roster(self) -> list[RosterEntry]:
        return [
            RosterEntry(
                one.code.lstrip("0") if one.zeros else one.code, name_of(one.number), "130102",
                SUPERIOR,
            )
            for one in self.sent
            if one.listed
        ]  # fmt: skip

    def states(self) -> dict[str, str]:
        return {file: state for one in self.sent for file, state in one.states.items()}

    def members(self) -> dict[str, int]:
        """Unit → members that count, of units that count."""
        return {name_of(one.number): one.members[one.counts] for one in self.sent if one.counts}


def build(folder: Path, count: int, seed: int = 20261128) -> HeldOut:
    """Units follow the stories in turn; their files come in one mixed order, each unit's own kept."""
    chance = random.Random(seed)
    union = office(folder)
    keeper = Keeper(union, office(folder, "邻"), chance)
    made = []
    for number in range(1, count + 1):
        sent = Sent(number, f"130102-{number:04d}")
        STORIES[(number - 1) % len(STORIES)](sent, keeper)
        made.append(sent)
    box = Inbox(folder / "in")
    queues = [list(one.files) for one in made]
    while waiting := [queue for queue in queues if queue]:
        name, data = chance.choice(waiting).pop(0)
        box.put(name, data)
    return HeldOut(box, union, made)
