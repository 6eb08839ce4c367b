"""Other tools read packages as the docs say, and refuse what was broken by hand."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import frictionless
import pandas as pd
import pytest

from tests.canonical import PEOPLE
from tests.package.members import (
    Members,
    built,
    refitted,
    swap,
    zipped,
)


def test_frictionless_accepts_the_zip(tmp_path: Path) -> None:
    report = frictionless.validate(str(zipped(built(), tmp_path)))
    assert report.valid, report.flatten(["type", "note"])
    assert [task.name for task in report.tasks] == ["unit", "members"]


@pytest.mark.parametrize(
    ("change", "refit", "error"),
    [
        (swap("unit.csv", ",C,34,", ",Z,34,"), True, "constraint-error"),
        (swap("unit.csv", ",15,5,6,", ",,5,6,"), True, "constraint-error"),
        (swap("unit.csv", ",15,5,6,", ",-1,5,6,"), True, "constraint-error"),
        (swap("unit.csv", ",15,5,6,", ",many,5,6,"), True, "type-error"),
        (swap("unit.csv", "2005-06-01", "2005.6.1"), True, "type-error"),
        (swap("members.csv", PEOPLE[1][1], PEOPLE[0][1]), True, "primary-key"),
        (swap("members.csv", PEOPLE[0][1], PEOPLE[0][1][:17]), True, "constraint-error"),
        (swap("members.csv", "赵示例", ""), True, "constraint-error"),
        (swap("members.csv", "赵示例", "赵示列"), False, "hash-count"),
        (swap("members.csv", "赵示例", "赵"), False, "byte-count"),
    ],
)
def test_frictionless_refuses_what_was_broken_by_hand(
    change: Callable[[Members], Members], refit: bool, error: str, tmp_path: Path
) -> None:
    members = change(built())
    report = frictionless.validate(str(zipped(refitted(members) if refit else members, tmp_path)))
    assert error in {found for (found,) in report.flatten(["type"])}


def test_frictionless_on_the_command_line(tmp_path: Path) -> None:
    good = zipped(built(), tmp_path, "good.zip")
    bad = zipped(swap("members.csv", "赵示例", "赵示列")(built()), tmp_path, "bad.zip")
    codes_ = [
        subprocess.run(
            [sys.executable, "-m", "frictionless", "validate", path.name],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        ).returncode
        for path in (good, bad)
    ]
    assert codes_ == [0, 1]


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    with zipfile.ZipFile(zipped(built(), tmp_path)) as zipped_:
        zipped_.extractall(tmp_path / "上报")
    return tmp_path / "上报"


def test_pandas_reads_the_tables_as_documented(unpacked: Path) -> None:
    unit = pd.read_csv(unpacked / "unit.csv", dtype=str, keep_default_na=False)
    members = pd.read_csv(unpacked / "members.csv", dtype=str, keep_default_na=False)
    assert unit.loc[0, "postcode"] == "050000"
    assert [tuple(row) for row in members.itertuples(index=False)] == PEOPLE


def test_duckdb_reads_the_tables_as_documented(unpacked: Path) -> None:
    options = """all_varchar = true, header = true, delim = ',', quote = '"', escape = '"'"""
    found = duckdb.execute(
        f"select postcode from read_csv('{unpacked}/unit.csv', {options})"
    ).fetchall()
    assert found == [("050000",)]
    rows = duckdb.execute(f"select * from read_csv('{unpacked}/members.csv', {options})").fetchall()
    assert [tuple(text or "" for text in row) for row in rows] == PEOPLE
