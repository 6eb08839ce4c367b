"""Statistics of everything that was received for a period: the published register → figures.

Only what counts does (converter/register/precedence.py); units that the roster does not list
stand outside all figures. The superior unions form a tree
where the roster lists them as units of another one; a row then adds up all that is below it, and
its name is indented by its depth. Titles, fields and groups come from the form's
`[statistics.collection]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any

from converter.kinds.amounts import Amount, amount, amount_heading
from converter.messages.catalogue import message
from converter.model.forms import Field, Form, Sheet
from converter.register import Snapshot, periods, unit_changes
from converter.register.forwarded import members_without_rows
from converter.register.periods import Period
from converter.register.schema import ANSWERS, name, number_sql, table_of
from converter.statistics import breakdowns, cards, progress
from converter.statistics.breakdowns import Breakdowns, group_sql
from converter.statistics.cards import StatisticsCard, card_of, percent
from converter.statistics.figure import (
    Cell,
    Chart,
    Column,
    Figure,
    Row,
    StatisticsTable,
    catalogue_columns,
)
from converter.statistics.progress import Sums, Tree, added


def figures(
    register: Snapshot,
    form: Form,
    today: date,
    *,
    period: str = "",
    by: Sequence[str] = (),
    counts: Sequence[str] = (),
    cross: bool = False,
    units: bool = False,
) -> list[Figure]:
    """All tables of a period ('' = the newest), grouped by these fields (keys or titles; none = the
    form's first choice), each pair of them against one another if `cross`; `counts` are further
    numbers to sum. With `units` every unit has a row, with what changed since the period before.
    `form` with code lists. Raises FormError for a broken card, UsageError for an unknown field."""
    card = card_of(form).part("collection")
    chosen = period or register.newest()
    source = _Register(register, chosen, form)
    tree = Tree.of(register, chosen)
    reported = progress.progress(card, register, chosen, tree)
    found = [
        _overview(card, source, reported.table),
        reported,
        progress.daily(register, chosen),
        progress.faults(register, form, chosen),
        progress.missing(register, chosen, tree),
        progress.waiting(register, form, chosen),
        *_members_too(cards.figures(source, form, today), register, chosen),
    ]
    grouping = [breakdowns.find_field(form, key) for key in by or card.entries("by")[:1]]
    more = [breakdowns.find_count(form, key) for key in counts]
    fields = [card.unit_number("fields", path) for path in card.entries("fields")]
    fields += [field for field in more if field not in fields]
    made = Breakdowns(register, form, chosen, card.text("missing"), card.label("total"))
    for field in grouping:
        of_unit = field.sheet == form.record.key
        found.append(
            _grouped(card, source, field, tree, fields) if of_unit else made.rows_by(field)
        )
    if cross:
        found += [made.cross(first, second) for first, second in combinations(grouping, 2)]
    earlier = [p for p in register.periods() if p < chosen]
    if units:
        found.append(made.units(fields))
        if earlier:
            found.append(made.changes(earlier[-1], _rate(card)[1:]))
    if earlier:
        found.append(_change(card, source, _Register(register, earlier[-1], form)))
        found.append(_trend(card, [*(_Register(register, p, form) for p in earlier), source]))
    return found


def _members_too(found: list[Figure], register: Snapshot, period: str) -> list[Figure]:
    """Without the tables of members where there is a row of none of them: zeros would lie."""
    if _has_rows(register, period) or not members_without_rows(register, period):
        return found
    return [figure for figure in found if not figure.table.total]


def _has_rows(register: Snapshot, period: str) -> bool:
    return bool(register.query("SELECT 1 FROM members WHERE period = ? LIMIT 1", [period]))


@dataclass(frozen=True, slots=True)
class CollectionState:
    """What stands over a summary: the union that collects ('' where the roster does not say), how
    the period stands, and how many members are in no table of members."""

    union: str
    state: str  # open, closed, collected
    changed: str  # ISO time
    without_rows: int  # members that were removed for good, or of whom figures alone came
    has_rows: bool  # whether there are others


def heading(register: Snapshot, period: str) -> CollectionState:
    """What stands over the summary of a period."""
    rows = register.query("SELECT period, state, changed, officer FROM periods")
    found = periods.in_force(rows).get(period, Period(period, periods.COLLECTED, "", ""))
    without_rows = members_without_rows(register, period)
    has_rows = _has_rows(register, period)
    union = Tree.of(register, period).top
    return CollectionState(union, found.state, found.changed, without_rows, has_rows)


def groups(form: Form) -> list[str]:
    """The keys that `by` may name."""
    card = (form.prose.get("statistics") or {}).get("collection") or {}
    return [str(key) for key in card.get("by", [])]


@dataclass(frozen=True, slots=True)
class _Register:
    """The current submissions of a period as a source of figures."""

    register: Snapshot
    period: str
    form: Form
    merged: Mapping[str, str] | None = None  # code of a unit → that of who reports for it now
    sums: dict[tuple[str, str], Mapping[str, Amount | None]] = dataclass_field(
        default_factory=dict, init=False
    )

    def count(self, field: Field, also_in: str = "") -> Amount | None:
        """The sum of a field, of the units that reported for `also_in` too ('' = of all); None
        where not all rows of its table are known."""
        key = field.sheet, also_in
        if key not in self.sums:  # all of a sheet at once, in one query
            self.sums[key] = self._sums(self.form.sheet(field.sheet), also_in)
        return self.sums[key].get(field.key)

    def _sums(self, sheet: Sheet, also_in: str) -> Mapping[str, Amount | None]:
        if not sheet.is_record and members_without_rows(self.register, self.period):
            return {}
        table = table_of(self.form, sheet.key)
        known = self.register.columns(table)
        fields = [f for f in breakdowns.number_fields(sheet) if f.key in known]
        found = self._of_units([f"sum({number_sql(f)})" for f in fields], also_in, table)
        return {
            f.key: None if total is None else amount(total, f)
            for f, total in zip(fields, found, strict=True)
        }

    def units(self, also_in: str = "") -> int:
        return int(self._of_units(["count(DISTINCT unit)"], also_in)[0])

    def unconfirmed(self) -> int:
        """Units that count without a signature, where the union issued an identity file."""
        sql = "SELECT count(*) FROM submissions WHERE period = ? AND state = 'unconfirmed'"
        return int(self.register.query(sql, [self.period])[0][0])

    def _of_units(self, what: Sequence[str], also_in: str, table: str = ANSWERS) -> Sequence[Any]:
        if not what:
            return ()
        sql = (
            f"WITH {unit_changes.MERGED},"
            " keys AS (SELECT k.id, coalesce('c ' || m.last, k.unit_key) AS unit_key"
            "  FROM unit_keys() k LEFT JOIN merged m ON k.unit_key = 'c ' || m.code)"
            f" SELECT {', '.join(what)} FROM {table} WHERE period = $3"
            " AND ($4 = '' OR unit IN (SELECT k.id FROM keys k WHERE k.unit_key IN (SELECT"
            " o.unit_key FROM answers b JOIN keys o ON o.id = b.unit WHERE b.period = $4)))"
        )
        merged = self.merged or {}
        params = [[*merged], [*merged.values()], self.period, also_in]
        return self.register.query(sql, params)[0]

    def values(self, *fields: Field) -> Counter[tuple[str, ...]]:
        table = table_of(self.form, fields[0].sheet)
        known = self.register.columns(table)
        if not known:
            return Counter()
        columns = [name(f.key) if f.key in known else "''" for f in fields]
        rows = self.register.query(
            f"SELECT {', '.join(columns)}, count(*) FROM {table} WHERE period = ? GROUP BY ALL",
            [self.period],
        )
        return Counter({tuple(str(v or "") for v in row[:-1]): int(row[-1]) for row in rows})


# --- tables -----------------------------------------------------------------------------------


def _overview(card: StatisticsCard, source: _Register, reported: StatisticsTable) -> Figure:
    """The numbers that are asked for first, one a row: the total of the progress table, then the
    collection's rate."""
    label, part, whole = _rate(card)
    members, staff = source.count(part), source.count(whole)
    rows: list[Row] = [
        *((one.title, reported.column(one.key)[-1]) for one in reported.columns[1:]),
        (message("summary_overview_strangers"), progress.strangers(source.register, source.period)),
        (amount_heading(whole), cards.blank_if_none(staff)),
        (amount_heading(part), cards.blank_if_none(members)),
        (label, percent(members, staff)),
    ]
    columns = catalogue_columns("overview", "item", "value")
    title = message("summary_overview", period=source.period)
    return Figure(StatisticsTable("overview", title, columns, tuple(rows)), Chart.TILES)


def _rate(card: StatisticsCard) -> tuple[str, Field, Field]:
    """What the collection's rate is called, what it is a part of what."""
    rate = card.part("rate")
    part = rate.unit_number("part", rate.text("part"))
    return rate.text("label"), part, rate.unit_number("whole", rate.text("whole"))


def _trend(card: StatisticsCard, sources: Sequence[_Register]) -> Figure:
    """Units, the rate and what it is made of, a row a period."""
    label, part, whole = _rate(card)
    rows: list[Row] = []
    for source in sources:
        staff, members = source.count(whole), source.count(part)
        shown = map(cards.blank_if_none, (staff, members))
        units = (source.units(), source.unconfirmed())
        rows.append((source.period, *units, *shown, percent(members, staff)))
    columns = (
        Column("period", message("summary_period")),
        Column("units", card.text("units")),
        progress.unconfirmed_column(),
        Column(whole.key, amount_heading(whole)),
        Column(part.key, amount_heading(part)),
        Column("percent", label),
    )
    table = StatisticsTable("trend", message("summary_trend"), columns, tuple(rows))
    return Figure(table, Chart.LINE, (whole.key, part.key))


def _grouped(
    card: StatisticsCard, source: _Register, field: Field, tree: Tree, fields: Sequence[Field]
) -> Figure:
    """Units and their numbers, a row a superior union or a value of another unit field."""
    label, part, whole = _rate(card)
    summed = [*fields, *(f for f in (part, whole) if f not in fields)]
    superior = field.identity == "superior_name"
    known = source.register.columns("answers")
    group = group_sql(field) if superior or field.key in known else "''"
    sums = ", ".join(
        f"coalesce(sum({number_sql(f, 'a')}), 0)" if f.key in known else "0" for f in summed
    )
    answer = source.register.query(
        f"SELECT {group}, count(*), count(*) FILTER (s.state = 'unconfirmed'), {sums}"
        " FROM answers a JOIN units_in($1) u ON u.id = a.unit"
        " JOIN submissions s ON s.id = a.submission WHERE a.period = $1 GROUP BY 1 ORDER BY 1",
        [source.period],
    )
    by_value: Mapping[str, Sums] = {
        str(value): {"units": int(units), "unconfirmed": int(unconfirmed)}
        | {f.key: amount(found, f) for f, found in zip(summed, sums, strict=True)}
        for value, units, unconfirmed, *sums in answer
    }
    labelled = tree.rolled_up(by_value) if superior else _labelled(card, field, by_value)
    columns = (
        Column("group", field.title),
        Column("units", card.text("units")),
        progress.unconfirmed_column(),
        *(Column(f.key, amount_heading(f)) for f in fields),
        Column("percent", label),
    )

    def row(group: str, counted: Sums) -> Row:
        shown = (counted["units"], counted["unconfirmed"], *(counted[f.key] for f in fields))
        return (group, *shown, percent(counted[part.key], counted[whole.key]))

    rows = [row(group, counted) for group, counted in labelled]
    depths = progress.depths_of(rows) if superior else ()
    if by_value:
        rows.append(row(card.label("total"), added(by_value.values())))
    title = card.fill("group_title", title=field.title, period=source.period)
    series = tuple(f.key for f in (whole, part) if f in fields)
    table = StatisticsTable(f"by_{field.key}", title, columns, tuple(rows), total=True)
    return Figure(table, Chart.BARS, series, depths)


def _labelled(
    card: StatisticsCard, field: Field, by_value: Mapping[str, Sums]
) -> Iterator[tuple[str, Sums]]:
    """Groups under their labels, in order."""
    missing = card.text("missing")
    for value, label in breakdowns.labelled(field, card.form, by_value, missing).items():
        yield label, by_value[value]


def _change(card: StatisticsCard, now: _Register, before: _Register) -> Figure:
    """Like for like: the numbers are of the units that reported for both periods; with a unit that
    others were merged into, what these reported before is compared."""
    merged = unit_changes.mergers(now.register, before.period, now.period)
    now, before = replace(now, merged=merged), replace(before, merged=merged)
    fields = [card.unit_number("fields", path) for path in card.entries("fields")]
    both = now.units(before.period)
    compared: list[tuple[str, Amount | None, Amount | None]] = [
        (card.text("units"), before.units(), now.units()),
        (message("summary_change_both"), both, both),
    ]
    compared += [
        (amount_heading(f), before.count(f, now.period), now.count(f, before.period))
        for f in fields
    ]
    blank = cards.blank_if_none
    rows: list[Row] = [
        (label, blank(was), blank(is_), *_difference(was, is_)) for label, was, is_ in compared
    ]
    columns = card.columns(
        "item", "before", "now", "change", "change_percent", titles="change_header"
    )
    title = card.fill("change_title", before=before.period, period=now.period)
    return Figure(StatisticsTable("change", title, columns, tuple(rows)))


def _difference(was: Amount | None, is_: Amount | None) -> tuple[Cell, Cell]:
    if was is None or is_ is None:
        return "", ""
    share = percent(Decimal(is_ - was).copy_abs(), Decimal(was).copy_abs())
    return is_ - was, -share if is_ < was and isinstance(share, float) else share
