"""Form → pandera, and a sheet's cells → validated columns and findings.

One sheet is validated over a whole batch of submissions at once. For each field, in order:

1. faults of the cell itself, the same for every kind: K002 error value, K003 formula never
   calculated, K004 true/false, K005 control characters or lone surrogates in text. Cells inside
   a merged area and cells whose heading is missing raise nothing (stage S reported them) and
   count as faulty, so that no rule takes them for blank;
2. `kind.normalise`;
3. one pandera DataFrameSchema for the sheet: `required` is nullable=False (K001), the kind's
   checks are pandera checks named by their codes. Of several failing checks only the first
   counts. Errors make a cell faulty, warnings do not;
4. derived fields follow from their sources. What was typed over them is read for the rule
   `agrees` alone and raises nothing here; but where a source is a substitute (a passport, with a
   reason), nothing follows from it, and what was typed counts. From what the form accepts though it
   is wrong (a number that is too short) nothing may follow either: then what was typed counts, too.

`cell_checks` has steps 1 and 2, `pandera_schema` step 3, `columns` step 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from converter.kinds import KINDS
from converter.kinds.base import Cells, Mask
from converter.model.forms import Field, Form, Sheet
from converter.rules import derivations
from converter.validation.cell_checks import FieldState, start, start_typed
from converter.validation.columns import columns
from converter.validation.pandera_schema import schema, validate, validate_typed
from converter.validation.results import CellViolation, ValidatedSheet

__all__ = ["CellViolation", "ValidatedSheet", "schema", "validate_sheet"]


def validate_sheet(
    sheet: Sheet,
    cells: Mapping[str, Cells],
    form: Form,
    absent: Mapping[str, pd.Series] | None = None,
    explained: Mask | None = None,
) -> ValidatedSheet:
    """Validate the records of one sheet. All series of `cells` share one unique index; `absent`
    marks, by field key, the records whose sheet lacks the field's heading, `explained` those with
    a reason.

    Never raises on bad data. Raises RuntimeError where a kind's check breaks: a bug.
    """
    absent = absent or {}
    index = cells[sheet.fields[0].key].text.index
    if not index.is_unique:
        raise ValueError("the records of a batch need labels of their own")
    states = _started(sheet, cells, absent, form)
    for state in states.values():
        state.explained = explained
    faults = [state.type_faults(form) for state in states.values() if state.codes]
    faults += validate(sheet, states, form)
    for state in states.values():
        state.find_substitutes()
        state.distinct = None  # what checks know of the cells takes as much memory as the cells
    typed = _typed(sheet, states, cells, form)
    typed_states = [state for found in typed.values() for state in found]
    for state in typed_states:
        if state.codes:
            faults.append(state.type_faults(form))
        faults.append(validate_typed(state, form))
    every = (*states.values(), *typed_states)
    rewritten = [state.notes(form) for state in every if state.note is not None]
    return ValidatedSheet(columns(sheet, states, cells, form, typed), faults, rewritten)


def _started(
    sheet: Sheet, cells: Mapping[str, Cells], absent: Mapping[str, pd.Series], form: Form
) -> dict[str, FieldState]:
    """Fields that are not derived; those that depend on another one after all others."""
    depends_on = {f.key: KINDS[f.kind].depends_on(f) for f in sheet if not f.derive}
    states: dict[str, FieldState] = {}
    for key in sorted(depends_on, key=lambda key: depends_on[key] != ""):
        beside = states[depends_on[key]].text if depends_on[key] else None
        states[key] = start(sheet.field(key), cells[key], absent.get(key), form, beside)
    return {key: states[key] for key in depends_on}


def _typed(
    sheet: Sheet, states: Mapping[str, FieldState], cells: Mapping[str, Cells], form: Form
) -> dict[str, list[FieldState]]:
    """The derived fields of records whose source is a substitute, or is accepted though nothing can
    follow from it; of these they may be blank."""
    found: dict[str, list[FieldState]] = {}
    for field in sheet:
        source = states.get(field.derive.source) if field.derive else None
        for mask, required in _without_derived(field, source):
            if mask.any():
                at, own = np.flatnonzero(mask), cells[field.key]
                state = start_typed(field, own, at, form, required=required)
                found.setdefault(field.key, []).append(state)
    return found


def _without_derived(field: Field, source: FieldState | None) -> Iterator[tuple[Mask, bool]]:
    if source is not None and source.substitute is not None:
        yield source.substitute, True
    if source is None or source.tolerated is None:
        return
    if KINDS[source.field.kind].has_substitutes and source.tolerated.any():
        derived = derivations.derive(field, source.series(source.text)).to_numpy(dtype=object)
        yield source.tolerated & (source.text != "") & (derived == ""), False
