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
   reason), nothing follows from it, and what was typed counts.

`cell_checks` has steps 1 and 2, `pandera_schema` step 3, `columns` step 4.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from converter.kinds import KINDS
from converter.kinds.base import Cells, Mask
from converter.model.forms import Form, Sheet
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
    for state in typed.values():
        if state.codes:
            faults.append(state.type_faults(form))
        faults.append(validate_typed(state, form))
    every = (*states.values(), *typed.values())
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
) -> dict[str, FieldState]:
    """The derived fields of records whose source is a substitute."""
    found = {}
    for field in sheet:
        source = states.get(field.derive.source) if field.derive else None
        if source is not None and source.substitute is not None:
            at = np.flatnonzero(source.substitute)
            found[field.key] = start_typed(field, cells[field.key], at, form)
    return found
