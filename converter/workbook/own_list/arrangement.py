"""Lists that are not a row a person, made into rows: a column a person, or a card a person.

A list lies on its side where the numbers stand to the right of their heading and not below it. A
card (a registration form) has the same headings, each with one value behind it; a sheet may hold
several, one below or beside the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from converter.kinds import name_field, unique_key
from converter.model.cell_types import CellType
from converter.model.forms import Sheet
from converter.model.own_list import CARDS, COLUMNS
from converter.text import characters
from converter.text.headings import normalized
from converter.workbook import person_names
from converter.workbook.own_list import values
from converter.workbook.own_list.blocks import FEWEST_HEADINGS, Headings, SheetCells

LARGEST = 1 << 21  # cells of a list on its side
LONGEST_CARD = 1000  # characters of one in a single cell
_PAIR = re.compile(r"([^\s:：]{1,12})\s*[:：]\s*([^\s:：,，;；、]+(?=[\s,，;；、]|$))")


@dataclass(frozen=True, slots=True)
class _Label:
    """A heading with what stands behind it, up to the next heading of its row."""

    row: int
    at: int
    text: str
    field: str  # '' for a heading that is no field's
    following: Sequence[tuple[str, int]]  # text and type of each cell that is not blank


def as_rows(cells: SheetCells, sheet: Sheet, headings: Headings) -> SheetCells:
    """The same people with a row each; a list that has a row a person is returned as it is."""
    number, name = unique_key(sheet), name_field(sheet)
    if number is None or name is None:
        return cells
    labels = list(_labels(cells, headings))
    numbered = [label for label in labels if label.field == number.key]
    names = [label for label in labels if label.field == name.key]
    if names and _names_stand_below(cells, names[0], headings):
        return cells  # whatever stands behind: 证件类型: 身份证
    if not numbered:
        behind = bool(names) and _names_stand_behind(cells, names[0], headings)
        return _turned(cells) if _lies_on_its_side(cells, labels, headings, behind) else cells
    first = numbered[0]
    if not any(map(_is_number, first.following)) or _number_below(cells, first):
        return cells
    several = any(sum(map(_is_number, one.following)) > 1 for one in numbered)
    if several or any(
        sum(person_names.is_usual_name(text) for text, _ in n.following) > 1 for n in names
    ):
        return _turned(cells)
    return _from_cards(cells, labels, headings, number.key, name.key)


def _labels(cells: SheetCells, headings: Headings) -> Iterator[_Label]:
    """The headings of a sheet, from the top and from the left."""
    for row, texts in enumerate(cells.texts):
        found: list[tuple[int, str, list[tuple[str, int]]]] = []
        for at, text in enumerate(texts):
            if not text.strip():
                continue
            if headings.is_heading(text):
                found.append((at, text, []))
            elif pairs := _pairs(text, headings):
                found += [(at, title, [(value, int(CellType.TEXT))]) for title, value in pairs]
            elif found:
                found[-1][2].append((text, cells.types[row][at]))
        for at, text, following in found:
            field = headings.find(text)
            yield _Label(row, at, text, field[0] if field else "", following)


def _pairs(text: str, headings: Headings) -> list[tuple[str, str]]:
    """Headings with what stands behind each, in one cell: 姓名：赵一 性别：男."""
    found = _PAIR.findall(text[:LONGEST_CARD])
    return [(title, value) for title, value in found if headings.is_heading(title)]


def _is_number(cell: tuple[str, int]) -> bool:
    text, kind = cell
    return characters.has_long_number(text) or values.is_rounded(text, kind)


def _number_below(cells: SheetCells, label: _Label) -> bool:
    return values.holds_number(_below(cells, label))


def _names_stand_below(cells: SheetCells, label: _Label, headings: Headings) -> bool:
    """Whether names stand below a heading, and none behind it."""
    return not _name_is_behind(label) and _name_is_below(cells, label, headings)


def _names_stand_behind(cells: SheetCells, label: _Label, headings: Headings) -> bool:
    return _name_is_behind(label) and not _name_is_below(cells, label, headings)


def _name_is_behind(label: _Label) -> bool:
    return any(person_names.is_usual_name(text) for text, _ in label.following[:1])


def _name_is_below(cells: SheetCells, label: _Label, headings: Headings) -> bool:
    below = _below(cells, label)
    return person_names.is_usual_name(below) and not headings.is_heading(below)


def _below(cells: SheetCells, label: _Label) -> str:
    below = (row[label.at] for row in cells.texts[label.row + 1 :] if row[label.at].strip())
    return next(below, "")


def _lies_on_its_side(
    cells: SheetCells, labels: Sequence[_Label], headings: Headings, names_behind: bool
) -> bool:
    """Whether numbers that no heading names stand in rows rather than in columns."""
    numbered = {
        (row, at)
        for row, texts in enumerate(cells.texts)
        for at, text in enumerate(texts)
        if headings.is_person(text)
    }
    if not numbered or _most_headings((label.row, label) for label in labels) >= FEWEST_HEADINGS:
        return False
    beside = sum((row, at + 1) in numbered for row, at in numbered)
    below = sum((row + 1, at) in numbered for row, at in numbered)
    if _most_headings((label.at, label) for label in labels) >= FEWEST_HEADINGS:
        return beside >= below or len({at for _, at in numbered}) >= len(
            {row for row, _ in numbered}
        )
    return names_behind or beside > below


def _most_headings(of: Iterable[tuple[int, _Label]]) -> int:
    """The most different headings in one row, or in one column."""
    found: dict[int, set[str]] = {}
    for line, label in of:
        found.setdefault(line, set()).add(label.field or normalized(label.text))
    return max(map(len, found.values()), default=0)


def _turned(cells: SheetCells) -> SheetCells:
    """Rows and columns exchanged; columns in which nothing stands are rows of nothing."""
    left = cells.columns[0]
    width = cells.columns[-1] - left + 1
    if width * len(cells.texts) > LARGEST:
        return cells
    blank_texts, blank_types = [""] * len(cells.texts), [int(CellType.BLANK)] * len(cells.texts)
    texts, types = [blank_texts] * width, [blank_types] * width
    for at, column in enumerate(cells.columns):
        texts[column - left] = [row[at] for row in cells.texts]
        types[column - left] = [row[at] for row in cells.types]
    rows = tuple(range(cells.top, cells.top + len(cells.texts)))
    merges = tuple((box[1], box[0], box[3], box[2]) for box in cells.merges)
    return SheetCells(cells.name, left, rows, texts, types, merges, COLUMNS)


def _from_cards(
    cells: SheetCells, labels: Sequence[_Label], headings: Headings, number: str, name: str
) -> SheetCells:
    """A row of headings, and one for each card that has an ID number."""
    people = [
        card
        for strip in _strips(cells, labels)
        for card in _cards(_own_labels(strip, headings, number, name), number, name)
    ]
    titles: dict[str, str] = {}
    for card in people:
        for key, label in card.items():
            titles.setdefault(key, label.text)
    if not people:
        return cells
    rows = [[_value(card.get(key)) for key in titles] for card in people]
    return replace(
        cells,
        top=1,
        columns=tuple(range(1, len(titles) + 1)),
        texts=[[*titles.values()], *([text for text, _ in row] for row in rows)],
        types=[[CellType.TEXT] * len(titles), *([kind for _, kind in row] for row in rows)],
        merges=(),
        arrangement=CARDS,
    )


def _strips(cells: SheetCells, labels: Sequence[_Label]) -> Iterator[SheetCells]:
    """Cards that stand beside each other: apart where one heading stands twice in a row."""
    by_row: dict[tuple[int, str], list[int]] = {}
    for label in labels:
        if label.field:
            by_row.setdefault((label.row, label.field), []).append(label.at)
    twice = [places for places in by_row.values() if len(places) > 1]
    borders = [0, *(min(twice)[1:] if twice else ()), len(cells.columns)]
    for start, end in pairwise(borders):
        yield replace(
            cells,
            columns=cells.columns[start:end],
            texts=[row[start:end] for row in cells.texts],
            types=[row[start:end] for row in cells.types],
        )


def _own_labels(cells: SheetCells, headings: Headings, number: str, name: str) -> Iterator[_Label]:
    """The headings of cards, without those of a table of the family in them."""
    labels = list(_labels(cells, headings))
    tables = {
        one.row
        for one in labels
        if (one.field == number and _number_below(cells, one))
        or (one.field == name and _name_is_below(cells, one, headings))
    }
    return (label for label in labels if label.row not in tables)


def _cards(labels: Iterable[_Label], number: str, name: str) -> list[dict[str, _Label]]:
    """The next card begins where a heading stands again; what has no ID number (a table of the
    family) is a part of the card above it."""
    parts: list[dict[str, _Label]] = [{}]
    for label in labels:
        if not label.field:
            continue
        if label.field in parts[-1]:
            parts.append({})
        parts[-1][label.field] = label
    cards: list[dict[str, _Label]] = []
    for part in parts:
        if number in part and _is_person(part[number], part.get(name)):
            cards.append(part)
        elif cards:
            cards[-1] = part | cards[-1]
    return cards


def _value(label: _Label | None) -> tuple[str, int]:
    return label.following[0] if label and label.following else ("", int(CellType.BLANK))


def _is_person(number: _Label, name: _Label | None) -> bool:
    text, _ = _value(number)
    if text.strip():
        return any(map(str.isdigit, text))  # 身份证号 工作单位: headings of a table below
    return person_names.is_name(_value(name)[0])
