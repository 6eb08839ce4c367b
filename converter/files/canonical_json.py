"""JSON that is signed: read strictly, and written so that its bytes depend on its content alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def canonical(content: Mapping[str, Any], without: str = "") -> bytes:
    """Sorted keys, no spaces, characters as they are, UTF-8; without one of its entries.

    >>> canonical({"b": "工会", "a": 1, "signature": "…"}, "signature").decode()
    '{"a":1,"b":"工会"}'
    """
    kept = {key: value for key, value in content.items() if not without or key != without}
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def read(data: bytes) -> Any:
    """What UTF-8 JSON from outside holds. Raises ValueError, also for nesting without end and for a
    key that stands twice: readers differ in which of the two values they take.

    >>> read(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: a key stands twice
    """
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
