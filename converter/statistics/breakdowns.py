"""Tables that an officer asks for: by any field of the form, one against another, unit by unit.

Dates are grouped by year, numbers in bands. Nothing is grouped by what names or reaches a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from converter import kinds
from converter.kinds.amounts import Amount, amount_heading, amount_of
from converter.kinds.base import ValueType
from converter.messages.catalogue import message
from converter.model.errors import UsageError
from converter.model.forms import Field, Form, Sheet
from converter.register import Snapshot
from converter.register.schema import ANSWERS, name, number_sql, table_of
from converter.statistics.cards import percent
from converter.statistics.figure import Cell, Column, Figure, Row, StatisticsTable
from converter.statistics.progress import Tree

WIDEST = 40  # columns of a cross table
BANDS = (0, 1, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000)  # where a band of numbers begins
BELOW_ZERO = "-"  # the band before the first


def find_field(form: Form, text: str) -> Field:
    """The field that is meant by a key, a path (member.sex) or a title. Raises UsageError."""
    wanted = text.strip()
    fields = [field for sheet in (form.record, *form.tables) for field in sheet]
    found = next((f for f in fields if wanted in (f.path, f.title, f.key)), None)
    if found is None:
        choices = "、".join(
            field.key if field.sheet == form.record.key else field.path
            for field in fields
            if not kinds.is_about_a_person(field)
        )
        raise UsageError("stats_by", field=text, choices=choices)
    if kinds.is_about_a_person(found):
        raise UsageError("stats_by_person", field=found.title)
    return found


def number_fields(sheet: Sheet) -> list[Field]:
    """The numbers of a sheet that add up: counts, sums of money and other decimals."""
    return [f for f in sheet if kinds.KINDS[f.kind].value_type.is_a(ValueType.NUMBER)]


def find_count(form: Form, text: str) -> Field:
    """The unit's number that is meant by a key or a title. Raises UsageError."""
    counts = number_fields(form.record)
    for field in counts:
        if text.strip() in (field.key, field.path, field.title):
            return field
    raise UsageError("stats_count", field=text, choices="、".join(f.key for f in counts))


def group_sql(field: Field, table: str = "a") -> str:
    """What a record is grouped by, as SQL: canonical text, a year, or where a band begins."""
    if field.identity == "superior_name":
        return "u.superior"
    column = f"coalesce({table}.{name(field.key)}, '')"
    kind = kinds.KINDS[field.kind].value_type
    if kind is ValueType.DATE:
        return f"substr({column}, 1, 4)"
    if kind.is_a(ValueType.NUMBER):
        number = number_sql(field, table)
        steps = " ".join(f"WHEN {number} >= {least} THEN '{least}'" for least in reversed(BANDS))
        return f"CASE {steps} WHEN {number} < 0 THEN '{BELOW_ZERO}' ELSE '' END"
    return column


def labelled(field: Field, form: Form, values: Iterable[str], missing: str) -> dict[str, str]:
    """Value → label, in the order in which they stand: that of the list, of the years, of the
    bands; what is missing last. (Unions: by name; `Tree` knows better.)"""
    found = set(values)
    codes = form.codes.get(str(field.options.get("codes", "")))
    order: dict[str, str] = {}
    if codes:
        order = {entry.code: entry.label for entry in codes.entries if entry.code in found}
    elif kinds.KINDS[field.kind].value_type.is_a(ValueType.NUMBER):
        kind = kinds.KINDS[field.kind]
        order = {BELOW_ZERO: message("summary_band_below_zero")} if BELOW_ZERO in found else {}
        order |= {
            str(least): _band(n, whole=not kind.decimal_places(field))
            for n, least in enumerate(BANDS)
            if str(least) in found
        }
    order |= {value: value for value in sorted(found - order.keys() - {""})}
    return order | ({"": missing} if "" in found else {})


def _band(number: int, *, whole: bool) -> str:
    """The band's label; with numbers that have a fraction it ends before the next begins."""
    first = BANDS[number]
    if number + 1 == len(BANDS):
        return message("summary_band_above", first=first)
    if not whole:
        return message("summary_band_until", first=first, next=BANDS[number + 1])
    last = BANDS[number + 1] - 1
    return str(first) if first == last else message("summary_band", first=first, last=last)


@dataclass(frozen=True, slots=True)
class Breakdowns:
    """Makes tables of what counts for a period. `form` with code lists; `missing` stands for what
    was left blank, `total` for the sum."""

    register: Snapshot
    form: Form
    period: str
    missing: str
    total: str

    def _table(self, *fields: Field) -> Sheet:
        """What is counted: the rows of a table where a field is theirs, else the units. Raises
        UsageError for fields of two tables, whose rows have nothing to do with one another."""
        of_tables = {field.sheet: field for field in fields if field.sheet != self.form.record.key}
        if len(of_tables) > 1:
            titles = [self.form.sheet(key).title for key in of_tables]
            raise UsageError("stats_two_tables", first=titles[0], second=titles[1])
        return self.form.sheet(next(iter(of_tables), self.form.record.key))

    def _counted(self, *fields: Field) -> Counter[tuple[str, ...]]:
        """How many units, or rows of a table where a field is theirs, have which values."""
        rows_of = table_of(self.form, self._table(*fields).key)
        if not self.register.columns(rows_of):
            return Counter()
        groups = []
        for field in fields:
            table = table_of(self.form, field.sheet)
            stored = field.key in self.register.columns(table)
            groups.append(group_sql(field, "a" if table == ANSWERS else "m") if stored else "''")
        rows = self.register.query(
            f"SELECT {', '.join(groups)}, count(*) FROM answers a"
            " JOIN units_in($1) u ON u.id = a.unit"
            + (f" JOIN {rows_of} m ON m.submission = a.submission" if rows_of != ANSWERS else "")
            + " WHERE a.period = $1 GROUP BY ALL",
            [self.period],
        )
        return Counter({tuple(map(str, row[:-1])): int(row[-1]) for row in rows})

    def _what(self, *fields: Field) -> str:
        table = self._table(*fields)
        key = "summary_units" if table.is_record else "summary_of_members"
        return message(key, rows=table.rows_name)

    def _labels(self, field: Field, values: Iterable[str]) -> dict[str, str]:
        """As `labelled`, unions in the roster's order."""
        found = labelled(field, self.form, values, self.missing)
        if field.identity != "superior_name":
            return found
        tree = Tree.of(self.register, self.period)
        return {union: found[union] for union in sorted(found, key=tree.place)}

    def rows_by(self, field: Field) -> Figure:
        """Rows of a table by one of their fields."""
        counted = self._counted(field)
        labels = self._labels(field, (key for (key,) in counted))
        total = counted.total()
        rows: list[Row] = [
            (label, counted[value,], percent(counted[value,], total))
            for value, label in labels.items()
        ]
        rows.append((self.total, total, percent(total, total)))
        columns = (
            Column("group", field.title),
            Column("count", self._what(field)),
            Column("percent", message("summary_share")),
        )
        title = message("summary_by", title=field.title, period=self.period)
        key = f"by_{field.sheet}_{field.key}"
        return Figure(StatisticsTable(key, title, columns, tuple(rows), total=True))

    def cross(self, first: Field, second: Field) -> Figure:
        """One field against another. Raises UsageError where it would be too wide."""
        counted = self._counted(first, second)
        down = self._labels(first, (one for one, _ in counted))
        across = self._labels(second, (other for _, other in counted))
        if len(across) > WIDEST:
            raise UsageError("stats_cross_wide", field=second.title, count=len(across))
        rows: list[Row] = []
        for value, label in down.items():
            cells = [counted[value, other] for other in across]
            rows.append((label, *cells, sum(cells)))
        sums = [sum(counted[value, other] for value in down) for other in across]
        rows.append((self.total, *sums, sum(sums)))
        columns = (
            Column("group", first.title),
            *(Column(value or "missing", label) for value, label in across.items()),
            Column("total", self.total),
        )
        title = message(
            "summary_cross",
            first=first.title,
            second=second.title,
            what=self._what(first, second),
            period=self.period,
        )
        key = f"cross_{first.key}_{second.key}"
        return Figure(StatisticsTable(key, title, columns, tuple(rows), total=True))

    # --- unit by unit ------------------------------------------------------------------------

    def _units(
        self, period: str, fields: Sequence[Field]
    ) -> Mapping[tuple[str, int], tuple[str, ...]]:
        """Unit → union, code, name, state, and its numbers as text, in the roster's order. A unit
        that counts through two unions below stands there twice."""
        known = self.register.columns("answers")
        columns = "".join(
            f", coalesce(a.{name(f.key)}, '')" if f.key in known else ", ''" for f in fields
        )
        tree = Tree.of(self.register, period)
        rows = self.register.query(
            "SELECT k.unit_key, row_number() OVER (PARTITION BY k.unit_key ORDER BY u.id),"
            f" u.superior, u.code, u.name, s.state{columns} FROM answers a"
            " JOIN units_in($1) u ON u.id = a.unit JOIN submissions s ON s.id = a.submission"
            " JOIN unit_keys() k ON k.id = u.id"
            " WHERE a.period = $1 ORDER BY u.position, u.code, u.name",
            [period],
        )
        rows.sort(key=lambda row: tree.place(str(row[2])))
        return {(str(key), int(n)): tuple(map(str, row)) for key, n, *row in rows}

    def units(self, fields: Sequence[Field]) -> Figure:
        """Every unit that counts, with its numbers."""
        rows: list[Row] = [
            (
                superior,
                code,
                unit,
                message(f"receive_state_{state}"),
                *map(_number, numbers, fields),
            )
            for superior, code, unit, state, *numbers in self._units(self.period, fields).values()
        ]
        columns = (
            *(Column(key, message(f"summary_units_{key}")) for key in _UNIT),
            Column("state", message("summary_units_state")),
            *(Column(field.key, amount_heading(field)) for field in fields),
        )
        title = message("summary_units_title", period=self.period, count=len(rows))
        return Figure(StatisticsTable("units", title, columns, tuple(rows)))

    def changes(self, before: str, fields: Sequence[Field]) -> Figure:
        """Every unit of either period: each number then, now, and what it grew by."""
        was, is_ = self._units(before, fields), self._units(self.period, fields)
        rows: list[Row] = []
        for unit in [*is_, *(unit for unit in was if unit not in is_)]:
            line = is_.get(unit) or was[unit]
            row: list[Cell] = [*line[:3], _presence(unit in was, unit in is_)]
            for n, field in enumerate(fields, 4):
                then = _number(was[unit][n], field) if unit in was else ""
                now = _number(is_[unit][n], field) if unit in is_ else ""
                both = not isinstance(then, str) and not isinstance(now, str)
                row += [then, now, now - then if both else ""]  # type: ignore[operator]
            rows.append(tuple(row))
        columns = [Column(key, message(f"summary_units_{key}")) for key in _UNIT]
        columns.append(Column("presence", message("summary_units_presence")))
        for field in fields:
            for key in ("before", "now", "change"):
                title = message(f"summary_changes_{key}", title=amount_heading(field))
                columns.append(Column(f"{field.key}_{key}", title))
        title = message("summary_changes_title", before=before, period=self.period, count=len(rows))
        return Figure(StatisticsTable("unit_changes", title, tuple(columns), tuple(rows)))


_UNIT = ("superior", "code", "unit")


def _number(text: str, field: Field) -> Amount | str:
    found = amount_of(text, field)
    return text if found is None else found


def _presence(before: bool, now: bool) -> str:
    key = "both" if before and now else "new" if now else "gone"
    return message(f"summary_presence_{key}")
