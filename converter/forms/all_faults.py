"""Everything that is wrong with a form, in one pass, for those who write cards.

Loading stops at the first fault; here every card is read and accepted by itself, and its fault is
reported, one a card. What cannot be understood without what is broken is left for the next pass.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from converter.files.toml_access import TomlTable, load_toml
from converter.forms import accepting, cards, loading, roster
from converter.forms.code_lists import code_list, code_lists
from converter.kinds import KINDS
from converter.kinds.text import Text
from converter.model.errors import FormError
from converter.model.forms import Field, Form, Rule

T = TypeVar("T")


class _Collector:
    def __init__(self) -> None:
        self.faults: list[FormError] = []

    def of(self, read: Callable[[], T], unknown: Collection[str] = ()) -> T | None:
        """What was read; None where that is refused. Nobody knows what the fields of the paths
        `unknown` hold: a fault of theirs is named elsewhere."""
        try:
            return read()
        except FormError as error:
            known = {(one.file, one.key, one.message_key, one.found) for one in self.faults}
            is_new = (error.file, error.key, error.message_key, error.found) not in known
            if is_new and not _names(error, unknown):
                self.faults.append(error)
            return None


def all_faults(folder: Path) -> Sequence[FormError]:
    """The faults of a form's folder, none where it can be used."""
    found = _Collector()
    _files(folder, found)
    form = found.of(lambda: loading.read_unchecked(folder)) if not found.faults else None
    if form is None:
        return found.faults
    lists = found.of(lambda: code_lists(folder / "codes")) or {}
    known = replace(form, codes=lists)
    broken = _fields(known, folder, found)
    known = _with_plain(known, broken)
    for check in loading.path_checks(known, folder):
        found.of(check)
    named = {fault.key.partition(".")[0] for fault in found.faults}
    for rule in known.rules:
        if rule.code not in named and not _mentions(rule, broken):
            found.of(lambda rule=rule: accepting.accept_rule(rule, known, folder / "rules.toml"))  # type: ignore[misc]
    for check in accepting.statistics_checks(known, folder):
        found.of(check, broken)
    if not found.faults:  # what depends on all of them
        found.of(lambda: accepting.accept_levels(known, folder))
        if (folder / roster.FILE).exists():
            found.of(lambda: roster.definition(known, folder))
    return found.faults


def _fields(form: Form, folder: Path, found: _Collector) -> set[str]:
    """Accept every field that depends on no broken one. Returns the paths of those that cannot be
    used."""
    fields = [field for sheet in form.sheets for field in sheet]
    broken = {field.path for field in fields if field.kind not in KINDS}
    for field in sorted(fields, key=lambda one: one.path not in broken):
        if field.path not in broken and _depends(field, broken):
            broken.add(field.path)
            continue
        before = len(found.faults)
        file = folder / f"{field.sheet}.toml"
        found.of(lambda field=field, file=file: accepting.accept_field(field, form, file))  # type: ignore[misc]
        if len(found.faults) > before:
            broken.add(field.path)
    return broken


def _depends(field: Field, broken: set[str]) -> bool:
    """Whether a field names a broken one of its sheet."""
    named = {value for value in field.options.values() if isinstance(value, str)}
    named |= {field.derive.source} if field.derive else set()
    return any(f"{field.sheet}.{key}" in broken for key in named)


def _with_plain(form: Form, broken: set[str]) -> Form:
    """The form with plain texts in place of broken fields."""

    def plain(field: Field) -> Field:
        return replace(field, kind=Text.name, options={}, derive=None)

    sheets = tuple(
        replace(s, fields=tuple(plain(f) if f.path in broken else f for f in s))
        for s in form.sheets
    )
    return replace(form, sheets=sheets)


def _mentions(rule: Rule, broken: set[str]) -> bool:
    text = f"{rule.at} {rule.options}"
    return any(path in text for path in broken)


def _names(fault: FormError, paths: Collection[str]) -> bool:
    return fault.params.get("path") in paths or any(path in fault.found for path in paths)


def unused_lists(form: Form) -> list[str]:
    """Code lists that no field draws from."""
    used = {
        value
        for sheet in form.sheets
        for field in sheet
        for value in field.options.values()
        if isinstance(value, str)
    }
    return [name for name in form.codes if name not in used]


def _files(folder: Path, found: _Collector) -> None:
    """Every file by itself, and every card of it."""
    form = found.of(lambda: load_toml(folder / "form.toml"))
    head = found.of(lambda: form.table("form")) if form else None
    keys = found.of(lambda: head.texts("sheets")) if head else None
    for key in keys or ():
        _cards(folder / f"{key}.toml", "field", "key", found)
    _cards(folder / "rules.toml", "rule", "code", found)
    for path in sorted((folder / "codes").glob("*.csv")):
        found.of(lambda path=path: code_list(path))  # type: ignore[misc]


def _cards(path: Path, name: str, key: str, found: _Collector) -> None:
    file = found.of(lambda: load_toml(path))
    listed = found.of(lambda: list(file.cards(name, key))) if file else None
    before = len(found.faults)
    for card in listed or ():
        found.of(lambda card=card: _read(card, path))  # type: ignore[misc]
    if listed and len(found.faults) == before:  # what cards of one file owe each other
        found.of(lambda: cards.rules(path) if name == "rule" else cards.sheet(path))


def _read(card: TomlTable, path: Path) -> object:
    return cards.rule(card) if path.name == "rules.toml" else cards.field(card, path.stem)
