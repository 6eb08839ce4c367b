"""Names of files that we make after those of others: short enough for every file system.

>>> fitting("批注-填报", ".xlsx")
'批注-填报.xlsx'
>>> fitting("长" * 90, ".xlsx")
'长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长~2ef6dbff.xlsx'
"""

from __future__ import annotations

import os
import re
from pathlib import Path

# Bytes; systems allow 255 of a name and 4,096 of a path, and a name may get a number besides.
LONGEST, LONGEST_PATH = 240, 3_500
# Windows counts UTF-16 units and ends at 259, and so does Excel wherever the system allows more.
# Beside each file stands for a moment the one that it is written as: `writing.private_name`.
LONGEST_ON_WINDOWS, NUMBER, PRIVATE_NAME = 259, 4, 56
_KEPT = 40  # characters of a name that is too long


# What Windows forbids in names, and what would hide or split them.
_FORBIDDEN = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\ud800-\udfff]')


def harmless(text: str) -> str:
    """A text from outside as (part of) one name, '' where nothing of it can be one.

    >>> harmless("示例厂/一分厂 工会"), harmless(" .. "), harmless("../x")
    ('示例厂_一分厂 工会', '', '_x')
    """
    return _FORBIDDEN.sub("_", text).strip(" .")


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
    if _has_room(folder, path):
        return path
    return f"{last[:_KEPT]}~{_digest(name)}{suffix}"


def _has_room(folder: str, path: str) -> bool:
    if os.name == "nt":
        return has_room_on_windows(os.path.abspath(folder), path)  # noqa: PTH100 — never resolved
    return len(_bytes(folder)) + len(_bytes(path)) <= LONGEST_PATH


def has_room_on_windows(folder: str, path: str) -> bool:
    """Whether Windows and Excel can open a path below a folder, and we can write it."""
    above, _, last = path.rpartition("/")
    longest = max(_units(last) + NUMBER, PRIVATE_NAME)
    return _units(folder) + 1 + _units(above) + bool(above) + longest <= LONGEST_ON_WINDOWS


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


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
    import hashlib  # loads OpenSSL; few names are too long

    return hashlib.sha256(_bytes(text)).hexdigest()[:8]
