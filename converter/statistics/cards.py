"""The kinds of tables that a form's `[statistics]` can ask for.

Which tables there are, of which fields and under which words, stands in the form; where the
figures come from (one submission, or a whole register) is the `Source`'s affair. No record is
named in any of them. Blank and unreadable values are counted as unknown, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from converter.model.errors import FormError, quoted
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
            raise ask.error("kind", "form_statistics_kind", card["kind"], KINDS)
        made.append(kind(ask, source, today))
    return made


@dataclass(frozen=True, slots=True)
class Card:
    """A card of the form; what is missing or of another type is a broken form."""

    values: Mapping[str, Any]
    context: str
    settings: Mapping[str, Any]
    form: Form

    def error(
        self,
        key: str,
        message_key: str,
        value: Any = None,
        choices: Iterable[str] = (),
        /,
        **params: str | int,
    ) -> FormError:
        place, found = f"{self.context}.{key}", quoted(value)
        return FormError("form.toml", place, message_key, found=found, choices=choices, **params)

    def only(self, known: Iterable[str]) -> None:
        for key in self.values:
            if key not in known:
                raise self.error(key, "form_unknown_key", key, known)

    def part(self, key: str) -> Card:
        """A table within this one."""
        value = self.values.get(key)
        if not isinstance(value, Mapping):
            raise self.error(key, "form_table", value, key=key)
        return Card(value, f"{self.context}.{key}", self.settings, self.form)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value:
            raise self.error(key, "form_text", value)
        return value

    def fill(self, key: str, **params: object) -> str:
        try:
            return self.text(key).format_map({k: str(v) for k, v in params.items()})
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            choices = [f"{{{name}}}" for name in params]
            raise self.error(key, "form_words", self.values[key], choices) from error

    def number(self, key: str) -> int:
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.error(key, "form_whole_number", value, least=1)
        return value

    def header(self, width: int, key: str = "header") -> tuple[str, ...]:
        value = self.values.get(key)
        if not isinstance(value, list) or len(value) != width:
            raise self.error(key, "form_header", value, count=width)
        return tuple(str(text) for text in value)

    def entries(self, key: str) -> list[Any]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value:
            raise self.error(key, "form_list", value)
        return value

    def field(self, key: str, path: Any, kind: str) -> Field:
        fields = {field.path: field for sheet in self.form.sheets for field in sheet}
        fitting = [path for path, field in fields.items() if field.kind == kind]
        if not isinstance(path, str) or path not in fields:
            raise self.error(key, "form_no_field", path, fitting)
        if fields[path].kind != kind:
            params = {"path": path, "kind": fields[path].kind, "wanted": kind}
            raise self.error(key, "form_field_kind", path, fitting, **params)
        return fields[path]

    def word(self, key: str) -> str:
        settings = Card(self.settings, "statistics", {}, self.form)
        return settings.text(key)


# --- the unit's own figures --------------------------------------------------------------


def _counts(ask: Card, source: Source, today: date) -> StatisticsTable:
    fields = [ask.field("fields", path, "count") for path in ask.entries("fields")]
    rows: list[Row] = [(f.title, blank_if_none(source.count(f))) for f in fields]
    return StatisticsTable(ask.text("title"), ask.header(2), tuple(rows))


def _rates(ask: Card, source: Source, today: date) -> StatisticsTable:
    rows: list[Row] = []
    for card in ask.entries("rates"):
        entry = Card(card if isinstance(card, dict) else {}, ask.context + ".rates", {}, ask.form)
        entry.only(("label", "part", "whole"))
        part = source.count(entry.field("part", entry.text("part"), "count"))
        whole = source.count(entry.field("whole", entry.text("whole"), "count"))
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
    born = ask.field("born", ask.text("born"), "date")
    by = ask.field("by", ask.text("by"), "choice")
    codes = ask.form.codes[by.options["codes"]].entries
    first, last, step = ask.number("from"), ask.number("to"), ask.number("step")
    if first >= last or (last - first) % step:
        raise ask.error("step", "form_bands", step)
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
    field = ask.field("of", ask.text("of"), "date")
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

# --- whether the cards can be used -----------------------------------------------------------

_KEYS: dict[str, tuple[str, ...]] = {
    "counts": ("kind", "title", "header", "fields"),
    "rates": ("kind", "title", "header", "rates"),
    "ages": (
        "kind", "title", "heading", "born", "by", "from", "to", "step", "below", "band", "above",
    ),
    "years": ("kind", "title", "header", "of", "step", "band"),
}  # fmt: skip
_COLLECTION_KEYS = (
    "jump", "jump_at_least", "jump_fields", "by", "fields", "rate", "units", "missing",
    "progress_title", "progress_header", "group_title", "change_title", "change_header",
)  # fmt: skip


def check(form: Form) -> None:
    """Have every card of `[statistics]` make its table of nothing. Raises FormError."""
    settings = form.prose.get("statistics") or {}
    own = Card(settings, "statistics", settings, form)
    own.only(("total", "unknown", "table", "collection"))
    listed = own.entries("table") if "table" in settings else []
    for number, card in enumerate(listed, 1):
        ask = Card(card, f"statistics.table[{number}]", settings, form)
        if not isinstance(card, Mapping):
            raise own.error("table", "form_cards", card, key="statistics.table")
        ask.only(_KEYS.get(ask.text("kind"), card))
    tables(_Nothing(), form, date(2000, 1, 1))
    if "collection" in settings:
        _check_collection(own.part("collection"))


def _check_collection(ask: Card) -> None:
    ask.only(_COLLECTION_KEYS)
    for key in ("jump", "jump_at_least"):
        if key in ask.values:
            ask.number(key)
    for key in ("fields", *(["jump_fields"] if "jump_fields" in ask.values else [])):
        for path in ask.entries(key):
            ask.field(key, path, "count")
    keys = [field.key for field in ask.form.unit]
    for key in ask.entries("by"):
        if key not in keys:
            raise ask.error("by", "form_no_field", key, keys)
    rate = ask.part("rate")
    rate.only(("label", "part", "whole"))
    rate.text("label")
    for key in ("part", "whole"):
        rate.field(key, rate.text(key), "count")
    ask.text("units"), ask.text("missing"), ask.word("total")
    ask.fill("progress_title", period="")
    ask.fill("group_title", title="", period="")
    ask.fill("change_title", before="", period="")
    ask.header(7, "progress_header"), ask.header(5, "change_header")


class _Nothing:
    """A source of no figures."""

    def count(self, field: Field) -> int | None:
        return None

    def values(self, *fields: Field) -> Counter[tuple[str, ...]]:
        return Counter({("",) * len(fields): 1})
