"""By any field, one against another, unit by unit: every table adds up to what the register counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from converter import cli, kinds
from converter.model.errors import UsageError
from converter.model.forms import Field
from converter.register import Snapshot
from converter.statistics import breakdowns, collection
from converter.statistics.figure import Figure
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, name_of, packed, people, records

pytestmark = pytest.mark.usefixtures("near_workers")

GROUPED = [f for s in (FORM.record, FORM.main_table) for f in s if not kinds.is_about_a_person(f)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four units in 2025, of which one is gone and one is new in 2026."""
    folder = tmp_path_factory.mktemp("breakdowns")
    for period, units in (("2025", (1, 2, 3, 4)), ("2026", (1, 2, 3, 5))):
        box = Inbox(folder / period)
        for n in units:
            more = {"full_time_cadres": str(n * 7), "chair_sex": str(1 + n % 2)}
            of = records(n, people(n, 2 + n + (period == "2026")), **more)
            box.put(f"{n}.zip", packed(of, period=period))
        arguments = ["receive", box.folder, "--store", folder / "S", "--period", period]
        assert cli.run(list(map(str, arguments))) == 0
    return folder / "S"


@pytest.fixture
def register(store: Path) -> Iterator[Snapshot]:
    with Snapshot(store) as found:
        yield found


def figures(register: Snapshot, **asked: object) -> dict[str, Figure]:
    found = collection.figures(register, FORM, date(2026, 3, 7), period="2026", **asked)  # type: ignore[arg-type]
    return {figure.key: figure for figure in found}


@pytest.fixture(scope="module")
def grouped(store: Path) -> dict[str, Figure]:
    """By every field, of which each second one is named by its title."""
    names = [f.title if n % 2 else f.path for n, f in enumerate(GROUPED)]
    with Snapshot(store) as register:
        return figures(register, by=names)


@pytest.mark.parametrize("field", GROUPED, ids=lambda f: f.path)
def test_every_field_groups_all_there_is(field: Field, grouped: dict[str, Figure]) -> None:
    assert breakdowns.find_field(FORM, field.title) is breakdowns.find_field(FORM, field.path)
    unit = field.sheet == FORM.record.key
    table = grouped[f"by_{field.key}" if unit else f"by_{FORM.main_table.key}_{field.key}"].table
    counted = table.column("units" if unit else "count")
    total = 4 if unit else sum(3 + n for n in (1, 2, 3, 5))
    assert [sum(map(int, counted[:-1])), counted[-1]] == [total, total]


def test_nothing_is_grouped_by_a_person() -> None:
    for sheet in (FORM.record, FORM.main_table):
        for field in sheet:
            if kinds.is_about_a_person(field):
                with pytest.raises(UsageError):
                    breakdowns.find_field(FORM, field.path)


def test_a_cross_table_adds_up_both_ways(register: Snapshot) -> None:
    found = figures(register, by=["主席性别", "full_time_cadres"], cross=True)
    table = found["cross_chair_sex_full_time_cadres"].table
    assert table.header == ("主席性别", "5—9", "10—19", "20—49", "合计")
    assert table.rows == (("男", 0, 1, 0, 1), ("女", 1, 0, 2, 3), ("合计", 1, 1, 2, 4))


def test_members_against_what_their_unit_says(register: Snapshot) -> None:
    found = figures(register, by=["member.sex", "chair_sex"], cross=True)
    rows = found["cross_sex_chair_sex"].table.rows
    assert rows[-1][-1] == sum(3 + n for n in (1, 2, 3, 5))
    assert all(sum(row[1:-1]) == row[-1] for row in rows)  # type: ignore[arg-type]


def test_further_numbers_are_summed(register: Snapshot) -> None:
    table = figures(register, by=["chair_sex"], counts=["专职工会工作人员数"])["by_chair_sex"].table
    assert table.column("full_time_cadres") == [14, 7 + 21 + 35, 77]


def test_every_unit_has_a_row_with_what_changed(register: Snapshot) -> None:
    found = figures(register, units=True)
    units = found["units"].table
    assert units.column("unit") == [name_of(n) for n in (1, 2, 3, 5)]
    changes = found["unit_changes"].table
    by_unit = dict(zip(changes.column("unit"), changes.rows, strict=True))
    assert [row[3] for row in by_unit.values()] == ["都报了"] * 3 + ["本期新报", "本期没有报"]
    position = changes.position("members_before")
    assert by_unit[name_of(2)][position : position + 3] == (4, 5, 1)
    assert by_unit[name_of(5)][position : position + 3] == ("", 8, "")
    assert by_unit[name_of(4)][position : position + 3] == (6, "", "")


def test_what_is_not_a_field_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError) as error:
        breakdowns.find_field(FORM, "颜色")
    assert "chair_sex" in str(error.value.params)
    with pytest.raises(UsageError):
        breakdowns.find_count(FORM, "chair_sex")
