"""Slips in texts: in regular expressions, in formulas, in lists of signs."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"\\.|\[\^?(?:\\.|[^\]\\])+\]|\{[0-9]+(?:,[0-9]+)?\}|\((?:\?(?:[:=!]|<[=!]))?|.", re.DOTALL
)
_ITEM = re.compile(r"(?:\\.|[^\\])(?:-(?:\\.|[^\\]))?", re.DOTALL)
_TURNED = {"<=": "<", ">=": ">", "<>": "=", "<": "<=", ">": ">=", "=": "<>"}


def of_pattern(text: str) -> list[str]:
    """A pattern (or a piece of one) with an alternative, a quantifier, a sign taken or changed."""
    tokens = [(m.start(), m.end(), m[0]) for m in _TOKEN.finditer(text)]
    found = [*_alternatives(text, tokens), *_quantified(text, tokens), *_classes(text, tokens)]
    return [changed for changed in dict.fromkeys(found) if changed not in ("", text)]


Token = tuple[int, int, str]


def _alternatives(text: str, tokens: list[Token]) -> Iterator[str]:
    """Each alternative of each group, left out."""
    groups: list[list[tuple[int, int]]] = [[(0, 0)]]  # bounds: the opening, every bar
    for start, end, token in tokens:
        if token.startswith("("):
            groups.append([(start, end)])
        elif token == "|":
            groups[-1].append((start, end))
        elif token == ")" and len(groups) > 1:
            yield from _left_out(text, [*groups.pop(), (start, end)])
    yield from _left_out(text, [*groups[0], (len(text), len(text))])


def _left_out(text: str, bounds: list[tuple[int, int]]) -> Iterator[str]:
    if len(bounds) < 3:
        return
    for n in range(len(bounds) - 1):
        last = n == len(bounds) - 2
        start = bounds[n][0] if last else bounds[n][1]  # the bar goes, too
        yield text[:start] + text[bounds[n + 1][0 if last else 1] :]


def _quantified(text: str, tokens: list[Token]) -> Iterator[str]:
    for start, end, token in tokens:
        if token == "?":
            yield text[:start] + text[end:]
        elif token in "*+":
            yield text[:start] + ("+" if token == "*" else "*") + text[end:]
        elif token.startswith("{") and len(token) > 1:
            for number in re.finditer("[0-9]+", token):
                for other in (int(number[0]) + 1, int(number[0]) - 1):
                    changed = token[: number.start()] + str(other) + token[number.end() :]
                    yield text[:start] + changed + text[end:]


def _classes(text: str, tokens: list[Token]) -> Iterator[str]:
    for start, end, token in tokens:
        if not token.startswith("[") or len(token) == 1:
            continue
        first = start + (2 if token[1] == "^" else 1)
        items = list(_ITEM.finditer(text, first, end - 1))
        for item in items if len(items) > 1 else []:
            yield text[: item.start()] + text[item.end() :]


def of_formula(text: str) -> Iterator[str]:
    """A piece of a formula with a comparison, a connective or a number changed."""
    for m in re.finditer("<=|>=|<>|<|>|=", text):
        yield text[: m.start()] + _TURNED[m[0]] + text[m.end() :]
    for m in re.finditer(r"\b(AND|OR)\(", text):
        yield text[: m.start()] + ("OR(" if m[1] == "AND" else "AND(") + text[m.end() :]
    for m in re.finditer(r'(?<![A-Za-z0-9$"])[0-9]+(?![0-9"])', text):
        yield text[: m.start()] + str(int(m[0]) + 1) + text[m.end() :]


def of_characters(text: str) -> Iterator[str]:
    """A list of signs, one of them missing."""
    for n in range(len(text) if len(text) > 1 else 0):
        yield text[:n] + text[n + 1 :]
