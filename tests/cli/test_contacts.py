"""Whom a unit asks: given once, in every form's guide from then on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter import cli, identity
from tests.roster.test_own_rosters import COUNTY, MILL, SCHOOL, TOWN, Rows, book

pytestmark = pytest.mark.usefixtures("near_workers")

OWN, TOWNS = "王示例 0311-85550990", "赵示例 0311-85550992"
LABELS = ["联系人：", "联系电话："]


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


def guide(path: Path) -> list[Any]:
    """The lines under the last heading of the guide."""
    rows = list(openpyxl.load_workbook(path)["填写说明"].iter_rows(values_only=True))
    (start,) = [n for n, row in enumerate(rows) if row[1] == "有问题请联系上级工会"]
    assert not any("converter " in str(cell) for row in rows for cell in row)
    return [row[2] for row in rows[start:] if row[2]]


def made(path: Path, *options: object) -> list[Any]:
    assert run("template", *options, "-o", path) == 0
    return guide(path)


def test_a_line_given_once_is_in_every_form_until_it_is_taken_back(tmp_path: Path) -> None:
    assert made(tmp_path / "1.xlsx") == LABELS
    assert made(tmp_path / "2.xlsx", "--contact", f" {OWN} ") == [OWN]
    assert made(tmp_path / "3.xlsx") == [OWN]
    assert made(tmp_path / "4.xlsx", "--contact", "") == LABELS
    assert made(tmp_path / "5.xlsx") == LABELS
    assert made(tmp_path / "6.xlsx", "--from", tmp_path / "2.xlsx") == [OWN]


def test_identity_files_bring_what_roster_and_officer_say(tmp_path: Path) -> None:
    rows: Rows = [
        ["单位代码", "单位名称", "上级工会", "上级工会联系人和电话"],
        ["A1", MILL, COUNTY, None],
        ["A2", SCHOOL, TOWN, TOWNS],
    ]
    roster, keys, issued = book(tmp_path, {"s": rows}), tmp_path / "密钥", tmp_path / "标识"
    assert run("identity", "init", "--keys", keys) == 0
    options = ("--keys", keys, "-o", issued, "--contact", OWN)
    assert run("identity", "issue", roster, *options) == 0
    files = sorted(issued.glob("*.xml"))
    assert [identity.parse(f.read_bytes()).identity.superior_contact for f in files] == [OWN, TOWNS]
    assert (
        run("template", "--identities", issued, "-o", tmp_path / "表", "--contact", "别人 1") == 0
    )
    assert [guide(path) for path in sorted((tmp_path / "表").glob("*.xlsx"))] == [[OWN], [TOWNS]]
    assert made(tmp_path / "own.xlsx", "--identity", files[1]) == [TOWNS]
    assert made(tmp_path / "again.xlsx", "--from", tmp_path / "own.xlsx", "--contact", "") == [
        TOWNS
    ]


@pytest.mark.parametrize("text", ["示" * 101, "王示例\n0311-85550990", "王示例\x07"])
def test_what_is_no_line_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("template", "--contact", text, "-o", tmp_path / "a.xlsx") == 2
    assert "100 个字" in capsys.readouterr().err
    assert not (tmp_path / "a.xlsx").exists()


def test_a_blank_roster_names_no_contact(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("template", "--roster", "--contact", OWN, "-o", tmp_path / "名册.xlsx") == 2
    assert "--contact" in capsys.readouterr().err
