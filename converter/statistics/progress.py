"""How far a collection has come: who has reported, day by day, who is missing, what went wrong.

All is read from the published register, which knows the units of the roster and those that sent
something for the period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.model.forms import Form
from converter.register import Snapshot
from converter.register.schema import SENT, TIMED_BY, UNREADABLE
from converter.statistics.cards import StatisticsCard, percent
from converter.statistics.faults import fault_table
from converter.statistics.figure import Chart, Figure, Row, StatisticsTable, catalogue_columns

INDENT = "\u3000"  # a full-width space for each level of the tree

# $1 is the period. `known`: the units that are expected or sent something; `sent`: what came.
_KNOWN = (
    "WITH known AS ("
    " SELECT r.superior, r.code, r.name, u.id AS unit"
    "  FROM roster_of($1) r LEFT JOIN units u ON u.code = r.code"
    " WHERE r.owes"
    "  OR EXISTS (SELECT 1 FROM submissions s WHERE s.unit = u.id AND s.period = $1)"
    " UNION ALL SELECT u.superior, u.code, u.name, u.id FROM units u WHERE NOT EXISTS"
    "  (SELECT 1 FROM roster_of($1) r WHERE r.code = u.code AND u.code <> '')"
    "  AND EXISTS (SELECT 1 FROM submissions s WHERE s.unit = u.id AND s.period = $1)),"
    " sent AS (SELECT unit, bool_or(state = 'current') AS counts,"
    "  bool_or(state = 'current' AND result = 'warnings') AS warned"
    "  FROM submissions WHERE period = $1 GROUP BY unit)"
)


@dataclass(frozen=True, slots=True)
class Tree:
    """Superior union → the one above it ('' = none that we know)."""

    above: Mapping[str, str]

    @classmethod
    def of(cls, register: Snapshot, period: str) -> Tree:
        rows = register.query(
            "SELECT name, superior FROM roster_of(?) UNION SELECT name, superior FROM units",
            [period],
        )
        superiors = {str(superior) for _, superior in rows}
        return cls({str(n): str(s) for n, s in rows if n in superiors and n != s})

    def rolled_up(self, own: Mapping[str, Counter[str]]) -> Iterator[tuple[str, Counter[str]]]:
        """(name indented by its depth, sums of it and all below), parents before children."""
        sums: dict[str, Counter[str]] = {}
        for superior, numbers in own.items():
            for union in self._line(superior):
                sums.setdefault(union, Counter()).update(numbers)
        lines = {union: self._line(union)[::-1] for union in sums}
        for union in sorted(sums, key=lambda superior: lines[superior]):
            yield INDENT * (len(lines[union]) - 1) + union, sums[union]

    def place(self, superior: str) -> list[str]:
        """Where it stands in the tree, from the top: to sort by."""
        return self._line(superior)[::-1]

    def _line(self, superior: str) -> list[str]:
        """Itself and all above it; a circle is cut where it closes."""
        line = [superior]
        while (above := self.above.get(line[-1], "")) and above not in line:
            line.append(above)
        return line


def numbers(keys: Sequence[str], row: Iterable[int]) -> Counter[str]:
    """A row of a query by the keys of its columns."""
    return Counter(dict(zip(keys, map(int, row), strict=True)))


PROGRESS = ("expected", "reported", "with_warnings", "only_rejected", "missing")


def progress(card: StatisticsCard, register: Snapshot, period: str, tree: Tree) -> Figure:
    """Units by superior union: expected, reported, of these with warnings, only rejected,
    missing."""
    answer = register.query(
        f"{_KNOWN} SELECT k.superior, count(*), count(*) FILTER (s.counts),"
        "  count(*) FILTER (s.warned), count(*) FILTER (NOT s.counts),"
        "  count(*) FILTER (s.unit IS NULL)"
        " FROM known k LEFT JOIN sent s ON s.unit = k.unit GROUP BY k.superior",
        [period],
    )
    by_superior = {str(row[0]): numbers(PROGRESS, row[1:]) for row in answer}

    def row(label: str, counted: Counter[str]) -> Row:
        share = percent(counted["reported"], counted["expected"])
        return (label, *(counted[key] for key in PROGRESS), share)

    rows = [row(label, counted) for label, counted in tree.rolled_up(by_superior)]
    rows.append(row(card.label("total"), sum(by_superior.values(), Counter())))
    columns = card.columns("superior", *PROGRESS, "percent", titles="progress_header")
    title = card.fill("progress_title", period=period)
    table = StatisticsTable("progress", title, columns, tuple(rows), total=True)
    return Figure(table, Chart.STACKED, ("reported", "only_rejected", "missing"))


def daily(register: Snapshot, period: str) -> Figure:
    """Units by the day when they first sent a submission that was not rejected, and how many by
    then. The title says how many days are of a signature, a file or a receipt."""
    answer = register.query(
        f"SELECT min({SENT}) AS sent, arg_min({TIMED_BY}, {SENT}) FROM submissions s"
        " WHERE period = ? AND result <> 'rejected' AND unit <> 0 GROUP BY unit ORDER BY sent",
        [period],
    )
    days = Counter(in_china(sent.isoformat())[:10] for sent, _ in answer)
    by = Counter(str(timed_by) for _, timed_by in answer)
    rows: list[Row] = []
    so_far = 0
    for day, number in days.items():
        so_far += number
        rows.append((day, number, so_far))
    columns = catalogue_columns("daily", "day", "new", "all")
    title = message("summary_daily", period=period, timed_by=_timed_by(by))
    chart = Chart.LINE if len(rows) > 1 else Chart.NONE
    return Figure(StatisticsTable("daily", title, columns, tuple(rows)), chart, ("all",))


def _timed_by(units: Counter[str]) -> str:
    parts = "、".join(
        message("timed_by_units", timed_by=message(f"timed_by_{key}"), count=units[key])
        for key in ("signature", "file", "receipt")
        if units[key]
    )
    return message("summary_daily_timed_by", parts=parts) if parts else ""


def missing(register: Snapshot, period: str, tree: Tree) -> Figure:
    """Every unit that does not count yet, by superior union."""
    answer = register.query(
        f"{_KNOWN} SELECT k.superior, k.code, k.name, s.unit IS NULL"
        " FROM known k LEFT JOIN sent s ON s.unit = k.unit"
        " WHERE s.unit IS NULL OR NOT s.counts ORDER BY k.code, k.name",
        [period],
    )
    rows: list[Row] = [
        (superior, name, code, message(f"summary_missing_{'all' if silent else 'refused'}"))
        for superior, code, name, silent in sorted(answer, key=lambda row: tree.place(str(row[0])))
    ]
    columns = catalogue_columns("missing", "superior", "unit", "code", "how")
    title = message("summary_missing", period=period, count=len(rows))
    return Figure(StatisticsTable("missing", title, columns, tuple(rows)))


def faults(register: Snapshot, form: Form, period: str) -> Figure:
    """What was found in all that came for the period, rejected and replaced files too. A file that
    came again, under another name or from another folder, counts once."""
    answer = register.query(
        f"WITH once AS (SELECT min(id) AS id FROM submissions WHERE period = $1"
        f"  GROUP BY content, CASE WHEN content = '{UNREADABLE}' THEN file END)"
        " SELECT f.code, f.level, count(DISTINCT f.submission), sum(f.count)"
        " FROM findings f JOIN once ON once.id = f.submission WHERE f.level <> 'note'"
        " GROUP BY ALL ORDER BY 3 DESC, 4 DESC, 1, 2",
        [period],
    )
    rows = [
        (str(code), str(level), int(files), int(places)) for code, level, files, places in answer
    ]
    table = fault_table(message("summary_faults", period=period), rows, form)
    return Figure(table, Chart.BARS, ("files",))
