"""Sums of money in a collection: exact, with their unit and places, at every level and in every form."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from converter import package
from converter.forms import loading
from converter.identity import subordinates
from converter.model.errors import FormError
from converter.model.forms import Form
from converter.model.submissions import Records, Stamp
from converter.register import Snapshot
from converter.report import annual_workbook, data_export, summary
from converter.report import table as tabular
from converter.statistics import annual, card_checks, collection, submission
from converter.statistics.annual import AnnualCell
from converter.statistics.figure import Figure, Row
from converter.upward.writing import ForwardPlan
from converter.usecases.forwarding import forward
from converter.usecases.receive import Plan, Summary, receive
from converter.workers import protocol
from converter.workers.pool import Worker
from tests.commands import near_workers
from tests.forms.small import CREATED, FOLDER
from tests.identity.chain import COUNTY, UnionDesk
from tests.usecases.receive.collection import zipped

FEES = FOLDER / "fees"
FORM = loading.load(FEES)
NOW, TODAY = CREATED + 86_400, date(2026, 3, 7)
D = Decimal
# Unit → period → income by quarter, balance in 万元. Floats would make 0.30000000000000004 of it.
SUMS = {
    "甲": {"2025": (("0.1", "0.1"), "0.0001"), "2026": (("0.1", "0.2"), "-0.0002")},
    "乙": {"2025": (("1000", "0.05"), "-5"), "2026": (("1234567.1", "0.02"), "-1.5")},
    "丙": {"2026": (("7", "0.01"), "2")},
}


def records(name: str, period: str, form: Form = FORM) -> Records:
    quarters, balance = SUMS[name][period]
    income = str(sum(map(D, quarters)))
    unit = {
        "superior_union": COUNTY.name, "unit_name": f"示例{name}厂工会", "staff": "10",
        "sort": "2" if name == "丙" else "1", "dues": "0.1", "income": income, "balance": balance,
    }  # fmt: skip
    rows = {"name": ["1", "2"], "income": list(quarters)}
    stamp = Stamp(form.id, form.version, period=period)
    return Records(unit, {"quarter": rows}, (), stamp, TODAY)


@dataclass(frozen=True)
class Levels:
    """A county's register and its city's, which had figures alone; what the county was told."""

    county: Path
    city: Path
    told: Summary
    above: Summary


@pytest.fixture(scope="module")
def levels(tmp_path_factory: pytest.TempPathFactory, worker: Worker) -> Levels:
    folder = tmp_path_factory.mktemp("sums")
    county = UnionDesk.new(folder, COUNTY)
    subordinates.keep_name(county.keys, COUNTY)
    plan = Plan(FEES, loading.read(FEES), None, None, None, 1, NOW)
    with near_workers():
        for period in ("2025", "2026"):
            inbox, forwards = folder / f"in{period}", folder / f"city{period}"
            inbox.mkdir()
            forwards.mkdir()
            for name in SUMS:
                if period in SUMS[name]:
                    built = package.build(records(name, period), FORM, None, CREATED)
                    (inbox / f"{name}.zip").write_bytes(zipped(built))
            told = receive(inbox, folder / "county", plan, worker, period=period)
            chosen = ForwardPlan(period, True, period == "2026", NOW)  # 2026: figures only
            forward(folder / "county", FEES, county.keys, forwards / "县.zip", chosen, None)
            above = receive(forwards, folder / "city", plan, worker, period=period)
    return Levels(folder / "county", folder / "city", told, above)


def figures(store: Path, **asked: object) -> dict[str, Figure]:
    with Snapshot(store) as register:
        found = collection.figures(register, FORM, TODAY, period="2026", **asked)  # type: ignore[arg-type]
    return {figure.key: figure for figure in found}


def exactly(rows: tuple[Row, ...]) -> list[list[str]]:
    return [[tabular.shown(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("level", ["county", "city"])
def test_totals_are_exact_and_say_their_unit(levels: Levels, level: str) -> None:
    found = figures(getattr(levels, level), by=["sort"], counts=["dues"])["by_sort"].table
    assert found.header[3:] == (
        "职工总数", "全年收入（元）", "结余（万元）", "拨缴经费收入（元）", "拨缴占收入（%）",
    )  # fmt: skip
    assert exactly(found.rows) == [
        ["企业", "2", "0", "20", "1234567.42", "-1.5002", "0.20", "0.0"],
        ["机关", "1", "0", "10", "7.01", "2.0000", "0.10", "1.4"],
        ["合计", "3", "0", "30", "1234574.43", "0.4998", "0.30", "0.0"],
    ]


@pytest.mark.parametrize("level", ["county", "city"])
def test_last_year_is_compared_like_for_like(levels: Levels, level: str) -> None:
    change = figures(getattr(levels, level))["change"].table
    assert exactly(change.rows)[2:] == [
        ["职工总数", "20", "20", "0", "0.0"],
        ["全年收入（元）", "1000.25", "1234567.42", "1233567.17", "123325.9"],
        ["结余（万元）", "-4.9999", "-1.5002", "3.4997", "70.0"],
    ]
    with Snapshot(getattr(levels, level)) as register:
        made = annual.report(register, FORM, "", "2026", TODAY)
    assert made is not None
    cells = dict(made.tables[0].rows)
    both = AnnualCell(D("1234574.43"), D("1000.25"), D("1234567.42"))
    assert cells["全年收入（元）"] == [both]
    assert cells["企业的收入（元）"] == [AnnualCell(D("1234567.42"))]
    totals, *_ = made.tables[1].rows
    assert totals == ("合计", [AnnualCell(D("0.4998"), D("-4.9999"), D("-1.5002"))])
    sheet, by_sort = openpyxl.load_workbook(io.BytesIO(annual_workbook.workbook(made))).worksheets
    for page, units in ((sheet, "个、人、元"), (by_sort, "万元")):
        assert any(str(cell.value).endswith(f"计量单位：{units}") for cell in page[2])
    row = next(r for r in sheet.iter_rows() if r[0].value == "全年收入（元）")
    assert (row[2].value, row[2].number_format) == (1234574.43, "#,##0.00")
    assert sheet.column_dimensions["C"].width > len("1,234,574.43")


def test_jumps_are_named_with_unit_and_places(levels: Levels) -> None:
    """甲's income changed by less than 1 元; a loss that became smaller is a change, too."""
    found = {
        (one.code, one.place.file, one.place.field): (one.params["before"], one.params["now"])
        for told in (levels.told, levels.above)
        for one in told.findings
        if one.code in ("C103", "C125")
    }
    assert found == {
        ("C103", "乙.zip", "income"): ("1000.05元", "1234567.12元"),
        ("C103", "乙.zip", "balance"): ("-5.0000万元", "-1.5000万元"),
        ("C125", "县.zip", "income"): ("1000.25元", "1234574.43元"),
        ("C125", "县.zip", "balance"): ("-4.9999万元", "0.4998万元"),
    }


def test_each_unit_is_shown_with_its_sums(levels: Levels) -> None:
    found = figures(levels.city, units=True)
    units = {str(row[2]): row[-2:] for row in found["units"].table.rows}
    assert units["示例乙厂工会"] == (D("1234567.12"), D("-1.5"))
    changes = found["unit_changes"].table
    at = changes.position("income_before")
    row = next(r for r in changes.rows if r[2] == "示例甲厂工会")
    assert row[at : at + 3] == (D("0.2"), D("0.3"), D("0.1"))
    by = figures(levels.county, by=["balance"])["by_balance"].table
    assert [row[:2] for row in by.rows] == [("负数", 2), ("1 至不到 5", 1), ("合计", 3)]


def test_rows_add_up_where_all_of_them_came(levels: Levels) -> None:
    """The city had the figures of 2026 alone: it has no quarters to add up."""
    for store, expected in ((levels.county, D("1234574.43")), (levels.city, "")):
        table = figures(store)["counts"].table
        assert table.rows[-1] == ("收入（元）", expected)


def test_every_output_shows_the_same_number(levels: Levels, tmp_path: Path) -> None:
    chosen = [figures(levels.county, by=["sort"])["by_sort"]]
    assert "1234574.43" in summary.text(chosen)
    assert "1,234,574.43" in summary.html(chosen, "汇总")
    sheet = openpyxl.load_workbook(io.BytesIO(summary.xlsx(chosen, "汇总"))).worksheets[0]
    cell = next(c for row in sheet.iter_rows() for c in row if c.value == 1234574.43)
    assert cell.number_format == "#,##0.00"
    with Snapshot(levels.county) as register:
        for suffix in (".csv", ".parquet", ".xlsx"):
            options = data_export.ExportOptions("2026", codes=True)
            made = data_export.tables(register, FORM, options)
            data_export.write(tmp_path / f"全部{suffix}", made, when=NOW)
    rows = list(csv.DictReader((tmp_path / "全部-unit.csv").open(encoding="utf-8-sig")))
    assert {row["income"] for row in rows} == {"0.3", "1234567.12", "7.01"}
    assert {row["balance"] for row in rows} == {"-0.0002", "-1.5", "2"}
    sums = f"SELECT sum(income) FROM '{tmp_path / '全部-unit.parquet'}'"
    assert duckdb.connect().execute(sums).fetchall() == [(D("1234574.43"),)]
    sheet = openpyxl.load_workbook(tmp_path / "全部.xlsx").worksheets[0]
    assert 1234567.12 in [c.value for row in sheet.iter_rows() for c in row]


def test_one_submissions_sums_cross_the_pipe_exactly() -> None:
    tables = submission.tables(records("甲", "2026"), FORM, TODAY)
    assert exactly(tables[0].rows) == [
        ["职工总数", "10"], ["全年收入（元）", "0.30"], ["结余（万元）", "-0.0002"], ["收入（元）", "0.30"],
    ]  # fmt: skip
    assert tables[1].rows == (("拨缴占收入", 33.3),)
    for figure in map(Figure, tables):
        assert protocol.unpack(protocol.pack(figure)).read(Figure) == figure


def test_a_tables_column_is_no_number_of_units() -> None:
    settings = FORM.prose["statistics"]
    changed = {**settings["collection"], "fields": ["quarter.income"]}
    prose = {**FORM.prose, "statistics": {**settings, "collection": changed}}
    wrong: list[str] = []
    for check in card_checks.checks(replace(FORM, prose=prose)):
        try:
            check()
        except FormError as error:
            wrong.append(error.key)
    assert wrong == ["statistics.collection.fields"]
