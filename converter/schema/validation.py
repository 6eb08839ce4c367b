"""The only module that knows pandera: a sheet's schema, and failure cases → findings.

Pandera's traps and what is done about them: an empty frame loses its types (without records
nothing is validated); failures are told apart by row labels (the frame gets unique ones of its
own); coercion would hide what was typed (never asked for); the environment may switch
validation off or down (it is switched on for the call); an exception inside a check comes out
as a failure without a row (raised again as a bug).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.config import ValidationDepth, config_context

from converter.kinds import KINDS
from converter.kinds.base import Check
from converter.model import Form, Sheet
from converter.schema.draft import Asked, Draft
from converter.schema.lookup import Same, checks, is_error
from converter.schema.results import Finding

REQUIRED = "K001"
_NOT_NULLABLE = "not_nullable"  # pandera's name of the check behind nullable=False

Failures = dict[str, dict[int, list[int]]]  # column → position → ranks of its failing checks


# The cells under validation by field key: pandera hands a check the text alone, without types.
_batch: ContextVar[Mapping[str, Asked]] = ContextVar("batch")


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
    def passes(text: pd.Series) -> pd.Series:
        result = np.ones(len(text), dtype=bool)
        asked = _batch.get().get(key)
        if asked is None:  # the column is here for its blank cells alone
            return pd.Series(result, index=text.index)
        passed = np.asarray(check.passes(asked.cells), dtype=bool)
        if len(passed) != len(asked.cells.text):
            raise ValueError(f"{len(passed)} answers for {len(asked.cells.text)} cells")
        result[asked.at] = passed[asked.which]
        return pd.Series(result, index=text.index)

    return pa.Check(passes, name=check.code, error=check.code, ignore_na=False)


def validate(sheet: Sheet, drafts: Mapping[str, Draft], form: Form) -> list[Finding]:
    """Run the schema over the drafts, mark their faulty cells and name what is wrong."""
    frame, batch = {}, {}
    for key, draft in drafts.items():
        missed = draft.field.required and draft.blank.any()
        if not missed and not draft.asked:
            continue
        frame[key] = draft.text.copy()
        frame[key][draft.blank] = None
        if draft.asked:
            batch[key] = draft.asked
    if not frame:
        return []
    failures = _failures(schema(sheet, form), pd.DataFrame(frame, dtype=object), batch)
    return [f for key in frame if key in failures for f in _mark(drafts[key], failures[key], form)]


def _failures(
    wanted: pa.DataFrameSchema, frame: pd.DataFrame, batch: Mapping[str, Asked]
) -> Failures:
    """The ranks of all failing checks, cell by cell (0 = required and blank)."""
    token = _batch.set(batch)
    depth = ValidationDepth.SCHEMA_AND_DATA
    try:
        with config_context(validation_enabled=True, validation_depth=depth):
            wanted.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return {}
    finally:
        _batch.reset(token)
    known = cases["check"].eq(_NOT_NULLABLE) | cases["check_number"].notna()
    broken = cases["index"].isna() | cases["schema_context"].ne("Column") | ~known
    if broken.any():
        case = cases[broken].iloc[0]
        raise RuntimeError(f"{case['column']}: {case['check']}: {case['failure_case']}")
    found: Failures = {}
    rows = zip(
        cases["column"].tolist(),
        cases["index"].tolist(),
        (pd.to_numeric(cases["check_number"]).fillna(-1) + 1).astype("int64").tolist(),
        strict=True,
    )
    for column, at, rank in rows:
        found.setdefault(column, {}).setdefault(int(at), []).append(rank)
    return found


def _mark(draft: Draft, failing: Mapping[int, list[int]], form: Form) -> list[Finding]:
    """Mark a field's faulty cells and name one fault a cell."""
    field, kind = draft.field, KINDS[draft.field.kind]
    codes = [REQUIRED, *(check.code for check in checks(field, form))]
    grave = [is_error(code, field, form) for code in codes]
    findings = []
    told: dict[tuple[str, str, str], Mapping[str, str | int]] = {}  # columns repeat their faults
    for at, ranks in sorted(failing.items()):
        # The first failing check counts, but no warning may hide an error.
        rank = min(ranks, key=lambda r: (not grave[r], r))
        case = codes[rank], draft.raw[at], draft.text[at]
        if case not in told:
            told[case] = kind.params(*case, field, form) if rank else {}
        findings.append(Finding(case[0], field.key, int(draft.index[at]), told[case]))
        # A required cell left blank is no faulty one: rules may still ask whether it is blank.
        if rank and grave[rank]:
            draft.faulty[at], draft.text[at] = True, ""
    return findings
