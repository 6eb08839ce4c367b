"""Members of what unions below forwarded are removed for good: their partitions are written anew.

The same lines of `forgotten` that remove members from the register's own tables decide here, also
of a partition that comes later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from converter.files import writing
from converter.register import forwarded
from converter.register.forwarded import FOLDER, Forward
from converter.register.schema import MEMBERS, ROWS, connect, name, quoted

if TYPE_CHECKING:
    from converter.register.schema import Connection

BELOW = -1  # stands for the number of a unit that only unions below have reported
_ALL_UNITS = "true"


class RemovedBelow(NamedTuple):
    """What was removed: of a period ('' = all), of the unit with this code, or this name where it
    has no code ('' = of all), and whether only of what does not count."""

    period: str
    unit: str
    superseded: bool
    forgotten: str  # ISO time

    def concerns(self, one: Forward) -> bool:
        of_period = self.period in ("", one.period)
        return of_period and not (self.superseded and one.state in forwarded.COUNTING)

    @property
    def units(self) -> str:
        """SQL of a unit u: it is meant."""
        if not self.unit:
            return _ALL_UNITS
        text = quoted(self.unit)
        return f"(u.code = '{text}' OR (u.code = '' AND u.name = '{text}'))"


def read(connection: Connection, *, pending: bool = False) -> list[RemovedBelow]:
    """All removals, or those that are not finished."""
    rows = connection.execute(
        "SELECT f.period, CASE f.scope WHEN 'unit' THEN coalesce(nullif(u.code, ''), f.unit_name)"
        " ELSE '' END, f.scope = 'superseded', f.forgotten FROM forgotten f"
        f" LEFT JOIN units u ON u.id = f.unit {'WHERE NOT f.finished' if pending else ''}"
    ).fetchall()
    return [RemovedBelow(*row) for row in rows]


def files(
    publications: Path, found: Iterable[Forward], removed: RemovedBelow
) -> Iterator[tuple[int, str, str, int]]:
    """(Submission, file below its union's, content, members) of what a removal concerns."""
    with connect(None) as connection:
        for one in found:
            folder = publications / FOLDER / str(one.number)
            if removed.concerns(one) and (folder / "submissions.parquet").is_file():
                yield from connection.execute(
                    f"SELECT s.id, '{quoted(one.file)}/' || s.file, s.content, count(*)"
                    f" FROM {_table(folder, MEMBERS)} m"
                    f" JOIN {_table(folder, 'submissions')} s ON s.id = m.submission"
                    f" JOIN {_table(folder, 'units')} u ON u.id = m.unit WHERE {removed.units}"
                    " GROUP BY ALL ORDER BY s.id"
                ).fetchall()


def purge(folder: Path, removed: Sequence[RemovedBelow], personal: Sequence[str]) -> None:
    """Write a partition without what these removals concern. Each file is replaced as a whole; done
    twice it changes nothing. `personal`: the unit's fields that name a person or reach one."""
    if not removed or not (folder / "units.parquet").is_file():
        return
    every = " OR ".join(one.units for one in removed)
    gone = f"(SELECT u.id FROM {_table(folder, 'units')} u WHERE {every})"
    when = quoted(max(one.forgotten for one in removed))
    with connect(None) as connection:
        for path in [folder / f"{MEMBERS}.parquet", *folder.glob(f"{ROWS}*.parquet")]:
            _rewrite(connection, path, "*", f"WHERE unit NOT IN {gone}")
        path = folder / "answers.parquet"
        columns = {
            row[0]
            for row in connection.execute(f"DESCRIBE FROM {_table(folder, 'answers')}").fetchall()
        }
        blank = ", ".join(
            f"CASE WHEN unit IN {gone} THEN '' ELSE {name(key)} END AS {name(key)}"
            for key in personal
            if key in columns
        )
        if blank:
            _rewrite(connection, path, f"* REPLACE ({blank})")
        marked = f"CASE WHEN unit IN {gone} THEN '{when}' ELSE forgotten END AS forgotten"
        path = folder / "submissions.parquet"
        _rewrite(connection, path, f"* REPLACE ({marked})")


def purge_all(connection: Connection, publications: Path, personal: Sequence[str]) -> None:
    """Finish the removals of a register that are pending: rewrite every partition they concern."""
    pending = read(connection, pending=True)
    rows = connection.execute(forwarded.READ).fetchall() if pending else []
    for one in (Forward(*row) for row in rows):
        concerned = [removal for removal in pending if removal.concerns(one)]
        purge(publications / FOLDER / str(one.number), concerned, personal)


def _table(folder: Path, table: str) -> str:
    return f"read_parquet('{quoted(folder / table)}.parquet')"


def _rewrite(connection: Connection, path: Path, columns: str, where: str = "") -> None:
    if not path.is_file():
        return
    fresh = writing.private_name(path.parent)
    try:
        selected = f"SELECT {columns} FROM read_parquet('{quoted(path)}') {where}"
        target = f"'{quoted(fresh)}' (FORMAT parquet, COMPRESSION zstd)"
        connection.execute(f"COPY ({selected}) TO {target}")
        fresh.chmod(0o600)
        writing.replace_durably(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
