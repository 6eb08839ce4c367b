"""Checks of cells that an amendment takes for less than an error: what was typed arrives, in a
package that its own schema accepts, and counts; what no record can hold cannot be amended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import cycle
from pathlib import Path

import frictionless
import pytest

from converter import package
from converter.files import zip_writing
from converter.forms import accepting, loading
from converter.forms.bad_cells import bad_cells
from converter.forms.smallest_cases import CheckCase, SmallestCases
from converter.kinds import KINDS
from converter.model.cell_types import CellType
from converter.model.errors import FormError
from converter.model.forms import Amendment, Form
from converter.model.issues import Level
from converter.model.submissions import RawColumn, Records, Submission
from converter.package import reading
from converter.statistics import submission as statistics
from converter.validation import checking
from converter.validation.checking import Checked
from tests.forms.small import EVERY_KIND

TODAY, NOW = date(2026, 3, 1), 1_772_000_000
FORMS = {name: loading.form_dir(name) for name in ("jiceng", "shiming", "fenbiao")}
LEVELS = cycle([None, Level.WARNING, Level.NOTE])


def amended(form: Form, code: str, level: Level | None, field: str = "") -> Form:
    """The check amended; the rules are off: a wrong cell may well be at odds with others."""
    wanted = [Amendment(code, level, "2026-11-20", "口径有误", field)]
    wanted += [Amendment(rule.code, None, "2026-11-20", "口径有误") for rule in form.rules]
    return replace(form, amendments={one.target: one for one in wanted})


def is_amendable(form: Form) -> bool:
    try:
        accepting.accept_amendments(form, Path("amendment.toml"))
    except FormError:
        return False
    return True


def one_of_each(form: Form, known: set[tuple[str, ...]]) -> Iterator[CheckCase]:
    """A case for each check of each kind that is not known."""
    for case in bad_cells(form, SmallestCases(form, TODAY)):
        field = form.field(case.path)
        blank = case.code == "K001"
        key = case.code, field.kind, *([field.sheet] if blank else [])
        if case.submission and key not in known:
            known.add(key)
            yield case


def checked(submission: Submission, form: Form) -> Checked:
    (found,) = checking.check([submission], form, TODAY)
    return found


def codes(found: Checked, *levels: Level) -> set[str]:
    return {issue.code for issue in found.outcome.issues if issue.level in levels}


def packed(records: Records, form: Form, folder: Path) -> Path:
    path = folder / "上报.zip"
    zip_writing.write_zip(path, package.build(records, form, None, NOW), when=NOW)
    return path


def value(records: Records, path: str, form: Form) -> str:
    sheet, _, key = path.partition(".")
    return records.columns(sheet, [key])[0][0]


def test_whatever_is_amended_arrives_or_is_refused(tmp_path: Path) -> None:
    known: set[tuple[str, ...]] = set()
    refused = set()
    for folder in (FORMS["fenbiao"], EVERY_KIND, FORMS["shiming"], FORMS["jiceng"]):
        form = loading.load(folder)
        for case in one_of_each(form, known):
            changed = amended(form, case.code, next(LEVELS))
            if is_amendable(changed):
                assert_arrives(case, changed, tmp_path)
            else:
                refused.add(case.code)
    assert len(known) > 60
    assert refused <= FIXED


def assert_arrives(case: CheckCase, form: Form, folder: Path) -> None:
    about = case.code, case.path
    assert case.submission
    found = checked(case.submission, form)
    assert (about, codes(found, Level.ERROR)) == (about, set())
    assert case.code in codes(found, *Level)
    text = value(found.records, case.path, form)
    assert text or case.code == "K001", about
    path = packed(found.records, form, folder)
    report = frictionless.validate(str(path))
    assert report.valid, (about, report.flatten(["fieldName", "note"]))
    again = checked(reading.read(path, form), form)
    assert (about, codes(again, Level.ERROR)) == (about, set())
    assert case.code in codes(again, *Level)
    assert again.records.record == found.records.record
    assert again.records.tables == found.records.tables
    statistics.tables(again.records, form, TODAY)
    if text:  # a new workbook takes it over
        field = form.field(case.path)
        assert KINDS[field.kind].cell(text, field, form) != ""


FIXED = {
    "K002", "K003", "K004", "K005", "K007", "K111", "K301", "K303", "K306", "K307", "K308", "K321",
    "K331", "K341", "K342", "K401", "K402", "K403", "K404", "K805",
}  # fmt: skip


def test_one_field_alone_may_be_amended() -> None:
    form = loading.load(FORMS["jiceng"])
    cases = {c.path: c.submission for c in bad_cells(form, SmallestCases(form, TODAY))
             if c.code == "K601" and c.submission}  # fmt: skip
    one, other = sorted(cases)[:2]
    changed = amended(form, "K601", None, one)
    accepting.accept_amendments(changed, Path())
    assert "K601" in codes(checked(cases[one], changed), Level.NOTE)
    assert "K601" in codes(checked(cases[other], changed), Level.ERROR)


def typed(form: Form, key: str, text: str, type_: CellType) -> Submission:
    """A good submission but for one answer about the unit."""
    good = SmallestCases(form, TODAY).good()
    assert good
    sheet = good.sheets[form.record.key]
    columns = {**sheet.columns, key: RawColumn([text], [type_])}
    return replace(good, sheets={**good.sheets, form.record.key: replace(sheet, columns=columns)})


def test_a_number_of_people_that_no_column_holds_stays_an_error() -> None:
    form = loading.load(EVERY_KIND)
    submission = typed(form, "staff", "1e+20", CellType.NUMBER)
    assert "K305" in codes(checked(submission, form), Level.ERROR)
    assert codes(checked(submission, amended(form, "K305", None)), Level.ERROR) == {"K307"}


@pytest.mark.parametrize(("word", "code"), [("无", "K009"), ("同上", "K010")])
def test_words_for_nothing_are_answers_where_the_form_takes_them(word: str, code: str) -> None:
    form = loading.load(FORMS["jiceng"])
    fields = [replace(f, required=f.required or f.key == "address") for f in form.record]
    unit = replace(form.record, fields=tuple(fields))
    form = replace(form, sheets=(unit, *form.tables))
    submission = typed(form, "address", word, CellType.TEXT)
    assert codes(checked(submission, form), Level.ERROR) == {code}
    found = checked(submission, amended(form, code, None))
    assert (codes(found, Level.ERROR), codes(found, Level.NOTE)) == (set(), {code})
    assert found.records.record["address"] == word
