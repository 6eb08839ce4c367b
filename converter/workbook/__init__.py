"""A workbook file → Submission: what it is, limits, typed cells with addresses, headings.

`read` never raises on bad data: what stands in the way of reading is an issue of stage F, what
is wrong with sheets, headings and stamp one of stage S. A lack of memory is raised: whoever
runs the reading bounds it. `sniff` tells what a file is.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from converter.model import Form, Stamp, Submission
from converter.workbook import archive, stamp
from converter.workbook.choose import MISSING_SHEET, Book, read_sheets
from converter.workbook.refusal import Refused
from converter.workbook.report import Report
from converter.workbook.sniff import CODES, identify, sniff

OUTSIDE = "F401"  # a note: what lies outside is not opened

__all__ = ["MISSING_SHEET", "read", "sniff"]


def read(path: Path, form: Form, name: str | None = None) -> Submission:
    """Read a workbook. `name` is what places call the file (default: the path)."""
    report = Report(form, name or str(path))
    try:
        return _read(path, form, report)
    except Refused as refused:
        report.refuse(refused)
    except OSError:
        report.add(CODES["unreadable"])
    # What was found of sheets is worth nothing beside a file that is not read.
    issues = [issue for issue in report.issues if issue.code[0] == "F"]
    return Submission(report.file, None, None, Stamp(), tuple(issues))


def _read(path: Path, form: Form, report: Report) -> Submission:
    book = _open(path)
    if book.outside:
        report.add(OUTSIDE, params={"count": book.outside})
    found = stamp.read_stamp(book.properties)
    fits = stamp.check_form(found, form, report)
    sheets = read_sheets(book, form, report)
    if fits and "unit" in sheets:
        sheets["unit"] = stamp.fit_identity(sheets["unit"], found, form, report)
    issues = report.issues
    if not fits:
        # Another form lacks our sheets of course: one issue says it all.
        issues = [issue for issue in issues if issue.code != MISSING_SHEET]
    return Submission(report.file, sheets.get("unit"), sheets.get("member"), found, tuple(issues))


def _open(path: Path) -> Book:
    """Raises Refused, OSError."""
    data = _bytes(path)
    kind = _readable(data, path.suffix.lower())
    if kind == "encrypted":
        from converter.workbook import encrypted

        data = encrypted.decrypt(data)
        kind = _readable(data)
    if kind == "xls":
        from converter.workbook import xls

        try:
            return xls.Workbook(data)
        except Refused as refused:
            if refused.code != "F201":
                raise
        from converter.workbook import encrypted

        data = encrypted.decrypt(data)
        _readable(data)
        return xls.Workbook(data)
    from converter.workbook import xlsx

    return xlsx.Workbook(data)


def _bytes(path: Path) -> bytes:
    """A file's bytes, read once: everything that is judged later is judged of them."""
    kind = sniff(path)
    if kind in CODES:
        raise Refused(CODES[kind])
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        if before.st_size > archive.LARGEST_FILE:
            raise Refused("F006", limit=archive.LARGEST_FILE >> 20)
        data = file.read(archive.LARGEST_FILE + 1)
        after = os.fstat(file.fileno())
    if len(data) != before.st_size or after.st_mtime_ns != before.st_mtime_ns:
        raise Refused(CODES["changing"])
    return data


def _readable(data: bytes, suffix: str = "") -> str:
    """What the bytes are, if that is a workbook. Raises Refused."""
    kind = identify(BytesIO(data), suffix)
    if kind in CODES:
        raise Refused(CODES[kind])
    return kind
