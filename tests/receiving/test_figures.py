"""Statistics of a collection agree with SQL written by hand on the register itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import duckdb
import openpyxl
import pytest

from converter.engine import Worker
from converter.receiving import receive
from converter.report import summary
from converter.statistics import collection as figures
from converter.statistics.cards import Table
from converter.statistics.collection import Figure
from converter.store import Listed, Snapshot
from tests.receiving.collection import MISSING, Inbox, listed, packed, records, roster
from tests.receiving.conftest import Collection, plan
from tests.sheets import FORM

TODAY = date(2026, 3, 7)
BY = ("superior_union", "unit_category", "industry", "organisation_form")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, worker: Worker) -> Path:
    """Two periods, two levels of superior unions, several categories and industries."""
    folder = tmp_path_factory.mktemp("figures")
    box = Inbox(folder / "in")
    categories = [e.code for e in FORM.codes["unit_category"].entries if e.group == "企业"]
    for n in range(20, 32):
        changed = {
            "superior_union": "示例县总工会" if n % 3 else "示例乡工会",
            "unit_category": categories[n % 4],
            "industry": "CG"[n % 2] if n != 25 else "",
            "industry_division": "",
            "staff": str(10 * n),
        }
        box.put(f"{n}.zip", packed(records(n, **changed)))
        if n < 26:
            box.put(
                f"去年{n}.zip", packed(records(n, **changed | {"staff": str(9 * n)}), period="2025")
            )
    box.put("改.zip", packed(records(20, superior_union="示例县总工会", staff="1000")))
    units = [Listed("130102-9000", "示例乡工会", "", "示例县总工会")]
    units += [
        Listed(f"x{n}", f"示例第{n}公司工会委员会", "", "示例县总工会" if n % 3 else "示例乡工会")
        for n in range(20, 32)
    ]
    done = receive(box.folder, folder / "S", plan(None), worker, roster=units)
    assert done.results == {"accepted": 19}
    return folder / "S"


@pytest.fixture
def found(root: Path) -> list[Figure]:
    with Snapshot(root) as register:
        return figures.figures(register, FORM, TODAY, by=BY)


@pytest.fixture
def sql(root: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The register's own file, asked directly; only what the newest of each unit says."""
    shutil.copy(root / "register.duckdb", tmp_path / "copy.duckdb")
    with duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True) as connection:
        connection.execute(
            "CREATE TEMP VIEW newest AS SELECT * FROM submissions WHERE id IN"
            " (SELECT max(id) FROM submissions WHERE result <> 'rejected' GROUP BY unit, period)"
        )
        yield connection


def table(found: list[Figure], title: str) -> Table:
    (one,) = [f.table for f in found if f.table.title.startswith(title)]
    return one


def column(of: Table, heading: str) -> dict[str, object]:
    at = of.header.index(heading)
    return {str(row[0]).strip("\u3000"): row[at] for row in of.rows}


def test_totals(found: list[Figure], sql: duckdb.DuckDBPyConnection) -> None:
    counts = column(table(found, "职工与会员人数"), "人数")
    for key, title in (
        ("staff", "职工总数"),
        ("members", "会员总数"),
        ("women_members", "女职工会员数"),
        ("migrant_workers", "农民工人数"),
    ):
        (expected,) = sql.execute(
            f"SELECT sum(a.{key}::INT) FROM answers a JOIN newest n ON n.id = a.submission"
            " WHERE n.period = '2026'"
        ).fetchone() or (None,)
        assert counts[title] == expected
    assert counts["职工总数"] == 1000 + sum(10 * n for n in range(21, 32))


def test_unionisation_rate(found: list[Figure], sql: duckdb.DuckDBPyConnection) -> None:
    (rate,) = sql.execute(
        "SELECT round(100.0 * sum(a.members::INT) / sum(a.staff::INT), 1) FROM answers a"
        " JOIN newest n ON n.id = a.submission WHERE n.period = '2026'"
    ).fetchone() or (None,)
    assert column(table(found, "比率"), "百分比（%）")["职工入会率"] == float(rate)


@pytest.mark.parametrize(
    ("key", "heading"), [("unit_category", "单位类别"), ("industry", "所属行业")]
)
def test_groups(
    key: str, heading: str, found: list[Figure], sql: duckdb.DuckDBPyConnection
) -> None:
    rows = sql.execute(
        f"SELECT {key}, count(*), sum(staff::INT), sum(a.members::INT) FROM answers a"
        f" JOIN newest n ON n.id = a.submission WHERE n.period = '2026' GROUP BY {key}"
    ).fetchall()
    labels = {e.code: e.label for e in FORM.codes[key].entries} | {"": "（未填）"}
    shown = table(found, f"按{heading}")
    for value, units, staff, members in rows:
        label = labels[value]
        assert column(shown, "单位数")[label] == units
        assert column(shown, "职工总数")[label] == staff
        assert column(shown, "会员总数")[label] == members
    assert len(shown.rows) == len(rows) + 1
    assert column(shown, "单位数")["合计"] == 12


def test_a_superior_union_holds_what_is_below_it(
    found: list[Figure], sql: duckdb.DuckDBPyConnection
) -> None:
    shown = table(found, "按所属上级工会组织")
    rows = dict(
        sql.execute(
            "SELECT u.superior, sum(a.staff::INT) FROM answers a JOIN newest n ON n.id = a.submission"
            " JOIN units u ON u.id = n.unit WHERE n.period = '2026' GROUP BY 1"
        ).fetchall()
    )
    assert [row[0] for row in shown.rows] == ["示例县总工会", "\u3000示例乡工会", "合计"]
    staff = column(shown, "职工总数")
    assert staff["示例乡工会"] == rows["示例乡工会"]
    assert staff["示例县总工会"] == staff["合计"] == sum(rows.values())


def test_ages_and_sexes(found: list[Figure], sql: duckdb.DuckDBPyConnection) -> None:
    shown = table(found, "会员年龄与性别")
    for code, label in (("1", "男"), ("2", "女")):
        rows = sql.execute(
            "SELECT least(greatest((date_sub('year', birthday::DATE, DATE '2026-03-07') - 20) // 5 + 1, 0), 9), count(*)"
            " FROM members m JOIN newest n ON n.id = m.submission"
            " WHERE n.period = '2026' AND m.sex = ? GROUP BY 1",
            [code],
        ).fetchall()
        at = shown.header.index(label)
        bands = {n: row[at] for n, row in enumerate(shown.rows[:-1]) if row[at]}
        assert bands == dict(rows)
    assert shown.rows[-1][-1] == 48


def test_change_against_the_period_before(
    found: list[Figure], sql: duckdb.DuckDBPyConnection
) -> None:
    shown = table(found, "与上期相比（2025 → 2026）")
    was, is_ = (
        sql.execute(
            "SELECT sum(staff::INT) FROM answers JOIN newest ON newest.id = submission WHERE period = ?",
            [period],
        ).fetchall()[0][0]
        for period in ("2025", "2026")
    )
    by_title = {row[0]: row[1:] for row in shown.rows}
    assert by_title["职工总数"] == (was, is_, is_ - was, round(100 * (is_ - was) / was, 1))
    assert by_title["单位数"] == (6, 12, 6, 100.0)


def test_progress(collection: Collection) -> None:
    with Snapshot(collection.store) as register:
        found = figures.figures(register, FORM, TODAY)
    shown = table(found, "收集进度")
    truth = list(collection.inbox.truth.values())
    current = sum(state == "current" for _, state in truth)
    total = shown.rows[-1]
    assert total[1:6] == (len(roster()) + 1, current, 1, 1, 1)  # and the stranger; MISSING is
    assert listed(MISSING) in roster()


def test_an_older_period_can_be_asked_for(root: Path) -> None:
    with Snapshot(root) as register:
        found = figures.figures(register, FORM, TODAY, period="2025")
    assert column(table(found, "职工与会员人数"), "人数")["职工总数"] == sum(
        9 * n for n in range(20, 26)
    )
    assert not [f for f in found if f.table.title.startswith("与上期")]


# --- workbook and page -------------------------------------------------------------------------


def test_the_workbook_holds_every_table_and_native_charts(found: list[Figure]) -> None:
    book = openpyxl.load_workbook(BytesIO(summary.xlsx(found, "汇总")))
    assert len(book.worksheets) == len(found)
    for sheet, figure in zip(book.worksheets, found, strict=True):
        wide = len(figure.table.header)
        cells = [[c.value for c in row[:wide]] for row in sheet.iter_rows(min_row=4)]
        shown = [row for row in cells if any(value is not None for value in row)]
        assert shown == [[v if v != "" else None for v in row] for row in figure.table.rows]
        assert len(sheet._charts) == bool(figure.chart)


def test_charts_point_at_the_lines_without_the_total(found: list[Figure]) -> None:
    book = openpyxl.load_workbook(BytesIO(summary.xlsx(found, "汇总")))
    for sheet, figure in zip(book.worksheets, found, strict=True):
        for chart in sheet._charts:
            last = 3 + len(figure.table.rows) - 1
            for series in chart.series:
                assert series.cat.numRef or series.cat.strRef
                assert series.val.numRef.f.endswith(f"${last}")


def test_the_page_needs_nothing_from_outside(found: list[Figure]) -> None:
    page = summary.html(found, "汇总")
    assert page.count("<svg") == sum(bool(f.chart) for f in found)
    for word in ("<script", "src=", "@import", "url(", "<link"):
        assert word not in page


def test_names_cannot_break_out_of_page_or_workbook(found: list[Figure]) -> None:
    evil = '<script>alert("x")</script>=1+1'
    one = Figure(
        Table("t", ("名称", "甲", "乙"), ((evil, 1, 2), ("=1+1", 1, 1), ("合计", 2, 3))),
        "bars",
        (1, 2),
    )
    assert "<script" not in summary.html([one], evil)
    book = openpyxl.load_workbook(BytesIO(summary.xlsx([one], "t")))
    assert book.worksheets[0]["A5"].data_type == "s"


def test_a_chart_of_hundreds_says_what_it_leaves_out() -> None:
    rows = tuple((f"工会{n}", n, n) for n in range(100))
    one = Figure(Table("t", ("名称", "甲", "乙"), (*rows, ("合计", 1, 1))), "bars", (1, 2))
    page = summary.html([one], "t")
    assert page.count("工会99") == 1  # in the table
    assert str(summary.DRAWN) in page.partition("<figcaption>")[2].partition("</figcaption>")[0]
