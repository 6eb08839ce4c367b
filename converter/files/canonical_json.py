"""JSON whose bytes depend on its content alone: what a signature over JSON covers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def canonical(content: Mapping[str, Any], without: str = "") -> bytes:
    """Sorted keys, no blanks, characters as they are, UTF-8; without one of its entries.

    >>> canonical({"b": "工会", "a": 1, "signature": "…"}, "signature").decode()
    '{"a":1,"b":"工会"}'
    """
    kept = {key: value for key, value in content.items() if not without or key != without}
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")
