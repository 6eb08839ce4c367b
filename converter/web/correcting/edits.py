"""The edits of one workbook while somebody corrects it. Requests may overlap: what came last for a
cell counts."""

from __future__ import annotations

from collections.abc import Iterable

from converter.model.corrections import CellEdit

MOST, MOST_CHARACTERS = 2_000, 40_000  # edits of one workbook, and their texts together


class EditsFull(Exception):
    """More edits than are kept for one workbook."""


class Edits:
    """By cell, in the order in which they came."""

    def __init__(self) -> None:
        self._edits: dict[tuple[str, int, str, bool], CellEdit] = {}

    @property
    def all(self) -> tuple[CellEdit, ...]:
        return tuple(self._edits.values())

    def add(self, edits: Iterable[CellEdit]) -> tuple[CellEdit, ...]:
        """All edits with these among them. Raises EditsFull, after which nothing has changed."""
        merged = {**self._edits, **{edit.cell: edit for edit in edits}}
        characters = sum(len(edit.text) for edit in merged.values())
        if len(merged) > MOST or characters > MOST_CHARACTERS:
            raise EditsFull
        self._edits = merged
        return self.all

    def settle(self, sent: Iterable[CellEdit], kept: Iterable[CellEdit]) -> None:
        """Forget those that changed nothing, and keep the others as they were written down, unless
        there are newer ones by now."""
        written = {edit.cell: edit for edit in kept}
        for edit in sent:
            if self._edits.get(edit.cell) == edit:
                if edit.cell in written:
                    self._edits[edit.cell] = written[edit.cell]
                else:
                    del self._edits[edit.cell]
