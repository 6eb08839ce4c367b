"""How far a collection has come: who has reported, day by day, who is missing, what went wrong.

All is read from the published register, which knows the units of the roster and those that sent
something for the period.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from converter.kinds.amounts import Amount
from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.model.forms import Form
from converter.register import Snapshot
from converter.register.schema import COUNTS, SENT, SOUND, TIMED_BY, UNREADABLE
from converter.statistics.cards import StatisticsCard, percent
from converter.statistics.faults import fault_table
from converter.statistics.figure import (
    Chart,
    Column,
    Figure,
    Row,
    StatisticsTable,
    catalogue_columns,
)

Sums = Mapping[str, Amount]  # of a group of units, by the keys of a table's columns
INDENT = "\u3000"  # a full-width space for each level of the tree

# $1 is the period. `known`: the units that are expected or sent something; `sent`: what came.
KNOWN_UNITS = (
    "WITH known AS ("
    " SELECT r.superior, r.code, r.name, r.position, r.contact, r.phone, u.id AS unit"
    "  FROM roster_of($1) r LEFT JOIN units u ON u.code = r.code AND u.via = r.via"
    " WHERE r.owes"
    "  OR EXISTS (SELECT 1 FROM submissions s WHERE s.unit = u.id AND s.period = $1)"
    " UNION ALL SELECT u.superior, u.code, u.name, u.position, u.contact, u.phone, u.id"
    "  FROM units_in($1) u WHERE NOT u.listed"
    "  AND EXISTS (SELECT 1 FROM submissions s WHERE s.unit = u.id AND s.period = $1"
    f"   AND ({COUNTS} OR NOT EXISTS (SELECT 1 FROM roster_of($1) l WHERE l.via = u.via)))),"
    f" sent AS (SELECT unit, bool_or({COUNTS}) AS counts,"
    "  bool_or(s.state = 'unconfirmed') AS unconfirmed,"
    "  bool_or(s.state IN ('held', 'unopened')) AS waits,"
    "  bool_and(s.state = 'withdrawn') AS withdrawn,"
    f"  bool_or({COUNTS} AND s.result = 'warnings') AS warned"
    "  FROM submissions s WHERE period = $1 GROUP BY unit)"
)
# Why a unit of `known` does not count.
WHY_MISSING = (
    "WHEN s.unit IS NULL THEN 'all' WHEN s.waits THEN 'held'"
    " WHEN s.withdrawn THEN 'withdrawn' ELSE 'refused'"
)
# Units that the roster does not list and that nobody let in: outside all totals.
_STRANGERS = (
    "SELECT count(*) FROM units_in($1) u WHERE NOT u.listed"
    " AND EXISTS (SELECT 1 FROM roster_of($1) l WHERE l.via = u.via)"
    " AND EXISTS (SELECT 1 FROM submissions s WHERE s.unit = u.id AND s.period = $1)"
    " AND NOT EXISTS (SELECT 1 FROM submissions s WHERE s.unit = u.id AND s.period = $1"
    f" AND {COUNTS})"
)


@dataclass(frozen=True, slots=True)
class Tree:
    """Superior union → the one above it ('' = none that we know), and where the roster first
    names it or a unit of it."""

    above: Mapping[str, str]
    first_named: Mapping[str, int]

    @classmethod
    def of(cls, register: Snapshot, period: str) -> Tree:
        rows = register.query(
            "SELECT name, superior, position FROM roster_of($1)"
            " UNION SELECT name, superior, position FROM units_in($1)",
            [period],
        )
        superiors = {str(superior) for _, superior, _ in rows}
        first_named: dict[str, int] = {}
        for unit, superior, position in rows:
            for union in (unit, superior):
                if position and union in superiors:
                    first_named[union] = min(position, first_named.get(union, position))
        listed = {str(n): str(s) for n, s, _ in rows if n != s}
        above = {name: superior for name, superior in listed.items() if name in superiors}
        for superior, union in _forwarded(register, period):
            # What a union below forwarded is below it, whatever its units call their superior.
            if superior != union and superior not in above:
                above[superior] = union
                if union in listed:
                    above.setdefault(union, listed[union])
        return cls(above, first_named)

    @property
    def top(self) -> str:
        """The union that all others belong to; '' where there are several."""
        tops = {self._line(union)[-1] for union in (*self.above, *self.first_named)}
        return tops.pop() if len(tops) == 1 else ""

    def rolled_up(self, own: Mapping[str, Sums]) -> Iterator[tuple[str, Sums]]:
        """(name indented by its depth, sums of it and all below), parents before children."""
        below: dict[str, list[Sums]] = defaultdict(list)
        for superior, sums in own.items():
            for union in self._line(superior):
                below[union].append(sums)
        for union in sorted(below, key=self.place):
            yield INDENT * (len(self._line(union)) - 1) + union, added(below[union])

    def place(self, superior: str) -> list[tuple[float, str]]:
        """Where it stands in the tree, from the top, in the roster's order: to sort by. What the
        roster does not name comes last."""
        line = self._line(superior)[::-1]
        return [(self.first_named.get(union, float("inf")), union) for union in line]

    def _line(self, superior: str) -> list[str]:
        """Itself and all above it; a circle is cut where it closes."""
        line = [superior]
        while (above := self.above.get(line[-1], "")) and above not in line:
            line.append(above)
        return line


def _forwarded(register: Snapshot, period: str) -> list[tuple[str, str]]:
    """(superior of units, name of the union below that they came through)."""
    rows = register.query(
        "SELECT DISTINCT u.superior, list_last(string_split(u.via, '/')) AS code, r.name"
        " FROM units_in($1) u LEFT JOIN roster_of($1) r"
        "  ON r.code = list_last(string_split(u.via, '/')) AND r.superior <> ''"
        " WHERE u.via <> '' ORDER BY 1, 2",
        [period],
    )
    names = {one.code: one.name for one in register.forwards}
    found = ((str(s), str(names.get(code) or name or "")) for s, code, name in rows)
    return [one for one in found if one[1]]


def added(groups: Iterable[Sums]) -> Sums:
    """The numbers of several groups, added up."""
    totals: dict[str, Amount] = defaultdict(int)
    for sums in groups:
        for key, number in sums.items():
            totals[key] += number
    return totals


# The form names these columns; those that say what waits or is unconfirmed stand among them.
NAMED = ("expected", "reported", "with_warnings", "only_rejected", "missing")
PROGRESS = (
    "expected", "reported", "unconfirmed", "with_warnings", "held", "only_rejected", "missing"
)  # fmt: skip


def progress(card: StatisticsCard, register: Snapshot, period: str, tree: Tree) -> Figure:
    """Units by superior union: expected, reported, of these unconfirmed and with warnings; held,
    only rejected, missing."""
    answer = register.query(
        f"{KNOWN_UNITS} SELECT k.superior, count(*), count(*) FILTER (s.counts),"
        "  count(*) FILTER (s.unconfirmed), count(*) FILTER (s.warned),"
        "  count(*) FILTER (NOT s.counts AND s.waits),"
        "  count(*) FILTER (NOT s.counts AND NOT s.waits AND NOT s.withdrawn),"
        "  count(*) FILTER (s.unit IS NULL OR s.withdrawn)"
        " FROM known k LEFT JOIN sent s ON s.unit = k.unit GROUP BY k.superior",
        [period],
    )
    by_superior: Mapping[str, Sums] = {
        str(superior): dict(zip(PROGRESS, map(int, numbers), strict=True))
        for superior, *numbers in answer
    }

    def row(label: str, counted: Sums) -> Row:
        share = percent(counted["reported"], counted["expected"])
        return (label, *(counted[key] for key in PROGRESS), share)

    rows = [row(label, counted) for label, counted in tree.rolled_up(by_superior)]
    depths = depths_of(rows)
    rows.append(row(card.label("total"), added(by_superior.values())))
    named = card.columns("superior", *NAMED, "percent", titles="progress_header")
    columns = (
        *named[:3],
        unconfirmed_column(),
        named[3],
        Column("held", message("summary_progress_held")),
        *named[4:],
    )
    title = card.fill("progress_title", period=period)
    table = StatisticsTable("progress", title, columns, tuple(rows), total=True)
    series = ("reported", "held", "only_rejected", "missing")
    return Figure(table, Chart.STACKED, series, depths)


def depths_of(rows: Sequence[Row]) -> tuple[int, ...]:
    """How deep the unions of a tree stand, by how far their names are indented."""
    return tuple(len(str(row[0])) - len(str(row[0]).lstrip(INDENT)) for row in rows)


def unconfirmed_column() -> Column:
    """How many of the units before it count without a signature that was expected."""
    return Column("unconfirmed", message("summary_progress_unconfirmed"))


def strangers(register: Snapshot, period: str) -> int:
    """Units that sent something and stand outside all totals."""
    return int(register.query(_STRANGERS, [period])[0][0])


def waiting(register: Snapshot, form: Form, period: str) -> Figure:
    """Every file that waits for a decision or a key, or counts unconfirmed."""
    answer = register.query(
        "SELECT coalesce(u.superior, s.superior), coalesce(nullif(u.name, ''), s.unit_name),"
        " s.file, s.state, s.reason, s.members"
        " FROM submissions s LEFT JOIN units_in($1) u ON u.id = s.unit"
        " WHERE s.period = $1 AND s.state IN ('held', 'unopened', 'unconfirmed')"
        " ORDER BY 1, 2, s.id",
        [period],
    )
    rows: list[Row] = [
        (*named, message(f"receive_state_{state}"), message(f"reason_{reason or state}"), members)
        for *named, state, reason, members in answer
    ]
    keys = ("superior", "unit", "file", "state", "reason", "members")
    columns = catalogue_columns("waiting", *keys, rows=form.main_table.rows_name)
    title = message("summary_waiting", period=period, count=len(rows))
    return Figure(StatisticsTable("waiting", title, columns, tuple(rows)))


def daily(register: Snapshot, period: str) -> Figure:
    """Units by the day when they first sent a submission that was not rejected, and how many by
    then. The title says how many days are of a signature, a file or a receipt."""
    answer = register.query(
        f"SELECT min({SENT}) AS sent, arg_min({TIMED_BY}, {SENT}) FROM submissions s"
        f" WHERE period = ? AND unit <> 0 AND {SOUND} GROUP BY unit ORDER BY sent",
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
        f"{KNOWN_UNITS} SELECT k.superior, k.code, k.name, CASE {WHY_MISSING} END"
        " FROM known k LEFT JOIN sent s ON s.unit = k.unit"
        " WHERE s.unit IS NULL OR NOT s.counts ORDER BY k.position, k.code, k.name",
        [period],
    )
    rows: list[Row] = [
        (superior, name, code, message(f"summary_missing_{how}"))
        for superior, code, name, how in sorted(answer, key=lambda row: tree.place(str(row[0])))
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
