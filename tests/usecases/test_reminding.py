"""`remind` lists exactly the units that do not count yet, with whom to call and why."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from converter import cli
from tests.roster.test_reading import filled
from tests.usecases.receive.collection import (
    SUPERIOR,
    Inbox,
    faulty,
    name_of,
    packed,
    records,
)

pytestmark = pytest.mark.usefixtures("near_workers")


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


def unit(number: int, union: str, contact: str) -> list[str]:
    return [f"130102-{number:04d}", name_of(number), union, "", contact]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """乙 stands before 甲 in the roster; one unit reported, one was refused, two sent nothing."""
    listed = [
        ["13", SUPERIOR, "示例市总工会", "", ""],
        unit(3, "乙镇总工会", "李示例 0311-85550003"),
        ["B", "乙镇总工会", SUPERIOR, "", ""],
        ["A", "甲镇总工会", SUPERIOR, "", ""],
        unit(9, "甲镇总工会", "0311-85550009"),
        unit(4, SUPERIOR, "王示例（办公室）"),
        unit(1, SUPERIOR, "赵示例"),
    ]
    roster = filled(tmp_path, listed)
    box = Inbox(tmp_path / "收件")
    box.put("1.zip", packed(records(1)))
    box.put("4.xlsx", faulty(4))
    assert run("receive", box.folder, "--store", tmp_path / "S", "--roster", roster) == 1
    return tmp_path / "S"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_who_is_missing_stands_in_the_order_of_the_roster(store: Path, tmp_path: Path) -> None:
    assert run("remind", "--store", store, "-o", tmp_path / "催报.csv") == 0
    found = rows(tmp_path / "催报.csv")
    assert [(r["单位"], r["联系人"], r["电话"], r["情况"]) for r in found] == [
        (name_of(4), "王示例（办公室）", "", "只有退回的"),
        (name_of(3), "李示例", "0311-85550003", "没有收到"),
        (name_of(9), "", "0311-85550009", "没有收到"),
    ]
    assert [(r["原因"], r["文件"]) for r in found][:2] == [("不是电话号码", "4.xlsx"), ("", "")]
    assert [r["等了几天"] for r in found] == ["0", "0", "0"]


def test_days_since_the_last_file_and_since_the_day_it_was_due(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVERTER_TODAY", "2099-01-10")
    run("remind", "--store", store, "-o", tmp_path / "催报.csv", "--due", "2099-01-03")
    found = rows(tmp_path / "催报.csv")
    assert {r["过期几天"] for r in found} == {"7"}
    assert all(int(r["等了几天"]) > 20_000 for r in found)


def test_the_workbook_can_be_filtered_and_is_the_officers_alone(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("remind", "--store", store, "-o", tmp_path / "催报") == 0
    path = tmp_path / "催报.xlsx"
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert sheet.auto_filter.ref == "A3:J6"
    assert path.stat().st_mode & 0o077 == 0
    assert "要催的单位 3 个" in capsys.readouterr().err


def test_another_kind_of_file_is_refused(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("remind", "--store", store, "-o", "催报.docx") == 2
    assert ".xlsx" in capsys.readouterr().err


def test_what_the_officer_refused_is_listed_with_her_reason(store: Path, tmp_path: Path) -> None:
    words = ("--why", "去年的表", "--officer", "王示例")
    assert run("decide", "--store", store, "reject", "1.zip", *words) == 0
    assert run("remind", "--store", store, "-o", tmp_path / "催报.csv") == 0
    (row,) = [row for row in rows(tmp_path / "催报.csv") if row["单位"] == name_of(1)]
    assert (row["情况"], row["原因"]) == ("只有退回的", "去年的表")
