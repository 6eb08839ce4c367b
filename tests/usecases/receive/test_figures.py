"""Statistics of a collection agree with SQL written by hand on the register itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from converter.register import RosterEntry, Snapshot
from converter.statistics import collection as figures
from converter.statistics.figure import Figure, StatisticsTable
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.sheets import FORM
from tests.usecases.receive.collection import MISSING, Inbox, listed, packed, records, roster
from tests.usecases.receive.conftest import Collection, plan

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
        box.put(f"{n}.zip", packed(records(n, None, **changed)))
        if n < 26:
            box.put(
                f"去年{n}.zip",
                packed(records(n, None, **changed | {"staff": str(9 * n)}), period="2025"),
            )
    box.put("改.zip", packed(records(20, superior_union="示例县总工会", staff="1000")))
    units = [RosterEntry("130102-9000", "示例乡工会", "", "示例县总工会")]
    units += [
        RosterEntry(
            f"x{n}", f"示例第{n}公司工会委员会", "", "示例县总工会" if n % 3 else "示例乡工会"
        )
        for n in range(20, 32)
    ]
    receive(box.folder, folder / "S", plan(None), worker, roster=units, period="2025")
    done = receive(box.folder, folder / "S", plan(None), worker, roster=units, period="2026")
    assert done.states == {}  # all came before: what was held then is taken up
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


def table(found: list[Figure], key: str) -> StatisticsTable:
    (one,) = [f.table for f in found if f.key == key]
    return one


def column(of: StatisticsTable, key: str) -> dict[str, object]:
    """A column's cells by the first cell of each row."""
    return {
        str(row[0]).strip("\u3000"): cell for row, cell in zip(of.rows, of.column(key), strict=True)
    }


def test_totals(found: list[Figure], sql: duckdb.DuckDBPyConnection) -> None:
    counts = column(table(found, "counts"), "count")
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
    assert column(table(found, "rates"), "percent")["职工入会率"] == float(rate)


@pytest.mark.parametrize("key", ["unit_category", "industry"])
def test_groups(key: str, found: list[Figure], sql: duckdb.DuckDBPyConnection) -> None:
    rows = sql.execute(
        f"SELECT {key}, count(*), sum(staff::INT), sum(a.members::INT) FROM answers a"
        f" JOIN newest n ON n.id = a.submission WHERE n.period = '2026' GROUP BY {key}"
    ).fetchall()
    labels = {e.code: e.label for e in FORM.codes[key].entries} | {"": "（未填）"}
    shown = table(found, f"by_{key}")
    for value, units, staff, members in rows:
        label = labels[value]
        assert column(shown, "units")[label] == units
        assert column(shown, "staff")[label] == staff
        assert column(shown, "members")[label] == members
    assert len(shown.rows) == len(rows) + 1
    assert column(shown, "units")["合计"] == 12


def test_a_superior_union_holds_what_is_below_it(
    found: list[Figure], sql: duckdb.DuckDBPyConnection
) -> None:
    shown = table(found, "by_superior_union")
    rows = dict(
        sql.execute(
            "SELECT u.superior, sum(a.staff::INT) FROM answers a JOIN newest n ON n.id = a.submission"
            " JOIN units u ON u.id = n.unit WHERE n.period = '2026' GROUP BY 1"
        ).fetchall()
    )
    assert [row[0] for row in shown.rows] == ["示例县总工会", "\u3000示例乡工会", "合计"]
    staff = column(shown, "staff")
    assert staff["示例乡工会"] == rows["示例乡工会"]
    assert staff["示例县总工会"] == staff["合计"] == sum(rows.values())


def test_ages_and_sexes(found: list[Figure], sql: duckdb.DuckDBPyConnection) -> None:
    shown = table(found, "ages")
    for code in ("1", "2"):
        rows = sql.execute(
            "SELECT least(greatest((date_sub('year', birthday::DATE, DATE '2026-03-07') - 20) // 5 + 1, 0), 9), count(*)"
            " FROM members m JOIN newest n ON n.id = m.submission"
            " WHERE n.period = '2026' AND m.sex = ? GROUP BY 1",
            [code],
        ).fetchall()
        bands = {n: cell for n, cell in enumerate(shown.column(code)[:-1]) if cell}
        assert bands == dict(rows)
    assert shown.column("total")[-1] == 48


def test_change_against_the_period_before(
    found: list[Figure], sql: duckdb.DuckDBPyConnection
) -> None:
    shown = table(found, "change")
    was, is_ = (
        sql.execute(
            "SELECT sum(staff::INT) FROM answers JOIN newest ON newest.id = submission"
            " WHERE period = ? AND unit IN (SELECT unit FROM newest GROUP BY unit"
            "  HAVING count(DISTINCT period) = 2)",
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
    shown = table(found, "progress")
    truth = list(collection.inbox.truth.values())
    current = sum(state == "current" for _, state in truth)
    total = {column.key: cell for column, cell in zip(shown.columns, shown.rows[-1], strict=True)}
    assert total["expected"] == len(roster())  # the stranger stands outside
    assert column(table(found, "overview"), "value")["名册外的单位（不计入）"] == 1
    assert total["reported"] == current
    assert (total["with_warnings"], total["only_rejected"], total["missing"]) == (1, 1, 1)
    assert listed(MISSING) in roster()


def test_an_older_period_can_be_asked_for(root: Path) -> None:
    with Snapshot(root) as register:
        found = figures.figures(register, FORM, TODAY, period="2025")
    assert column(table(found, "counts"), "count")["职工总数"] == sum(9 * n for n in range(20, 26))
    assert not [f for f in found if f.key == "change"]


# --- how far it has come -----------------------------------------------------------------------


def test_the_overview_repeats_what_the_tables_say(found: list[Figure]) -> None:
    shown = column(table(found, "overview"), "value")
    progress = table(found, "progress")
    for key in ("expected", "reported", "missing", "percent"):
        title = progress.columns[progress.position(key)].title
        assert shown[title] == progress.column(key)[-1]
    counts = column(table(found, "counts"), "count")
    assert (shown["职工总数"], shown["会员总数"]) == (counts["职工总数"], counts["会员总数"])
    assert shown["入会率（%）"] == column(table(found, "rates"), "percent")["职工入会率"]


def test_who_is_missing_is_named_with_what_came(collection: Collection) -> None:
    with Snapshot(collection.store) as register:
        shown = table(figures.figures(register, FORM, TODAY), "missing")
    how = dict(zip(shown.column("code"), shown.column("how"), strict=True))
    assert shown.title == "还没有报的单位（2026，2 个）"
    assert how == {listed(4).code: "只有退回的", listed(MISSING).code: "没有收到"}


def test_a_union_that_others_report_to_need_not_report(found: list[Figure], root: Path) -> None:
    """The town's union stands on the roster to say where it belongs."""
    shown = table(found, "progress")
    assert (shown.column("expected")[-1], shown.column("reported")[-1]) == (12, 12)
    assert not table(found, "missing").rows


def test_common_faults_are_those_of_the_register(collection: Collection) -> None:
    with Snapshot(collection.store) as register:
        shown = table(figures.figures(register, FORM, TODAY), "faults")
        rows = register.query(
            "SELECT f.code, count(*), sum(f.count) FROM findings f JOIN submissions s"
            " ON s.id = f.submission WHERE s.period = '2026' AND f.level IN ('error', 'warning')"
            " GROUP BY f.code"
        )
    assert {str(r[0])[:4]: r[2:] for r in shown.rows} == {c: (f, int(p)) for c, f, p in rows}
    files = shown.column("files")
    assert files == sorted(files, reverse=True)
    assert all(len(str(row[0])) > 5 for row in shown.rows)  # a code and its title


def test_days_add_up_to_the_units_that_count(collection: Collection) -> None:
    with Snapshot(collection.store) as register:
        found = figures.figures(register, FORM, TODAY)
    days = table(found, "daily")
    assert sum(map(int, days.column("new"))) == days.column("all")[-1]
    assert days.column("all")[-1] == column(table(found, "overview"), "value")["已报"]


def test_the_trend_has_a_row_a_period(root: Path, found: list[Figure]) -> None:
    shown = table(found, "trend")
    assert shown.column("period") == ["2025", "2026"]
    for key in ("staff", "members"):
        assert shown.column(key) == [count(root, period, key) for period in ("2025", "2026")]
    assert shown.column("units") == [6, 12]


def count(root: Path, period: str, field: str) -> object:
    with Snapshot(root) as register:
        (one,) = register.query(f"SELECT sum({field}::INT) FROM answers WHERE period = ?", [period])
    return one[0]


def test_every_figure_and_every_column_has_a_key_of_its_own(found: list[Figure]) -> None:
    keys = [figure.key for figure in found]
    assert len(set(keys)) == len(keys)
    for figure in found:
        columns = [column.key for column in figure.table.columns]
        assert len(set(columns)) == len(columns)
        assert all((key.isascii() and key.isidentifier()) or key.isdecimal() for key in columns)
        assert set(figure.series) <= set(columns[1:])
        assert all(len(row) == len(columns) for row in figure.table.rows)
