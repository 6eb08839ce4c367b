"""Form → pandera, and a sheet's cells → judged columns and findings.

One sheet is judged over a whole batch of submissions at once. For each field, in order:

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

Pandera's traps and what is done about them: an empty frame loses its type (nothing is
validated without records); failures are told apart by row labels (the frame gets its own
unique ones); coercion would hide what was typed (never asked for); the environment may switch
validation off (it is switched on for the call); an exception inside a check comes out as a
failure without a row (raised again as a bug).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.config import ValidationDepth, config_context

from converter import messages
from converter.kinds import KINDS
from converter.kinds.base import Cells, Check, Mask
from converter.model import CellType, Field, Form, Level, Sheet
from converter.rules.base import Column

REQUIRED = "K001"
TYPE_FAULTS = {
    CellType.ERROR: "K002",
    CellType.UNCALCULATED: "K003",
    CellType.BOOL: "K004",
}
CONTROL = "K005"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NOT_NULLABLE = "not_nullable"  # pandera's name of the check behind nullable=False

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault or note of one cell; its level stands in the catalogue."""

    code: str
    field: str  # field key
    record: int  # label of the record
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """One sheet over a batch: what rules work on, what is wrong, what was rewritten."""

    columns: Mapping[str, Column]
    findings: list[Finding]
    notes: list[Finding]


@dataclass(slots=True)
class _Draft:
    """A field on its way to a Column. Arrays, not Series: a batch may be a single record."""

    field: Field
    cells: Cells
    raw: Objects
    text: Objects  # canonical; '' where nothing could be read
    blank: Mask
    faulty: Mask
    asked: Mask  # the cells that the kind's checks look at
    note: Objects | None = None


def judge(
    sheet: Sheet,
    cells: Mapping[str, Cells],
    form: Form,
    absent: Mapping[str, pd.Series] | None = None,
) -> Judged:
    """Judge the records of one sheet. All series of `cells` share one unique index; `absent`
    marks, by field key, the records whose sheet lacks the field's heading.

    Never raises on bad data. Raises RuntimeError where a kind's check breaks: a bug.
    """
    index = cells[sheet.fields[0].key].text.index
    findings: list[Finding] = []
    drafts = {}
    for entry in sheet:
        missing = (absent or {}).get(entry.key)
        draft, codes = _draft(entry, cells[entry.key], missing, form)
        drafts[entry.key] = draft
        findings += _found(entry, codes, index)
    if len(index):
        findings += _validate(sheet, drafts, form)
    notes = [note for draft in drafts.values() for note in _notes(draft, form)]
    return Judged(_columns(sheet, drafts, index, form), findings, notes)


def schema(sheet: Sheet, form: Form) -> pa.DataFrameSchema:
    """The sheet's pandera schema. It validates frames of canonical text, NA where blank, while
    `judge` lends its checks the original cells."""
    return _schema(_Same(form), sheet.key)


# --- before pandera ------------------------------------------------------------------------


def _draft(
    entry: Field, cells: Cells, missing: pd.Series | None, form: Form
) -> tuple[_Draft, dict[int, str]]:
    """Everything about a field that needs no schema; type faults as position → code."""
    raw = cells.text.to_numpy(dtype=object)
    types = cells.type.to_numpy()
    filled = raw != ""
    unread = np.zeros(len(raw), dtype=bool)  # nobody could type here, or nothing to be read
    codes: dict[int, str] = {}
    if missing is not None:
        unread |= missing.to_numpy(dtype=bool)
    # One look at the largest type spares the ordinary column all others.
    if len(types) and types.max() > CellType.DATE:
        unread |= types == CellType.COVERED
        for kind_of, code in TYPE_FAULTS.items():
            codes |= dict.fromkeys(np.flatnonzero((types == kind_of) & ~unread).tolist(), code)
    codes |= dict.fromkeys(
        (at for at in _controlled(raw) if not unread[at] and at not in codes), CONTROL
    )
    faulty = unread
    faulty[list(codes)] = True
    draft = _Draft(entry, cells, raw, raw, ~filled & ~faulty, faulty, filled & ~faulty)
    if draft.asked.any():
        _normalise(draft, form)
    else:
        draft.text = np.full(len(raw), "", dtype=object)
    if entry.derive:
        _read_silently(draft, form)
        codes = {}
    return draft, codes


def _controlled(raw: Objects) -> list[int]:
    """Positions of texts with signs that no workbook can show."""
    texts = raw.tolist()
    joined = " ".join(texts)
    # isprintable is many times faster than a search; it also stumbles over harmless blanks.
    if joined.isprintable() or not _FORBIDDEN.search(joined):
        return []
    return [at for at, text in enumerate(texts) if _FORBIDDEN.search(text)]


def _normalise(draft: _Draft, form: Form) -> None:
    """Let the kind read the cells that can be read."""
    normal = KINDS[draft.field.kind].normalise(_pick(draft.cells, draft.asked), draft.field, form)
    draft.text = np.full(len(draft.raw), "", dtype=object)
    draft.text[draft.asked] = normal.text.to_numpy(dtype=object)
    draft.note = np.full(len(draft.raw), "", dtype=object)
    draft.note[draft.asked] = normal.note.to_numpy(dtype=object)
    emptied = draft.asked & (draft.text == "")  # nothing but signs that do not count
    if emptied.any():
        draft.blank |= emptied
        draft.asked &= ~emptied


def _read_silently(draft: _Draft, form: Form) -> None:
    """What was typed over a derived field: canonical where it can be read, '' elsewhere."""
    draft.note = None
    for check in _checks(_Same(form), draft.field.path):
        if not draft.asked.any():
            break
        if _level(check.code, draft.field, form) is Level.ERROR:
            shown = Cells(_series(draft.text, draft), draft.cells.type)
            wrong = ~np.asarray(check.passes(_pick(shown, draft.asked)), dtype=bool)
            draft.asked[np.flatnonzero(draft.asked)[wrong]] = False
    draft.text[~draft.asked] = ""


def _pick(cells: Cells, mask: Mask) -> Cells:
    return cells if mask.all() else Cells(cells.text[mask], cells.type[mask])


def _series(values: Objects, draft: _Draft) -> pd.Series:
    return pd.Series(values, index=draft.cells.text.index, dtype=object)


# --- pandera -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a kind's checks see of a field: its filled cells, and where they stand."""

    cells: Cells
    mask: Mask


# The cells under validation by field key: pandera hands a check the text alone, without types.
_batch: ContextVar[Mapping[str, _Asked]] = ContextVar("batch")


class _Same:
    """A form as a cache key. Forms hold mappings, which cannot be hashed; identity will do."""

    __slots__ = ("form",)

    def __init__(self, form: Form) -> None:
        self.form = form

    def __hash__(self) -> int:
        return id(self.form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.form is other.form


@lru_cache(maxsize=16)
def _schema(form: _Same, key: str) -> pa.DataFrameSchema:
    columns = {
        entry.key: pa.Column(
            checks=[_check(entry.key, check) for check in _checks(form, entry.path)],
            nullable=not entry.required,
            required=False,  # a column without content is not worth a millisecond
        )
        for entry in form.form.sheet(key)
        if not entry.derive
    }
    return pa.DataFrameSchema(columns, name=key)


@lru_cache(maxsize=256)
def _checks(form: _Same, path: str) -> tuple[Check, ...]:
    entry = form.form.field(path)
    return KINDS[entry.kind].checks(entry, form.form)


def _check(key: str, check: Check) -> pa.Check:
    def passes(text: pd.Series) -> pd.Series:
        asked = _batch.get()[key]
        result = np.ones(len(text), dtype=bool)
        result[asked.mask] = np.asarray(check.passes(asked.cells), dtype=bool)
        return pd.Series(result, index=text.index)

    return pa.Check(passes, name=check.code, error=check.code, ignore_na=False)


def _validate(sheet: Sheet, drafts: Mapping[str, _Draft], form: Form) -> list[Finding]:
    """Run the schema, mark faulty cells in the drafts, name what is wrong."""
    frame: dict[str, Objects] = {}
    batch = {}
    for key, draft in drafts.items():
        if draft.field.derive:
            continue
        missed = draft.field.required and draft.blank.any()
        if not missed and not draft.asked.any():
            continue
        frame[key] = np.where(draft.blank, None, draft.text)  # type: ignore[arg-type]
        text = _series(draft.text, draft)
        batch[key] = _Asked(_pick(Cells(text, draft.cells.type), draft.asked), draft.asked)
    if not frame:
        return []
    failures = _failures(schema(sheet, form), pd.DataFrame(frame, dtype=object), batch)
    findings: list[Finding] = []
    for key, ranks in failures.items():
        draft = drafts[key]
        codes = [REQUIRED, *(check.code for check in _checks(_Same(form), draft.field.path))]
        found = {at: codes[ranks[at]] for at in sorted(ranks)}
        errors = [
            at for at, code in found.items() if _level(code, draft.field, form) is Level.ERROR
        ]
        # A required cell that is blank has its error and stays blank: it was not mistyped.
        draft.faulty[errors] = ~draft.blank[errors]
        draft.asked[errors] = False
        findings += _described(draft, found, form)
        draft.text[draft.faulty] = ""
    return findings


def _failures(
    wanted: pa.DataFrameSchema, frame: pd.DataFrame, batch: Mapping[str, _Asked]
) -> dict[str, dict[int, list[int]]]:
    """Column → position → ranks of all failing checks (0 = required and blank)."""
    token = _batch.set(batch)
    try:
        with config_context(
            validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA
        ):
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
    found: dict[str, dict[int, list[int]]] = {}
    rows = zip(
        cases["column"].tolist(),
        cases["index"].astype("int64").tolist(),
        (cases["check_number"].fillna(-1).astype("int64") + 1).tolist(),
        strict=True,
    )
    for column, at, rank in rows:
        found.setdefault(column, {}).setdefault(at, []).append(rank)
    return {key: found[key] for key in frame.columns if key in found}


# --- afterwards ----------------------------------------------------------------------------


def _columns(
    sheet: Sheet, drafts: Mapping[str, _Draft], index: pd.Index, form: Form
) -> dict[str, Column]:
    nothing = _Nothing(index, {})
    texts: dict[str, pd.Series] = {}

    def text(entry: Field) -> pd.Series:
        """Canonical text, derived after its source."""
        if entry.key not in texts:
            if entry.derive:
                texts[entry.key] = derive.derive(entry, text(sheet.field(entry.derive.source)))
            else:
                texts[entry.key] = _series(drafts[entry.key].text, drafts[entry.key])
        return texts[entry.key]

    columns = {}
    for entry in sheet:
        draft, known = drafts[entry.key], text(entry)
        typed = _series(draft.text, draft) if entry.derive else known
        if entry.derive:
            blank = pd.Series(known.to_numpy(dtype=object) == "", index=index)
            faulty = nothing.never
        else:
            blank = pd.Series(draft.blank, index=index)
            faulty = pd.Series(draft.faulty, index=index) if draft.faulty.any() else nothing.never
        if (known.to_numpy(dtype=object) != "").any():
            value = KINDS[entry.kind].value(known, entry, form)
        else:
            value = nothing.value(entry, form)
        columns[entry.key] = Column(draft.cells.text, typed, known, value, blank, faulty)
    return columns


class _Nothing:
    """Columns without content, shared: most columns of most unit sheets have no fault, and
    kinds are spared empty frames, which have lost their type."""

    def __init__(self, index: pd.Index, values: dict[str, pd.Series]) -> None:
        self.index, self.values = index, values
        self.never = pd.Series(np.zeros(len(index), dtype=bool), index=index)

    def value(self, entry: Field, form: Form) -> pd.Series:
        if entry.kind not in self.values:
            one = KINDS[entry.kind].value(pd.Series([""], dtype=object), entry, form)
            many = one.take(np.zeros(len(self.index), dtype="int64"))
            self.values[entry.kind] = many.set_axis(self.index)
        return self.values[entry.kind]


def _level(code: str, entry: Field, form: Form) -> Level:
    return _levels(_Same(form), code, entry.path)


@lru_cache(maxsize=4096)
def _levels(form: _Same, code: str, path: str) -> Level:
    return messages.entry(code, form.form, form.form.field(path)).level


def _found(entry: Field, codes: Mapping[int, str], index: pd.Index) -> list[Finding]:
    return [Finding(codes[at], entry.key, int(index[at])) for at in sorted(codes)]


def _described(draft: _Draft, found: Mapping[int, str], form: Form) -> list[Finding]:
    kind, entry, index = KINDS[draft.field.kind], draft.field, draft.cells.text.index
    return [
        Finding(
            code,
            entry.key,
            int(index[at]),
            {}
            if code == REQUIRED
            else kind.params(code, draft.raw[at], draft.text[at], entry, form),
        )
        for at, code in found.items()
    ]


def _notes(draft: _Draft, form: Form) -> list[Finding]:
    """What was rewritten, of cells that are taken as they are now read."""
    if draft.note is None:
        return []
    noted = np.flatnonzero((draft.note != "") & draft.asked)
    kind, entry, index = KINDS[draft.field.kind], draft.field, draft.cells.text.index
    shown: dict[str, str] = {}
    notes = []
    for at in noted.tolist():
        text = draft.text[at]
        if text not in shown:
            shown[text] = str(kind.cell(text, entry, form))
        params = {"from": draft.raw[at], "to": shown[text]}
        notes.append(Finding(draft.note[at], entry.key, int(index[at]), params))
    return notes
