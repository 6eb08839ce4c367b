"""The kinds of tables that a form's `[statistics]` can ask for.

The form says which tables there are, of which fields and under which titles. A `Source` supplies
the numbers: one submission, or a whole register. No table names a person. Blank and unreadable
values are counted as unknown, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Protocol

from converter.files.toml_access import TomlTable
from converter.kinds.amounts import Amount, amount_heading
from converter.kinds.base import ValueType
from converter.model.errors import FormError
from converter.model.forms import Field, Form
from converter.rules.base import known_path
from converter.statistics.figure import Cell, Chart, Column, Figure, Row, StatisticsTable


class Source(Protocol):
    """Where the numbers of a figure come from."""

    def count(self, field: Field) -> Amount | None:
        """The sum of a field's numbers; None where nobody answered."""

    def values(self, *fields: Field) -> Counter[tuple[str, ...]]:
        """How many records have which canonical texts in these fields (of one sheet)."""


def figures(source: Source, form: Form, today: date) -> list[Figure]:
    """The tables of the form's `[statistics]`, in its order. Each goes by its card's `key`, or by
    its kind where the card has none. Raises FormError for a broken card."""
    made: list[Figure] = []
    for number, values in enumerate(card_of(form).values.get("table", []), 1):
        card = card_of(form, values, f"table[{number}]")
        kind = KINDS.get(card.text("kind"))
        if kind is None:
            raise card.error("kind", "form_statistics_kind", values["kind"], KINDS)
        if card.key in {figure.key for figure in made}:
            raise card.error("key", "form_statistics_key", card.key)
        made.append(kind(card, source, today))
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsCard(TomlTable):
    """A card of the form's `[statistics]`; `settings` is that table itself."""

    settings: Mapping[str, Any]
    form: Form

    def part(self, key: str) -> StatisticsCard:
        """A table within this one."""
        part = self.table(key)
        return replace(self, values=part.values, context=part.context)

    def within(self, values: Mapping[str, Any], place: str) -> StatisticsCard:
        """The card of these values, which stand at this place of it."""
        return replace(self, values=values, context=f"{self.context}.{place}")

    @property
    def key(self) -> str:
        """What the card's table goes by."""
        return self.text("key" if "key" in self.values else "kind")

    def fill(self, key: str, **params: object) -> str:
        try:
            return self.text(key).format_map({k: str(v) for k, v in params.items()})
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            choices = [f"{{{name}}}" for name in params]
            raise self.error(key, "form_words", self.values[key], choices) from error

    def columns(self, *keys: str, titles: str = "header") -> tuple[Column, ...]:
        """Columns under the titles that the card lists."""
        value = self.values.get(titles)
        if not isinstance(value, list) or len(value) != len(keys):
            raise self.error(titles, "form_header", value, count=len(keys))
        return tuple(Column(key, str(title)) for key, title in zip(keys, value, strict=True))

    def entries(self, key: str) -> list[Any]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value:
            raise self.error(key, "form_list", value)
        return value

    def field(self, key: str, path: Any, wanted: ValueType) -> Field:
        try:
            return known_path(path, self.form, key, wanted)
        except FormError as error:
            raise error.within(self.file, self.context) from error

    def unit_number(self, key: str, path: Any) -> Field:
        """A number of the unit's record. Raises FormError."""
        field = self.field(key, path, ValueType.NUMBER)
        if field.sheet != self.form.record.key:
            raise self.error(key, "form_other_sheet", path, path=path, sheet=self.form.record.key)
        return field

    def label(self, key: str) -> str:
        """A label that all tables share."""
        return replace(self, values=self.settings, context="statistics").text(key)


def card_of(form: Form, values: Mapping[str, Any] | None = None, place: str = "") -> StatisticsCard:
    """The card of these values at a place within `[statistics]`, by default the whole of it."""
    settings = form.prose.get("statistics") or {}
    context = f"statistics.{place}" if place else "statistics"
    found = settings if values is None else values
    return StatisticsCard(found, Path("form.toml"), context, settings=settings, form=form)


# --- the unit's own numbers --------------------------------------------------------------


def _counts(card: StatisticsCard, source: Source, today: date) -> Figure:
    fields = [card.field("fields", path, ValueType.NUMBER) for path in card.entries("fields")]
    rows: list[Row] = [(amount_heading(f), blank_if_none(source.count(f))) for f in fields]
    columns = card.columns("item", "count")
    return Figure(StatisticsTable(card.key, card.text("title"), columns, tuple(rows)))


def _rates(card: StatisticsCard, source: Source, today: date) -> Figure:
    rows: list[Row] = []
    for number, values in enumerate(card.entries("rates"), 1):
        own = values if isinstance(values, dict) else {}
        entry = card.within(own, f"rates[{number}]")
        entry.only(("label", "part", "whole"))
        part = source.count(entry.field("part", entry.text("part"), ValueType.NUMBER))
        whole = source.count(entry.field("whole", entry.text("whole"), ValueType.NUMBER))
        rows.append((entry.text("label"), percent(part, whole)))
    columns = card.columns("item", "percent")
    return Figure(StatisticsTable(card.key, card.text("title"), columns, tuple(rows)))


def blank_if_none(number: Amount | None) -> Cell:
    return "" if number is None else number


def percent(part: Amount | None, whole: Amount | None) -> Cell:
    """Nothing is a part of nothing, or of a loss."""
    if part is None or not whole or whole < 0:
        return ""
    # Half up in whole tenths: 12.25 % is 12.3 % everywhere, whatever a float makes of it.
    return int((Decimal(part) * 1000 / whole).quantize(Decimal(1), ROUND_HALF_UP)) / 10


# --- the members by bands ------------------------------------------------------------------


def _ages(card: StatisticsCard, source: Source, today: date) -> Figure:
    """Members by completed years of age, a column for each code of another field."""
    born = card.field("born", card.text("born"), ValueType.DATE)
    by = card.field("by", card.text("by"), ValueType.CHOICE)
    codes = card.form.codes[by.options["codes"]].entries
    first, last, step = (card.number(key, least=1) for key in ("from", "to", "step"))
    if first >= last or (last - first) % step:
        raise card.error("step", "form_bands", step)
    labels = [card.fill("below", **{"from": first})]
    for start in range(first, last, step):
        labels.append(card.fill("band", first=start, last=start + step - 1))
    labels += [card.fill("above", to=last), card.label("unknown")]

    def band(birthday: str) -> int:
        age = _age(birthday, today)
        if age is None:
            return len(labels) - 1
        return min(max((age - first) // step + 1, 0), len(labels) - 2)

    position = {entry.code: number for number, entry in enumerate(codes)}
    counted = [[0] * (len(codes) + 1) for _ in labels]
    for (birthday, code), count in source.values(born, by).items():
        counted[band(birthday)][position.get(code, len(codes))] += count
    columns = [Column("band", card.text("heading"))]
    columns += [Column(entry.code, entry.label) for entry in codes]
    columns.append(Column("unknown", card.label("unknown")))
    rows: list[Row] = [(label, *row, sum(row)) for label, row in zip(labels, counted, strict=True)]
    rows.append((card.label("total"), *map(sum, zip(*counted, strict=True)), _sum(counted)))
    if not any(row[-1] for row in counted):  # nobody whose code is unknown: no such column
        columns.pop()
        rows = [(*row[:-2], row[-1]) for row in rows]
    if not sum(counted[-1]):
        del rows[-2]
    columns.append(Column("total", card.label("total")))
    title = card.fill("title", today=today.isoformat())
    table = StatisticsTable(card.key, title, tuple(columns), tuple(rows), total=True)
    return Figure(table, Chart.PYRAMID, tuple(entry.code for entry in codes[:2]))


def _years(card: StatisticsCard, source: Source, today: date) -> Figure:
    """Members by the year of a date, in bands of `step` years."""
    field = card.field("of", card.text("of"), ValueType.DATE)
    step = card.number("step", least=1)
    counted: Counter[int | None] = Counter()
    for (text,), count in source.values(field).items():
        day = _date(text)
        counted[day.year // step * step if day else None] += count
    total = counted.total()
    rows: list[Row] = []
    for start in sorted(year for year in counted if year is not None):
        label = card.fill("band", first=start, last=start + step - 1)
        rows.append((label, counted[start], percent(counted[start], total)))
    if counted[None]:
        rows.append((card.label("unknown"), counted[None], percent(counted[None], total)))
    rows.append((card.label("total"), total, percent(total, total)))
    columns = card.columns("band", "count", "percent")
    return Figure(StatisticsTable(card.key, card.text("title"), columns, tuple(rows), total=True))


def _sum(counted: list[list[int]]) -> int:
    return sum(map(sum, counted))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _age(birthday: str, today: date) -> int | None:
    born = _date(birthday)
    if born is None or born > today:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


KINDS: dict[str, Callable[[StatisticsCard, Source, date], Figure]] = {
    "counts": _counts,
    "rates": _rates,
    "ages": _ages,
    "years": _years,
}


# Which keys a card of each kind has.
TABLE_KEYS: dict[str, tuple[str, ...]] = {
    "counts": ("kind", "key", "title", "header", "fields"),
    "rates": ("kind", "key", "title", "header", "rates"),
    "ages": (
        "kind", "key", "title", "heading", "born", "by", "from", "to", "step",
        "below", "band", "above",
    ),
    "years": ("kind", "key", "title", "header", "of", "step", "band"),
}  # fmt: skip
