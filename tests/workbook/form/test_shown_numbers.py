"""Numbers whose cells show another one: what a clerk saw is read, or asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter.forms import loading
from converter.kinds import KINDS
from converter.kinds.numeric import NumberKind
from converter.model.cell_types import CellType
from converter.model.forms import Field
from converter.template.layout import MemberLayout
from tests.forms.small import FOLDER, checked, read
from tests.kinds import validating
from tests.opened import opened

FORM = loading.load(FOLDER / "fees")


def is_number(field: Field) -> bool:
    return isinstance(KINDS[field.kind], NumberKind)


# (number format, stored) → what is read, and its codes. The field's unit is 元.
SEEN: dict[tuple[str, float], tuple[str, str]] = {
    ("General", 12): ("12", ""),
    ("#,##0.00", 1234.5): ("1234.5", ""),
    ("¥#,##0.00;[Red]¥#,##0.00", 1234.5): ("1234.5", ""),
    ("0.00E+00", 1234.5): ("1234.5", ""),
    ("# ?/?", 0.5): ("0.5", ""),
    ("#,##0_);(#,##0)", 12): ("12", ""),
    ("0;0;0", 12): ("12", ""),
    ('0.00"元"', 12.5): ("12.5", ""),
    ('0.0"万元"', 1.5): ("15000", "K905"),
    ('0!.0,"万"', 12345): ("12345", "K905"),
    ("0%", 0.05): ("", "K306"),
    ("0.00%", 5): ("", "K306"),
    ('0"‰"', 5): ("", "K306"),
    ("0.0,", 12345): ("", "K306"),
    (";;;", 12): ("", "K306"),
    ('"36"0000', 12): ("", "K306"),
    ("0;0", -5): ("", "K306"),
}


def test_what_is_seen_is_read_or_asked_about(tmp_path: Path) -> None:
    book = opened(FORM, rows=20)
    sheet, layout = book["各季度"], MemberLayout(FORM.sheet("quarter"), 1)
    column = layout.columns["income"]
    for row, (code, stored) in enumerate(SEEN, layout.FIRST_ROW):
        sheet.cell(row, column).value = stored
        sheet.cell(row, column).number_format = code
    path = tmp_path / "填报.xlsx"
    book.save(path)
    given = read(path, FORM)
    done = checked(given, FORM)
    codes = {
        i.place.row: i.code
        for i in done.outcome.issues
        if i.place.sheet == "各季度" and i.place.field == "income"
    }
    texts = done.records.tables["quarter"]["income"]
    for row, (seen, expected) in enumerate(SEEN.items(), layout.FIRST_ROW):
        text = texts[row - layout.FIRST_ROW]
        assert (text, codes.get(row, "")) == expected, seen


@pytest.mark.parametrize(
    "path", [f.path for s in validating.FORM.sheets for f in s if is_number(f)]
)
def test_every_kind_of_number_asks_about_a_percentage(path: str) -> None:
    field = validating.field(path)
    for shown in ("202500%", "2025≠20.25"):
        typed = (shown, CellType.SHOWN_OTHERWISE)
        assert validating.verdict(field, typed).fault == "K306"
        assert validating.params(field, typed)["variant"] == "shown"


def test_a_percentage_is_read_where_the_unit_is_one() -> None:
    path = next(f.path for s in validating.FORM.sheets for f in s if f.kind == "decimal")
    field = validating.field(path, unit="%", max=None)
    for typed in (("5.5%", CellType.SHOWN_OTHERWISE), "5.5%", "５.5％"):
        assert validating.verdict(field, typed) == ("5.5", "", "K905")
