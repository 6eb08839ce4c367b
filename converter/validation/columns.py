"""Field states → the columns that rules work on; derived fields after their sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from converter.kinds import KINDS
from converter.kinds.base import Cells
from converter.model.forms import Field, Form, Sheet
from converter.rules import derivations
from converter.rules.base import ValidatedColumn
from converter.validation.cell_checks import FieldState, typed_over


def columns(
    sheet: Sheet,
    states: Mapping[str, FieldState],
    cells: Mapping[str, Cells],
    form: Form,
    typed: Mapping[str, Sequence[FieldState]],
) -> dict[str, ValidatedColumn]:
    """One validated column a field. `states` has the fields that are not derived, `typed` derived
    ones of the records where nothing can be derived."""
    index = cells[sheet.fields[0].key].text.index
    nothing = _Nothing(index)
    texts = {key: state.series(state.text) for key, state in states.items()}

    def text(field: Field) -> pd.Series:
        if field.key not in texts:
            assert field.derive
            source = text(sheet.field(field.derive.source))
            for state in typed.get(field.key, ()):
                source = source.copy()
                source.loc[state.index] = ""
            derived = derivations.derive(field, source).astype(object)
            for state in typed.get(field.key, ()):
                derived.loc[state.index] = state.text
            texts[field.key] = derived
        return texts[field.key]

    def column(field: Field) -> ValidatedColumn:
        known = text(field)
        empty = known.to_numpy(dtype=object) == ""
        value = (
            nothing.of(field, form) if empty.all() else KINDS[field.kind].value(known, field, form)
        )
        raw = cells[field.key].text
        if field.derive:
            over = typed_over(field, cells[field.key], known.to_numpy(dtype=object), form)
            faulty = nothing.never
            for state in typed.get(field.key, ()):
                faulty = faulty.copy()
                faulty.loc[state.index] = state.faulty
            return ValidatedColumn(
                raw,
                pd.Series(over, index=index, dtype=object),
                known,
                value,
                pd.Series(empty, index=index),
                faulty,
            )
        state = states[field.key]
        faulty = pd.Series(state.faulty, index=index) if state.faulty.any() else nothing.never
        return ValidatedColumn(
            raw, known, known, value, pd.Series(state.blank, index=index), faulty
        )

    return {field.key: column(field) for field in sheet}


class _Nothing:
    """Series that say 'nothing', shared by the fields: most have no fault and many no content,
    and kinds need not know that an empty frame has lost its types."""

    def __init__(self, index: pd.Index) -> None:
        self._values: dict[str, pd.Series] = {}
        self._index = index
        self.never = pd.Series(np.zeros(len(index), dtype=bool), index=index)

    def of(self, field: Field, form: Form) -> pd.Series:
        """The values of a column where every text is ''."""
        if field.kind not in self._values:
            one = KINDS[field.kind].value(pd.Series([""], dtype=object), field, form)
            many = one.take(np.zeros(len(self._index), dtype="int64"))
            self._values[field.kind] = many.set_axis(self._index)
        return self._values[field.kind]
