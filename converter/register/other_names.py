"""Names that units had, or that files gave them, beside the one that counts now.

People ask for a unit by the name they remember: before it was renamed, or as a file spelled it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Protocol

from converter.register.precedence import RENAME
from converter.text.characters import plain_name


class NameTables(Protocol):
    """Answers SQL over the register's tables."""

    def query(self, sql: str) -> list[tuple[Any, ...]]: ...


def read(tables: NameTables) -> dict[str, list[str]]:
    """Unit code → all its names, from rosters, decisions and files."""
    rows = tables.query(
        "SELECT code, name FROM roster UNION SELECT code, name FROM units"
        f" UNION SELECT unit_code, file FROM decisions WHERE action = '{RENAME}'"
        " UNION SELECT u.code, s.unit_name FROM submissions s JOIN units u ON u.id = s.unit"
        "  WHERE s.state <> 'rejected' ORDER BY ALL"
    )
    names = defaultdict(list)
    for code, name in rows:
        if code and name:
            names[str(code)].append(str(name))
    return dict(names)


def folded(text: str) -> str:
    """What is compared: not spaces, not full-width forms, not case.

    >>> folded("示例（集团） ab工会") in folded("示例(集团)AB工会委员会")
    True
    """
    return plain_name(text).upper()
