"""The kinds of tables that a form's `[statistics]` can ask for.

Which tables there are, of which fields and under which words, stands in the form; where the
figures come from (one submission, or a whole register) is the `Source`'s affair. No record is
named in any of them. Blank and unreadable values are counted as unknown, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from converter import kinds
from converter.kinds.base import ValueType
from converter.model.errors import FormError
from converter.model.forms import Field, Form

Cell = str | int | float
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class StatisticsTable:
    """Rates are percentages with one decimal; '' where there is nothing to divide."""

    title: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


class Source(Protocol):
    """Where figures come from."""

    def count(self, field: Field) -> int | None:
        """The sum of a unit field; None where nobody answered."""

    def values(self, *fields: Field) -> Counter[tuple[str, ...]]:
        """How many records have which canonical texts in these fields (of one sheet)."""


def tables(source: Source, form: Form, today: date) -> list[StatisticsTable]:
    """The tables of the form's `[statistics]`, in its order. Raises FormError for a broken one."""
    settings = form.prose.get("statistics") or {}
    made = []
    for number, card in enumerate(settings.get("table", []), 1):
        ask = Card(card, f"statistics.table[{number}]", settings, form)
        kind = KINDS.get(ask.text("kind"))
        if kind is None:
            raise ask.error("kind", f"known: {', '.join(KINDS)}")
        made.append(kind(ask, source, today))
    return made


@dataclass(frozen=True, slots=True)
class Card:
    """A card of the form; what is missing or of another type is a broken form."""

    values: Mapping[str, Any]
    context: str
    settings: Mapping[str, Any]
    form: Form

    def error(self, key: str, reason: str) -> FormError:
        return FormError("form.toml", f"{self.context}.{key}", reason)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value:
            raise self.error(key, "a text is required")
        return value

    def fill(self, key: str, **words: object) -> str:
        try:
            return self.text(key).format_map({k: str(v) for k, v in words.items()})
        except (KeyError, ValueError, IndexError) as error:
            raise self.error(key, f"known words are {', '.join(words)}") from error

    def number(self, key: str) -> int:
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.error(key, "must be a whole number from 1")
        return value

    def header(self, width: int) -> tuple[str, ...]:
        value = self.values.get("header")
        if not isinstance(value, list) or len(value) != width:
            raise self.error("header", f"must be a list of {width} texts")
        return tuple(str(text) for text in value)

    def entries(self, key: str) -> list[Any]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value:
            raise self.error(key, "must be a list")
        return value

    def field(self, key: str, path: Any, wanted: ValueType) -> Field:
        try:
            field = self.form.field(str(path))
        except StopIteration:
            raise self.error(key, f"no field {path!r}") from None
        if kinds.KINDS[field.kind].value_type is not wanted:
            raise self.error(key, f"{path} is a {field.kind}, must be a {wanted}")
        return field

    def word(self, key: str) -> str:
        value = self.settings.get(key)
        if not isinstance(value, str):
            raise FormError("form.toml", f"statistics.{key}", "a text is required")
        return value


# --- the unit's own figures --------------------------------------------------------------


def _counts(ask: Card, source: Source, today: date) -> StatisticsTable:
    fields = [ask.field("fields", path, ValueType.COUNT) for path in ask.entries("fields")]
    rows: list[Row] = [(f.title, blank_if_none(source.count(f))) for f in fields]
    return StatisticsTable(ask.text("title"), ask.header(2), tuple(rows))


def _rates(ask: Card, source: Source, today: date) -> StatisticsTable:
    rows: list[Row] = []
    for card in ask.entries("rates"):
        entry = Card(card if isinstance(card, dict) else {}, ask.context + ".rates", {}, ask.form)
        part = source.count(entry.field("part", entry.text("part"), ValueType.COUNT))
        whole = source.count(entry.field("whole", entry.text("whole"), ValueType.COUNT))
        rows.append((entry.text("label"), percent(part, whole)))
    return StatisticsTable(ask.text("title"), ask.header(2), tuple(rows))


def blank_if_none(number: int | None) -> Cell:
    return "" if number is None else number


def percent(part: int | None, whole: int | None) -> Cell:
    if part is None or not whole:
        return ""
    # Half up in whole tenths: 12.25 % is 12.3 % everywhere, whatever a float makes of it.
    return (part * 2000 + whole) // (2 * whole) / 10


# --- the members by bands ------------------------------------------------------------------


def _ages(ask: Card, source: Source, today: date) -> StatisticsTable:
    """Members by completed years of age, a column for each code of another field."""
    born = ask.field("born", ask.text("born"), ValueType.DATE)
    by = ask.field("by", ask.text("by"), ValueType.CHOICE)
    codes = ask.form.codes[by.options["codes"]].entries
    first, last, step = ask.number("from"), ask.number("to"), ask.number("step")
    if first >= last or (last - first) % step:
        raise ask.error("step", "from … to must be cut into whole bands")
    labels = [ask.fill("below", **{"from": first})]
    for start in range(first, last, step):
        labels.append(ask.fill("band", first=start, last=start + step - 1))
    labels += [ask.fill("above", to=last), ask.word("unknown")]

    def band(birthday: str) -> int:
        age = _age(birthday, today)
        if age is None:
            return len(labels) - 1
        return min(max((age - first) // step + 1, 0), len(labels) - 2)

    known = {entry.code: column for column, entry in enumerate(codes)}
    counted = [[0] * (len(codes) + 1) for _ in labels]
    for (birthday, code), count in source.values(born, by).items():
        counted[band(birthday)][known.get(code, len(codes))] += count
    header = [ask.text("heading"), *(entry.label for entry in codes), ask.word("unknown")]
    rows: list[Row] = [(label, *row, sum(row)) for label, row in zip(labels, counted, strict=True)]
    rows.append((ask.word("total"), *map(sum, zip(*counted, strict=True)), _sum(counted)))
    if not any(row[-1] for row in counted):  # nobody whose code is unknown: no such column
        header.pop()
        rows = [(*row[:-2], row[-1]) for row in rows]
    if not sum(counted[-1]):
        del rows[-2]
    return StatisticsTable(
        ask.fill("title", today=today.isoformat()), (*header, ask.word("total")), tuple(rows)
    )


def _years(ask: Card, source: Source, today: date) -> StatisticsTable:
    """Members by the year of a date, in bands of `step` years."""
    field = ask.field("of", ask.text("of"), ValueType.DATE)
    step = ask.number("step")
    counted: Counter[int | None] = Counter()
    for (text,), count in source.values(field).items():
        day = _date(text)
        counted[day.year // step * step if day else None] += count
    total = counted.total()
    rows: list[Row] = []
    for start in sorted(year for year in counted if year is not None):
        label = ask.fill("band", first=start, last=start + step - 1)
        rows.append((label, counted[start], percent(counted[start], total)))
    if counted[None]:
        rows.append((ask.word("unknown"), counted[None], percent(counted[None], total)))
    rows.append((ask.word("total"), total, percent(total, total)))
    return StatisticsTable(ask.text("title"), ask.header(3), tuple(rows))


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


KINDS: dict[str, Callable[[Card, Source, date], StatisticsTable]] = {
    "counts": _counts,
    "rates": _rates,
    "ages": _ages,
    "years": _years,
}
