"""Names of files as visitors send them, made safe for every system and every eye.

>>> received_name("C:\\\\fakepath\\\\填报.xlsx"), received_name("../../etc/passwd")
('填报.xlsx', 'passwd')
>>> received_name("con.xlsx"), received_name("表\\u202excod.xlsx"), received_name("LPT¹.zip")
('_con.xlsx', '表_xcod.xlsx', '_LPT¹.zip')
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

LONGEST, LONGEST_SUFFIX = 180, 10  # bytes in UTF-8; file systems take 255, and copies get prefixes
_RESERVED = frozenset('<>:"/\\|?*')  # on Windows
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)


def received_name(sent: str) -> str:
    """The last part of a name that a browser sent, without characters that hide, reorder or
    climb, not the name of a device, and short."""
    return safe_name(PurePosixPath(PureWindowsPath(sent).name).name)


def safe_name(name: str) -> str:
    """The same for a name without folders."""
    kept = "".join("_" if _is_unsafe(character) else character for character in name).strip(" .")
    if _DEVICE.match(kept):
        kept = f"_{kept}"
    stem, dot, suffix = kept.rpartition(".")
    if not dot:
        return _shortened(kept, LONGEST) or "file"
    ending = _shortened(suffix, LONGEST_SUFFIX).strip(" .")
    return f"{_shortened(stem, LONGEST - LONGEST_SUFFIX)}.{ending}".strip(" .") or "file"


def _is_unsafe(character: str) -> bool:
    # Control and format characters (marks of direction among them), lone surrogates, private
    # use, line and paragraph separators.
    return character in _RESERVED or unicodedata.category(character) in (
        "Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp",
    )  # fmt: skip


def _shortened(text: str, most: int) -> str:
    return text.encode("utf-8")[:most].decode("utf-8", "ignore").rstrip(" .")
