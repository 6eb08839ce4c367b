"""What a card may set, declared as typed attributes of a kind or a rule family.

    class Count(Kind):
        min = WholeNumber(default=0)

`kind.min(field)` reads the option from a field's card, `accept` refuses a card that gives it
wrongly. The Chinese text of an option stands in the message catalogue under
`option_<kind or family>_<option>`; the reference of kinds and families is generated from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from math import isfinite
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from converter.model.errors import FormError, option_error
from converter.model.forms import Form
from converter.text.characters import squeeze

T = TypeVar("T")
_NOT_GIVEN = object()
YEAR_MONTH = "^[1-9][0-9]{3}-(0[1-9]|1[0-2])$"


class CardOptions(Protocol):
    """A field, a rule: whatever has options."""

    @property
    def options(self) -> Mapping[str, Any]: ...


class Option(Generic[T]):
    """One key that a card may give. Without a default the card must give it."""

    holds = ""  # what may stand there: a key of the message catalogue …
    schema: Mapping[str, Any] = MappingProxyType({})  # … and as JSON Schema

    def __init__(self, default: Any = _NOT_GIVEN) -> None:
        self.default = default
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name.rstrip("_")  # a keyword (`from`) is no attribute's name

    @property
    def required(self) -> bool:
        return self.default is _NOT_GIVEN

    def given(self, card: CardOptions) -> bool:
        return self.name in card.options

    def __call__(self, card: CardOptions) -> T:
        """The option's value. Raises FormError where the card is wrong."""
        if not self.required and not self.given(card):
            return self.default  # type: ignore[no-any-return]
        return self.read(card.options.get(self.name))

    def read(self, value: Any) -> T:
        """Whatever stands on the card → the value. Raises FormError."""
        raise NotImplementedError

    def accept(self, card: CardOptions, form: Form) -> None:
        """Refuse a card whose option does not fit the form. Raises FormError."""
        self(card)

    def paths(self, card: CardOptions) -> Sequence[str]:
        """Fields that the option names and that must stand beside the card's own."""
        return ()

    def refused(
        self,
        message_key: str,
        value: Any = None,
        choices: Iterable[str] = (),
        /,
        **params: str | int,
    ) -> FormError:
        return option_error(self.name, message_key, value, choices, **params)


class WholeNumber(Option[int]):
    """A whole number, not below `least`."""

    holds = "whole_number"

    def __init__(self, least: int = 0, default: Any = _NOT_GIVEN) -> None:
        super().__init__(default)
        self.least = least
        self.schema = {"type": "integer", "minimum": least}

    def read(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < self.least:
            raise self.refused("form_whole_number", value, least=self.least)
        return value


class Number(Option[float]):
    """A number; whole ones stay whole."""

    holds = "number"
    schema = MappingProxyType({"type": "number"})

    def read(self, value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
            raise self.refused("form_number", value)
        return value


_RATES = ("%", "‰")


class UnitWord(Option[str]):
    """What a number is counted in, such as 万元; '' where nothing is given."""

    holds = "unit_word"
    schema = MappingProxyType({"type": "string", "minLength": 1, "maxLength": 6})

    def read(self, value: Any) -> str:
        is_word = isinstance(value, str) and (value.isalpha() or value in _RATES)
        if not is_word or not 0 < len(value) <= 6:
            raise self.refused("form_unit_word", value)
        return str(value)


class Line(Option[str]):
    """A short text."""

    holds = "line"
    schema = MappingProxyType({"type": "string", "minLength": 1, "maxLength": 60})

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= 60 or not value.isprintable():
            raise self.refused("form_line", value)
        return value


OPTIONAL_PART = re.compile(r"\[([^\[\]]+)\]")  # of a mask
_MOST_OPTIONAL = 3  # each doubles the spellings that a formula compares


class MaskText(Option[str]):
    """How a code is written; see the kind `pattern`."""

    holds = "mask"
    schema = MappingProxyType({"type": "string", "minLength": 2, "maxLength": 30})

    def read(self, value: Any) -> str:
        is_mask = isinstance(value, str) and 2 <= len(value) <= 30
        if not is_mask or squeeze(value) != value or value.upper() != value:
            raise self.refused("form_mask", value)
        needed, optional = OPTIONAL_PART.sub("", value), OPTIONAL_PART.findall(value)
        signs = {c for c in value if c.isascii() and not c.isalnum() and c not in "?[]"}
        if not set("0A?") & set(needed) or set("[]") & set(needed) or len(signs) > 3:
            raise self.refused("form_mask", value)
        if len(optional) > _MOST_OPTIONAL:
            raise self.refused("form_mask", value)
        return str(value)


class Flag(Option[bool]):
    """Yes or no; no where the card says nothing."""

    holds = "flag"
    schema = MappingProxyType({"type": "boolean"})

    def __init__(self) -> None:
        super().__init__(default=False)

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.refused("form_flag", value, ("true", "false"))
        return value


class Day(Option[date | None]):
    """A date; TOML's own or a text like 2000-01-31."""

    holds = "day"
    schema = MappingProxyType({"type": "string", "format": "date"})

    def read(self, value: Any) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise self.refused("form_date", value) from error


class YearMonthText(Option[str]):
    """A month of a year, such as 2025-03."""

    holds = "year_month"
    schema = MappingProxyType({"type": "string", "pattern": YEAR_MONTH})

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(YEAR_MONTH, value):
            raise self.refused("form_year_month", value)
        return value


class Texts(Option[tuple[str, ...]]):
    """A list of texts."""

    holds = "texts"
    schema = MappingProxyType({"type": "array", "items": {"type": "string", "minLength": 1}})

    def read(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.refused("form_texts", value)
        return tuple(value)


class ListName(Option[str]):
    """The name of a code list of the form; '' where none is given."""

    holds = "list_name"
    schema = MappingProxyType({"type": "string"})

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.refused("form_no_list", value)
        return value

    def accept(self, card: CardOptions, form: Form) -> None:
        name = self(card)
        if (name or self.given(card)) and name not in form.codes:
            raise self.refused("form_no_list", name, form.codes)


class FieldReference(Option[str]):
    """A text that names a field."""

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.refused("form_no_field", value)
        return value


class FieldKey(FieldReference):
    """The key of another field of the same sheet; '' where none is given."""

    holds = "field_key"
    schema = MappingProxyType({"type": "string"})


class HasOptions:
    """What declares options: a kind, a rule family."""

    @classmethod
    @cache
    def options(cls) -> Mapping[str, Option[Any]]:
        """Every option by its name, in the order of declaration."""
        return {
            option.name: option
            for owner in reversed(cls.__mro__)
            for option in vars(owner).values()
            if isinstance(option, Option)
        }
