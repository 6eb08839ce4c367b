"""The annual report of a union: the tables that it sends up, of a register's period.

All tables are of the units that count. What is compared with the period before is of the units that
reported for both, by their codes, since units that came through unions below have other numbers in
each period.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from converter.kinds import KINDS
from converter.kinds.amounts import Amount, amount
from converter.model.forms import Form
from converter.register import Snapshot
from converter.register.schema import name, number_sql, quoted
from converter.statistics import annual_cards, breakdowns
from converter.statistics.annual_cards import AnnualTableCard, Measure, MeasureCondition
from converter.statistics.cards import card_of

_YEAR = re.compile("(?:19|20)[0-9]{2}")
NOW, BOTH_NOW, BOTH_BEFORE = "now", "both_now", "both_before"
_Counted = Mapping[tuple[str, str], tuple[Amount, ...]]  # (part, group) → the measures' numbers


@dataclass(frozen=True, slots=True)
class AnnualCell:
    """A number of this period, and for the units that reported for both periods the number of the
    period before and of this one (None: not compared)."""

    now: Amount
    before: Amount | None = None
    both: Amount | None = None


@dataclass(frozen=True, slots=True)
class AnnualTable:
    """A table: `columns` are its measures (label, whether it is compared), or, where each row is a
    measure, that row's numbers alone ('')."""

    title: str
    stub: str
    columns: Sequence[tuple[str, bool]]
    rows: Sequence[tuple[str, Sequence[AnnualCell]]]
    total: bool  # whether the first row adds up the others
    units: Sequence[str]  # what its numbers are counted in; '' = units and people


@dataclass(frozen=True, slots=True)
class AnnualReport:
    """The whole report of a period."""

    title: str
    union: str
    period: str
    before: str  # the period that it is compared with; '' = none
    both: int  # units that reported for both
    owing: int  # units that owe a report
    reported: int
    headings: Sequence[str]
    compared: str
    signatures: Sequence[str]
    tables: Sequence[AnnualTable]


def report(
    register: Snapshot, form: Form, union: str, period: str, today: date
) -> AnnualReport | None:
    """The annual report of a period; None where the form has none. Raises FormError."""
    card = annual_cards.read(form)
    if card is None:
        return None
    earlier = [one for one in register.periods() if one < period]
    before = earlier[-1] if earlier else ""
    year = _YEAR.search(period)
    end = f"{year.group() if year else today.year}-12-31"
    source = _Source(register, form, period, before, end)
    ((both,),) = register.query(f"{source.units} SELECT count(*) FROM both_periods")
    ((owing, reported),) = register.query(
        "SELECT (SELECT count(*) FROM roster_of($1) r WHERE r.owes),"
        " (SELECT count(DISTINCT unit) FROM answers WHERE period = $1)",
        [period],
    )
    tables = [source.table(one, card.headings[0]) for one in card.tables]
    return AnnualReport(
        card.title, union, period, before, int(both), int(owing), int(reported), card.headings,
        card.compared, card.signatures, tables,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Source:
    """The counting answers of a period and of the one before."""

    register: Snapshot
    form: Form
    period: str
    before: str
    end: str  # of the year, an ISO date

    @property
    def units(self) -> str:
        """SQL that names this period's answers, those of the one before, and the units of both."""
        period, before = quoted(self.period), quoted(self.before)
        return (
            "WITH this_period AS (SELECT a.*, k.unit_key FROM answers a"
            " JOIN unit_keys() k ON k.id = a.unit"
            f" WHERE a.period = '{period}'),"
            " period_before AS (SELECT a.*, k.unit_key FROM answers a"
            " JOIN unit_keys() k ON k.id = a.unit"
            f" WHERE a.period = '{before}'),"
            " both_periods AS (SELECT unit_key FROM this_period"
            " INTERSECT SELECT unit_key FROM period_before)"
        )

    def table(self, card: AnnualTableCard, stub: str) -> AnnualTable:
        counted = self._counted(card)
        width, units = len(card.measures), _units(card.measures)
        if card.by is None:
            cells = _cells(card.measures, counted, "")
            rows = [(one.label, [cell]) for one, cell in zip(card.measures, cells, strict=True)]
            any_compared = any(one.compared for one in card.measures)
            return AnnualTable(card.title, stub, [("", any_compared)], rows, False, units)
        groups = {group for _, group in counted}
        settings = card_of(self.form)
        missing = settings.part("collection").text("missing")
        entries = self.form.codes[card.by.options["codes"]].entries
        # Every code has its row, also one that nobody chose: such tables are read by their rows.
        values = [*(entry.code for entry in entries), *groups]
        labels = breakdowns.labelled(card.by, self.form, values, missing)
        totals = {
            (part, "total"): tuple(map(sum, zip(*of_part, strict=True)))
            for part in (NOW, BOTH_NOW, BOTH_BEFORE)
            if (of_part := [row for (p, _), row in counted.items() if p == part])
        }
        rows = [(settings.label("total"), _cells(card.measures, totals, "total"))]
        rows += [
            (label, cells)
            for value, label in labels.items()
            if (cells := _cells(card.measures, counted, value))
            and (value or any(map(_some, cells)))
        ]
        columns = [(one.label, one.compared) for one in card.measures]
        assert all(len(row) == width for _, row in rows)
        return AnnualTable(card.title, card.by.title, columns, rows, True, units)

    def _counted(self, card: AnnualTableCard) -> _Counted:
        known = set(self.register.columns("answers"))
        group = "''"
        if card.by is not None and card.by.key in known:
            group = f"coalesce({name(card.by.key)}, '')"
        measures = ", ".join(self._sql(one, known) for one in card.measures)
        parts = {NOW: "this_period"}
        if self.before:
            both = "SEMI JOIN both_periods b ON b.unit_key = {0}.unit_key"
            parts[BOTH_NOW] = f"this_period {both.format('this_period')}"
            parts[BOTH_BEFORE] = f"period_before {both.format('period_before')}"
        selects = " UNION ALL ".join(
            f"SELECT '{part}', {group} AS g, {measures} FROM {source} GROUP BY g"
            for part, source in parts.items()
        )
        rows = self.register.query(f"{self.units} {selects}")
        return {
            (str(part), str(group)): tuple(map(_number, numbers, card.measures))
            for part, group, *numbers in rows
        }

    def _sql(self, measure: Measure, known: set[str]) -> str:
        value = "count(*)"
        if measure.summed is not None:
            if measure.summed.key not in known:
                return "0"
            value = f"sum({number_sql(measure.summed)})"
        if measure.conditions:
            condition = " AND ".join(self._condition(one, known) for one in measure.conditions)
            value = f"{value} FILTER ({condition})"
        return f"coalesce({value}, 0)"

    def _condition(self, one: MeasureCondition, known: set[str]) -> str:
        columns = [name(field.key) if field.key in known else "''" for field in one.fields]
        if one.codes:
            codes = ", ".join(f"'{quoted(code)}'" for code in one.codes)
            return f"{columns[0]} IN ({codes})"
        if one.filled:
            return f"coalesce({columns[0]}, '') <> ''"
        since = ", ".join(f"nullif({column}, '')" for column in columns)
        day, end = f"TRY_CAST(coalesce({since}) AS DATE)", f"DATE '{self.end}'"
        condition = f"{day} <= {end} - INTERVAL {one.years} YEAR"
        if one.below:
            condition += f" AND {day} > {end} - INTERVAL {one.below} YEAR"
        return f"({condition})"


def _units(measures: Sequence[Measure]) -> tuple[str, ...]:
    fields = (one.summed for one in measures)
    units = (KINDS[field.kind].shown_unit(field) if field else "" for field in fields)
    return tuple(dict.fromkeys(units))


def _number(found: Any, measure: Measure) -> Amount:
    return amount(found, measure.summed) if measure.summed else int(found)


def _some(cell: AnnualCell) -> bool:
    return bool(cell.now or cell.before or cell.both)


def _cells(measures: Sequence[Measure], counted: _Counted, group: str) -> list[AnnualCell]:
    nothing = tuple(_number(0, one) for one in measures)
    now, both, before = (counted.get((p, group), nothing) for p in (NOW, BOTH_NOW, BOTH_BEFORE))
    return [
        AnnualCell(now[n], before[n], both[n]) if one.compared else AnnualCell(now[n])
        for n, one in enumerate(measures)
    ]
