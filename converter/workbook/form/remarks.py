"""Rows of a table that are no records: totals, signatures, explanations, a date alone.

A row is one of them where its first text begins or ends as the form says, whatever spaces and
marks it is written with, or is a date, a page number or a count, and the row names no number that
could be a member's; where it says a heading again, or that the people below have left; or where it
stands above the first or below the last person and has neither a number nor anything like a name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.model.cell_types import CellType
from converter.model.forms import Sheet
from converter.text import characters
from converter.text.headings import names_of
from converter.workbook.grid import GridColumn
from converter.workbook.leaver_lines import is_leaver_line

Mask = npt.NDArray[np.bool_]

LONGEST_NAME = 4  # Chinese characters without a dot, where a word stands in place of a number …
LONGEST_LINE = 8  # … and where nothing does
_LONG_NUMBER = re.compile("[0-9]{12}").search  # as long as the digits of an ID number
_LIKE_NUMBER = re.compile("[0-9A-Z]{6}").search  # of any document
# Lines of a printed page: 2025年3月1日, 第1页, 共12人, ———.
_LINES = (
    "(?:19|20)[0-9]{2}[-./年][0-9]{1,2}[-./月].*",
    "二[〇○零0].*年.*",
    "第[0-9一二三四五六七八九十]+页.*",
    "共[0-9]+[人页].*",
    "[-—–_=·.…*]{2,}",
)
_LINE = re.compile("|".join(_LINES)).fullmatch
_TOTALS = ("小计", "合计", "总计", "共计")  # 一车间小计
_MARKS = "-—–_=*※★☆●■◆◇【[〔<《●•·"
_DIGITS = "0123456789０１２３４５６７８９."
_INITIALS = frozenset(f"{_MARKS}{_DIGITS}（共第二{characters.BLANKS}")
_NO_NAME = re.compile("[:;!?,。、()0-9]").search
_FOREIGN = re.compile("[A-Za-z·•・.]").search
_BEFORE_NAME = "=+-@*#'‘’\"“”`~_"  # slips of the hand in front of a name
_UNREAD = (CellType.UNCALCULATED, CellType.ERROR, CellType.COVERED)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The typed columns from left to right, and which of them tell a person from a remark."""

    cells: Mapping[str, GridColumn]
    number: GridColumn | None
    name: GridColumn | None
    dates: Sequence[GridColumn]


def find(
    sheet: Sheet, cells: Mapping[str, GridColumn], numbered: Mapping[int, str], records: Mask
) -> list[int]:
    """The rows (0 = first data row) among the records that are none. `cells` are the typed
    columns from left to right, `numbered` the texts of the column of running numbers."""
    kinds = {field.key: KINDS[field.kind] for field in sheet}
    known = _Columns(
        cells,
        number=next((cells[key] for key in cells if kinds[key].birth_and_sex), None),
        name=next((cells[key] for key in cells if kinds[key].person_name), None),
        dates=[cells[key] for key in cells if kinds[key].value_type is ValueType.DATE],
    )
    named = {*_named(sheet, known, numbered, records), *_leaver_lines(known, numbered, records)}
    rest = records.copy()
    rest[[*named]] = False
    return sorted(named.union(_around(known, rest)))


def is_line(text: str, sheet: Sheet) -> bool:
    """Whether a text without spaces begins or ends like a total, a signature, a department."""
    beginnings = (*sheet.remarks, *sheet.further_remarks)
    return (
        text.startswith(beginnings)
        or text.lstrip(_MARKS).startswith(beginnings)
        or text.endswith((*sheet.remark_endings, *_TOTALS))
    )


def _named(sheet: Sheet, known: _Columns, numbered: Mapping[int, str], records: Mask) -> list[int]:
    beginnings = (*sheet.remarks, *sheet.further_remarks)
    endings = (*sheet.remark_endings, *_TOTALS)
    if not beginnings:
        return []
    names = names_of(sheet)
    number, columns = known.number, known.cells.values()

    def is_remark(n: int) -> bool:
        if number is not None and _LONG_NUMBER(number.texts[n]):
            return False  # nearly every row
        raw = [numbered.get(n, ""), *(column.texts[n] for column in columns)]
        texts = [text for text in map(characters.squeeze, raw) if text]
        if any(map(_LONG_NUMBER, texts)):
            return False
        # The first text counts; a running number before it does not.
        first = next((t for t in texts if not t.replace(".", "").isdecimal()), "")
        if first.startswith(beginnings) or first.lstrip(_MARKS).startswith(beginnings):
            return True
        rest = texts[texts.index(first) + 1 :] if first else []
        if names.field(first) and number is None:  # 一季度 under the heading 季度 is an answer
            return all(map(names.field, rest))
        if first.endswith(endings) or names.field(first):
            return not any(_LIKE_NUMBER(text) for text in rest)
        is_dated = any(characters.squeeze(column.texts[n]) == first for column in known.dates)
        return not rest and not is_dated and bool(_LINE(first))

    initials = {heading[0] for heading in names.fields} | {text[0] for text in beginnings}
    candidates = _candidates(known, numbered, records, initials, {text[-1] for text in endings})
    return [n for n in candidates if is_remark(n)]


def _leaver_lines(known: _Columns, numbered: Mapping[int, str], records: Mask) -> list[int]:
    """Rows that say that whoever stands below has left."""
    number, name = known.number, known.name
    if number is None or name is None:
        return []
    alone = records & ((number.types == CellType.BLANK) | (name.types == CellType.BLANK))

    def is_line(n: int) -> bool:
        texts = [numbered.get(n, ""), *(column.texts[n] for column in known.cells.values())]
        first, *rest = [text for text in texts if text and not text.isdecimal()] or [""]
        return is_leaver_line(first) and not any(map(_LIKE_NUMBER, map(characters.squeeze, rest)))

    return [n for n in np.flatnonzero(alone).tolist() if is_line(n)]


def _candidates(
    known: _Columns,
    numbered: Mapping[int, str],
    records: Mask,
    initials: Collection[str],
    finals: Collection[str],
) -> list[int]:
    """The rows whose first text, running numbers left aside, has one of the characters at its
    beginning or end. Most rows begin with a name: one look at it is enough."""
    begins, ends = {*initials, *_INITIALS}, {*finals, *characters.BLANKS}
    found: list[int] = []
    undecided = np.flatnonzero(records).tolist()
    texts = [[numbered.get(n, "") for n in range(len(records))]] if numbered else []
    for column in (*texts, *(column.texts.tolist() for column in known.cells.values())):
        following = []
        for n in undecided:
            text = column[n]
            if not text:
                following.append(n)
            elif text[0] in begins or text[-1] in ends:
                (following if text.replace(".", "").isdecimal() else found).append(n)
        undecided = following
        if not undecided:
            break
    return found


def _around(known: _Columns, records: Mask) -> list[int]:
    """Rows above the first and below the last person that hold none."""
    number, name = known.number, known.name
    rows = np.flatnonzero(records).tolist()
    if number is None or name is None:
        return []

    def has_number(n: int) -> bool:
        text = characters.squeeze(number.texts[n]).upper()
        if number.types[n] in _UNREAD or _LIKE_NUMBER(text):
            return True
        return bool(name.texts[n]) and text.isascii() and any(map(str.isdigit, text))

    first = next((at for at, n in enumerate(rows) if has_number(n)), None)
    if first is None:
        return []
    last = next(at for at in range(len(rows) - 1, -1, -1) if has_number(rows[at]))
    around = (*rows[:first], *rows[last + 1 :])

    def is_record(n: int) -> bool:
        if name.types[n] in _UNREAD or _is_name(name, number, n):
            return True
        # Something for a name, something for a number and a date: a person, however badly typed.
        return (
            bool(name.texts[n] and number.texts[n])
            and name.texts[n] != number.texts[n]
            and any(column.types[n] == CellType.DATE for column in known.dates)
        )

    return [n for n in around if not is_record(n)]


def _is_name(name: GridColumn, number: GridColumn, n: int) -> bool:
    """Whether the name's cell may be a name: in doubt it is, and the row is a faulty record."""
    text = characters.strip(name.texts[n])
    squeezed = characters.squeeze(text).lstrip(_BEFORE_NAME)
    if not squeezed or not squeezed[0].isalpha() or _NO_NAME(squeezed):
        return False
    if text == characters.strip(number.texts[n]):
        return False  # the same word in every cell
    longest = LONGEST_NAME if characters.strip(number.texts[n]) else LONGEST_LINE
    return bool(_FOREIGN(squeezed)) or len(squeezed) <= longest
