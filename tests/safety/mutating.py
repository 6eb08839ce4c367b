"""A signed, sealed package and an identity file, and thousands of ways to spoil them."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from converter import identity, package
from converter.identity import Union, keys
from converter.model.submissions import Unit
from tests.identity.unions import held, office
from tests.sheets import FORM
from tests.usecases.receive.collection import CREATED, SUPERIOR, name_of, records, zipped

UNIT = Unit("130102-0001", name_of(1), SUPERIOR, "130102")


@dataclass(frozen=True)
class Sent:
    """What a unit sent, and what its union opens it with."""

    data: bytes
    members: tuple[tuple[str, bytes], ...]
    identity: bytes  # the file with its secret
    union: Union
    opener: keys.Opener


@cache
def sent() -> Sent:
    with TemporaryDirectory() as folder:
        desk = office(Path(folder))
        file = desk.file(UNIT)
        unit = held(file)
        assert unit.signer
        recipient = keys.public(desk.keys).sealing
        members = package.build(records(1), FORM, unit.document, CREATED, recipient=recipient)
        signature = unit.signer.sign(dict(members)[FORM.package.descriptor])
        whole = (*members, (FORM.package.signature, signature))
        return Sent(
            zipped(whole),
            whole,
            file.read_bytes(),
            identity.union_of(desk.keys),
            keys.opener(desk.keys),
        )


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut out, doubled, moved, cut off."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        if not changed:
            break
        at = chance.randrange(len(changed))
        length = chance.choice((1, 1, 4, 40))
        match chance.randrange(6):
            case 0 | 1:
                changed[at] ^= 1 << chance.randrange(8)
            case 2:
                changed[at] = chance.randrange(256)
            case 3:
                del changed[at : at + length]
            case 4:
                changed[at:at] = changed[at : at + length]
            case _:
                other = chance.randrange(len(changed))
                changed[at : at + length] = changed[other : other + length]
    return bytes(changed) if chance.randrange(20) else bytes(changed[: len(changed) // 2])


def packages(count: int, seed: int) -> Iterator[bytes]:
    """Half of them spoiled as a zip, half with one spoiled member in a sound zip, some with
    members left out, exchanged or added."""
    chance = random.Random(seed)
    whole = sent()
    for _ in range(count):
        names = [str(name) for name, _ in whole.members]
        contents = [bytes(data) for _, data in whole.members]
        which = chance.randrange(len(contents))
        match chance.randrange(8):
            case 0 | 1 | 2:
                yield spoiled(whole.data, chance)
                continue
            case 3:
                del names[which], contents[which]
            case 4:
                other = chance.randrange(len(contents))
                contents[which], contents[other] = contents[other], contents[which]
            case _:
                contents[which] = spoiled(contents[which], chance)
        yield zipped(list(zip(names, contents, strict=True)))


def packed_again(data: bytes) -> bool:
    """Whether a zip still holds exactly the members that were sent."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return {n: archive.read(n) for n in archive.namelist()} == dict(sent().members)
    except Exception:
        return False
