"""Encrypted workbooks. Some open without a prompt: Excel writes them with a password of its
own ([MS-OFFCRYPTO] 2.4.2.3) when only the structure is protected. Those are read."""

from __future__ import annotations

import re
from io import BytesIO

import msoffcrypto

from converter.workbook.unreadable import UnreadableFile, unreadable_on_error

UNPROMPTED = "VelvetSweatshop"
# Rounds of hashing that deriving the key takes. Office writes 100,000; a file may claim ten
# million to keep a reader busy.
MOST_ROUNDS = 1_000_000

_ROUNDS = re.compile(rb'spinCount="([0-9]{1,20})"')


def decrypt(data: bytes) -> bytes:
    """The workbook inside, where no password is needed. Raises UnreadableFile."""
    if any(int(rounds) > MOST_ROUNDS for rounds in _ROUNDS.findall(data)):
        raise UnreadableFile("F201")
    found = BytesIO()
    with unreadable_on_error("F201"):
        file = msoffcrypto.OfficeFile(BytesIO(data))
        file.load_key(password=UNPROMPTED)
        file.decrypt(found)
    return found.getvalue()
