"""Registers read together as Parquet files: see docs/scale.md. A million members in each."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.scale_measuring import in_a_process, measured, peak_mib, size

MEMBERS = 1_000_000  # of each register
TWICE = 100  # one member of so many is in the register before as well
PAGE = Path(__file__).with_name("scale_page.md")

# Numbers that no two members share but those; the check character of no account.
_MEMBERS = """
SELECT '2026' AS period, 1 + number % {members} // 100 AS unit, unit AS submission,
    1 + number % 100 AS record, 6 + record AS source_row, printf('name%d', number % 5000) AS name,
    strftime(DATE '1960-01-01' + (n // 998 % 10500)::INTEGER, '%Y%m%d') AS day,
    printf('%06d%s%03d%d', 130102 + n // 10479000, day, 1 + n % 998, n % 10) AS id_number,
    '2010-05-01' AS joined_on, CASE n % 2 WHEN 0 THEN '2' ELSE '1' END AS sex,
    printf('%s-%s-%s', day[:4], day[5:6], day[7:]) AS birthday
FROM (SELECT range AS number, CASE WHEN range % {twice} = 0 AND range >= {members}
    THEN range - {members} + 1 ELSE range END AS n FROM range({first}, {first} + {members}))
"""
_COUNTED = """
SELECT regexp_extract(filename, '^(.*)/published/', 1) AS register, sex, birthday[:4] AS year,
    count(*) FROM read_parquet('registers/*/published/*/members.parquet', filename = true)
WHERE period = '2026' GROUP BY ALL
"""


def partitions(registers: int) -> dict[str, Any]:
    """So many registers: ID numbers in two units of all of them, by the query of docs/scale.md, and
    members counted by register, sex and year of birth."""
    with tempfile.TemporaryDirectory(prefix="converter-scale-") as name:
        root = Path(name)
        in_a_process(_written, root, registers)
        (twice,) = re.findall("```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        return {
            "members": registers * MEMBERS,
            "megabytes": round(size(root) / 1e6),
            "duplicates": in_a_process(_asked, root, twice),
            "counted": in_a_process(_asked, root, _COUNTED),
        }


def _written(root: Path, registers: int) -> None:
    from converter.register import schema

    with schema.connect(None) as connection:
        for number in range(registers):
            folder = root / "registers" / f"{number:03d}" / "published" / "1"
            folder.mkdir(parents=True)
            sql = _MEMBERS.format(members=MEMBERS, twice=TWICE, first=number * MEMBERS)
            connection.execute(
                f"COPY ({sql}) TO '{folder}/members.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )


def _asked(root: Path, sql: str) -> dict[str, Any]:
    """The memory that a register gives its queries; what goes beyond is on the disk."""
    from converter.register import schema

    with measured() as cost, schema.connect(None) as connection:
        connection.execute(f"SET temp_directory = '{root}'")
        connection.execute(f"SET file_search_path = '{root}'")
        found = connection.execute(sql)
        rows = 0
        while some := found.fetchmany(schema.ROWS_AT_ONCE):
            rows += len(some)
    return {**cost, "rows": rows, "peak_mib": peak_mib()}
