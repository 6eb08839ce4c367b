"""Statistics of everything that was received for a period: the published register → tables.

Only current submissions count (converter/store/arrival.py). The superior unions form a tree
where the roster lists them as units of another one; a line then holds all that is below it, and
its name is set in by its depth. Words, fields and groups stand in the form's
`[statistics.collection]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from converter.model import Field, Form
from converter.statistics import cards
from converter.statistics.cards import Card, Cell, Row, Table, percent
from converter.store import Snapshot
from converter.store.schema import name

BARS, PYRAMID, PLAIN = "bars", "pyramid", ""
INDENT = "\u3000"  # a full-width blank a level of the tree


@dataclass(frozen=True, slots=True)
class Figure:
    """A table and the chart that suits it. `series`: the columns that a bar chart shows."""

    table: Table
    chart: str = PLAIN
    series: tuple[int, ...] = ()


def figures(
    register: Snapshot, form: Form, today: date, *, period: str = "", by: Sequence[str] = ()
) -> list[Figure]:
    """All tables of a period ('' = the newest), grouped by these unit fields (their keys; none =
    the form's first choice). `form` with code lists. Raises FormError for a broken card."""
    settings = form.prose.get("statistics") or {}
    ask = Card(settings.get("collection") or {}, "statistics.collection", settings, form)
    chosen = period or newest(register)
    source = _Register(register, chosen)
    tree = _Tree.of(register)
    found = [_progress(ask, register, chosen, tree)]
    for card, table in zip(
        settings.get("table", []), cards.tables(source, form, today), strict=True
    ):
        found.append(Figure(table, PYRAMID if card.get("kind") == "ages" else PLAIN))
    for key in by or ask.entries("by")[:1]:
        found.append(_grouped(ask, source, form.unit.field(key), tree))
    before = _before(register, chosen)
    if before:
        found.append(_change(ask, source, _Register(register, before)))
    return found


def groups(form: Form) -> list[str]:
    """The keys that `by` may name."""
    card = (form.prose.get("statistics") or {}).get("collection") or {}
    return [str(key) for key in card.get("by", [])]


def newest(register: Snapshot) -> str:
    """The newest period that counts anything, else the one that is being collected."""
    periods = register.periods()
    return periods[-1] if periods else str(register.state.get("period", ""))


def _before(register: Snapshot, period: str) -> str:
    return max((p for p in register.periods() if p < period), default="")


@dataclass(frozen=True, slots=True)
class _Register:
    """The current submissions of a period as a source of figures."""

    register: Snapshot
    period: str

    def count(self, field: Field) -> int | None:
        if field.sheet != "unit" or field.key not in self.register.columns("answers"):
            return None
        sql = f"SELECT sum(TRY_CAST({name(field.key)} AS BIGINT)) FROM answers WHERE period = ?"
        total = self.register.query(sql, [self.period])[0][0]
        return None if total is None else int(total)

    def values(self, *fields: Field) -> Counter[tuple[str, ...]]:
        table = "members" if fields[0].sheet == "member" else "answers"
        known = self.register.columns(table)
        columns = [name(f.key) if f.key in known else "''" for f in fields]
        rows = self.register.query(
            f"SELECT {', '.join(columns)}, count(*) FROM {table} WHERE period = ? GROUP BY ALL",
            [self.period],
        )
        return Counter({tuple(str(v or "") for v in row[:-1]): int(row[-1]) for row in rows})


# --- the tree of superior unions --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tree:
    """Superior union → the one above it ('' = none that we know)."""

    above: Mapping[str, str]

    @classmethod
    def of(cls, register: Snapshot) -> _Tree:
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

    def _line(self, superior: str) -> list[str]:
        """Itself and all above it; a circle is cut where it closes."""
        line = [superior]
        while (above := self.above.get(line[-1], "")) and above not in line:
            line.append(above)
        return line


# --- tables -----------------------------------------------------------------------------------


def _progress(ask: Card, register: Snapshot, period: str, tree: _Tree) -> Figure:
    rows = register.query(
        "WITH known AS ("
        " SELECT r.superior, u.id AS unit FROM roster r LEFT JOIN units u ON u.code = r.code"
        " UNION ALL SELECT u.superior, u.id FROM units u WHERE NOT EXISTS"
        "  (SELECT 1 FROM roster r WHERE r.code = u.code AND u.code <> '')"
        "  AND EXISTS (SELECT 1 FROM submissions s WHERE s.unit = u.id AND s.period = $1)),"
        " heard AS (SELECT unit, bool_or(state = 'current') AS counts,"
        "  bool_or(state = 'current' AND result = 'warnings') AS doubtful"
        "  FROM submissions WHERE period = $1 GROUP BY unit)"
        " SELECT k.superior, count(*), count(*) FILTER (h.counts), count(*) FILTER (h.doubtful),"
        "  count(*) FILTER (NOT h.counts), count(*) FILTER (h.unit IS NULL)"
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
    return Figure(Table(title, header, tuple(lines)), BARS, (1, 2))


def _grouped(ask: Card, source: _Register, field: Field, tree: _Tree) -> Figure:
    fields = [ask.field("fields", path, "count") for path in ask.entries("fields")]
    rate = Card(ask.values.get("rate") or {}, "statistics.collection.rate", {}, ask.form)
    part = rate.field("part", rate.text("part"), "count")
    whole = rate.field("whole", rate.text("whole"), "count")
    summed = [*fields, *(f for f in (part, whole) if f not in fields)]
    superior = field.identity == "superior_name"
    key = "u.superior" if superior else f"coalesce(a.{name(field.key)}, '')"
    known = source.register.columns("answers")
    sums = ", ".join(
        f"coalesce(sum(TRY_CAST(a.{name(f.key)} AS BIGINT)), 0)" if f.key in known else "0"
        for f in summed
    )
    rows = source.register.query(
        f"SELECT {key}, count(*), {sums} FROM answers a JOIN units u ON u.id = a.unit"
        " WHERE a.period = ? GROUP BY 1 ORDER BY 1",
        [source.period],
    )
    by_value = {str(row[0]): [int(number) for number in row[1:]] for row in rows}
    labelled = tree.rolled_up(by_value) if superior else _labelled(ask, field, by_value)
    shown = range(1 + len(fields))
    at_part, at_whole = summed.index(part) + 1, summed.index(whole) + 1

    def line(label: str, numbers: Sequence[int]) -> Row:
        ratio = percent(numbers[at_part], numbers[at_whole])
        return (label, *(numbers[n] for n in shown), ratio)

    lines = [line(label, numbers) for label, numbers in labelled]
    total = [sum(column) for column in zip(*by_value.values(), strict=True)]
    if total:
        lines.append(line(ask.word("total"), total))
    header = (field.title, ask.text("units"), *(f.title for f in fields), rate.text("label"))
    title = ask.fill("group_title", title=field.title, period=source.period)
    series = tuple(2 + fields.index(f) for f in (whole, part) if f in fields)
    return Figure(Table(title, header, tuple(lines)), BARS, series)


def _labelled(
    ask: Card, field: Field, by_value: Mapping[str, list[int]]
) -> Iterator[tuple[str, list[int]]]:
    """Codes under their labels in the list's order, then what the list does not know, then those
    who left it blank."""
    codes = ask.form.codes.get(str(field.options.get("codes", "")))
    labels = {entry.code: entry.label for entry in codes.entries} if codes else {}
    for code, label in labels.items():
        if code in by_value:
            yield label, by_value[code]
    for value, numbers in by_value.items():
        if value and value not in labels:
            yield value, numbers
    if "" in by_value:
        yield ask.text("missing"), by_value[""]


def _change(ask: Card, now: _Register, before: _Register) -> Figure:
    fields = [ask.field("fields", path, "count") for path in ask.entries("fields")]
    compared: list[tuple[str, int | None, int | None]]
    compared = [(ask.text("units"), _units(before), _units(now))]
    compared += [(f.title, before.count(f), now.count(f)) for f in fields]
    blank = cards.blank_if_none
    lines: list[Row] = [
        (label, blank(was), blank(is_), *_diff(was, is_)) for label, was, is_ in compared
    ]
    header = tuple(str(text) for text in ask.entries("change_header"))
    title = ask.fill("change_title", before=before.period, period=now.period)
    return Figure(Table(title, header, tuple(lines)))


def _units(source: _Register) -> int:
    sql = "SELECT count(*) FROM answers WHERE period = ?"
    return int(source.register.query(sql, [source.period])[0][0])


def _diff(was: int | None, is_: int | None) -> tuple[Cell, Cell]:
    if was is None or is_ is None:
        return "", ""
    share = percent(abs(is_ - was), was)
    return is_ - was, -share if is_ < was and isinstance(share, float) else share
