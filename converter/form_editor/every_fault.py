"""Every fault of a form in one pass, also those that stand behind others.

`all_faults` reads all cards before it has kinds and rules accept them: a card that cannot be read
hides what is wrong with the rest. Here such a fault is set right in a copy, in the plainest way
there is, and the copy is read again, until nothing new is found.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from converter.files.writing import write_many
from converter.form_editor.columns import (
    ANNUAL,
    ARRAYS,
    FIELDS,
    GUIDE,
    RESOURCES,
    RULES,
    STATISTICS,
)
from converter.form_editor.source_files import (
    FORM_FILE,
    RULES_FILE,
    CardFile,
    Encoding,
    Sources,
    arrays_of,
)
from converter.form_editor.toml_text import TomlText
from converter.forms import loading
from converter.forms.all_faults import all_faults
from converter.forms.code_lists import code_lists
from converter.kinds import KINDS
from converter.kinds.text import Text
from converter.model.errors import FormError

ROUNDS = 50
_MISSING = ("form_missing", "form_text")  # what stands in is no good either, but is no fault
# What stands in for a value that cannot be read; every other key is taken away.
NAMES = {RULES: "code", FIELDS: "key", GUIDE: "heading", RESOURCES: "name"}  # what names a card
_CARDS = (
    (re.compile(r"statistics\.table"), STATISTICS),
    (re.compile(r"statistics\.annual\.table"), ANNUAL),
    (re.compile(r"template\.guide"), GUIDE),
    (re.compile(r"(?:package\.)?resource"), RESOURCES),
)
_PLAIN: dict[str, Any] = {
    "path": "plain.csv",
    "level": "error",
    "required": True,
    "rows": 1,
    "live_duplicates": 1,
}


def every_fault(sources: Sources, folder: Path, scratch: Path) -> Sequence[FormError]:
    """The faults of a form with these files, named as files of `folder`; `scratch` is a folder
    that is made for the copy and removed."""
    files = dict(sources)
    found: dict[tuple[str, str, str], FormError] = {}
    unknown: set[str] = set()  # paths of fields of which nobody knows what they hold
    try:
        for number in range(ROUNDS):
            copy = scratch / str(number)  # a definition that was read is kept by its folder
            write_many((copy / name, data) for name, data in files.items())
            faults = [_moved(one, copy, folder) for one in all_faults(copy)]
            missing = {one[:2] for one, fault in found.items() if fault.message_key in _MISSING}
            new = {(one.file, one.key, one.found): one for one in faults}
            new = {key: one for key, one in new.items() if key[:2] not in missing}
            known = {key: one for key, one in new.items() if not _is_about(one, unknown)}
            new = {key: one for key, one in new.items() if key not in found}
            found |= {key: one for key, one in known.items() if key not in found}
            hides = _hides_others(copy)
            wanted = [one for one in new.values() if hides or _hides_some(one)]
            changes = [_set_right(one, files) for one in wanted]
            if not any(changes):
                break
            unknown = _with_other_kinds(sources, files)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return list(found.values())


def _with_other_kinds(before: Sources, now: Sources) -> set[str]:
    """The paths of fields that got another kind."""

    def kinds(files: Sources) -> set[tuple[str, str]]:
        return {
            (f"{name.removesuffix('.toml')}.{card.get('key')}", str(card.get("kind")))
            for name, data in files.items()
            if name.endswith(".toml")
            for card in CardFile(name, Encoding.of(data)[1]).cards(FIELDS)
        }

    return {path for path, _ in kinds(now) - kinds(before)}


def _moved(fault: FormError, copy: Path, folder: Path) -> FormError:
    """The same fault, of a file of the folder that was copied."""
    file = Path(fault.file)
    inside = file.is_relative_to(copy)
    return FormError(
        folder / file.relative_to(copy) if inside else file,
        fault.key,
        fault.message_key,
        found=fault.found,
        choices=fault.choices,
        **fault.params,
    )


def _path(fault: FormError) -> str:
    """The path of the field whose card is at fault."""
    return f"{Path(fault.file).stem}.{fault.key.partition('.')[0]}"


def _is_about(fault: FormError, paths: set[str]) -> bool:
    """Whether a fault is, or may be, nothing but what another one brings about."""
    if _path(fault) in paths or fault.params.get("path") in paths:
        return True
    return any(path in fault.found for path in paths)


def _hides_others(folder: Path) -> bool:
    """Whether cards or lists cannot be read at all."""
    try:
        loading.read_unchecked(folder)
        code_lists(folder / "codes")
    except FormError:
        return True
    return False


def _hides_some(fault: FormError) -> bool:
    """Whether rules may be passed over for a fault: one in a field."""
    return Path(fault.file).name not in (RULES_FILE, FORM_FILE)


def _set_right(fault: FormError, files: dict[str, bytes]) -> bool:
    """Set a fault right in the files; False where that is not known how."""
    path = Path(fault.file)
    name = f"codes/{path.name}" if path.suffix == ".csv" else path.name
    if name not in files:
        return False
    encoding, text = Encoding.of(files[name])
    made = _list_without(text, fault.key) if path.suffix == ".csv" else _cards(name, text, fault)
    if made == text:
        return False
    files[name] = encoding.encode(made)
    return True


def _list_without(text: str, key: str) -> str:
    """A list without the row at fault."""
    number = re.fullmatch(r"\[(\d+)\]", key)
    lines = text.splitlines(keepends=True)
    if number and 1 < int(number[1]) <= len(lines) and len(lines) > 2:
        del lines[int(number[1]) - 1]
    return "".join(lines)


def card_of_form(key: str) -> tuple[str, str, str] | None:
    """A fault's key in form.toml → the sheet of its card, what names the card there (its name, or
    its number as `card[3]`), the key in the card; None where it is about no card.

    >>> card_of_form("package.resource.unit.path"), card_of_form("statistics.table[3].step")
    (('resources', 'unit', 'path'), ('statistics', 'card[3]', 'step'))
    """
    for pattern, sheet in _CARDS:
        start = pattern.match(key)
        if start is None:
            continue
        rest = key[start.end() :]
        numbered = re.match(r"\[\d+\]", rest)
        if numbered:
            return sheet, f"card{numbered[0]}", rest[numbered.end() :].lstrip(".")
        card, _, rest = rest.lstrip(".").partition(".")
        return sheet, card, rest
    return None


def _cards(name: str, text: str, fault: FormError) -> str:
    card, _, key = fault.key.partition(".")
    sheet = RULES if name == RULES_FILE else FIELDS
    if name == FORM_FILE and (found := card_of_form(fault.key)):
        return _card_without(CardFile(name, text), *found, fault)
    if sheet in arrays_of(name) and card not in ("sheet", "headings"):
        return _card_without(CardFile(name, text), sheet, card, key, fault)
    changed = TomlText.of(text)
    path = tuple(fault.key.split("."))
    _plain(changed, path, _stand_in(fault))
    return changed.render()


def _card_without(file: CardFile, sheet: str, card: str, key: str, fault: FormError) -> str:
    """The file with one key of a card set right."""
    name = NAMES.get(sheet, "key")
    numbered = re.fullmatch(r"\w+\[(\d+)\]", card)
    made, number = [], 0
    for piece in file.pieces:
        text = piece.text
        if piece.sheet == sheet:
            number += 1
            values = file.cards(sheet)[number - 1]
            if values.get(name) == card or (numbered is not None and int(numbered[1]) == number):
                changed = TomlText.of(text, ARRAYS[sheet])
                path = tuple(key.split("."))
                if sheet == FIELDS and _is_needed(values, path[0]):
                    path = ("kind",)
                if sheet == FIELDS and not key:  # another field has its title or alias
                    changed.set(("title",), card)
                    changed.remove(("aliases",))
                elif sheet not in (STATISTICS, ANNUAL):
                    _plain(changed, path, _stand_in(fault))
                text = changed.render()
        made.append(text)
    return "".join(made)


def _is_needed(card: Mapping[str, Any], key: str) -> bool:
    """Whether the kind of a card does not do without an option."""
    kind = KINDS.get(str(card.get("kind")))
    option = kind.options().get(key) if kind else None
    return option is not None and option.required


def _stand_in(fault: FormError) -> str:
    """A text in place of one that is missing; '' where none is."""
    return f"x {fault.key}" if fault.message_key in _MISSING else ""


def _plain(text: TomlText, path: tuple[str, ...], stand_in: str) -> None:
    if path == ("kind",):
        text.set(path, Text.name)
    elif path[-1] in _PLAIN:
        text.set(path, _PLAIN[path[-1]])
    elif stand_in and path[0] != "statistics":
        text.set(path, stand_in)
    elif path[0] not in ("", "statistics") and path[-1] not in (
        "key",
        "title",
        "code",
        "family",
        "at",
    ):
        text.remove(path)
