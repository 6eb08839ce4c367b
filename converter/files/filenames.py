"""Names of files that we make after those of others: short enough for every file system.

>>> fitting("批注-填报", ".xlsx")
'批注-填报.xlsx'
>>> fitting("长" * 90, ".xlsx")
'长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长~2ef6dbff.xlsx'
"""

from __future__ import annotations

import hashlib
import re

# Bytes; systems allow 255 of a name and 4,096 of a path, and a name may get a number besides.
LONGEST, LONGEST_PATH = 240, 3_500
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
    if len(_bytes(folder)) + len(_bytes(path)) <= LONGEST_PATH:
        return path
    return f"{last[:_KEPT]}~{_digest(name)}{suffix}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()[:8]
