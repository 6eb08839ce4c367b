"""An officer's own roster from the command line: codes once, her file as it was."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from converter import cli
from converter.forms import loading
from converter.identity import ledger
from converter.register import Snapshot
from converter.roster import definition, reading
from converter.roster.codes import made
from tests.roster.test_own_rosters import COUNTY, MILL, SCHOOL, SHOP, TOWN, Rows, book

pytestmark = pytest.mark.usefixtures("near_workers")

HERS: Rows = [
    [f"{COUNTY}基层工会名册"],
    ["序号", "单位名称", "上级工会", "联系人", "电话"],
    [1, MILL, COUNTY, "王示例", "0311-85550990"],
    [2, SCHOOL, COUNTY, None, None],
    [3, SHOP, TOWN, None, None],
    ["合计", 3],
]


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


def in_register(store: Path) -> dict[str, str]:
    with Snapshot(store) as register:
        return dict(register.query("SELECT name, code FROM roster"))


def test_codes_are_made_once_and_hers_stays_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster, keys, store = book(tmp_path, {"s": HERS}), tmp_path / "密钥", tmp_path / "库"
    before = roster.read_bytes()
    (tmp_path / "收件").mkdir()
    assert run("identity", "init", "--keys", keys) == 0
    assert run("identity", "issue", roster, "--keys", keys, "-o", tmp_path / "标识") == 0
    coded = tmp_path / "名册-编码.xlsx"
    assert str(coded) in capsys.readouterr().err
    issued = {one.unit_name: code for code, one in (ledger.by_unit(keys) or {}).items()}
    for given in (roster, coded):
        assert run("receive", tmp_path / "收件", "--store", store, "--roster", given) == 0
        assert in_register(store) == issued
    assert roster.read_bytes() == before
    assert sorted(tmp_path.glob("*.xlsx")) == [coded, roster]
    folder = loading.form_dir()
    read = reading.read(coded, definition(loading.load(folder), folder))
    assert {unit.name: unit.code for unit in read.units} == issued
    assert read.units[0].contact == "王示例 0311-85550990"


def test_what_stands_where_the_codes_go_is_not_replaced(tmp_path: Path) -> None:
    roster, store = book(tmp_path, {"s": HERS}), tmp_path / "库"
    (tmp_path / "收件").mkdir()
    (tmp_path / "名册-编码.xlsx").write_bytes(b"hers")
    assert run("receive", tmp_path / "收件", "--store", store, "--roster", roster) == 0
    assert (tmp_path / "名册-编码.xlsx").read_bytes() == b"hers"
    assert openpyxl.load_workbook(tmp_path / "名册-编码-2.xlsx").active["B4"].value == MILL


def test_the_register_keeps_the_code_of_a_unit_that_moved(tmp_path: Path) -> None:
    store = tmp_path / "库"
    (tmp_path / "收件").mkdir()
    for rows in (HERS, [*HERS[:4], [3, SHOP, COUNTY, None, None]]):
        roster = book(tmp_path, {"s": rows})
        assert run("receive", tmp_path / "收件", "--store", store, "--roster", roster) == 0
    with Snapshot(store) as register:
        rows = register.query("SELECT code, superior FROM roster WHERE name = ?", [SHOP])
    assert rows == [(made(TOWN, SHOP), COUNTY)]


def test_a_unit_without_a_name_is_named_with_its_cell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster = book(tmp_path, {"s": [*HERS[:4], [3, None, TOWN]]})
    (tmp_path / "收件").mkdir()
    assert run("receive", tmp_path / "收件", "--store", tmp_path / "库", "--roster", roster) == 2
    assert "s!B5 单位工会名称" in capsys.readouterr().out
    assert not (tmp_path / "名册-编码.xlsx").exists()
