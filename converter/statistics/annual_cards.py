"""The cards of a form's annual report: `[statistics.annual]` and a card a table.

    [statistics.annual]
    title = "工会统计年报表"          # of the whole, in the order of its tables
    signatures = ["单位负责人", …]    # the line below every table
    headings = ["项目", "行次", "本期"]
    compared = "…"                    # over the columns of units that reported for both periods

    [[statistics.annual.table]]
    title = "…"
    by = "unit.industry"              # a row a code of this field; without it a row a measure
    measures = [ … ]

A measure counts units, or sums a number of theirs (`sum`), of those for which all of `where` holds:
a field has one of some codes (`is`), is filled in (`filled`), or names a day at least so many years
before the end of the year (`years`, and less than `below`; of several `fields` the first that is
filled in). With `compared` it is set against the period before, like for like.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from converter.kinds.amounts import amount_heading
from converter.kinds.base import ValueType
from converter.model.forms import Field, Form
from converter.statistics.cards import StatisticsCard, card_of

TABLE_KEYS = ("title", "by", "measures")
MEASURE_KEYS = ("label", "sum", "where", "compared")
CONDITION_KEYS = ("field", "fields", "is", "filled", "years", "below")
KEYS = ("title", "signatures", "headings", "compared", "table")


@dataclass(frozen=True, slots=True)
class MeasureCondition:
    """What must hold of a unit; one of `codes`, `filled` and `years` is given."""

    fields: Sequence[Field]
    codes: Sequence[str] = ()
    filled: bool = False
    years: int = 0
    below: int = 0  # 0 = however long ago


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a group of units. `summed`: the number that is added up; None: units."""

    label: str
    summed: Field | None
    conditions: Sequence[MeasureCondition]
    compared: bool


@dataclass(frozen=True, slots=True)
class AnnualTableCard:
    """A table: its rows are the codes of a field, or (None) its measures."""

    title: str
    by: Field | None
    measures: Sequence[Measure]


@dataclass(frozen=True, slots=True)
class AnnualCard:
    """The whole report."""

    title: str
    signatures: Sequence[str]
    headings: Sequence[str]
    compared: str
    tables: Sequence[AnnualTableCard]


def read(form: Form) -> AnnualCard | None:
    """The form's annual report; None where it has none. Raises FormError for a broken card."""
    own = card_of(form)
    if "annual" not in own.values:
        return None
    card = own.part("annual")
    card.only(KEYS)
    headings = [column.title for column in card.columns("item", "number", "now", titles="headings")]
    tables = [
        _table(_within(card, values, f"table[{number}]"))
        for number, values in enumerate(card.entries("table"), 1)
    ]
    signatures = card.texts("signatures")
    return AnnualCard(card.text("title"), signatures, headings, card.text("compared"), tables)


def checks(form: Form) -> Iterator[Callable[[], object]]:
    """What is wrong with one key or measure says nothing of the others: a check for each. They
    raise FormError."""
    own = card_of(form)
    card = card_of(form, own.values["annual"], "annual")
    if not isinstance(card.values, Mapping):
        yield partial(own.table, "annual")
        return
    yield partial(card.only, KEYS)
    yield partial(card.columns, "item", "number", "now", titles="headings")
    yield partial(card.texts, "signatures")
    for key in ("title", "compared"):
        yield partial(card.text, key)
    for table in _listed(card, "table"):
        if isinstance(table, StatisticsCard):
            yield from _table_checks(table)
        else:
            yield table


def _listed(
    card: StatisticsCard, key: str
) -> Iterator[StatisticsCard | Callable[[], StatisticsCard]]:
    """The tables of a list; a check that refuses what is none."""
    listed = card.values.get(key)
    if not isinstance(listed, list) or not listed:
        yield partial(card.entries, key)  # type: ignore[misc]
        return
    for number, values in enumerate(listed, 1):
        place = f"{key}[{number}]"
        is_table = isinstance(values, Mapping)
        yield _within(card, values, place) if is_table else partial(_within, card, values, place)


def _table_checks(card: StatisticsCard) -> Iterator[Callable[[], object]]:
    yield partial(card.only, TABLE_KEYS)
    yield partial(card.text, "title")
    if "by" in card.values:
        yield lambda: _field(card, "by", card.text("by"), ValueType.CHOICE)
    for measure in _listed(card, "measures"):
        if not isinstance(measure, StatisticsCard):
            yield measure
            continue
        yield from _measure_checks(measure)


def _measure_checks(card: StatisticsCard) -> Iterator[Callable[[], object]]:
    yield partial(card.only, MEASURE_KEYS)
    if "sum" in card.values:
        yield lambda: card.unit_number("sum", card.text("sum"))
    if "label" in card.values or "sum" not in card.values:
        yield partial(card.text, "label")
    yield partial(card.flag, "compared")
    for condition in _listed(card, "where") if "where" in card.values else ():
        if not isinstance(condition, StatisticsCard):
            yield condition
            continue
        paths = condition.values.get("fields")
        for path in paths if isinstance(paths, list) and "years" in condition.values else ():
            yield partial(_field, condition, "fields", path, ValueType.DATE)
        yield partial(_condition, condition)


def _within(card: StatisticsCard, values: object, place: str) -> StatisticsCard:
    if not isinstance(values, Mapping):
        raise card.error(place, "form_cards", values, key=place)
    return card.within(values, place)


def _field(card: StatisticsCard, key: str, path: object, wanted: ValueType) -> Field:
    """A field of the unit's record. Raises FormError."""
    field = card.field(key, path, wanted)
    if field.sheet != card.form.record.key:
        raise card.error(key, "form_no_field", path, [one.path for one in card.form.record])
    return field


def _table(card: StatisticsCard) -> AnnualTableCard:
    card.only(TABLE_KEYS)
    by = _field(card, "by", card.text("by"), ValueType.CHOICE) if "by" in card.values else None
    measures = [
        _measure(_within(card, values, f"measures[{number}]"))
        for number, values in enumerate(card.entries("measures"), 1)
    ]
    return AnnualTableCard(card.text("title"), by, measures)


def _measure(card: StatisticsCard) -> Measure:
    card.only(MEASURE_KEYS)
    summed = card.unit_number("sum", card.text("sum")) if "sum" in card.values else None
    label = card.text("label") if summed is None or "label" in card.values else ""
    if summed is not None:
        label = amount_heading(summed, label)
    found = card.entries("where") if "where" in card.values else []
    conditions = [
        _condition(_within(card, values, f"where[{number}]"))
        for number, values in enumerate(found, 1)
    ]
    return Measure(label, summed, conditions, card.flag("compared"))


def _condition(card: StatisticsCard) -> MeasureCondition:
    card.only(CONDITION_KEYS)
    if "years" in card.values:
        paths = card.entries("fields") if "fields" in card.values else [card.text("field")]
        dates = [_field(card, "fields", path, ValueType.DATE) for path in paths]
        below = card.number("below", least=1) if "below" in card.values else 0
        return MeasureCondition(dates, years=card.number("years", least=1), below=below)
    if "is" not in card.values:
        if not card.flag("filled"):
            raise card.error("filled", "form_missing")
        paths = [one.path for one in card.form.record]
        path = card.text("field")
        if path not in paths:
            raise card.error("field", "form_no_field", path, paths)
        return MeasureCondition((card.form.field(path),), filled=True)
    field = _field(card, "field", card.text("field"), ValueType.CHOICE)
    known = [entry.code for entry in card.form.codes[field.options["codes"]].entries]
    for code in card.entries("is"):
        if code not in known:
            raise card.error("is", "form_no_code", code, known, path=field.path)
    return MeasureCondition((field,), codes=card.texts("is"))
