"""The number formats of an OpenDocument spreadsheet (ODF 1.3, part 3, 16.29), as Excel writes them.

    <number:percentage-style style:name="N11"><number:number …/><number:text>%</number:text>
    <style:style style:name="ce1" style:family="table-cell" style:data-style-name="N11"/>

Of use are those alone that show another number than the cell holds (`text.number_formats`).
"""

from __future__ import annotations

import re
from functools import cache

from converter.text.number_formats import LONGEST, is_odd

_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_NUMBER, _STYLE = f"{_ODF}datastyle:1.0|", f"{_ODF}style:1.0|"
KINDS = {f"{_NUMBER}{kind}-style" for kind in ("number", "percentage", "currency")}
PERCENT = "0%"  # of a percentage whose style nobody can tell
MOST_DIGITS = 30
_CONDITION = re.compile(r"value\(\)(<=|>=|!=|<|>|=)(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)")


class NumberStyles:
    """The handlers of a parser's events within styles of numbers, and what was read so far."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}  # by the style's name, without those of its conditions
        self._maps: dict[str, list[tuple[str, str]]] = {}  # condition, the style that it applies
        self._of_cells: dict[str, str] = {}  # style of cells → style of numbers
        self._name = ""
        self._is_percentage = False
        self._places: dict[int, str] = {}  # texts between the digits, by the digits behind them
        self._number: dict[str, str] = {}
        self._text: list[str] | None = None
        self._position: int | None = None
        self.code = cache(self._code)

    def begin(self, tag: str, given: dict[str, str]) -> None:
        """A style of numbers begins."""
        self._name = given.get(f"{_STYLE}name", "")
        self._is_percentage = tag == f"{_NUMBER}percentage-style"
        self._codes[self._name] = ""

    def begin_cells(self, given: dict[str, str]) -> None:
        """A style of cells names its style of numbers."""
        if number := given.get(f"{_STYLE}data-style-name"):
            self._of_cells[given.get(f"{_STYLE}name", "")] = number

    def start(self, tag: str, given: dict[str, str]) -> None:
        if tag == f"{_NUMBER}number":
            self._number, self._places = given, {}
        elif tag == f"{_NUMBER}embedded-text":
            self._text, self._position = [], _whole(given.get(f"{_NUMBER}position", ""), 0)
        elif tag in (f"{_NUMBER}text", f"{_NUMBER}currency-symbol"):
            self._text, self._position = [], None
        elif tag == f"{_STYLE}map" and (
            found := _CONDITION.fullmatch(given.get(f"{_STYLE}condition", ""))
        ):
            condition = f"[{found[1].replace('!=', '<>')}{found[2]}]"
            applied = given.get(f"{_STYLE}apply-style-name", "")
            self._maps.setdefault(self._name, []).append((condition, applied))

    def text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if tag == f"{_NUMBER}number":
            self._add(self._digits())
        elif self._text is not None:
            text, self._text = "".join(self._text)[:LONGEST], None
            quoted = '"' + text.replace('"', "") + '"'
            if self._position is not None:
                self._places[self._position] = quoted
            else:
                self._add("%" if self._is_percentage and text.strip() == "%" else quoted)

    def _add(self, piece: str) -> None:
        if len(self._codes[self._name]) <= LONGEST:  # longer ones are none
            self._codes[self._name] += piece

    def _digits(self) -> str:
        """The digits of a number, with the texts between them and thousands left out."""
        own = self._number
        count = _whole(own.get(f"{_NUMBER}min-integer-digits", ""), 1)
        count = max(1, count, *(place + 1 for place in self._places), 1)
        whole = "".join("0" + self._places.get(behind, "") for behind in range(count - 1, -1, -1))
        places = _whole(own.get(f"{_NUMBER}decimal-places", ""), 0)
        factor = own.get(f"{_NUMBER}display-factor", "1")
        zeros = re.fullmatch("1((?:000){0,6})", factor)
        commas = "," * (len(zeros[1]) // 3) if zeros else ""
        return whole + ("." + "0" * places if places else "") + commas

    def _code(self, style: str) -> str:
        """The format of a style of cells, where it shows other numbers; '' for any other."""
        name = self._of_cells.get(style, "")
        parts = [
            condition + self._codes.get(one, "") for condition, one in self._maps.get(name, [])
        ]
        code = ";".join([*parts, self._codes.get(name, "")])
        return code if is_odd(code) else ""


def _whole(text: str, otherwise: int) -> int:
    return min(int(text), MOST_DIGITS) if re.fullmatch("[0-9]{1,4}", text) else otherwise
