"""Submissions → Outcomes and Records, many at once.

All records of all submissions are validated as one table a sheet: a pandera call costs about
7 ms whatever its size, so a thousand small workbooks cost little more than one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from converter import rules
from converter.kinds.base import Cells
from converter.messages import catalogue
from converter.model.cell_types import CellType
from converter.model.forms import Form, Sheet
from converter.model.issues import IssueGroup, IssuePacker, Issues, Level
from converter.model.submissions import Outcome, RawSheet, Records, Submission
from converter.rules import one_cell
from converter.rules.base import FormColumns, SheetColumns
from converter.validation import sheets
from converter.validation.spots import Spots, StackedSheet

UNREAD_PEOPLE = "S024"
READING = "K9"  # how codes begin that only say how a cell was read


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission beside what checking it came to."""

    submission: Submission
    outcome: Outcome
    records: Records


@dataclass(frozen=True, slots=True)
class _Canonical:
    """The canonical texts of one sheet over all submissions."""

    columns: Mapping[str, npt.NDArray[np.object_]]
    spans: Mapping[int, slice]  # by submission number

    @staticmethod
    def of(stack: StackedSheet) -> _Canonical:
        ends = np.cumsum([len(raw) for raw in stack.raw.values()], dtype=np.int64).tolist()
        spans = map(slice, [0, *ends], ends)
        columns = stack.validated.columns.items()
        return _Canonical(
            {key: column.text.to_numpy(dtype=object) for key, column in columns},
            dict(zip(stack.raw, spans, strict=True)),
        )

    def texts_of(self, number: int) -> dict[str, list[str]]:
        """Field key → texts of one submission."""
        span = self.spans.get(number, slice(0))
        return {key: texts[span].tolist() for key, texts in self.columns.items()}


def check(submissions: Sequence[Submission], form: Form, today: date) -> list[Checked]:
    """Validate submissions together; the answers stand in the same order.

    Never raises on bad data; an exception from here is a bug.
    """
    # Texts are Python's here; an Arrow library that happens to be installed would copy them.
    with pd.option_context("mode.string_storage", "python"):
        return _check_all(submissions, form, today)


def _check_all(submissions: Sequence[Submission], form: Form, today: date) -> list[Checked]:
    stacked = {sheet.key: _stack(sheet, submissions, form) for sheet in form.sheets}
    found = [IssuePacker() for _ in submissions]
    for packing, submission in zip(found, submissions, strict=True):
        for issue in submission.issues:
            packing.add(issue)
    spots = Spots(stacked, submissions)
    for stack in stacked.values():
        _cell_issues(stack, spots, submissions, form, found)
    tables = FormColumns(
        sheets={
            key: SheetColumns(stack.validated.columns, stack.submission)
            for key, stack in stacked.items()
        },
        today=today,
        form=form,
        present={
            key: pd.Series(
                {n: _is_whole(form.sheet(key), one) for n, one in enumerate(submissions)}
            )
            for key in stacked
        },
    )
    _rule_issues(tables, spots, form, found)
    # Texts are all that is wanted from here on: the rest takes more memory than they do.
    canonical = {key: _Canonical.of(stack) for key, stack in stacked.items()}
    del stacked, tables, spots
    return [
        _checked(number, submission, found[number].done(), canonical, form, today)
        for number, submission in enumerate(submissions)
    ]


def _is_whole(sheet: Sheet, submission: Submission) -> bool:
    """Whether a sheet is there, and nobody of it stands elsewhere in the workbook."""
    return sheet.key in submission.sheets and not any(
        issue.code == UNREAD_PEOPLE and issue.params["wanted"] == sheet.title
        for issue in submission.issues
    )


# --- stacking ------------------------------------------------------------------------------


def _stack(sheet: Sheet, submissions: Sequence[Submission], form: Form) -> StackedSheet:
    raw = {n: s.sheets[sheet.key] for n, s in enumerate(submissions) if sheet.key in s.sheets}
    lengths = np.array([len(r) for r in raw.values()], dtype=np.int64)
    numbers = np.repeat(np.fromiter(raw, dtype=np.int64, count=len(raw)), lengths)
    # The label of a record sheet is its submission's number; rows of tables count through.
    one = sheet.is_record
    index = pd.Index(numbers) if one else pd.RangeIndex(len(numbers))  # takes no memory
    starts = np.array([*raw]) if one else np.cumsum(lengths) - lengths
    cells, absent = {}, {}
    for field in sheet:
        text: list[str] = []
        types: list[npt.NDArray[np.int8]] = []
        missing = False
        for sheet_of in raw.values():
            column = sheet_of.columns.get(field.key)
            if column is None:
                missing = True
                text += [""] * len(sheet_of)
                types.append(np.full(len(sheet_of), CellType.BLANK, dtype=np.int8))
            else:
                text += column.text
                types.append(np.frombuffer(bytes(column.type), dtype=np.int8))
        cells[field.key] = Cells(
            pd.Series(text, index=index, dtype=object),
            pd.Series(np.concatenate([np.empty(0, np.int8), *types]), index=index),
        )
        # An optional item that is not there counts as one left blank, and is noted.
        if missing and field.required:
            without = {n for n, r in raw.items() if field.key not in r.columns}
            absent[field.key] = pd.Series(np.isin(numbers, list(without)), index=index)
    return StackedSheet(
        sheet,
        raw,
        dict(zip(raw, (int(s) for s in starts), strict=True)),
        pd.Series(numbers, index=index),
        numbers,
        sheets.validate_sheet(sheet, cells, form, absent, _explained(sheet, raw.values())),
    )


def _explained(sheet: Sheet, raw: Collection[RawSheet]) -> npt.NDArray[np.bool_] | None:
    """The records of a table with a reason; None where none has."""
    if sheet.is_record or not any(any(one.explanations.get("", ())) for one in raw):
        return None
    reasons = (one.explanations.get("") or [""] * len(one) for one in raw)
    return np.array([bool(text) for texts in reasons for text in texts], dtype=bool)


# --- issues --------------------------------------------------------------------------------


def _cell_issues(
    stack: StackedSheet,
    spots: Spots,
    submissions: Sequence[Submission],
    form: Form,
    found: Sequence[IssuePacker],
) -> None:
    """Pack what was found in cells."""
    for one in (*stack.validated.faults, *stack.validated.rewritten):
        field = stack.sheet.field(one.field)
        heads: dict[tuple[str, int, bool], int | None] = {}
        entries: dict[str, catalogue.CatalogueEntry] = {}
        for finding in one:
            spot, number, record = spots.at(field.path, finding.record)
            entry = entries.get(finding.code)
            if entry is None:
                entry = entries[finding.code] = catalogue.entry(finding.code, form, field)
            params, excused = finding.params, False
            if entry.level is Level.ERROR and (reason := spot.raw.explanation(spot.field, record)):
                params, excused = _with_reason(params, reason, entry)
            key = finding.code, number, excused
            if key not in heads:
                # A package holds canonical text: 'number kept as text' means nothing there.
                is_reading = entry.level is Level.NOTE and finding.code.startswith(READING)
                listed = not (is_reading and submissions[number].from_package)
                level = Level.WARNING if excused else entry.level
                head = found[number].head(finding.code, level, spot.place) if listed else None
                heads[key] = head
            head = heads[key]
            if head is not None:
                value = spot.value(record)
                params = spot.with_person(record, params)
                found[number].put(head, spot.row(record), value, params)


def _with_reason(
    params: Mapping[str, str | int], reason: str, entry: catalogue.CatalogueEntry
) -> tuple[Mapping[str, str | int], bool]:
    """What a typed reason does to an error: it excuses it, or it counts for nothing, and the
    clerk gets a note."""
    if entry.explainable or entry.beta:
        return {**params, "reason": reason}, True
    return {**params, "reason_in_vain": 1}, False


def _rule_issues(
    tables: FormColumns, spots: Spots, form: Form, found: Sequence[IssuePacker]
) -> None:
    """Pack what rules found."""

    def explained(path: str, label: int) -> bool:
        spot, _, record = spots.at(path, label)
        return bool(spot.raw.explanation(spot.field, record))

    compared, first = one_cell.find_first(tables, explained)
    for rule in form.rules:
        entry = catalogue.entry(rule.code, form)
        level = entry.level
        heads: dict[tuple[str, int, bool], int] = {}
        places: dict[tuple[str, int], int] = {}
        family = rules.FAMILIES[rule.family]
        alone = family.validates_one_cell(rule)
        hits = first.get(rule.code)
        for hit in family.find(rule, tables if alone else compared) if hits is None else hits:
            spot, number, record = spots.at(hit.path, hit.record)
            packing, params = found[number], dict(hit.params)
            related = []
            for path, label in hit.related:
                other, _, its = spots.at(path, label)
                if (path, number) not in places:
                    places[path, number] = packing.place(other.place)
                row = other.row(its)
                related.append((places[path, number], row))
                cell = f"{other.letters}{row}" if row and other.letters else ""
                params.setdefault("related_cell", cell)
            if hit.runs:
                params["rows"] = spots.rows(hit.path, hit.runs)
            excused = False
            can_be_explained = level is Level.ERROR or entry.beta
            if can_be_explained and (reason := spot.raw.explanation(spot.field, record)):
                more, excused = _with_reason({}, reason, entry)
                params |= more
            key = hit.path, number, excused
            if key not in heads:
                milder = Level.NOTE if entry.beta else Level.WARNING
                shown = milder if excused else level
                heads[key] = packing.head(rule.code, shown, spot.place)
            named = spot.with_person(record, params)
            packing.put(heads[key], spot.row(record), spot.value(record), named, related)


# --- outcomes ------------------------------------------------------------------------------


def _checked(
    number: int,
    submission: Submission,
    issues: Issues,
    canonical: Mapping[str, _Canonical],
    form: Form,
    today: date,
) -> Checked:
    texts_of = {key: found.texts_of(number) for key, found in canonical.items()}
    record = {
        key: texts[0] if texts else "" for key, texts in texts_of.pop(form.record.key).items()
    }
    name = next(
        (record[f.key] for f in form.record if f.identity == "unit_name" and record.get(f.key)), ""
    )
    outcome = Outcome(
        file=submission.file,
        issues=_ordered(issues, form),
        unit_code=submission.stamp.unit_code,
        unit_name=name or submission.stamp.unit_name,
        members=submission.count(form.main_table.key),
        readable=_readable(submission, issues),
    )
    records = Records(record, texts_of, tuple(_reasons(submission, form)), submission.stamp, today)
    return Checked(submission, outcome, records)


def _readable(submission: Submission, issues: Issues) -> bool:
    """A file that could not be read at all, or whose tables could not be found in it."""
    stages = issues.counted(lambda head: head.code[0] if head.level is Level.ERROR else "")
    errors = stages.keys() - {""}
    nothing = not submission.sheets
    return "F" not in errors and not (errors and nothing and submission.from_package)


def _reasons(submission: Submission, form: Form) -> Iterator[tuple[str, str, str]]:
    """(field path, '', reason) of the record sheet; (table key, row number, reason) of tables."""
    for sheet in form.sheets:
        raw = submission.sheets.get(sheet.key)
        if raw is None:
            continue
        if sheet.is_record:
            for key, texts in raw.explanations.items():
                if texts and texts[0]:
                    yield f"{sheet.key}.{key}", "", texts[0]
        else:
            for number, text in enumerate(raw.explanations.get("", []), 1):
                if text:
                    yield sheet.key, str(number), text


def _ordered(issues: Issues, form: Form) -> Issues:
    """Issues in the order of the workbook: file, sheet, row, column."""
    keys = {f.key: n for n, sheet in enumerate(form.sheets) for f in sheet}

    def before(head: IssueGroup) -> tuple[bool, int]:
        stage = "FSPI".find(head.code[0])
        whole = stage >= 0 and not head.place.row
        return (not whole, keys.get(head.place.field, -1))

    return issues.ordered(before, lambda head: (head.place.column, head.code))


def merge_halves(
    submissions: Sequence[Submission], form: Form, missing_sheet: str
) -> list[Submission]:
    """Join two workbooks given together, each with sheets that the other lacks, into one
    submission. Any other combination stays as it is.

    `missing_sheet` is the code that each half carries for every sheet it lacks.
    """
    if len(submissions) != 2 or not all(half.sheets for half in submissions):
        return list(submissions)
    if submissions[0].sheets.keys() & submissions[1].sheets.keys():
        return list(submissions)
    for first, second in (submissions, submissions[::-1]):
        if form.record.key in first.sheets:
            found = {**first.sheets, **second.sheets}
            lacking = {sheet.title for sheet in form.sheets if sheet.key not in found}
            kept = (
                issue
                for issue in (*first.issues, *second.issues)
                if issue.code != missing_sheet or issue.params["wanted"] in lacking
            )
            joined = replace(
                first,
                sheets=found,
                issues=tuple(kept),
                stamp=first.stamp if first.stamp.unit_name else second.stamp,
                files={key: half.file for half in (first, second) for key in half.sheets},
            )
            return [joined]
    return list(submissions)
