"""Statistics of everything that was received for a period: the published register → tables.

Only current submissions count (converter/register/precedence.py). The superior unions form a tree
where the roster lists them as units of another one; a line then holds all that is below it, and
its name is set in by its depth. Words, fields and groups stand in the form's
`[statistics.collection]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from converter.kinds.base import ValueType
from converter.messages.catalogue import message
from converter.model.forms import Field, Form
from converter.register import Snapshot
from converter.register.schema import name
from converter.statistics import cards
from converter.statistics import progress as gathering
from converter.statistics.cards import Card, Cell, Row, StatisticsTable, percent
from converter.statistics.figure import BARS, LINE, PLAIN, PYRAMID, TILES, Figure
from converter.statistics.progress import Tree

SUMMED = ("ages", "years")  # kinds of tables whose last row sums the others up


def figures(
    register: Snapshot, form: Form, today: date, *, period: str = "", by: Sequence[str] = ()
) -> list[Figure]:
    """All tables of a period ('' = the newest), grouped by these unit fields (their keys; none =
    the form's first choice). `form` with code lists. Raises FormError for a broken card."""
    settings = form.prose.get("statistics") or {}
    ask = Card(settings.get("collection") or {}, "statistics.collection", settings, form)
    chosen = period or newest(register)
    source = _Register(register, chosen)
    tree = Tree.of(register)
    progress = gathering.progress(ask, register, chosen, tree)
    found = [
        _overview(ask, source, progress),
        progress,
        gathering.daily(register, chosen),
        gathering.faults(register, form, chosen),
        gathering.missing(register, chosen, tree),
    ]
    for card, table in zip(
        settings.get("table", []), cards.tables(source, form, today), strict=True
    ):
        kind = card.get("kind")
        found.append(_drawn(table, PYRAMID if kind == "ages" else PLAIN, kind in SUMMED))
    for key in by or ask.entries("by")[:1]:
        found.append(_grouped(ask, source, form.unit.field(key), tree))
    earlier = [p for p in register.periods() if p < chosen]
    if earlier:
        found.append(_change(ask, source, _Register(register, earlier[-1])))
        found.append(_trend(ask, [*(_Register(register, p) for p in earlier), source]))
    return found


def _drawn(table: StatisticsTable, chart: str, total: bool) -> Figure:
    return Figure(table, chart, (1, 2) if chart else (), total)


def groups(form: Form) -> list[str]:
    """The keys that `by` may name."""
    card = (form.prose.get("statistics") or {}).get("collection") or {}
    return [str(key) for key in card.get("by", [])]


def newest(register: Snapshot) -> str:
    """The newest period that counts anything, else the one that is being collected."""
    periods = register.periods()
    return periods[-1] if periods else str(register.state.get("period", ""))


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


# --- tables -----------------------------------------------------------------------------------


def _overview(ask: Card, source: _Register, progress: Figure) -> Figure:
    """The figures that are asked for first, one a line."""
    label, part, whole = _rate(ask)
    members, staff = source.count(part), source.count(whole)
    lines: list[Row] = [
        *zip(progress.table.header[1:], progress.table.rows[-1][1:], strict=True),
        (whole.title, cards.blank_if_none(staff)),
        (part.title, cards.blank_if_none(members)),
        (label, percent(members, staff)),
    ]
    header = (message("summary_overview_item"), message("summary_overview_value"))
    return Figure(
        StatisticsTable(message("summary_overview", period=source.period), header, tuple(lines)),
        TILES,
    )


def _rate(ask: Card) -> tuple[str, Field, Field]:
    """What the collection's rate is called, what it is a part of what."""
    rate = Card(ask.values.get("rate") or {}, "statistics.collection.rate", {}, ask.form)
    part = rate.field("part", rate.text("part"), ValueType.COUNT)
    return rate.text("label"), part, rate.field("whole", rate.text("whole"), ValueType.COUNT)


def _trend(ask: Card, sources: Sequence[_Register]) -> Figure:
    """Units, the rate and what it is made of, a line a period."""
    label, part, whole = _rate(ask)
    lines: list[Row] = []
    for source in sources:
        counted = [source.count(whole), source.count(part)]
        shown = map(cards.blank_if_none, counted)
        lines.append((source.period, _units(source), *shown, percent(counted[1], counted[0])))
    header = (message("summary_period"), ask.text("units"), whole.title, part.title, label)
    return Figure(StatisticsTable(message("summary_trend"), header, tuple(lines)), LINE, (2, 3))


def _grouped(ask: Card, source: _Register, field: Field, tree: Tree) -> Figure:
    fields = [ask.field("fields", path, ValueType.COUNT) for path in ask.entries("fields")]
    label, part, whole = _rate(ask)
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

    def line(group: str, numbers: Sequence[int]) -> Row:
        ratio = percent(numbers[at_part], numbers[at_whole])
        return (group, *(numbers[n] for n in shown), ratio)

    lines = [line(group, numbers) for group, numbers in labelled]
    total = [sum(column) for column in zip(*by_value.values(), strict=True)]
    if total:
        lines.append(line(ask.word("total"), total))
    header = (field.title, ask.text("units"), *(f.title for f in fields), label)
    title = ask.fill("group_title", title=field.title, period=source.period)
    series = tuple(2 + fields.index(f) for f in (whole, part) if f in fields)
    return Figure(StatisticsTable(title, header, tuple(lines)), BARS, series, total=True)


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
    fields = [ask.field("fields", path, ValueType.COUNT) for path in ask.entries("fields")]
    compared: list[tuple[str, int | None, int | None]]
    compared = [(ask.text("units"), _units(before), _units(now))]
    compared += [(f.title, before.count(f), now.count(f)) for f in fields]
    blank = cards.blank_if_none
    lines: list[Row] = [
        (label, blank(was), blank(is_), *_diff(was, is_)) for label, was, is_ in compared
    ]
    header = tuple(str(text) for text in ask.entries("change_header"))
    title = ask.fill("change_title", before=before.period, period=now.period)
    return Figure(StatisticsTable(title, header, tuple(lines)))


def _units(source: _Register) -> int:
    sql = "SELECT count(*) FROM answers WHERE period = ?"
    return int(source.register.query(sql, [source.period])[0][0])


def _diff(was: int | None, is_: int | None) -> tuple[Cell, Cell]:
    if was is None or is_ is None:
        return "", ""
    share = percent(abs(is_ - was), was)
    return is_ - was, -share if is_ < was and isinstance(share, float) else share
