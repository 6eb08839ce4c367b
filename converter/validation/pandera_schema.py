"""The only module that knows pandera: a sheet's schema, and failure cases → findings.

Pandera's traps and what is done about them: an empty frame loses its types (without records
nothing is validated); it copies every failing cell several times over, into tables and sentences
(a check tells it of a column as a whole, which cells fail is kept here, and of blank cells it sees
one); coercion would hide what was typed (never asked for); the environment may switch
validation off or down (it is switched on for the call); an exception inside a check comes out
as a failure of another reason (raised again as a bug).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.config import ValidationDepth, config_context

from converter.kinds import KINDS
from converter.kinds.base import Check
from converter.kinds.tolerance import REQUIRED
from converter.messages import catalogue
from converter.model.forms import Form, Sheet
from converter.model.issues import Params
from converter.validation.cell_checks import DistinctCells, FieldState
from converter.validation.lookup import Same, checks, is_error, is_explainable, tolerated
from converter.validation.results import CellViolations

_OURS = {  # how a check fails, and pandera's word for a blank where nullable=False
    pa.errors.SchemaErrorReason.DATAFRAME_CHECK,
    pa.errors.SchemaErrorReason.SERIES_CONTAINS_NULLS,
}


@dataclass(frozen=True, slots=True)
class _Batch:
    """The cells under validation by field key, for pandera hands a check the text alone, without
    types; and what failed: (field key, code) → positions."""

    distinct: Mapping[str, DistinctCells]
    failed: dict[tuple[str, str], npt.NDArray[np.intp]]


_batch: ContextVar[_Batch] = ContextVar("batch")


def schema(sheet: Sheet, form: Form) -> pa.DataFrameSchema:
    """The sheet's pandera schema: a column a field that is not derived, its checks named by
    their codes. Frames hold canonical text, NA where blank; `validate` lends the checks the
    original types."""
    return _schema(Same(form), sheet.key)


@lru_cache(maxsize=16)
def _schema(form: Same, key: str) -> pa.DataFrameSchema:
    columns = {
        field.key: pa.Column(
            checks=[_check(field.key, check) for check in checks(field, form.form)],
            nullable=not field.required,
            required=False,  # a column without content is not worth a millisecond
        )
        for field in form.form.sheet(key)
        if not field.derive
    }
    return pa.DataFrameSchema(columns, name=key)


def _check(key: str, check: Check) -> pa.Check:
    def passes(_: pd.Series) -> bool:
        batch = _batch.get()
        distinct = batch.distinct.get(key)
        if distinct is None:  # the column is here for its blank cells alone
            return True
        passed = np.asarray(check.passes(distinct.cells), dtype=bool)
        if len(passed) != len(distinct.cells.text):
            raise ValueError(f"{len(passed)} answers for {len(distinct.cells.text)} cells")
        if passed.all():
            return True
        batch.failed[key, check.code] = distinct.at[~passed[distinct.which]]
        return False

    return pa.Check(passes, name=check.code, error=check.code, ignore_na=False)


def validate(sheet: Sheet, states: Mapping[str, FieldState], form: Form) -> list[CellViolations]:
    """Run the schema over the states, mark their faulty cells and name what is wrong."""
    frame, distinct = {}, {}
    failed: dict[tuple[str, str], npt.NDArray[np.intp]] = {}
    for key, state in states.items():
        blank = np.flatnonzero(state.blank & state.field.required)
        if not len(blank) and not state.distinct:
            continue
        frame[key] = state.text
        if len(blank):
            failed[key, REQUIRED] = blank
            frame[key] = state.text.copy()
            frame[key][blank[0]] = None
        if state.distinct:
            distinct[key] = state.distinct
    if not frame:
        return []
    # Not a copy: the checks look at the batch, and pandera at what is blank.
    table = pd.DataFrame(frame, dtype=object, copy=False)
    _run(schema(sheet, form), table, _Batch(distinct, failed))
    wrong = {key for key, _ in failed}
    return [_mark(states[key], failed, form) for key in frame if key in wrong]


def _run(wanted: pa.DataFrameSchema, frame: pd.DataFrame, batch: _Batch) -> None:
    """Run the checks; what fails is in `batch`. Raises RuntimeError where one breaks."""
    token = _batch.set(batch)
    depth = ValidationDepth.SCHEMA_AND_DATA
    try:
        with config_context(validation_enabled=True, validation_depth=depth):
            wanted.validate(frame, lazy=True, inplace=True)  # without a copy, that is
    except pa.errors.SchemaErrors as errors:
        for error in errors.schema_errors:
            if error.reason_code not in _OURS:
                raise RuntimeError(f"{error.schema.name}: {error.check}: {error}") from error
    finally:
        _batch.reset(token)


def _mark(
    state: FieldState, failed: Mapping[tuple[str, str], npt.NDArray[np.intp]], form: Form
) -> CellViolations:
    """Mark a field's faulty cells and name one fault a cell."""
    field, kind = state.field, KINDS[state.field.kind]
    codes = [REQUIRED, *(check.code for check in checks(field, form))]
    accepted = tolerated(field, form)

    def rank_of(numbered: tuple[int, str]) -> tuple[bool, bool, int]:
        """The first failing check counts, but no warning may hide an error; and what this form
        accepts is accepted, but for what no record can hold."""
        number, code = numbered
        may_be_milder = not accepted or not catalogue.entry(code, form).always_error
        return may_be_milder, not (code in accepted or is_error(code, field, form)), number

    ranked = sorted(enumerate(codes), key=rank_of)
    named = np.full(len(state.raw), -1, dtype=np.int8)
    for rank, code in reversed(ranked):
        if (field.key, code) in failed:
            named[failed[field.key, code]] = rank
    at = np.flatnonzero(named >= 0)

    def params(code: str, raw: str, text: str) -> Params:
        if code == REQUIRED:
            of_person = kind.person_name or kind.unique_key
            in_row = of_person and not form.sheet(field.sheet).is_record
            return {"variant": "row"} if in_row else {}
        return kind.message_params(code, raw, text, field, form)

    found = state.found(at, [codes[rank] for rank in named[at].tolist()], params)
    _accept_explained(state, named, [is_explainable(code, form) for code in codes])
    # A required cell left blank is no faulty one: rules may still ask whether it is blank.
    grave = np.array([rank > 0 and is_error(c, field, form) for rank, c in enumerate(codes)])
    faulty = at[grave[named[at]]]
    if accepted:
        state.tolerated = np.isin(named, [n for n, code in enumerate(codes) if code in accepted])
    if state.substitute is not None:
        faulty = faulty[~state.substitute[faulty]]
    state.faulty[faulty], state.text[faulty] = True, ""
    return found


def _accept_explained(state: FieldState, named: npt.NDArray[np.int8], may: list[bool]) -> None:
    """Cells whose fault may be explained, and is, are no faulty ones."""
    if state.explained is None or not any(may):
        return
    accepted = (named >= 0) & np.array(may)[named] & state.explained
    if accepted.any():
        state.substitute = accepted


def validate_typed(state: FieldState, form: Form) -> CellViolations:
    """The same of a derived field that is typed: a few cells of a few records."""
    field = state.field
    failed: dict[tuple[str, str], npt.NDArray[np.intp]] = {}
    blank = np.flatnonzero(state.blank & field.required)
    if len(blank):
        failed[field.key, REQUIRED] = blank
    if state.distinct:
        for check in checks(field, form):
            passed = np.asarray(check.passes(state.distinct.cells), dtype=bool)
            if not passed.all():
                failed[field.key, check.code] = state.distinct.at[~passed[state.distinct.which]]
    return _mark(state, failed, form)
