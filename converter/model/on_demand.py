"""What is imported when it is first asked for: one object a module, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TypeVar

T = TypeVar("T")


class OnDemand(MutableMapping[str, T]):
    """Objects by the names of their modules in a package, each made of a class of its module."""

    def __init__(self, package: str, classes: Mapping[str, str]) -> None:
        self._package, self._classes = package, dict(classes)
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        try:
            return self._made[name]
        except KeyError:
            made = self._made[name] = self._make(self._classes[name], name)
            return made

    def _make(self, class_name: str, module: str) -> T:
        made: T = getattr(import_module(f"{self._package}.{module}"), class_name)()
        return made

    def __contains__(self, name: object) -> bool:
        return name in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    def __setitem__(self, name: str, made: T) -> None:
        self._classes[name], self._made[name] = type(made).__name__, made

    def __delitem__(self, name: str) -> None:
        del self._classes[name], self._made[name]
