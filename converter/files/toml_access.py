"""Typed access to TOML: whatever differs from what a card may hold becomes a FormError that names
the file, the key, what stands there and what may stand there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.model.errors import FormError, quoted
from converter.model.issues import Level

LEVELS = tuple(level.value for level in Level)
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_TWICE = re.compile("Cannot (?:overwrite|declare|redefine)|twice|immutable")


@dataclass(frozen=True, slots=True)
class TomlTable:
    """A table of a card's file; `context` is its place there ('' = the file itself)."""

    values: Mapping[str, Any]
    file: Path
    context: str = ""

    def error(
        self,
        key: str,
        message_key: str,
        value: Any = None,
        choices: Iterable[str] = (),
        /,
        **params: str | int,
    ) -> FormError:
        """An error at one of the table's keys ('' = the table as a whole)."""
        place = ".".join(part for part in (self.context, key) if part)
        return FormError(
            self.file, place, message_key, found=quoted(value), choices=choices, **params
        )

    def only(self, known: Collection[str]) -> None:
        """Refuse a key that has no meaning in this table, usually a misspelling."""
        for key in self.values:
            if key not in known:
                raise self.error(key, "form_unknown_key", key, known)

    def _missing(self, key: str) -> FormError:
        """A key that is not there, with the one that may have been meant by it."""
        from difflib import get_close_matches  # `explain` does without

        meant = get_close_matches(key, [k for k in self.values if k != key], 1, 0.7)
        if meant and key not in self.values:
            return self.error(key, "form_missing", meant[0], [key])
        return self.error(key, "form_missing")

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if value is None:
            raise self._missing(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "form_text", value)
        return value

    def optional_text(self, key: str) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self.error(key, "form_text", value)
        return value

    def texts(self, key: str, *, blank: bool = False) -> tuple[str, ...]:
        """A list of texts, () where there is none; `blank`: some may be empty."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(v, str) and (v or blank) for v in value
        ):
            raise self.error(key, "form_texts", value)
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, "form_flag", value, ("true", "false"))
        return value

    def number(self, key: str, least: int = 0, default: int | None = None) -> int:
        value = self.values.get(key, default)
        if value is None:
            raise self._missing(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.error(key, "form_whole_number", value, least=least)
        return value

    def level(self, key: str) -> Level:
        value = self.values.get(key)
        if value is None:
            raise self._missing(key)
        if value not in LEVELS:
            raise self.error(key, "form_level", value, LEVELS)
        return Level(value)

    def levels(self) -> dict[str, Level]:
        """The table of code = level, {} where there is none."""
        own = self.table("levels", required=False)
        return {code: own.level(code) for code in own.values}

    def table(self, key: str, *, required: bool = True) -> TomlTable:
        value = self.values.get(key)
        if value is None and required:
            raise self._missing(key)
        if value is not None and not isinstance(value, dict):
            raise self.error(key, "form_table", value, key=key)
        context = ".".join(part for part in (self.context, key) if part)
        return TomlTable(value or {}, self.file, context)

    def cards(self, key: str, named: str = "") -> list[TomlTable]:
        """The tables of a list, each known by its entry `named`, else by its number."""
        value = self.values.get(key)
        if value is None:
            raise self._missing(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.error(key, "form_cards", value, key=key)
        found = []
        for number, card in enumerate(value, 1):
            name = card.get(named)
            place = name if isinstance(name, str) and name else f"{key}[{number}]"
            found.append(TomlTable(card, self.file, place))
        return found

    def unique(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Refuse a value that stands twice: pairs of the value and the place where it stands."""
        seen: dict[str, str] = {}
        for value, owner in pairs:
            if value in seen:
                raise self.error(owner, "form_twice", value, value=value, owner=seen[value])
            seen[value] = owner


def load_toml(path: Path) -> TomlTable:
    """A file's tables. Raises FormError."""
    text = read_text(path)
    try:
        return TomlTable(tomllib.loads(text), path)
    except tomllib.TOMLDecodeError as error:
        place = _AT.search(str(error))
        lines = text.splitlines() or [""]
        line, column = (int(place[1]), int(place[2])) if place else (len(lines), len(lines[-1]) + 1)
        key = "form_toml_twice" if _TWICE.search(str(error)) else "form_not_toml"
        found = lines[min(line, len(lines)) - 1].strip()
        raise FormError(path, f"[{line}]", key, found=found, line=line, column=column) from error
    except RecursionError as error:  # brackets in brackets, a thousand deep
        raise FormError(path, "", "form_not_toml", line=1, column=1) from error


def read_text(path: Path) -> str:
    """A file of the form, as UTF-8 with or without a mark. Raises FormError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FormError(path, "", "form_no_file") from error
    except UnicodeDecodeError as error:
        raise FormError(path, "", "form_not_utf8") from error
    except OSError as error:
        raise FormError(path, "", "form_unreadable") from error
