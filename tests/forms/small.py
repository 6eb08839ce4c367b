"""Small forms for tests, and workbooks of them filled in by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from converter import package, workbook
from converter.forms import loading
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.issues import Level
from converter.model.submissions import RawColumn, RawSheet, Stamp, Submission
from converter.validation import checking
from converter.validation.checking import Checked
from tests.opened import rendered

FOLDER = Path(__file__).parent
# One record and one table of four fields each; the same without any ID number, under other keys;
# a record with two tables; a record alone; a field of every kind under a rule of every family.
TINY, WITHOUT_IDS, TWO_TABLES, CENSUS, EVERY_KIND = (
    FOLDER / name for name in ("tiny", "without_ids", "two_tables", "census", "every_kind")
)
FOLDERS = (TINY, WITHOUT_IDS, TWO_TABLES, CENSUS)
CREATED = 1_770_000_000

Record = Mapping[str, str]  # field key → text


def submission(form: Form, **sheets: Record | Sequence[Record]) -> Submission:
    """Answers as texts, by sheet key: one record, or the rows of a table."""
    found = {}
    for key, given in sheets.items():
        sheet = form.sheet(key)
        rows: Sequence[Record] = [given] if isinstance(given, Mapping) else given
        keys = [field.key for field in sheet if any(field.key in row for row in rows)]
        columns = {
            name: RawColumn(texts, [1 if text else 0 for text in texts])
            for name in keys
            for texts in [[row.get(name, "") for row in rows]]
        }
        numbers = [0] if sheet.is_record else list(range(5, 5 + len(rows)))
        at = {name: (4 + n, 2) if sheet.is_record else (0, 2 + n) for n, name in enumerate(keys)}
        found[key] = RawSheet(sheet.title, columns, numbers, at, {})
    return Submission("填报.xlsx", found, Stamp(form.id, form.version))


def checked(found: Submission, form: Form) -> Checked:
    return checking.check([found], form, today())[0]


def written(found: Submission, form: Form, path: Path) -> Path:
    """The form's workbook, filled in."""
    path.write_bytes(rendered(form, rows=20, data=found))
    return path


def packed(found: Submission, form: Form, path: Path) -> Path:
    """The package of a submission."""
    members = package.build(checked(found, form).records, form, None, CREATED)
    package.write(path, members, form, created=CREATED)
    return path


def read(path: Path, form: Form) -> Submission:
    return workbook.read(path, form)


def codes(found: Checked) -> list[tuple[str, str, str]]:
    """(code, sheet, cell) of what was found, but for notes."""
    issues = (issue for issue in found.outcome.issues if issue.level is not Level.NOTE)
    return [(i.code, i.place.sheet, i.place.cell) for i in issues]


def load(folder: Path) -> Form:
    return loading.load(folder)


def texts(found: Submission, sheet: str) -> dict[str, list[Any]]:
    return {key: list(column.text) for key, column in found.sheets[sheet].columns.items()}
