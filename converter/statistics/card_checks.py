"""Whether the cards of a form's `[statistics]` can be used: a check for each thing that they say.

What is wrong with one row, key or measure says nothing of the others, so that each is looked at by
itself, and all that is wrong is told in one pass. A card that passes is also drawn, of nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

from converter.kinds.amounts import Amount
from converter.kinds.base import ValueType
from converter.model.forms import Field, Form
from converter.statistics import annual_cards
from converter.statistics.cards import (
    KINDS,
    TABLE_KEYS,
    StatisticsCard,
    card_of,
)

Check = Callable[[], object]  # raises FormError

_KEYS = ("total", "unknown", "table", "collection", "annual")
COLLECTION_KEYS = (
    "jump", "jump_at_least", "jump_fields", "by", "fields", "rate", "units", "missing",
    "progress_title", "progress_header", "group_title", "change_title", "change_header",
)  # fmt: skip


def checks(form: Form) -> Iterator[Check]:
    """A check for each part of `[statistics]`. They raise FormError."""
    own = card_of(form)
    yield partial(own.only, _KEYS)
    if "table" in own.values:
        yield from _tables(form, own)
    if "collection" in own.values:
        yield from _collection(own)
    if "annual" in own.values:
        yield from annual_cards.checks(form)


# --- tables --------------------------------------------------------------------------------------


def _tables(form: Form, own: StatisticsCard) -> Iterator[Check]:
    listed = own.values["table"]
    if not isinstance(listed, list) or not listed:
        yield partial(own.entries, "table")
        return
    seen: set[str] = set()
    for number, values in enumerate(listed, 1):
        if not isinstance(values, Mapping):
            yield partial(_refuse, own, "table", "form_cards", values, key="statistics.table")
            continue
        card = card_of(form, values, f"table[{number}]")
        yield from _table(card)
        name = values.get("key", values.get("kind"))
        if isinstance(name, str) and name in seen:
            yield partial(_refuse, card, "key", "form_statistics_key", name)
        seen.add(str(name))


def _table(card: StatisticsCard) -> Iterator[Check]:
    kind = card.values.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        yield partial(_kind, card)
        return
    yield partial(card.only, TABLE_KEYS[kind])
    for key in TABLE_KEYS[kind]:
        yield from _READERS.get(f"{kind}.{key}", _READERS.get(key, _anything))(card, key)
    yield lambda: KINDS[kind](card, _Nothing(), date(2000, 1, 1))


def _kind(card: StatisticsCard) -> None:
    raise card.error("kind", "form_statistics_kind", card.text("kind"), KINDS)


def _anything(card: StatisticsCard, key: str) -> Iterator[Check]:
    return iter(())


def _text(card: StatisticsCard, key: str) -> Iterator[Check]:
    yield partial(card.text, key)


def _number(card: StatisticsCard, key: str) -> Iterator[Check]:
    yield partial(card.number, key, least=1)


def _header(count: int) -> Callable[[StatisticsCard, str], Iterator[Check]]:
    def read(card: StatisticsCard, key: str) -> Iterator[Check]:
        yield partial(card.columns, *map(str, range(count)), titles=key)

    return read


def _words(*names: str) -> Callable[[StatisticsCard, str], Iterator[Check]]:
    """A text with these words in braces."""

    def read(card: StatisticsCard, key: str) -> Iterator[Check]:
        yield partial(card.fill, key, **dict.fromkeys(names, ""))

    return read


def _field(wanted: ValueType) -> Callable[[StatisticsCard, str], Iterator[Check]]:
    def read(card: StatisticsCard, key: str) -> Iterator[Check]:
        yield lambda: card.field(key, card.text(key), wanted)

    return read


def _entries(card: StatisticsCard, key: str, read: Callable[[str, Any], object]) -> Iterator[Check]:
    """Each entry of a list by itself."""
    listed = card.values.get(key)
    if not isinstance(listed, list) or not listed:
        yield partial(card.entries, key)
        return
    yield from (partial(read, key, one) for one in listed)


def _numbers(card: StatisticsCard, key: str) -> Iterator[Check]:
    return _entries(card, key, partial(_field_of, card))


def _field_of(card: StatisticsCard, key: str, path: Any) -> Field:
    return card.field(key, path, ValueType.NUMBER)


def _rates(card: StatisticsCard, key: str) -> Iterator[Check]:
    listed = card.values.get(key)
    if not isinstance(listed, list) or not listed:
        yield partial(card.entries, key)
        return
    for number, values in enumerate(listed, 1):
        one = card.within(values if isinstance(values, Mapping) else {}, f"{key}[{number}]")
        yield from _rate(one, _field_of)


def _rate(
    rate: StatisticsCard, read: Callable[[StatisticsCard, str, Any], Field]
) -> Iterator[Check]:
    yield partial(rate.only, ("label", "part", "whole"))
    yield partial(rate.text, "label")
    for key in ("part", "whole"):
        yield lambda key=key: read(rate, key, rate.text(key))  # type: ignore[misc]


_READERS: dict[str, Callable[[StatisticsCard, str], Iterator[Check]]] = {
    "title": _text,
    "header": _header(2),
    "fields": _numbers,
    "rates": _rates,
    "heading": _text,
    "born": _field(ValueType.DATE),
    "by": _field(ValueType.CHOICE),
    "of": _field(ValueType.DATE),
    "from": _number,
    "to": _number,
    "step": _number,
    "below": _words("from"),
    "band": _words("first", "last"),
    "above": _words("to"),
    "ages.title": _words("today"),
    "years.header": _header(3),
}


# --- the collection ------------------------------------------------------------------------------


def _collection(own: StatisticsCard) -> Iterator[Check]:
    values = own.values["collection"]
    if not isinstance(values, Mapping):
        yield partial(own.table, "collection")
        return
    card = own.part("collection")
    yield partial(card.only, COLLECTION_KEYS)
    for key in ("jump", "jump_at_least"):
        if key in card.values:
            yield from _number(card, key)
    yield from _entries(card, "fields", card.unit_number)
    if "jump_fields" in card.values:
        yield from _jumps(card, "jump_fields")
    yield from _entries(card, "by", partial(_group, card))
    if isinstance(card.values.get("rate"), Mapping):
        yield from _rate(card.part("rate"), StatisticsCard.unit_number)
    else:
        yield partial(card.table, "rate")
    for key in ("units", "missing"):
        yield from _text(card, key)
    yield partial(card.label, "total")
    yield partial(card.fill, "progress_title", period="")
    yield partial(card.fill, "group_title", title="", period="")
    yield partial(card.fill, "change_title", before="", period="")
    yield from _header(7)(card, "progress_header")
    yield from _header(5)(card, "change_header")


def _jumps(card: StatisticsCard, key: str) -> Iterator[Check]:
    """A path each, or a table of a path and how much is too little to ask about."""
    listed = card.values.get(key)
    for number, one in enumerate(listed if isinstance(listed, list) else [], 1):
        if not isinstance(one, Mapping):
            yield partial(card.unit_number, key, one)
            continue
        own = card.within(one, f"{key}[{number}]")
        yield partial(own.only, ("field", "at_least"))
        yield lambda own=own: own.unit_number("field", own.text("field"))  # type: ignore[misc]
        if "at_least" in one:
            yield partial(_amount, own, "at_least")
    if not isinstance(listed, list) or not listed:
        yield partial(card.entries, key)


def _amount(card: StatisticsCard, key: str) -> None:
    value = card.values[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        raise card.error(key, "form_above_zero", value)


def _group(card: StatisticsCard, key: str, name: Any) -> None:
    keys = [field.key for field in card.form.record]
    if name not in keys:
        raise card.error(key, "form_no_field", name, keys)


def _refuse(card: StatisticsCard, *args: Any, **params: str) -> None:
    raise card.error(*args, **params)


class _Nothing:
    """A source of no figures."""

    def count(self, field: Field) -> Amount | None:
        return None

    def values(self, *fields: Field) -> Counter[tuple[str, ...]]:
        return Counter({("",) * len(fields): 1})
