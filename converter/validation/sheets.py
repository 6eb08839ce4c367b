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
   `agrees` alone and raises nothing here.

`state` has steps 1 and 2, `validation` step 3, `columns` step 4.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from converter.kinds.base import Cells
from converter.model.forms import Form, Sheet
from converter.validation.cell_checks import start
from converter.validation.columns import columns
from converter.validation.pandera_schema import schema, validate
from converter.validation.results import CellViolation, ValidatedSheet

__all__ = ["CellViolation", "ValidatedSheet", "schema", "validate_sheet"]


def validate_sheet(
    sheet: Sheet,
    cells: Mapping[str, Cells],
    form: Form,
    absent: Mapping[str, pd.Series] | None = None,
) -> ValidatedSheet:
    """Validate the records of one sheet. All series of `cells` share one unique index; `absent`
    marks, by field key, the records whose sheet lacks the field's heading.

    Never raises on bad data. Raises RuntimeError where a kind's check breaks: a bug.
    """
    absent = absent or {}
    index = cells[sheet.fields[0].key].text.index
    if not index.is_unique:
        raise ValueError("the records of a batch need labels of their own")
    states = {f.key: start(f, cells[f.key], absent.get(f.key), form) for f in sheet if not f.derive}
    faults = [state.type_faults() for state in states.values() if state.codes]
    faults += validate(sheet, states, form)
    for state in states.values():
        state.distinct = None  # what checks know of the cells takes as much memory as the cells
    rewritten = [state.notes(form) for state in states.values() if state.note is not None]
    return ValidatedSheet(columns(sheet, states, cells, form), faults, rewritten)
