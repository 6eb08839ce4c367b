"""`export` writes what the register counts: every answer, every member, as people or programs read
them, for the officer alone."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import duckdb
import openpyxl
import pytest

from converter import cli
from converter.register import Snapshot
from converter.report import large_workbook
from converter.report.large_workbook import LongTable
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, packed, people, records, workbook

pytestmark = pytest.mark.usefixtures("near_workers")

SENDER = 5  # columns before the form's fields


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    box = Inbox(folder / "收件")
    box.put("1.xlsx", workbook(1))
    box.put("2.zip", packed(records(2, address="示例路‘2’号<&>")))
    box.put("3.xlsx", workbook(3, people(3, 6)))
    box.put("3改.xlsx", workbook(3, people(3, 5)))
    assert run("receive", box.folder, "--store", folder / "S") == 0
    return folder / "S"


def sheets(path: Path) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_a_workbook_holds_what_counts_with_labels_and_masked_numbers(
    store: Path, tmp_path: Path
) -> None:
    path = tmp_path / "全部.xlsx"
    assert run("export", "--store", store, "-o", path) == 0
    found = sheets(path)
    units, members = found["单位"], found["会员"]
    assert units[0][SENDER:] == tuple(field.title for field in FORM.record)
    assert [row[2][2:4] for row in units[1:]] == ["第1", "第2", "第3"]  # type: ignore[index]
    named = dict(zip(units[0], units[1], strict=True))
    assert (named["单位类别"], named["职工总数"], named["驻地邮政编码"]) == (
        "私营企业",
        5,
        "050000",
    )
    assert len(members) == 1 + 4 + 4 + 5
    column = members[0].index("身份证号")
    assert {str(row[column])[6:14] for row in members[1:]} == {"********"}
    assert path.stat().st_mode & 0o077 == 0


def test_any_text_stays_what_it_is(tmp_path: Path) -> None:
    texts = ["=1+1", "054000", " 两头 ", "<&>\"'", "第一行\n第二行", "\x01", "", "𠮷"]
    rows: list[Sequence[str | int]] = [texts, [*texts[1:], 7]]
    table = LongTable("表", texts, 2, rows)
    large_workbook.write(tmp_path / "t.xlsx", [table], when=0)
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    header, first, second = book["表"].iter_rows()
    kept = [text.replace("\x01", "\ufffd") or None for text in texts]
    assert [cell.value for cell in header] == [cell.value for cell in first] == kept
    assert "f" not in {cell.data_type for cell in first}
    assert (second[-1].value, second[-1].data_type) == (7, "n")


def test_csv_and_parquet_say_the_same_as_the_register(store: Path, tmp_path: Path) -> None:
    assert run("export", "--store", store, "-o", tmp_path / "全部.csv", "--show-ids") == 0
    with (tmp_path / "全部-会员.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    expected = [n for unit, count in ((1, 4), (2, 4), (3, 5)) for _, n, _ in people(unit, count)]
    assert [row["身份证号"] for row in listed] == expected
    assert (
        run("export", "--store", store, "-o", tmp_path / "全.parquet", "--show-ids", "--codes") == 0
    )
    with Snapshot(store) as register, duckdb.connect() as connection:
        for table, source in (("unit", "answers"), ("member", "members")):
            sheet = FORM.record if table == "unit" else FORM.main_table
            keys = [f.key for f in sheet if f.key not in ("unit_code", "superior")]
            columns = ", ".join(f"coalesce(CAST({key} AS VARCHAR), '')" for key in keys)
            path = tmp_path / f"全-{table}.parquet"
            written = connection.execute(
                f"SELECT {columns} FROM read_parquet(?) ORDER BY ALL", [str(path)]
            ).fetchall()
            assert written == register.query(f"SELECT {columns} FROM {source} ORDER BY ALL")
            assert written
            assert path.stat().st_mode & 0o077 == 0


def test_a_table_that_is_too_long_goes_on_in_further_sheets(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_workbook, "ROWS_A_SHEET", 5)
    run("export", "--store", store, "-o", tmp_path / "全部.xlsx")
    found = sheets(tmp_path / "全部.xlsx")
    assert list(found) == ["单位", "会员", "会员 2", "会员 3"]
    assert [len(rows) - 1 for rows in found.values()] == [3, 5, 5, 3]
    assert len({rows[0] for title, rows in found.items() if title != "单位"}) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("-o", "全部.pdf"), ".parquet"), (("-o", "a.xlsx", "--period", "1999"), "1999")],
)
def test_what_cannot_be_exported_is_refused(
    arguments: tuple[str, ...], words: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", "--store", store, *arguments) == 2
    assert words in capsys.readouterr().err


def test_the_log_says_that_full_numbers_left(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("export", "--store", store, "-o", tmp_path / "给统计科.xlsx", "--show-ids")
    capsys.readouterr()
    run("show", "--store", store, "--log")
    output = [line for line in capsys.readouterr().out.splitlines() if "给统计科.xlsx" in line]
    assert len(output) == 1
    assert "证件号完整" in output[0]
