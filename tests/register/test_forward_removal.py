"""Partitions of unions below are written anew without the members that were removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter.register import forward_removal
from converter.register.forward_removal import RemovedBelow
from converter.register.schema import connect, quoted

TABLES = {
    "units": "SELECT * FROM (VALUES (1, '', $1), (2, 'A2', '示例学校')) t(id, code, name)",
    "members": "SELECT * FROM (VALUES (1, 7, '甲'), (2, 8, '乙')) t(unit, submission, name)",
    "answers": "SELECT * FROM (VALUES (1, '85550990'), (2, '85550991')) t(unit, phone)",
    "submissions": "SELECT * FROM (VALUES (7, 1, ''), (8, 2, '')) t(id, unit, forgotten)",
}


@pytest.mark.parametrize("name", ["示例厂", "示例{0}厂", "示例{厂", "示例'厂", "示例%s厂"])
def test_whatever_a_unit_and_a_folder_are_called(name: str, tmp_path: Path) -> None:
    folder = tmp_path / f"收{name}"
    folder.mkdir()
    with connect(None) as connection:
        for table, sql in TABLES.items():
            rows = sql.replace("$1", f"'{quoted(name)}'")
            target = f"'{quoted(folder / table)}.parquet' (FORMAT parquet)"
            connection.execute(f"COPY ({rows}) TO {target}")
    removed = RemovedBelow("", name, superseded=False, forgotten="2026-11-28T00:00:00Z")
    forward_removal.purge(folder, [removed], ["phone"])

    def rows_of(table: str) -> list[tuple[object, ...]]:
        with connect(None) as connection:
            path = quoted(folder / table)
            return connection.execute(f"FROM read_parquet('{path}.parquet')").fetchall()

    assert rows_of("members") == [(2, 8, "乙")]
    assert rows_of("answers") == [(1, ""), (2, "85550991")]
    assert rows_of("submissions") == [(7, 1, "2026-11-28T00:00:00Z"), (8, 2, "")]
    assert len(list(folder.iterdir())) == len(TABLES)
