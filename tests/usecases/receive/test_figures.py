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
from converter.statistics.cards import StatisticsTable
from converter.statistics.figure import Figure
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
        box.put(f"{n}.zip", packed(records(n, **changed)))
        if n < 26:
            box.put(
                f"去年{n}.zip", packed(records(n, **changed | {"staff": str(9 * n)}), period="2025")
            )
    box.put("改.zip", packed(records(20, superior_union="示例县总工会", staff="1000")))
    units = [RosterEntry("130102-9000", "示例乡工会", "", "示例县总工会")]
    units += [
        RosterEntry(
            f"x{n}", f"示例第{n}公司工会委员会", "", "示例县总工会" if n % 3 else "示例乡工会"
        )
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


def table(found: list[Figure], title: str) -> StatisticsTable:
    (one,) = [f.table for f in found if f.table.title.startswith(title)]
    return one


def column(of: StatisticsTable, heading: str) -> dict[str, object]:
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


# --- how far it has come -----------------------------------------------------------------------


def test_the_overview_repeats_what_the_tables_say(found: list[Figure]) -> None:
    shown = column(table(found, "总览"), "数值")
    progress = table(found, "收集进度")
    for heading in ("应报", "已报", "未报", "完成率（%）"):
        assert shown[heading] == progress.rows[-1][progress.header.index(heading)]
    counts = column(table(found, "职工与会员人数"), "人数")
    assert (shown["职工总数"], shown["会员总数"]) == (counts["职工总数"], counts["会员总数"])
    assert shown["入会率（%）"] == column(table(found, "比率"), "百分比（%）")["职工入会率"]


def test_who_is_missing_is_named_with_what_came(collection: Collection) -> None:
    with Snapshot(collection.store) as register:
        shown = table(figures.figures(register, FORM, TODAY), "还没有报的单位（2026，2 个）")
    told = {row[shown.header.index("单位代码")]: row[-1] for row in shown.rows}
    assert told == {listed(4).code: "只有退回的", listed(MISSING).code: "没有收到"}


def test_a_union_that_others_report_to_need_not_report(found: list[Figure], root: Path) -> None:
    """The town's union stands on the roster to say where it belongs."""
    assert table(found, "收集进度").rows[-1][1:3] == (12, 12)
    assert not table(found, "还没有报的单位").rows


def test_common_faults_are_those_of_the_register(collection: Collection) -> None:
    with Snapshot(collection.store) as register:
        shown = table(figures.figures(register, FORM, TODAY), "最常见的问题")
        rows = register.query(
            "SELECT f.code, count(*), sum(f.count) FROM findings f JOIN submissions s"
            " ON s.id = f.submission WHERE s.period = '2026' AND f.level IN ('error', 'warning')"
            " GROUP BY f.code"
        )
    assert {str(r[0])[:4]: r[2:] for r in shown.rows} == {c: (f, int(p)) for c, f, p in rows}
    files = [row[2] for row in shown.rows]
    assert files == sorted(files, reverse=True)
    assert all(len(str(row[0])) > 5 for row in shown.rows)  # a code and its title


def test_days_add_up_to_the_units_that_count(collection: Collection) -> None:
    with Snapshot(collection.store) as register:
        found = figures.figures(register, FORM, TODAY)
    days = table(found, "每天新报的单位")
    assert sum(int(row[1]) for row in days.rows) == days.rows[-1][2]
    assert days.rows[-1][2] == column(table(found, "总览"), "数值")["已报"]


def test_the_trend_has_a_line_a_period(found: list[Figure]) -> None:
    shown = table(found, "历期对比")
    change = {row[0]: row[1:3] for row in table(found, "与上期相比").rows}
    assert [row[0] for row in shown.rows] == ["2025", "2026"]
    for heading in ("单位数", "职工总数", "会员总数"):
        at = shown.header.index(heading)
        assert tuple(row[at] for row in shown.rows) == change[heading]
