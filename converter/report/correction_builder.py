"""Makes the table in which a submission is corrected, in the worker that checked it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from converter import template
from converter.kinds import KINDS, is_searched
from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.corrections import LONGEST, CellEdit
from converter.model.forms import Field, Form, Sheet
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import RawSheet
from converter.report import html
from converter.report.correction_table import (
    CORRECTABLE,
    CellFault,
    CorrectionCell,
    CorrectionRow,
    CorrectionSheet,
    CorrectionTable,
)
from converter.report.issue_text import IssueRenderer
from converter.report.terminal import address
from converter.validation.corrections import Corrected, shown

MOST_ROWS = 60  # of all faulty ones, beside those that were corrected


def correction_table(corrected: Corrected, form: Form) -> CorrectionTable:
    """What is to be corrected in a submission, and what has been."""
    return _Builder(corrected, form).table()


class _Builder:
    def __init__(self, corrected: Corrected, form: Form) -> None:
        self._corrected, self._form = corrected, form
        self._outcome = corrected.checked.outcome
        self._renderer = IssueRenderer(form, show_ids=True)
        self._edited = {edit.cell for edit in corrected.edits}
        self._faults: dict[tuple[str, int, str], list[Issue]] = {}  # by sheet key, row, field
        self._rows: dict[str, set[int]] = {sheet.key: set() for sheet in form.sheets}
        self._concerned: dict[str, set[str]] = {sheet.key: set() for sheet in form.sheets}

    def table(self) -> CorrectionTable:
        for edit in self._corrected.edits:
            self._concern(edit.sheet, edit.row, edit.field)
        elsewhere, more = self._sort_issues()
        counts = self._outcome.issues.counted(lambda head: head.level)
        sheets = [self._sheet(sheet) for sheet in self._form.sheets if self._rows[sheet.key]]
        rest = replace(self._outcome, issues=self._outcome.issues.chosen(elsewhere))
        return CorrectionTable(
            tuple(sheets),
            counts[Level.ERROR],
            counts[Level.WARNING],
            len(self._corrected.edits),
            more,
            html.summarize(rest, self._form, show_ids=True),
        )

    # --- which cells ---------------------------------------------------------------------------

    def _sort_issues(self) -> tuple[list[int], int]:
        """Puts issues to their cells. Returns the numbers of those that have none, and how many
        rows were left out."""
        issues, elsewhere = self._outcome.issues, list[int]()
        by_row: dict[tuple[str, int], list[int]] = {}
        serious: set[tuple[str, int]] = set()
        for number, (head, place) in enumerate(zip(issues.heads, issues.places, strict=True)):
            if head.level not in CORRECTABLE:
                continue
            found = self._locate(place)
            if found is None:
                elsewhere.append(number)
                continue
            by_row.setdefault(found[:2], []).append(number)
            if head.level is Level.ERROR:
                serious.add(found[:2])
        ranked = sorted(by_row, key=lambda at: at not in serious)  # errors first, in their order
        kept = [at for at in ranked if at[1] in self._rows[at[0]]]  # corrected rows stay
        others = [at for at in ranked if at[1] not in self._rows[at[0]]]
        for at in (*kept, *others[:MOST_ROWS]):
            for number in by_row[at]:
                self._place_issue(issues[number])
        return elsewhere, len(others[MOST_ROWS:])

    def _place_issue(self, issue: Issue) -> None:
        found = self._locate(issue.place)
        assert found is not None
        self._faults.setdefault(found, []).append(issue)
        self._concern(*found)
        for place in issue.related:
            other = self._locate(place)
            if other is not None and other[0] == found[0]:
                self._concern(*other)

    def _concern(self, sheet: str, row: int, field: str) -> None:
        if self._form.sheet(sheet).is_record:
            self._concerned[sheet].add(field)
            self._rows[sheet].add(0)
            return
        self._rows[sheet].add(row)
        self._concerned[sheet].add(field)

    def _locate(self, place: Place) -> tuple[str, int, str] | None:
        """The cell of a place: sheet key, row (0 on a record sheet) and field."""
        submission = self._corrected.checked.submission
        for key, raw in submission.sheets.items():
            if raw.name != place.sheet or submission.file_of(key) != place.file:
                continue
            sheet = self._form.sheet(key)
            known = place.field in raw.columns
            if sheet.is_record:
                return (key, 0, place.field) if known else None
            if raw.record(place.row) is None:
                return None
            first = next(iter(raw.columns), "")
            return (key, place.row, place.field if known else first) if first else None
        return None

    # --- how they are shown --------------------------------------------------------------------

    def _sheet(self, sheet: Sheet) -> CorrectionSheet:
        raw = self._corrected.typed.sheets[sheet.key]
        wanted = [
            field
            for field in sheet
            if field.key in raw.columns
            and (
                field.key in self._concerned[sheet.key]
                or (not sheet.is_record and is_searched(field))
            )
        ]
        rows = (
            self._items(sheet, raw, wanted) if sheet.is_record else self._lines(sheet, raw, wanted)
        )
        columns = [field.title for field in wanted]
        if any(cell.edit.reason for row in rows for cell in row.cells):
            columns.append(_reason_title(sheet))
        return CorrectionSheet(
            sheet.key, sheet.title, tuple(columns), tuple(rows), not sheet.is_record
        )

    def _items(self, sheet: Sheet, raw: RawSheet, wanted: list[Field]) -> list[CorrectionRow]:
        rows = []
        for field in wanted:
            cells = [self._cell(sheet, raw, field, 0, 0)]
            edit = CellEdit(sheet.key, 0, field.key, "", reason=True)
            cells += self._reason(sheet, raw, edit, 0, cells)
            rows.append(CorrectionRow(raw.row(field.key, 0), field.title, tuple(cells)))
        return rows

    def _lines(self, sheet: Sheet, raw: RawSheet, wanted: list[Field]) -> list[CorrectionRow]:
        rows = []
        kept = self._corrected.checked.submission.sheets[sheet.key]
        for row in sorted(self._rows[sheet.key]):
            record = raw.record(row)
            if record is None:
                continue
            cells = [self._cell(sheet, raw, field, row, record) for field in wanted]
            edit = CellEdit(sheet.key, row, "", "", reason=True)
            cells += self._reason(sheet, raw, edit, record, cells)
            label = message("correcting_row", row=row)
            removed = kept.record(row) is None
            rows.append(CorrectionRow(row, label, tuple(cells), removed))
        return rows

    def _cell(
        self, sheet: Sheet, raw: RawSheet, field: Field, row: int, record: int
    ) -> CorrectionCell:
        edit, text = CellEdit(sheet.key, row, field.key, ""), raw.columns[field.key].text[record]
        issues = self._faults.get((sheet.key, row, field.key), [])
        locked = template.locked_text(field, self._corrected.typed.stamp)
        derived = field.derive is not None and not issues and edit.cell not in self._edited
        canonical = self._canonical(sheet, row)
        if derived and (text := canonical.get(field.key, "")):
            text = str(KINDS[field.kind].cell(text, field, self._form))
        return CorrectionCell(
            edit,
            field.title,
            shown(text),
            editable=not locked and not derived and len(text) <= LONGEST,
            changed=edit.cell in self._edited,
            value_type=str(KINDS[field.kind].value_type),
            width=field.width,
            choices=KINDS[field.kind].choices(field, self._form, canonical),
            faults=tuple(map(self._fault, issues)),
        )

    def _canonical(self, sheet: Sheet, row: int) -> dict[str, str]:
        """The canonical text of a record, by field."""
        records = self._corrected.checked.records
        if sheet.is_record:
            return dict(records.record)
        record = self._corrected.checked.submission.sheets[sheet.key].record(row)
        table = records.tables.get(sheet.key, {})
        return {} if record is None else {key: texts[record] for key, texts in table.items()}

    def _fault(self, issue: Issue) -> CellFault:
        one = self._renderer.render(issue)
        related = "、".join(map(address, one.related))
        return CellFault(str(one.level), one.code, one.message, one.fix, related)

    def _reason(
        self,
        sheet: Sheet,
        raw: RawSheet,
        edit: CellEdit,
        record: int,
        cells: list[CorrectionCell],
    ) -> Iterator[CorrectionCell]:
        """The cell of 情况说明, where a reason helps or stands there."""
        text = raw.explanation(edit.field, record)
        codes = {fault.code for cell in cells for fault in cell.faults}
        if not text and not any(catalogue.entry(code, self._form).explainable for code in codes):
            return
        yield CorrectionCell(
            edit,
            _reason_title(sheet),
            shown(text),
            editable=len(text) <= LONGEST,
            changed=edit.cell in self._edited,
            value_type="text",
            width=0,
        )


def _reason_title(sheet: Sheet) -> str:
    return str(sheet.headings.get("explanation", ""))
