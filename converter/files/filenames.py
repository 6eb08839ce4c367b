"""Names of files that we make after those of others: short enough for every file system.

>>> fitting("批注-填报", ".xlsx")
'批注-填报.xlsx'
>>> fitting("长" * 90, ".xlsx")
'长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长~2ef6dbff.xlsx'
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

# Bytes; systems allow 255 of a name and 4,096 of a path, and a name may get a number besides.
LONGEST, LONGEST_PATH = 240, 3_500
_KEPT = 40  # characters of a name that is too long


def fitting(name: str, suffix: str = "") -> str:
    """A file's or folder's name, shortened where it is too long; no two become one."""
    if len(_bytes(name + suffix)) <= LONGEST:
        return name + suffix
    return f"{name[:_KEPT]}~{_digest(name)}{suffix}"


def below(folder: str, name: str, suffix: str = "") -> str:
    """The same for a path with '/', to be put below a folder: where the whole is too long, it
    stands there by itself."""
    *parts, last = name.split("/")
    path = "/".join((*map(fitting, parts), fitting(last, suffix)))
    if len(_bytes(folder)) + len(_bytes(path)) <= LONGEST_PATH:
        return path
    return f"{last[:_KEPT]}~{_digest(name)}{suffix}"


def reply_beside(path: Path, number: int) -> Path:
    """The name of a reply beside one that another program has open. The number stands in front of
    what the sender called their file: so it is never the name of a reply to another file.

    >>> reply_beside(Path("回复/批注-表-2.xlsx"), 2).as_posix()
    '回复/批注2-表-2.xlsx'
    """
    word, dash, name = path.name.partition("-")
    return path.with_name(f"{word}{number}{dash}{name}")


def reply_named(path: Path) -> Path:
    """The name that a reply would have if the older one had been closed.

    >>> reply_named(Path("回复/批注2-表-2.xlsx")).as_posix()
    '回复/批注-表-2.xlsx'
    """
    return path.with_name(re.sub(r"^([^-]*?)\d+-", r"\1-", path.name))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()[:8]
