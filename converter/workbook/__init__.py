"""A workbook file → Submission: what it is, limits, typed cells with addresses, headings.

`read` never raises on bad data: what stands in the way of reading is an issue of stage F, what
is wrong with sheets, headings and stamp one of stage S. A lack of memory is raised: the
caller bounds it. `detect_type` names what a file is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipInfo

from converter.model.forms import Form
from converter.model.submissions import Stamp, Submission
from converter.workbook.delimited import DelimitedWorkbook
from converter.workbook.form import stamp
from converter.workbook.form.sheet_matching import MISSING_SHEET, Workbook, read_sheets
from converter.workbook.issue_collector import IssueCollector
from converter.workbook.type_detection import (
    CODES,
    WPS_SUFFIXES,
    detect_open,
    detect_type,
    unreadable_reason,
)
from converter.workbook.unreadable import UnreadableFile
from converter.workbook.xlsx import archive

SMALL = 4 << 20  # bytes
OUTSIDE = "F401"  # a note: what lies outside is not opened

__all__ = [
    "MISSING_SHEET",
    "UnreadableFile",
    "detect_type",
    "is_package",
    "open_book",
    "open_list",
    "read",
]


def read(path: Path, form: Form, name: str | None = None) -> Submission:
    """Read a workbook. `name` is what places call the file (default: the path)."""
    report = IssueCollector(form, name or str(path))
    try:
        return _read(path, form, report)
    except UnreadableFile as error:
        report.add_unreadable(error)
    except OSError:
        report.add(CODES["unreadable"])
    # What was found of sheets is worth nothing beside a file that is not read.
    issues = [issue for issue in report.issues if issue.code[0] == "F"]
    return Submission(report.file, {}, Stamp(), tuple(issues))


def _read(path: Path, form: Form, report: IssueCollector) -> Submission:
    """Raises UnreadableFile, OSError."""
    with open_book(path) as book:
        if book.outside:
            report.add(OUTSIDE, params={"count": book.outside})
        found = stamp.read_stamp(book.properties)
        fits = stamp.check_form(found, form, report)
        sheets = read_sheets(book, form, report, is_own=found.form == form.id)
        book.finish()
    for sheet in form.sheets:
        if fits and sheet.is_record and sheet.key in sheets:
            sheets[sheet.key] = stamp.fit_identity(sheets[sheet.key], found, sheet, report)
    issues = report.issues
    if not fits:
        # Another form lacks our sheets and items of course, and its people do not belong on ours:
        # one issue says it all.
        issues = [
            issue for issue in issues if issue.code[0] != "S" or issue.code == stamp.OTHER_FORM
        ]
    taken = {raw.name for raw in sheets.values()}
    others = tuple(name for name, _ in book.names if name not in taken)
    return Submission(report.file, sheets, found, tuple(issues), others=others)


@contextmanager
def open_book(path: Path) -> Iterator[Workbook]:
    """A workbook whose sheets are read on demand. Raises UnreadableFile, OSError."""
    if found := unreadable_reason(path):
        raise UnreadableFile(CODES[found])
    with path.open("rb") as file:
        before = size, _ = _state(file)
        # A small file is read at once: a call for each part of it costs more than its bytes.
        source = BytesIO(file.read(size)) if size <= SMALL else file
        try:
            yield _open(source, path.name, size)
        except UnreadableFile:
            if _state(file) == before:
                raise
        if _state(file) != before:
            raise UnreadableFile(CODES["changing"])


@contextmanager
def open_list(path: Path) -> Iterator[Workbook]:
    """The same for a list that is no template: delimited text (CSV, TSV) is a workbook of one
    sheet. Raises UnreadableFile, OSError."""
    if detect_type(path) == "text":
        yield DelimitedWorkbook(path)
        return
    with open_book(path) as book:
        yield book
        book.finish()


def _state(file: BinaryIO) -> tuple[int, int]:
    """Size and time of the last change: they differ where another program writes to a file."""
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def _open(file: BinaryIO, name: str, size: int) -> Workbook:
    """Raises UnreadableFile, OSError."""
    kind, members = _readable(file, name)
    if size > archive.LARGEST_FILE:
        raise UnreadableFile("F006", limit=archive.LARGEST_FILE >> 20)
    if kind == "encrypted":
        from converter.workbook import decryption

        file = BytesIO(decryption.decrypt(file.read()))
        kind, members = _readable(file)
    if kind == "xls":
        from converter.workbook.xls import book as xls

        data = file.read()
        try:
            return xls.XlsWorkbook(data)
        except UnreadableFile as error:
            if error.code == "F316" and name.lower().endswith(WPS_SUFFIXES):
                raise UnreadableFile(CODES["et"]) from error
            if error.code != "F201":
                raise
        from converter.workbook import decryption

        data = decryption.decrypt(data)
        _readable(BytesIO(data))
        return xls.XlsWorkbook(data)
    if kind == "ods":
        from converter.workbook.ods import book as ods

        return ods.OdsWorkbook(file, members)
    from converter.workbook.xlsx import book as xlsx

    return xlsx.XlsxWorkbook(file, members)


def _readable(file: BinaryIO, name: str = "") -> tuple[str, list[ZipInfo]]:
    """What an open file is, if that is a workbook, and what a zip holds. Raises UnreadableFile."""
    file.seek(0)
    kind, members = detect_open(file, name)
    if kind in CODES:
        raise UnreadableFile(CODES[kind])
    file.seek(0)
    return kind, members


def is_package(path: Path, found: Submission) -> bool:
    """Whether what was read as a workbook turned out to be a report package."""
    refused = any(issue.code == CODES["package"] for issue in found.issues)
    return refused and detect_type(path) == "package"
