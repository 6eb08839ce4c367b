"""The annual report: its numbers are those of the answers counted by hand; it prints as such tables do."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter import cli
from converter.forms import loading
from converter.identity import subordinates
from converter.model.errors import FormError
from converter.register import RosterEntry, Snapshot
from converter.report import annual_workbook
from converter.statistics import annual, annual_cards, collection
from converter.statistics.annual import AnnualCell, AnnualReport, AnnualTable
from converter.upward.writing import ForwardPlan
from converter.usecases.forwarding import forward
from converter.usecases.receive import Plan, receive
from converter.workers.pool import Worker
from tests.identity.chain import COUNTY, UnionDesk
from tests.sheets import FORM
from tests.usecases.receive.collection import CREATED, Inbox, name_of, packed, people, records

pytestmark = pytest.mark.usefixtures("near_workers")

FOLDER = loading.form_dir().resolve()
TODAY = date(2026, 3, 7)
NOW = CREATED + 10 * 86_400
CATEGORIES = ("110", "170", "130")
ELECTIONS = {1: "2021-12-31", 2: "2022-01-01", 3: "", 4: "2020-06-01", 5: "2023-12-31"}


def answers(n: int, period: str) -> dict[str, str]:
    """A unit's answers; one category and the staff change between the periods."""
    later = period == "2026"
    return {
        "unit_category": CATEGORIES[(n + (later and n == 2)) % 3],
        "industry": "CG"[n % 2],
        "industry_division": "",
        "staff": str(100 * n + 10 * later),
        "legal_person": "1" if n % 2 else "0",
        **({} if n % 2 else {"legal_person_on": "", "legal_person_certificate": ""}),
        "chair_sex": str(1 + n % 2),
        "chair_political_status": "01" if n < 3 else "13",
        "chair_origin": str(1 + n % 3),
        "honour_level": str(1 + n % 3),
        "last_election_on": ELECTIONS[n],
        "founded_on": "2010-05-01",
    }


UNITS = {"2025": (1, 2, 3, 4), "2026": (1, 2, 3, 5)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("annual")
    for period, units in UNITS.items():
        box = Inbox(folder / period)
        for n in units:
            of = records(n, people(n, 2 + n), **answers(n, period))
            box.put(f"{n}.zip", packed(of, period=period))
        line = ["receive", box.folder, "--store", folder / "S", "--period", period]
        assert cli.run(list(map(str, line))) == 0
    return folder / "S"


@pytest.fixture
def found(store: Path) -> AnnualReport:
    with Snapshot(store) as register:
        made = annual.report(register, FORM, "示例县总工会", "2026", date(2026, 3, 7))
    assert made is not None
    return made


def table(report: AnnualReport, title: str) -> AnnualTable:
    return next(one for one in report.tables if title in one.title)


def rows(of: AnnualTable) -> Mapping[str, Any]:
    return {label.strip("\u3000"): cells for label, cells in of.rows}


def summed(field: str, period: str, units: tuple[int, ...]) -> int:
    return sum(int(answers(n, period)[field]) for n in units)


def test_each_number_is_compared_like_for_like(found: AnnualReport) -> None:
    """Unit 4 is gone, unit 5 is new: neither is in what is compared."""
    both = (1, 2, 3)
    own = rows(table(found, "基本情况"))
    assert own["基层工会数"] == [AnnualCell(4, 3, 3)]
    staff = (summed("staff", "2026", UNITS["2026"]), summed("staff", "2025", both))
    assert own["职工总数"] == [AnnualCell(*staff, summed("staff", "2026", both))]
    assert (found.before, found.both, found.reported) == ("2025", 3, 4)


def test_every_code_has_its_row_and_the_first_row_adds_them_up(found: AnnualReport) -> None:
    for title, key in (("单位类别", "unit_category"), ("行业", "industry"), ("组织形式", "")):
        shown = table(found, title)
        assert shown.total
        _, totals = shown.rows[0]
        for at, cell in enumerate(totals):
            assert cell.now == sum(cells[at].now for _, cells in shown.rows[1:])
            if cell.both is not None:
                assert cell.both == sum(cells[at].both or 0 for _, cells in shown.rows[1:])
        if key:
            labels = [label for label, _ in shown.rows[1:]]
            assert labels[: len(FORM.codes[key].entries)] == [
                e.label for e in FORM.codes[key].entries
            ]


def test_a_unit_is_counted_each_period_where_it_stood_then(found: AnnualReport) -> None:
    """Unit 2 moved from one category to another."""
    shown = rows(table(found, "单位类别"))
    labels = {e.code: e.label for e in FORM.codes["unit_category"].entries}
    for code in CATEGORIES:
        now = [n for n in UNITS["2026"] if answers(n, "2026")["unit_category"] == code]
        before = [n for n in (1, 2, 3) if answers(n, "2025")["unit_category"] == code]
        both = [n for n in (1, 2, 3) if answers(n, "2026")["unit_category"] == code]
        assert shown[labels[code]][0] == AnnualCell(len(now), len(before), len(both))


def test_chairs_honours_legal_persons_and_elections(found: AnnualReport) -> None:
    now = UNITS["2026"]
    chairs = [cell.now for cell in rows(table(found, "主席"))["合计"]]
    women = sum(answers(n, "2026")["chair_sex"] == "2" for n in now)
    party = sum(answers(n, "2026")["chair_political_status"] == "01" for n in now)
    assert chairs[:3] == [4, women, party]
    honours = [cell.now for cell in rows(table(found, "荣誉"))["合计"]]
    assert honours == [
        4,
        *(sum(answers(n, "2026")["honour_level"] == c for n in now) for c in "123"),
    ]
    last = {label: cells[0].now for label, cells in rows(table(found, "换届")).items()}
    assert (last["已登记工会法人资格"], last["没有登记工会法人资格"]) == (3, 1)
    # To the day: five years from the last day of 2021 end with 2026, a day later they do not. Unit
    # 3 was never elected anew: it counts from its founding.
    assert last["到年底任期满五年，应换届"] == 2  # units 1 and 3
    assert last["当年到期应换届（满五年）"] == 1  # unit 1
    assert last["到年底任期满三年、不满五年"] == 2  # units 2 and 5


def test_a_first_period_is_compared_with_nothing(store: Path) -> None:
    with Snapshot(store) as register:
        made = annual.report(register, FORM, "", "2025", date(2026, 3, 7))
    assert made is not None
    assert made.before == ""
    (sheet, *_) = openpyxl.load_workbook(io.BytesIO(annual_workbook.workbook(made))).worksheets
    assert [cell.value for cell in sheet[3]][:3] == ["项目", "行次", "本期"]
    assert sheet.max_column == 3


def test_each_table_is_a_sheet_in_order_with_its_signatures(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "年报.xlsx"
    line = ["stats", "--store", store, "--annual", "-o", path]
    assert cli.run(list(map(str, line))) == 0
    card = annual_cards.read(FORM)
    assert card is not None
    sheets = openpyxl.load_workbook(path).worksheets
    assert [sheet["A1"].value for sheet in sheets] == [
        f"表{n}　{one.title}" for n, one in enumerate(card.tables, 1)
    ]
    for sheet in sheets:
        texts = [str(c.value) for row in sheet.iter_rows() for c in row if c.value is not None]
        assert all(any(f"{name}：" in text for text in texts) for name in card.signatures)
        assert sheet.page_setup.fitToWidth == 1
        assert sheet.print_title_rows
    again = tmp_path / "又.xlsx"
    assert cli.run(["stats", "--store", str(store), "--annual", "-o", str(again)]) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"by": "unit.staff"},
        {"measures": []},
        {"measures": [{"sum": "unit.unit_name"}]},
        {"measures": [{"label": "x", "where": [{"field": "unit.chair_sex", "is": ["9"]}]}]},
        {"measures": [{"label": "x", "where": [{"field": "unit.chair_sex"}]}]},
        {"measures": [{"label": "x", "where": [{"field": "member.sex", "is": ["1"]}]}]},
        {"measures": [{"label": "x", "where": [{"field": "unit.staff", "years": 3}]}]},
        {"measures": [{"lable": "x"}]},
    ],
)
def test_a_broken_card_is_refused(change: dict[str, object]) -> None:
    statistics = dict(FORM.prose["statistics"])
    first, *others = statistics["annual"]["table"]
    own = {**statistics["annual"], "table": [{**first, **change}, *others]}
    form = replace(FORM, prose={**FORM.prose, "statistics": {**statistics, "annual": own}})
    with pytest.raises(FormError):
        annual_cards.read(form)


def test_units_that_came_through_unions_below_are_compared_like_for_like(
    tmp_path: Path, worker: Worker
) -> None:
    """Their numbers differ from period to period; they are known by their codes."""
    county = UnionDesk.new(tmp_path, COUNTY)
    subordinates.keep_name(county.keys, COUNTY)
    form = loading.read(FOLDER)
    for period, units in UNITS.items():
        box, inbox = Inbox(tmp_path / period), tmp_path / f"city-{period}"
        for n in units:
            of = records(n, people(n), **answers(n, period))
            box.put(f"{n}.zip", packed(of, period=period))
        roster = [RosterEntry(f"130102-{n:04d}", name_of(n), "130102", COUNTY.name) for n in units]
        plan = Plan(FOLDER, form, None, None, None, 1, NOW)
        store = tmp_path / "county"
        receive(box.folder, store, plan, worker, roster=roster, period=period)
        inbox.mkdir()
        chosen = ForwardPlan(period, True, False, NOW)
        forward(store, FOLDER, county.keys, inbox / "县.zip", chosen, None)
        receive(inbox, tmp_path / "city", plan, worker, period=period)
    with Snapshot(tmp_path / "county") as own, Snapshot(tmp_path / "city") as above:
        made = [annual.report(one, FORM, "", "2026", date(2026, 3, 7)) for one in (own, above)]
        changes = [
            {f.key: f.table.rows for f in collection.figures(one, FORM, TODAY, units=True)}
            for one in (own, above)
        ]
    assert made[0] is not None
    assert made[1] is not None
    assert made[1].tables == made[0].tables
    assert made[1].both == 3
    for key in ("change", "unit_changes", "units"):
        assert changes[1][key] == changes[0][key], key
