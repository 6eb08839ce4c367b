"""What a template wrote into a workbook about itself, compared with form and sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace

from converter.forms import earlier
from converter.forms.loading import title_of
from converter.model.cell_types import CellType
from converter.model.forms import Form, Sheet
from converter.model.submissions import RawColumn, RawSheet, Stamp
from converter.text import characters
from converter.workbook.issue_collector import IssueCollector

OTHER_FORM, OTHER_DEFINITION = "S011", "S015"
MISSING_ITEM = ("S021", "S022")
LONGEST = 400  # characters of a property; names are shorter


def read_stamp(properties: Mapping[str, str]) -> Stamp:
    """The stamp among a workbook's custom properties; blank where there is none."""
    texts = {f.name: characters.strip(properties.get(f.name, "")[:LONGEST]) for f in fields(Stamp)}
    serial = texts.pop("serial")
    number = int(serial) if re.fullmatch(r"[0-9]{1,9}", serial) else 0
    return Stamp(**texts, serial=number)


def check_form(stamp: Stamp, form: Form, report: IssueCollector) -> bool:
    """Whether the workbook is of this form; a version that differs is a warning, other
    cards of this version are noted."""
    if stamp.form and stamp.form != form.id:
        known = {"found": title_of(stamp.form), "expected": form.title, "variant": "known"}
        ids = {"found": stamp.form, "expected": form.id}
        report.add(OTHER_FORM, params=known if known["found"] else ids)
        return False
    if stamp.version and stamp.version != form.version:
        versions = {"found": stamp.version, "expected": form.version}
        if _version(stamp.version) < _version(form.version):
            changed = earlier.params_since(form, stamp.version, stamp.digest)
            report.add("S012", params=versions | changed)
        else:
            report.add("S013", params=versions)
    elif _is_other(stamp.digest, form):
        changed = earlier.params_since(form, stamp.version, stamp.digest)
        report.add(OTHER_DEFINITION, params={"version": form.version} | changed)
    return True


def _is_other(digest: str, form: Form) -> bool:
    """Whether a workbook of this version was made with other cards or lists."""
    return bool(digest and form.cards_digest and digest != form.cards_digest)


def _version(text: str) -> list[int]:
    return [int(digits[:9]) for digits in re.findall("[0-9]+", text)]


def fit_identity(raw: RawSheet, stamp: Stamp, sheet: Sheet, report: IssueCollector) -> RawSheet:
    """Fields that an identity file locks: the stamp fills blanks and contradicts strangers."""
    columns, at = dict(raw.columns), dict(raw.at)
    supplied: set[str] = set()
    for field in sheet:
        expected = str(getattr(stamp, field.identity, "")) if field.identity else ""
        if not expected:
            continue
        known = columns.get(field.key)
        if known is None or known.type[0] in (CellType.BLANK, CellType.UNCALCULATED):
            columns[field.key] = RawColumn([expected], [int(CellType.TEXT)])
            if field.key not in at:
                at[field.key] = (0, 0)
                supplied.add(field.key)
        elif characters.plain_name(known.text[0]) != characters.plain_name(expected):
            typed = known.text[0]
            report.add(
                "S014", raw.name, at[field.key], field.key, typed, params={"expected": expected}
            )
    report.issues = [
        issue
        for issue in report.issues
        if not (issue.code in MISSING_ITEM and issue.place.field in supplied)
    ]
    return replace(raw, columns=columns, at=at)
