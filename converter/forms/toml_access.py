"""Typed access to TOML cards; whatever is not as it must be becomes a FormError that names
file, key and reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from converter.model.errors import FormError
from converter.model.issues import Level


def load_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError as error:
        raise FormError(path, "file", "is missing") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FormError(path, "file", str(error)) from error


def table(data: Mapping[str, Any], key: str, where: Path) -> dict[str, Any]:
    value = data.get(key)
    if not isinstance(value, dict):
        raise FormError(where, key, "this table is missing")
    return value


def text(data: Mapping[str, Any], key: str, where: Path, context: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise FormError(where, f"{context}.{key}", "a text is required")
    return value


def typed(data: Mapping[str, Any], key: str, kind: type, where: Path, context: str) -> Any:
    value = data.get(key, kind())
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise FormError(where, f"{context}.{key}", f"must be {kind.__name__}, is {value!r}")
    return value


def texts(data: Mapping[str, Any], key: str, where: Path, context: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise FormError(where, f"{context}.{key}", "must be a list of texts")
    return tuple(value)


def level(value: Any, where: Path, key: str) -> Level:
    try:
        return Level(value)
    except ValueError as error:
        raise FormError(where, key, f"must be error, warning or note, is {value!r}") from error


def levels(data: Any, where: Path, context: str) -> dict[str, Level]:
    if not isinstance(data, dict):
        raise FormError(where, context, "must be a table of code = level")
    return {code: level(value, where, f"{context}.{code}") for code, value in data.items()}


def limits(data: Any, where: Path) -> dict[str, int]:
    for key, value in data.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise FormError(where, f"limits.{key}", f"must be a whole number from 1, is {value!r}")
    return dict(data)


def cards(data: Mapping[str, Any], key: str, where: Path) -> list[dict[str, Any]]:
    value = data.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        raise FormError(where, key, f"at least one [[{key}]] is required")
    return value


def unique(pairs: Iterable[tuple[str, str]], where: Path, what: str) -> None:
    seen: dict[str, str] = {}
    for value, owner in pairs:
        if value in seen:
            raise FormError(where, owner, f"{what} {value!r} stands already at {seen[value]}")
        seen[value] = owner
