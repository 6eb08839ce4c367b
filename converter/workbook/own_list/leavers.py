"""Who of a list may be no member, and came along: whoever stands below a line that says so, beside
a remark that does, is struck through, or hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from converter.model.own_list import COLUMNS, ROWS, LeaversBelow, LeaversRemarked, SkippedRow
from converter.workbook.grid import CellPlace, GridFacts
from converter.workbook.leaver_lines import ends_leavers, is_leaver_line, says_left
from converter.workbook.own_list.blocks import Headings, ListBlock
from converter.workbook.own_list.columns import ColumnHalf

MOST_REMARKS = 3  # that are shown


@dataclass
class Leavers:
    """What the sheets say, as far as they have been read."""

    lines: list[tuple[SkippedRow, list[str]]] = field(default_factory=list)  # people below each
    _remarks: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    _remarked: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _struck: list[str] = field(default_factory=list)
    _struck_cells: Collection[CellPlace] = ()
    _is_below: bool = False
    _hidden: list[str] = field(default_factory=list)
    _hidden_lines: Collection[int] = ()
    _is_hidden: bool = False

    def begin(self, struck: Collection[CellPlace], facts: GridFacts, arrangement: str) -> None:
        """Another sheet, and which of its cells are struck through."""
        self._struck_cells, self._is_below = struck, False
        lines = {ROWS: facts.hidden_rows, COLUMNS: facts.hidden_columns}
        self._hidden_lines = lines.get(arrangement, frozenset())
        self._is_hidden = facts.hidden
        self.is_line(SkippedRow(facts.name, "", facts.name), [facts.name])

    def is_line(self, line: SkippedRow, texts: Iterable[str]) -> bool:
        """Whether a row that is no person says that whoever stands below has left."""
        texts = [*texts]
        if any(map(is_leaver_line, texts)):
            self.lines.append((line, []))
            self._is_below = True
            return True
        if self._is_below and any(ends_leavers(self.lines[-1][0].text, t) for t in texts):
            self._is_below = False
        return False

    def add(
        self,
        name: str,
        block: ListBlock,
        row: int,
        half: ColumnHalf,
        own: Sequence[str],
        beside: Iterable[int],
    ) -> None:
        """A person who came along. `own`: keys of name and number; `beside`: columns with remarks
        about her or him in this row."""
        cells = block.cells
        if self._is_below:
            self.lines[-1][1].append(name)
        for at in beside:
            key = cells.column_name(at), block.headings[at]
            self._remarks.setdefault(key, {})[cells.texts[row][at].strip()] = None
            self._remarked.setdefault(key, []).append(name)
        if self._is_hidden or row + cells.top in self._hidden_lines:
            self._hidden.append(name)
        if self._struck_cells:
            filled = [half.columns[key] for key in own if key in half.columns]
            filled = [at for at in filled if cells.texts[row][at].strip()]
            if all((row + cells.top, cells.columns[at]) in self._struck_cells for at in filled):
                self._struck.append(name)

    @property
    def below(self) -> tuple[LeaversBelow, ...]:
        return tuple(LeaversBelow(line, tuple(names)) for line, names in self.lines if names)

    @property
    def remarked(self) -> tuple[LeaversRemarked, ...]:
        return tuple(
            LeaversRemarked(*key, tuple(self._remarks[key])[:MOST_REMARKS], tuple(names))
            for key, names in self._remarked.items()
        )

    @property
    def hidden(self) -> tuple[str, ...]:
        return tuple(self._hidden)

    @property
    def struck(self) -> tuple[str, ...]:
        return tuple(self._struck)


def remarks_of_leavers(
    block: ListBlock, halves: Sequence[ColumnHalf], headings: Headings
) -> Mapping[int, Sequence[Sequence[int]]]:
    """Row → for each half the columns that say there that its person has left, or is a relative
    (配偶 under 与职工关系); among the running numbers also that the row is an example."""
    used = {at for half in halves for at in half.columns.values()}
    starts = [min(half.columns.values(), default=0) for half in halves]
    found: dict[int, list[list[int]]] = {}
    for at, heading in enumerate(block.headings):
        if at in used:
            continue
        is_counter = headings.is_heading(heading) and not headings.find(heading)
        is_kinship = headings.is_kinship(heading)
        whose = max((n for n, start in enumerate(starts) if start <= at), default=0)
        for row in range(block.first, block.last):
            text = block.cells.texts[row][at]
            if text and (
                says_left(text, heading)
                or (is_counter and headings.is_line(text))
                or (is_kinship and headings.is_relative(text))
            ):
                found.setdefault(row, [[] for _ in halves])[whose].append(at)
    return found
