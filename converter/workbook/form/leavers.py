"""Records of a table that may be no members: beside them stands 已离职 or 例：, or somebody struck
them through. They stay in, and the clerk is told which they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from converter.kinds import KINDS
from converter.messages.catalogue import message
from converter.model.forms import Sheet
from converter.model.issues import Params, column_letters
from converter.model.submissions import RawSheet
from converter.text import characters
from converter.workbook.form.remarks import is_line
from converter.workbook.grid import CellPlace
from converter.workbook.issue_collector import IssueCollector
from converter.workbook.leaver_lines import says_left

STRUCK, REMARKED = "S028", "S029"
MOST_ROWS = 10  # that are named
MOST_REMARKS = 3


class StyledWorkbook(Protocol):
    """A workbook that knows which of its cells are struck through."""

    def struck(self, index: int, columns: Sequence[int]) -> Collection[CellPlace]: ...


def report_struck(
    book: StyledWorkbook, index: int, raw: RawSheet, sheet: Sheet, report: IssueCollector
) -> None:
    """Name the rows whose name and number, where they are filled in, are struck through."""
    kinds = {field.key: KINDS[field.kind] for field in sheet if field.key in raw.at}
    keys = [key for key, kind in kinds.items() if kind.person_name or kind.birth_and_sex]
    struck = book.struck(index, [raw.at[key][1] for key in keys]) if len(raw) else ()
    if not struck:
        return
    found = {row for row, _ in struck}
    rows = [
        row
        for at, row in enumerate(raw.rows)
        if row in found
        if all((row, raw.at[k][1]) in struck for k in keys if raw.columns[k].text[at])
    ]
    if rows:
        report.add(STRUCK, raw.name, (rows[0], raw.at[keys[0]][1]), params=_params(rows))


def report_remarked(
    raw: RawSheet,
    texts: Mapping[int, Mapping[int, str]],
    headings: Mapping[int, str],
    number: int,
    sheet: Sheet,
    report: IssueCollector,
) -> None:
    """Name the records beside which a text (column → row → text) says that somebody left; in the
    column of running numbers, `number`, also that it is an example."""
    rows, name = raw.rows, raw.name
    records: Collection[int] = rows if isinstance(rows, range) else frozenset(rows)
    for column, cells in sorted(texts.items()):
        heading = headings.get(column, "")
        found = {
            row: text
            for row, text in cells.items()
            if row in records
            if says_left(text, heading)
            or (column == number and is_line(characters.squeeze(text), sheet))
        }
        if found:
            where = _column(column, heading)
            remarks = [*dict.fromkeys(map(characters.strip, found.values()))][:MOST_REMARKS]
            params = {**_params(sorted(found)), "column": where, "text": "、".join(remarks)}
            report.add(REMARKED, name, (min(found), column), params=params)


def _column(column: int, heading: str) -> str:
    if heading.strip():
        return message("list_headed", heading=characters.strip(heading))
    return message("list_letters", letters=column_letters(column))


def _params(rows: Iterable[int]) -> Params:
    texts = [*map(str, rows)]
    params: dict[str, str | int] = {"rows": "、".join(texts[:MOST_ROWS]), "count": len(texts)}
    return params | ({"variant": "many"} if texts[MOST_ROWS:] else {})
