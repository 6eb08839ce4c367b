"""How far a collection has come: who has reported, day by day, who is missing, what went wrong.

Every question goes to the published register; only units of the roster, and those that sent
something for the period, are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.register import Snapshot
from converter.register.schema import IS_SUPERIOR
from converter.statistics.cards import Card, Row, StatisticsTable, percent
from converter.statistics.figure import BARS, LINE, STACKED, Figure

INDENT = "\u3000"  # a full-width blank a level of the tree
CHINA = timezone(timedelta(hours=8))  # one time zone in the whole country, no summer time

# $1 is the period. `known`: the units that are expected, or were heard of; `heard`: what came.
_KNOWN = (
    "WITH known AS ("
    " SELECT r.superior, r.code, r.name, u.id AS unit"
    "  FROM roster r LEFT JOIN units u ON u.code = r.code"
    f" WHERE NOT {IS_SUPERIOR}"
    "  OR EXISTS (SELECT 1 FROM submissions s WHERE s.unit = u.id AND s.period = $1)"
    " UNION ALL SELECT u.superior, u.code, u.name, u.id FROM units u WHERE NOT EXISTS"
    "  (SELECT 1 FROM roster r WHERE r.code = u.code AND u.code <> '')"
    "  AND EXISTS (SELECT 1 FROM submissions s WHERE s.unit = u.id AND s.period = $1)),"
    " heard AS (SELECT unit, bool_or(state = 'current') AS counts,"
    "  bool_or(state = 'current' AND result = 'warnings') AS doubtful"
    "  FROM submissions WHERE period = $1 GROUP BY unit)"
)


@dataclass(frozen=True, slots=True)
class Tree:
    """Superior union → the one above it ('' = none that we know)."""

    above: Mapping[str, str]

    @classmethod
    def of(cls, register: Snapshot) -> Tree:
        rows = register.query(
            "SELECT name, superior FROM roster UNION SELECT name, superior FROM units"
        )
        superiors = {str(superior) for _, superior in rows}
        return cls({str(n): str(s) for n, s in rows if n in superiors and n != s})

    def rolled_up(self, figures: Mapping[str, Sequence[int]]) -> Iterator[tuple[str, list[int]]]:
        """(name set in by its depth, sums of it and all below), parents before children."""
        sums: dict[str, list[int]] = {}
        for superior, numbers in figures.items():
            for one in self._line(superior):
                held = sums.setdefault(one, [0] * len(numbers))
                sums[one] = [a + b for a, b in zip(held, numbers, strict=True)]
        lines = {one: self._line(one)[::-1] for one in sums}
        for one in sorted(sums, key=lambda superior: lines[superior]):
            yield INDENT * (len(lines[one]) - 1) + one, sums[one]

    def place(self, superior: str) -> list[str]:
        """Where it stands in the tree, from the top: to sort by."""
        return self._line(superior)[::-1]

    def _line(self, superior: str) -> list[str]:
        """Itself and all above it; a circle is cut where it closes."""
        line = [superior]
        while (above := self.above.get(line[-1], "")) and above not in line:
            line.append(above)
        return line


def progress(ask: Card, register: Snapshot, period: str, tree: Tree) -> Figure:
    """By superior union: expected, reported, of these with warnings, only refused, missing."""
    rows = register.query(
        f"{_KNOWN} SELECT k.superior, count(*), count(*) FILTER (h.counts),"
        "  count(*) FILTER (h.doubtful), count(*) FILTER (NOT h.counts),"
        "  count(*) FILTER (h.unit IS NULL)"
        " FROM known k LEFT JOIN heard h ON h.unit = k.unit GROUP BY k.superior",
        [period],
    )
    by_superior = {str(row[0]): [int(number) for number in row[1:]] for row in rows}
    lines: list[Row] = [
        (label, *sums, percent(sums[1], sums[0])) for label, sums in tree.rolled_up(by_superior)
    ]
    total = [sum(column) for column in zip(*by_superior.values(), strict=True)] or [0] * 5
    lines.append((ask.word("total"), *total, percent(total[1], total[0])))
    header = tuple(str(text) for text in ask.entries("progress_header"))
    title = ask.fill("progress_title", period=period)
    return Figure(StatisticsTable(title, header, tuple(lines)), STACKED, (2, 4, 5), total=True)


def daily(register: Snapshot, period: str) -> Figure:
    """Units by the day of their first submission that was not refused, and how many by then."""
    rows = register.query(
        "SELECT min(received) FROM submissions WHERE period = ? AND result <> 'rejected'"
        " AND unit <> 0 GROUP BY unit ORDER BY 1",
        [period],
    )
    days: dict[str, int] = {}
    for (moment,) in rows:
        day = datetime.fromisoformat(str(moment)).astimezone(CHINA).date().isoformat()
        days[day] = days.get(day, 0) + 1
    lines: list[Row] = []
    so_far = 0
    for day, number in days.items():
        so_far += number
        lines.append((day, number, so_far))
    header = tuple(message(f"summary_daily_{key}") for key in ("day", "new", "all"))
    table = StatisticsTable(message("summary_daily", period=period), header, tuple(lines))
    return Figure(table, LINE if len(lines) > 1 else "", (2,))


def missing(register: Snapshot, period: str, tree: Tree) -> Figure:
    """Every unit that does not count yet, by superior union."""
    rows = register.query(
        f"{_KNOWN} SELECT k.superior, k.code, k.name, h.unit IS NULL"
        " FROM known k LEFT JOIN heard h ON h.unit = k.unit"
        " WHERE h.unit IS NULL OR NOT h.counts ORDER BY k.code, k.name",
        [period],
    )
    lines: list[Row] = [
        (
            superior,
            name,
            code,
            message("summary_missing_all" if silent else "summary_missing_refused"),
        )
        for superior, code, name, silent in sorted(rows, key=lambda row: tree.place(str(row[0])))
    ]
    header = tuple(message(f"summary_missing_{key}") for key in ("superior", "unit", "code", "how"))
    title = message("summary_missing", period=period, count=len(lines))
    return Figure(StatisticsTable(title, header, tuple(lines)))


def faults(register: Snapshot, form: Form, period: str) -> Figure:
    """What was found in all that came for the period, refused and replaced files too."""
    rows = register.query(
        "SELECT f.code, f.level, count(DISTINCT f.submission), sum(f.count)"
        " FROM findings f JOIN submissions s ON s.id = f.submission"
        " WHERE s.period = ? AND f.level <> 'note'"
        " GROUP BY ALL ORDER BY 3 DESC, 4 DESC, 1, 2",
        [period],
    )
    lines: list[Row] = [
        (_titled(str(code), form), message(f"report_{level}"), int(files), int(places))
        for code, level, files, places in rows
    ]
    header = tuple(message(f"summary_faults_{key}") for key in ("what", "level", "files", "places"))
    return Figure(
        StatisticsTable(message("summary_faults", period=period), header, tuple(lines)), BARS, (2,)
    )


def _titled(code: str, form: Form) -> str:
    try:
        return f"{code} {catalogue.entry(code, form).title}"
    except KeyError:  # of an older or newer program
        return code
