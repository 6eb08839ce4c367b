"""A card's value ⇄ the text of a cell, by what the cell holds.

Writing never fails: a value of another type (`required = 1`) is shown as TOML. Reading never fails
either: what cannot be read stays a text, and `form check` says what may stand there.

>>> shown(["甲", "乙"], "texts"), read("甲\\n乙", "texts")
('甲\\n乙', ['甲', '乙'])
>>> shown({"K116": "note"}, "levels"), read("K116 = 提示", "levels")
('K116 = 记录', {'K116': 'warning'})
>>> read("unit.staff 职工总数", "field_path"), read("3", "whole_number"), read("三", "whole_number")
('unit.staff', 3, '三')
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from converter.files.toml_access import LEVELS
from converter.form_editor.columns import COLLECTION_LISTS
from converter.form_editor.toml_text import literal
from converter.forms import cards
from converter.kinds import KINDS
from converter.kinds.documents import DOCUMENTS, ID_NUMBER
from converter.messages.catalogue import message
from converter.model.forms import Certainty, SheetShape
from converter.rules import FAMILIES
from converter.rules.derivations import DERIVATIONS
from converter.statistics import cards as statistics

_WHOLE = re.compile(r"-?[0-9]{1,15}")
_FRACTION = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,6}")
_PATH = re.compile(r"[A-Za-z_]\w*\.\w+", re.ASCII)
_TITLED = re.compile(r"^\s*([A-Za-z_]\w*\.\w+)[ \u3000]+(?!.*[A-Za-z_]\w*\.\w).*$", re.ASCII)


@cache
def choice_labels(holds: str) -> Mapping[str, str]:
    """What a cell of a fixed choice may say: card's word → Chinese; {} for any other cell."""
    if holds == "flag":
        return {"true": message("editor_yes"), "false": message("editor_no")}
    known = {
        "kind": {name: message(f"report_kind_{name}") for name in KINDS},
        "family": {name: message(f"editor_family_{name}") for name in FAMILIES},
        "level": {name: message(f"report_{name}") for name in LEVELS},
        "derivation": {name: message(f"editor_derivation_{name}") for name in DERIVATIONS},
        "certainty": {str(one): message(f"editor_certainty_{one}") for one in Certainty},
        "shape": {str(one): message(f"editor_shape_{one}") for one in SheetShape},
        "identity": {name: message(f"editor_identity_{name}") for name in cards.IDENTITY},
        "table_kind": {name: message(f"editor_table_kind_{name}") for name in statistics.KINDS},
        "collection_use": {name: message(f"editor_use_{name}") for name in COLLECTION_LISTS},
        "paper": {name: message(f"editor_paper_{name}") for name in (ID_NUMBER, *DOCUMENTS)},
    }
    return known.get(holds, {})


def shown(value: Any, holds: str) -> str:
    """The text of a cell; '' for nothing."""
    if value is None:
        return ""
    try:
        return _FORMS.get(holds, _ANY).show(value)
    except (TypeError, KeyError, ValueError, AttributeError):
        # What a person typed and no card may say is shown as it was typed.
        return value if isinstance(value, str) and read(value, holds) == value else literal(value)


def read(text: str, holds: str) -> Any:
    """The value of a cell that is not blank."""
    return _FORMS.get(holds, _ANY).read(text)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a value is shown (raises where it is of another type) and read."""

    show: Callable[[Any], str]
    read: Callable[[str], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _of_choices(holds: str) -> _Form:
    def read_word(text: str) -> str:
        named = {label: key for key, label in choice_labels(holds).items()}
        return named.get(text.strip(), text.strip())

    return _Form(lambda value: choice_labels(holds).get(_text(value), value), read_word)


def _show_flag(value: Any) -> str:
    if not isinstance(value, bool):
        raise TypeError
    return choice_labels("flag")[literal(value)]


def _read_flag(text: str) -> Any:
    named = {label: key == "true" for key, label in choice_labels("flag").items()}
    named |= {"TRUE": True, "FALSE": False}  # what a spreadsheet makes of true and false
    return named.get(text.strip(), text.strip())


def _show_whole(value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return str(value)


def _read_whole(text: str) -> Any:
    return int(text) if _WHOLE.fullmatch(text.strip()) else text.strip()


def _show_number(value: Any) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError
    return literal(value)


def _read_number(text: str) -> Any:
    found = text.strip()
    if _WHOLE.fullmatch(found):
        return int(found)
    return float(found) if _FRACTION.fullmatch(found) else found


def _show_lines(value: Any) -> str:
    """Entries, a line each."""
    if not isinstance(value, list) or any("\n" in _text(one) for one in value):
        raise TypeError
    if value and not "".join(value):
        raise ValueError  # a list of blanks is not the list of nothing
    return "\n".join(value)


def _path(text: str) -> str:
    """`unit.staff 职工总数` → `unit.staff`."""
    return text.strip().partition(" ")[0]


def is_path(holds: str) -> bool:
    """Whether a cell names items by their paths."""
    return holds in ("field_path", "rows_path", "field_paths", "one_or_more_paths")


def with_titles(text: str, titles: Mapping[str, str]) -> str:
    """Paths, a line each, with the items' titles behind them: `unit.staff 职工总数`."""
    lines = ((line, titles.get(line, "")) for line in text.split("\n"))
    return "\n".join(f"{path} {title}" if title else path for path, title in lines)


def without_titles(text: str) -> str:
    """The paths alone; a line that names several stays as it is."""
    return "\n".join(_TITLED.sub(r"\1", line) for line in text.split("\n"))


def _read_paths(text: str) -> list[str]:
    """Paths on lines of their own or in a row, each perhaps with the title that a dropdown shows
    behind it: `unit.staff 职工、职员`. A line without any is given as it begins, to be named."""
    found = []
    for line in filter(str.strip, text.split("\n")):
        pieces = re.split(r"[\s、，,；;]+", line.strip())
        found += [one for one in pieces if _PATH.fullmatch(one)] or pieces[:1]
    return found


def _read_keys(text: str) -> list[str]:
    return [_path(piece) for piece in re.split(r"[\n、，,]", text) if piece.strip()]


def _read_path_or_paths(text: str) -> Any:
    found = _read_paths(text)
    return found[0] if len(found) == 1 else found


def _show_path_or_paths(value: Any) -> str:
    return value if isinstance(value, str) else _show_lines(value)


def _lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _pairs(text: str) -> list[tuple[str, str]]:
    """Lines of `name = value`."""
    return [
        (name.strip(), value.strip())
        for name, _, value in (line.replace("＝", "=").partition("=") for line in _lines_of(text))
    ]


def _table_of(holds: str) -> _Form:
    """A table of words: a line `key = word` each."""
    word = _of_choices(holds)

    def show(value: Any) -> str:
        return "\n".join(f"{_text(key)} = {word.show(one)}" for key, one in value.items())

    return _Form(show, lambda text: {key: word.read(value) for key, value in _pairs(text)})


def _show_steps(value: Any) -> str:
    return "\n".join(f"{_show_whole(least)} = {_text(code)}" for least, code in value)


def _read_steps(text: str) -> Any:
    return [[_read_whole(least), code] for least, code in _pairs(text)]


def _show_columns(value: Any) -> str:
    return "\n".join(
        one if isinstance(one, str) else f"{_text(one[0])} = {_text(one[1])}"
        for one in value
        if isinstance(one, str) or len(one) == 2 or _text(None)
    )


def _read_columns(text: str) -> Any:
    return [[name, key] if key else name for name, key in _pairs(text)]


def _show_rate(value: Any) -> str:
    if set(value) != {"label", "part", "whole"}:
        raise ValueError
    return f"{_text(value['label'])} = {_text(value['part'])} / {_text(value['whole'])}"


def _read_rate(text: str) -> Any:
    label, equals, paths = text.strip().replace("＝", "=").partition("=")
    part, slash, whole = (piece.strip() for piece in paths.partition("/"))
    if not equals or not slash or part.split()[1:] or whole.split()[1:]:
        return text.strip()
    return {"label": label.strip(), "part": part, "whole": whole}


def _show_jumps(value: Any) -> str:
    """Paths, a line each, or tables as TOML."""
    if not isinstance(value, list):
        raise TypeError
    return "\n".join(literal(one) if isinstance(one, dict) else _text(one) for one in value)


def _read_jumps(text: str) -> list[Any]:
    lines = _lines_of(text)
    return [_read_toml(line) if line[:1] in "{[" else _path(line) for line in lines]


def _show_codes(value: Any) -> str:
    if not isinstance(value, list):
        raise TypeError
    return "、".join(map(_text, value))


def _show_parts(value: Any) -> str:
    """What a card lists, a line each; see `part_rows`."""
    if not isinstance(value, list):
        raise TypeError
    return "\n".join(map(literal, value))


def _show_day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else _text(value)


def _read_toml(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


# What cells of a fixed choice hold, in the order in which the workbook lists the choices.
CLOSED = (
    "kind", "family", "level", "derivation", "shape", "identity", "table_kind", "flag", "certainty",
    "collection_use",
)  # fmt: skip
_TEXT = _Form(_text, str)
_ANY = _Form(literal, _read_toml)
_FORMS: Mapping[str, _Form] = {
    "text": _TEXT,
    "expression": _TEXT,
    "list_name": _Form(_text, str.strip),
    "sheet_key": _Form(_text, _path),
    "field_key": _Form(_text, _path),
    "field_path": _Form(_text, _path),
    "rows_path": _Form(_text, _path),
    "field_paths": _Form(_show_lines, _read_paths),
    "one_or_more_paths": _Form(_show_path_or_paths, _read_path_or_paths),
    "field_keys": _Form(_show_lines, _read_keys),
    "texts": _Form(_show_lines, lambda text: text.rstrip("\n").split("\n")),
    "whole_number": _Form(_show_whole, _read_whole),
    "number": _Form(_show_number, _read_number),
    "day": _Form(_show_day, str.strip),
    "levels": _table_of("level"),
    "variants": _table_of("paper"),
    "steps": _Form(_show_steps, _read_steps),
    "columns": _Form(_show_columns, _read_columns),
    "codes": _Form(_show_codes, lambda text: re.findall(r"[^\s、，,；;]+", text)),
    "parts": _Form(_show_parts, lambda text: list(map(_read_toml, _lines_of(text)))),
    "rate": _Form(_show_rate, _read_rate),
    "jumps": _Form(_show_jumps, _read_jumps),
    **{holds: _of_choices(holds) for holds in CLOSED},
    "flag": _Form(_show_flag, _read_flag),
}
