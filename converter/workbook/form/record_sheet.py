"""The unit sheet: one record, a field a line: 项目 beside 填写.

Several such pairs of columns may stand side by side. Where the heading row is gone, the column
with the most items and the column of answers right of it will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from converter.model.cell_types import CellType
from converter.model.forms import Sheet
from converter.model.submissions import RawColumn, RawSheet
from converter.text import characters
from converter.text.headings import Names, names_of
from converter.workbook.form.table_heading import HEADING_ROWS
from converter.workbook.form.table_sheet import MOST_LEFTOVERS
from converter.workbook.grid import Grid
from converter.workbook.issue_collector import IssueCollector, address, hidden_params
from converter.workbook.merged_cells import covered_cells, report_merge

LONGEST_SHEET = 2_000  # rows that are looked at; a form has some dozen
FEWEST_ITEMS = 5  # that make a column one of items where no heading says so; all of a small form


def fewest_items(sheet: Sheet) -> int:
    return min(FEWEST_ITEMS, len(sheet.fields))


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """Which columns hold what."""

    row: int  # of the heading; where there is none, of the first item
    pairs: tuple[tuple[int, int], ...]  # (column of items, column of answers)
    explanation: int = 0  # 0 = none


@dataclass(frozen=True, slots=True)
class _Answer:
    row: int
    column: int
    text: str
    type: int
    reason: str


def find_layout(grid: Grid, sheet: Sheet) -> RecordLayout | None:
    names = names_of(sheet)
    head = grid.head(LONGEST_SHEET)
    for number, texts in enumerate(head[:HEADING_ROWS]):
        roles: dict[str, list[int]] = {}
        for column, text in enumerate(texts, grid.facts.left):
            if role := names.role(text):
                roles.setdefault(role, []).append(column)
        if "item" in roles and "answer" in roles:
            pairs = tuple(_pair(item, roles) for item in roles["item"])
            return RecordLayout(grid.facts.top + number, pairs, roles.get("explanation", [0])[0])
    return _by_items(grid, head, names, fewest_items(sheet))


def _pair(item: int, roles: Mapping[str, list[int]]) -> tuple[int, int]:
    """An item column and the first answer column right of it, or any."""
    right = [column for column in roles["answer"] if column > item]
    return item, min(right, default=roles["answer"][0])


def _by_items(
    grid: Grid, head: Sequence[Sequence[str]], names: Names, fewest: int
) -> RecordLayout | None:
    rows: dict[int, list[int]] = {}
    for number, texts in enumerate(head):
        for column, text in enumerate(texts):
            if names.field(text):
                rows.setdefault(column, []).append(number)
    items = sorted(column for column, found in rows.items() if len(found) >= fewest)
    if not items:
        return None
    pairs, left = [], grid.facts.left
    for item, following in zip(items, [*items[1:], len(grid.facts.columns)], strict=True):
        candidates = range(item + 1, following)
        filled = (
            c for c in candidates if any(not characters.is_blank(head[n][c]) for n in rows[item])
        )
        pairs.append((left + item, left + next(filled, item + 1)))
    return RecordLayout(grid.facts.top + min(rows[items[0]]), tuple(pairs))


def read(grid: Grid, sheet: Sheet, layout: RecordLayout, report: IssueCollector) -> RawSheet:
    """The record, with an issue for every item that is missing or contradicts itself."""
    answers, leftovers = _answers(grid, sheet, layout, report)
    for field in sheet:
        if field.key not in answers and not field.derive:
            code = "S021" if field.required else "S022"
            report.add(code, grid.facts.name, (layout.row, layout.pairs[0][0]), field.key)
    _cover(grid, answers, report)
    _hidden(grid, sheet, answers, report)
    return RawSheet(
        name=grid.facts.name,
        columns={key: RawColumn([a.text], [a.type]) for key, a in answers.items()},
        rows=[0],
        at={key: (a.row, a.column) for key, a in answers.items()},
        explanations={key: [a.reason] for key, a in answers.items() if a.reason},
        leftovers=leftovers,
    )


def _answers(
    grid: Grid, sheet: Sheet, layout: RecordLayout, report: IssueCollector
) -> tuple[dict[str, _Answer], tuple[tuple[str, str], ...]]:
    names = names_of(sheet)
    top = grid.facts.top
    wanted = {column for pair in layout.pairs for column in pair} | {layout.explanation}
    columns = grid.read(sorted(wanted), top, top + LONGEST_SHEET - 1)
    uncomputed = _uncomputed(grid, [answer for _, answer in layout.pairs])
    answers: dict[str, _Answer] = {}
    leftovers: list[tuple[str, str]] = []

    def at(row: int, column: int) -> str:
        return str(columns[column].texts[row - top]) if column in columns else ""

    for row in range(layout.row, top + max(map(len, columns.values()), default=0)):
        for item, column in layout.pairs:
            label = at(row, item)
            if not label:
                continue
            text = at(row, column)
            field, role = names.meaning(label)
            if not field:
                if text and role != "item" and len(leftovers) < MOST_LEFTOVERS:
                    leftovers.append((address(row, column), text))
                continue
            kind = int(columns[column].types[row - top]) if column in columns else CellType.BLANK
            if kind == CellType.BLANK and (row, column) in uncomputed:
                kind = int(CellType.UNCALCULATED)
            reason = characters.strip(at(row, layout.explanation))
            answer = _Answer(row, column, text, kind, reason)
            known = answers.get(field[0])
            if known is None or (not known.text and text):
                answers[field[0]] = answer
            elif text and characters.strip(text) != characters.strip(known.text):
                first = known.row, known.column
                params = {"first": address(*first)}
                report.add("S023", grid.facts.name, (row, column), field[0], text, first, params)
    return answers, tuple(leftovers)


def _uncomputed(grid: Grid, columns: Sequence[int]) -> set[tuple[int, int]]:
    """(row, column) of formulas that no program has computed."""
    return {
        (int(row), column)
        for column, found in (grid.formulas(columns) or {}).items()
        for row in found.rows[~found.computed]
    }


def _cover(grid: Grid, answers: dict[str, _Answer], report: IssueCollector) -> None:
    """Mark answers that a merged area covers."""
    for column in sorted({answer.column for answer in answers.values()}):
        lines = {a.row: key for key, a in answers.items() if a.column == column}
        for box, covered in covered_cells(grid.facts.merges, sorted(lines), {"": column}):
            for row, _ in covered:
                known = answers[lines[row]]
                covers = int(CellType.COVERED)
                answers[lines[row]] = _Answer(row, column, "", covers, known.reason)
            first = lines.get(box[0], "") if column == box[1] else ""
            text = answers[first].text if first else ""
            report_merge(report, grid.facts.name, box, len(covered), first, text)


def _hidden(
    grid: Grid, sheet: Sheet, answers: Mapping[str, _Answer], report: IssueCollector
) -> None:
    for code, hidden in _hidden_answers(grid, sheet, answers):
        key, answer = hidden[0]
        params = hidden_params([a.row for _, a in hidden]) if code == "S007" else None
        report.add(code, grid.facts.name, (answer.row, answer.column), key, params=params)


def _hidden_answers(
    grid: Grid, sheet: Sheet, answers: Mapping[str, _Answer]
) -> Iterator[tuple[str, list[tuple[str, _Answer]]]]:
    """(code, the answers that are hidden): a hidden column, or a run of hidden rows."""
    given = sorted(
        ((key, a) for key, a in answers.items() if a.text and not sheet.field(key).derive),
        key=lambda pair: (pair[1].column, pair[1].row),
    )
    by_column = [(key, a) for key, a in given if a.column in grid.facts.hidden_columns]
    if by_column:
        yield "S008", by_column
    run: list[tuple[str, _Answer]] = []
    for key, answer in given:
        if answer.row in grid.facts.hidden_rows:
            run.append((key, answer))
        elif run:
            yield "S007", run
            run = []
    if run:
        yield "S007", run
