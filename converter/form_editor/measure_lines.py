"""The measures of a table of the annual report, a line each, as a person writes them.

A line names the measure and what is summed (units are counted where nothing is), then the
conditions and whether it is compared with the period before, each behind a `；`:

>>> line({"label": "女职工", "sum": "unit.women_staff", "compared": True})
'女职工 = unit.women_staff；和上期比'
>>> read("国家级；unit.honour_level 是 1、2")
{'label': '国家级', 'where': [{'field': 'unit.honour_level', 'is': ['1', '2']}]}

What cannot be written so stands there as TOML, and is read as TOML.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from converter.form_editor.toml_text import literal
from converter.messages.catalogue import message

_PATH = re.compile(r"[A-Za-z_]\w*\.\w+", re.ASCII)
_BLANKS = " \t\r"  # not the wide one: labels are indented by it


def line(measure: Mapping[str, Any]) -> str:
    """The line of a measure."""
    try:
        text = _plain(measure)
    except (TypeError, KeyError, AttributeError):
        return literal(measure)
    return text if text and read(text) == measure else literal(measure)


def read(text: str) -> Any:
    """The measure of a line; a text where there is none to be read."""
    text = text.strip(_BLANKS)
    if text.startswith("{"):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    head, *pieces = re.split("[；;]", text)
    label, equals, summed = head.replace("＝", "=").partition("=")
    if not equals and _PATH.match(head):
        label, summed = "", head
    found: dict[str, Any] = {"label": label.rstrip(_BLANKS)} if label.strip(_BLANKS) else {}
    if summed.strip(_BLANKS):
        found["sum"] = _path(summed)
    conditions, compared = [], False
    for piece in filter(None, (piece.strip(_BLANKS) for piece in pieces)):
        if piece == _word("compared"):
            compared = True
        elif condition := _condition(piece):
            conditions.append(condition)
        else:
            return text
    if conditions:
        found["where"] = conditions
    return found | {"compared": True} if compared else found


def _plain(measure: Mapping[str, Any]) -> str:
    heads = [measure[key] for key in ("label", "sum") if key in measure]
    pieces = [_plain_condition(one) for one in measure.get("where", ())]
    pieces += [_word("compared")] if measure.get("compared") else []
    return "；".join((" = ".join(heads), *pieces))


def _plain_condition(condition: Mapping[str, Any]) -> str:
    fields = "、".join(condition["fields"] if "fields" in condition else [condition["field"]])
    if "is" in condition:
        return f"{fields} {_word('is')} {'、'.join(condition['is'])}"
    if "years" not in condition:
        return f"{fields} {_word('filled')}"
    below = f"，{_word('below', years=condition['below'])}" if "below" in condition else ""
    return f"{fields} {_word('years', years=condition['years'])}{below}"


def _condition(text: str) -> dict[str, Any] | None:
    """`unit.honour 填了`, `unit.level 是 1、2`, `unit.a、unit.b 满 5 年，不满 6 年`."""
    found = re.match(rf"((?:{_PATH.pattern}[、，, ]*)+)(.*)", text, re.ASCII)
    if not found:
        return None
    paths, rest = _PATH.findall(found[1]), found[2].strip()
    of = {"field": paths[0]} if len(paths) == 1 else {"fields": paths}
    if rest == _word("filled"):
        return {**of, "filled": True}
    if rest.startswith(_word("is")):
        codes = re.split("[、，, ]+", rest.removeprefix(_word("is")).strip())
        return {**of, "is": codes}
    years = re.fullmatch(rf"{_number('years')}(?:[，,、 ]*{_number('below')})?", rest)
    if not years:
        return None
    below = {"below": int(years[2])} if years[2] else {}
    return {**of, "years": int(years[1]), **below}


def _number(key: str) -> str:
    """A pattern of the words around a number of years."""
    before, after = (part.strip() for part in _word(key, years="@").split("@"))
    return rf"{re.escape(before)} *([0-9]{{1,3}}) *{re.escape(after)}"


def _word(key: str, **params: object) -> str:
    return message(f"editor_measure_{key}", **params)


def _path(text: str) -> str:
    """`unit.staff 职工总数` → `unit.staff`."""
    return text.strip().partition(" ")[0]


def show(measures: Sequence[Mapping[str, Any]]) -> str:
    """All measures of a table. Raises TypeError for what is no list of tables."""
    if not isinstance(measures, list) or not all(isinstance(one, Mapping) for one in measures):
        raise TypeError
    return "\n".join(map(line, measures))
