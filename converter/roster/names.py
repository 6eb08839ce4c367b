"""Names compared by what counts in them.

>>> plain("示例厂 （一）工会"), plain("示例厂(一)工会")
('示例厂一工会', '示例厂一工会')
"""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """What counts in a name: neither spaces and punctuation nor width and case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
