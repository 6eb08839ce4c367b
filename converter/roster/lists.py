"""The lists of units in an officer's workbook: one sheet or several, each with headings of its own.

Officers write the upper union in every row, once in a merged cell, once above its units, or only
in the title or the name of the sheet. What no cell of a row says is guessed from these, and
`UnitList.guessed` says for which rows.

>>> union_named("示例县总工会所属基层工会名单（2026年）"), union_named("示例镇总工会")
('示例县总工会', '示例镇总工会')
>>> union_named("基层工会名单"), union_named("2026年度各单位工会名册"), union_named("Sheet1")
('', '', '')
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from converter import workbook
from converter.messages.catalogue import message
from converter.model.cell_types import CellType
from converter.model.forms import Form, Sheet
from converter.model.submissions import RawColumn, RawSheet
from converter.text import characters
from converter.workbook.form import table_heading, table_sheet
from converter.workbook.form.sheet_matching import Workbook
from converter.workbook.form.table_heading import Heading
from converter.workbook.grid import Box, Grid
from converter.workbook.issue_collector import IssueCollector, address

UNREAD_SHEET, LEFT_OUT = "C813", "C814"
MERGED = "S006"
FEWEST_COLUMNS = 2  # by which a list is known
ROWS_NAMED = 10

_CELL = re.compile("([A-Z]+)([0-9]+)").fullmatch


@dataclass(frozen=True, slots=True)
class UnitList:
    """The rows of one sheet, blanks of upper unions filled where they can be guessed."""

    raw: RawSheet
    guessed: Mapping[int, str]  # record → the cell or the sheet that names its upper union


def union_named(text: str) -> str:
    """The union that a line, or the name of a sheet, begins with; '' = none."""
    found = _union().match(characters.squeeze(text))
    return found[1] if found else ""


@cache
def _union() -> re.Pattern[str]:
    ends = "|".join(message("roster_union_ends").split())
    before = "|".join(message("roster_union_year").split())
    return re.compile(rf"(?:[0-9]+(?:{before})?)?([^\W\d_]{{2,30}}?(?:{ends}))")


def read_lists(book: Workbook, table: Form, report: IssueCollector) -> list[UnitList]:
    """Every visible list of units. Sheets that hold none are named in the report."""
    found: list[UnitList] = []
    others: list[str] = []
    for index, (name, hidden) in enumerate(book.names):
        try:
            grid = book.grid(index)
        except workbook.UnreadableFile:
            others.append(name)
            continue
        heading = table_heading.find_heading(grid, table.main_table)
        if heading is None or not _is_list(heading, table.main_table):
            if not hidden and any(any(map(str.strip, row)) for row in grid.head(1)):
                others.append(name)
            continue
        if hidden:
            others.append(name)
            continue
        own = IssueCollector(report.form, report.file)
        raw, _ = table_sheet.read(grid, table.main_table, heading, own)
        one = _with_unions(raw, grid, heading, table, own)
        if len(raw):
            found.append(one)
            report.issues += own.issues
    if found and others:
        report.add(UNREAD_SHEET, params={"others": "、".join(others), "count": len(others)})
    return found


def _is_list(heading: Heading, sheet: Sheet) -> bool:
    """Whether a heading names units, and says something else of them too."""
    name = _key(sheet, "unit_name")
    return name in heading.columns and (len(heading.columns) + len(heading.roles) >= FEWEST_COLUMNS)


def _key(sheet: Sheet, entry: str) -> str:
    return next(field.key for field in sheet if field.identity == entry)


def _with_unions(
    raw: RawSheet, grid: Grid, heading: Heading, table: Form, report: IssueCollector
) -> UnitList:
    """Fill the upper unions, drop the findings about cells that are filled now, and name the rows
    that were left out."""
    sheet = table.main_table
    key, name = _key(sheet, "superior_name"), _key(sheet, "unit_name")
    raw = _unmerged(raw, grid.facts.merges, report, keys={f.key for f in sheet} - {name})
    raw, lines = _without_lines(raw, grid, heading, name)
    below = [(row, text) for row, text in _lines(raw, heading) if row not in lines]
    lines |= {row: union for row, text in below if (union := union_named(text))}
    out = [(row, text) for row, text in below if row not in lines]
    if out:
        rows = "、".join(str(row) for row, _ in out[:ROWS_NAMED])
        cell = out[0][0], heading.columns[name]
        report.add(
            LEFT_OUT, raw.name, cell, value=out[0][1], params={"count": len(out), "rows": rows}
        )
    typed = raw.columns.get(key)
    texts = list(typed.text) if typed else [""] * len(raw)
    types = bytearray(typed.type) if typed else bytearray(len(raw))
    blank = [n for n, text in enumerate(texts) if not characters.strip(text)]
    if not blank:
        return UnitList(raw, {})
    above, source = _from_titles(grid, heading, raw.name)
    if len(blank) < len(texts):
        above = ""  # who names unions here names them all
    guessed: dict[int, str] = {}
    by_block = _is_by_block(texts)
    for n in blank:
        line = max((row for row in lines if row < raw.rows[n]), default=0)
        if line:
            texts[n], guessed[n] = lines[line], address(line, heading.first_column)
        elif by_block:
            texts[n], guessed[n] = (
                texts[n - 1],
                guessed.get(n - 1, address(raw.rows[n - 1], heading.columns[key])),
            )
        elif above:
            texts[n], guessed[n] = above, source
        else:
            continue
        types[n] = CellType.TEXT
    if typed is None and not guessed:
        return UnitList(raw, {})
    if typed is None:
        report.issues[:] = [i for i in report.issues if i.place.field != key]
    columns = {**raw.columns, key: RawColumn(texts, bytes(types))}
    at = {key: (0, heading.columns[name]), **raw.at}  # no cell of its own: that of the unit's name
    return UnitList(replace(raw, columns=columns, at=at), guessed)


def _unmerged(
    raw: RawSheet, merges: Sequence[Box], report: IssueCollector, keys: set[str]
) -> RawSheet:
    """A cell that is merged downwards says the same of every row that it covers."""
    columns = dict(raw.columns)
    filled: set[str] = set()
    for top, left, bottom, right in merges:
        key = next((k for k in keys & columns.keys() if raw.at[k][1] == left == right), "")
        first = raw.record(top) if key else None
        if first is None or bottom == top:
            continue
        texts, types = list(columns[key].text), bytearray(columns[key].type)
        for row in range(top + 1, bottom + 1):
            record = raw.record(row)
            if record is not None:
                texts[record], types[record] = texts[first], types[first]
        columns[key] = RawColumn(texts, bytes(types))
        filled.add(f"{address(top, left)}:{address(bottom, right)}")
    report.issues[:] = [
        i for i in report.issues if i.code != MERGED or i.params.get("area") not in filled
    ]
    return replace(raw, columns=columns)


def _lines(raw: RawSheet, heading: Heading) -> list[tuple[int, str]]:
    """The first texts of rows that are no units."""
    records, found = set(raw.rows), dict[int, str]()
    for cell, text in raw.leftovers:
        match = _CELL(cell)
        if match and int(match[2]) > heading.bottom and int(match[2]) not in records:
            found.setdefault(int(match[2]), text)
    return sorted(found.items())


def _without_lines(
    raw: RawSheet, grid: Grid, heading: Heading, name: str
) -> tuple[RawSheet, dict[int, str]]:
    """The records without the lines that stand in the column of names and name a union whose units
    follow: they alone have no running number, and nothing beside the name. And the row of each
    such line, with its union."""
    column = heading.roles.get("number", 0)
    numbers = grid.texts([column], 1).get(column, {}) if column else {}
    counted = grid.read([column], 1).get(column) if column else None
    if counted is None:
        return raw, {}
    numbered = [bool(counted.types[row - 1]) or row in numbers for row in raw.rows]
    if sum(numbered) * 2 < len(raw):
        return raw, {}
    lines = {
        row: union
        for n, row in enumerate(raw.rows)
        if not numbered[n]
        and not any(found.type[n] for key, found in raw.columns.items() if key != name)
        and (union := union_named(raw.columns[name].text[n]))
    }
    kept = [n for n, row in enumerate(raw.rows) if row not in lines]
    columns = {
        key: RawColumn([found.text[n] for n in kept], bytes(found.type[n] for n in kept))
        for key, found in raw.columns.items()
    }
    return replace(raw, columns=columns, rows=[raw.rows[n] for n in kept]), lines


def _from_titles(grid: Grid, heading: Heading, name: str) -> tuple[str, str]:
    """The union that a line above the headings names and where, else the name of the sheet."""
    facts = grid.facts
    for row, texts in enumerate(grid.head(max(heading.row - facts.top, 0)), facts.top):
        for column, text in enumerate(texts, facts.left):
            if union := union_named(text):
                return union, address(row, column)
    return union_named(name), message("roster_by_sheet_name")


def _is_by_block(texts: Sequence[str]) -> bool:
    """Whether each union stands once, in the first row of its units."""
    filled = [text for text in texts if characters.strip(text)]
    blanks = len(texts) - len(filled)
    return bool(texts and characters.strip(texts[0])) and (
        len(set(filled)) == len(filled) and blanks >= len(filled)
    )
