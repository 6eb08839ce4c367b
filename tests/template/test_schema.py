"""Every kind of workbook that is written, before Microsoft's own validator (the Open XML SDK)."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from converter import template, workbook
from converter.forms import loading, roster
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.submissions import Stamp
from converter.report.annotate import annotated
from converter.report.summary import xlsx
from converter.roster import table_sheet
from converter.statistics.figure import Chart, Column, Figure, StatisticsTable
from converter.template.stored import Computed
from converter.validation import checking
from tests import sheets, tools
from tests.opened import rendered
from tests.sheets import FORM, MEMBER_SHEET, member_cell, put

AGES = Figure(
    StatisticsTable(
        "ages",
        "年龄",
        (Column("age", "年龄"), Column("men", "男"), Column("women", "女")),
        (("20—24 岁", 3, 4), ("25—29 岁", 5, 6)),
    ),
    Chart.PYRAMID,
    ("men", "women"),
)
LARGEST_BLANK, LARGEST_TWO_THOUSAND = 64 * 1024, 134 * 1024  # bytes: what is mailed by the thousand


def faulty(folder: Path) -> checking.Checked:
    """A filled workbook with a wrong number and a missing name, checked."""
    book = sheets.fill(sheets.blank())
    put(book[MEMBER_SHEET], member_cell(book, 2, "身份证号"), "13010219900101990")
    put(book[MEMBER_SHEET], member_cell(book, 3, "会员姓名"), None)
    path = sheets.saved(book, folder)
    return checking.check([workbook.read(path, FORM)], FORM, today())[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("written")
    stamp = Stamp(unit_code="A-1", unit_name="示例<&>工会", superior_name="示例总工会", serial=7)
    found = faulty(folder)
    renderer = template.TemplateRenderer(FORM)
    computed = Computed(FORM, found.submission, found.outcome, found.records)
    contents = {
        "blank": rendered(FORM, rows=3),
        "personalised": renderer.blank(stamp, rows=3),
        "filled": b"".join(renderer.filled(found.submission, stamp, rows=3, computed=computed)),
        "annotated": b"".join(
            annotated(renderer, found.submission, found.outcome, (), {}, found.records)
        ),
        "summary": xlsx([AGES], "汇总"),
    }
    files = {name: folder / f"{name}.xlsx" for name in [*contents, "roster"]}
    for name, data in contents.items():
        files[name].write_bytes(data)
    table_sheet.write(roster.definition(FORM, loading.form_dir()), files["roster"])
    return files


KINDS_OF_WORKBOOKS = ["blank", "personalised", "filled", "annotated", "summary", "roster"]


@pytest.mark.parametrize("name", KINDS_OF_WORKBOOKS)
@tools.needs("openxml")
def test_the_validator_of_the_open_xml_sdk_finds_nothing(
    written: dict[str, Path], name: str
) -> None:
    done = subprocess.run(
        [tools.path("openxml"), str(written[name])], capture_output=True, text=True, check=False
    )
    assert json.loads(done.stdout)["errors"] == []


@tools.needs("openxml")
def test_the_validator_is_a_real_one(written: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(written["blank"]) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<sheetData>", b"<sheetData><x/>"))
    done = subprocess.run(
        [tools.path("openxml"), str(broken)], capture_output=True, text=True, check=False
    )
    assert json.loads(done.stdout)["errors"]


def test_blank_workbooks_are_small_enough_to_be_mailed(form: Form) -> None:
    assert len(rendered(form, rows=500)) <= LARGEST_BLANK
    assert len(rendered(form, rows=2000)) <= LARGEST_TWO_THOUSAND
