"""The units and lines of the roster that some files may be about, out of millions.

Names are compared without whitespace and full-width forms, codes without zeros, and neither is
anything that the database does. So each row has two keys, made when it is written: numbers that
are equal where names or codes are. What has a key is compared in full by `SenderResolver`.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from typing import TYPE_CHECKING

from converter.register.precedence import ClaimedSender, RosterEntry, plain_code
from converter.text.characters import plain_name

if TYPE_CHECKING:
    from converter.register.schema import Connection
    from converter.register.senders import FormerNames

Unit = ClaimedSender | RosterEntry

KEYS = {"name_key": "UINTEGER", "code_key": "UINTEGER"}
# The period whose roster a period goes by; '' = the newest.
ROSTER_PERIOD = "(SELECT max(period) FROM roster WHERE $1 = '' OR period <= $1)"
_FILLED_AT_ONCE = 20_000
# One set of row numbers a key: a condition with OR would compare each row twice.
_BY_KEY = (
    "rowid IN (SELECT rowid FROM {0} WHERE name_key IN (SELECT unnest($1::UINTEGER[]))"
    " UNION SELECT rowid FROM {0} WHERE code_key IN (SELECT unnest($2::UINTEGER[])))"
)
_UNITS_A_PART = 100_000
# Units of another code than the roster's, and units without one whose name it lists. $1: period;
# $2: keys of names that count as listed; of the keys that leave the remainder $4 when divided by
# $3, so that it takes little memory.
_UNMATCHED = f"""
WITH listed AS (SELECT code, name_key, code_key FROM roster WHERE period = {ROSTER_PERIOD})
SELECT id, code, name, superior FROM units WHERE code <> '' AND code_key % $3 = $4
    AND code_key IN (SELECT code_key FROM listed WHERE code_key % $3 = $4)
    AND code NOT IN (SELECT code FROM listed WHERE code_key % $3 = $4)
UNION ALL
SELECT id, code, name, superior FROM units WHERE code = '' AND name_key % $3 = $4
    AND name_key IN (SELECT name_key FROM listed WHERE name_key % $3 = $4
        UNION ALL SELECT unnest($2::UINTEGER[]))
"""


def names_of(unit: Unit) -> tuple[str, str]:
    """What tells a unit by its name: it is one of its union."""
    return plain_name(unit.name), plain_name(unit.superior)


def name_key(unit: Unit) -> int | None:
    """None where there is no name."""
    return key_of(names_of(unit)) if unit.name else None


def key_of(names: tuple[str, str]) -> int:
    return zlib.crc32("\n".join(names).encode("utf-8"))


def code_key(code: str) -> int | None:
    """None where there is no code.

    >>> code_key("00A1") == code_key("a1")
    True
    """
    return zlib.crc32(plain_code(code).encode("utf-8")) if code else None


def keys(unit: Unit) -> tuple[int | None, int | None]:
    """The columns of `KEYS`."""
    return name_key(unit), code_key(unit.code)


def fill(connection: Connection) -> None:
    """Give the rows of an older register their keys."""
    for table in ("units", "roster"):
        last = -1
        while rows := connection.execute(
            f"SELECT rowid, code, name, superior FROM {table} WHERE rowid > ?"
            f" ORDER BY rowid LIMIT {_FILLED_AT_ONCE}",
            [last],
        ).fetchall():
            made = [(row, *keys(ClaimedSender(c, n, "", s))) for row, c, n, s in rows]
            connection.execute(
                f"UPDATE {table} SET name_key = n.name_key, code_key = n.code_key FROM (SELECT"
                " unnest($1::BIGINT[]) AS row, unnest($2::UINTEGER[]) AS name_key,"
                f" unnest($3::UINTEGER[]) AS code_key) n WHERE {table}.rowid = n.row",
                [list(column) for column in zip(*made, strict=True)],
            )
            last = rows[-1][0]


def rows_about(
    connection: Connection, claims: Collection[ClaimedSender], former: FormerNames, period: str
) -> tuple[list[tuple[int, ClaimedSender]], list[RosterEntry]]:
    """The units, and lines of the roster of a period, that decide which units claim this.
    `former`: names that units of the roster had before → the unit."""
    claimed = {names_of(claim) for claim in claims}
    about: list[Unit] = [*claims, *(former[names] for names in sorted(claimed & former.keys()))]
    listed = _roster(connection, about, period)
    units = _units(connection, [*about, *listed])
    # A unit that is known by its name may stand under another one on the roster.
    codes = {claim.code for _, claim in units} - {one.code for one in listed} - {""}
    if codes:
        listed = _roster(connection, [*about, *map(ClaimedSender, sorted(codes))], period)
    return units, listed


def unmatched(
    connection: Connection, former: FormerNames, period: str
) -> list[tuple[int, ClaimedSender]]:
    """Units that the roster of a period may know by another code, or that it gives one."""
    ((units,),) = connection.execute("SELECT count(*) FROM units").fetchall()
    parts = 1 + units // _UNITS_A_PART
    renamed = [key_of(names) for names in former]
    found = []
    for part in range(parts):
        found += connection.execute(_UNMATCHED, [period, renamed, parts, part]).fetchall()
    return [
        (int(n), ClaimedSender(code, name, "", above)) for n, code, name, above in sorted(found)
    ]


def _roster(connection: Connection, about: Collection[Unit], period: str) -> list[RosterEntry]:
    rows = connection.execute(
        "SELECT code, name, superior_code, superior, contact, phone FROM roster"
        f" WHERE {_BY_KEY.format('roster')} AND period = {ROSTER_PERIOD.replace('$1', '$3')}"
        " ORDER BY position, rowid",
        [*_wanted(about), period],
    ).fetchall()
    return [RosterEntry(*row) for row in rows]


def _units(connection: Connection, about: Collection[Unit]) -> list[tuple[int, ClaimedSender]]:
    rows = connection.execute(
        "SELECT id, code, name, superior_code, superior FROM units"
        f" WHERE {_BY_KEY.format('units')} ORDER BY id",
        _wanted(about),
    ).fetchall()
    return [(int(number), ClaimedSender(*row)) for number, *row in rows]


def _wanted(about: Collection[Unit]) -> list[list[int]]:
    """Keys of names, keys of codes."""
    names = {key for unit in about if (key := name_key(unit)) is not None}
    codes = {key for unit in about if (key := code_key(unit.code)) is not None}
    return [sorted(names), sorted(codes)]
