"""What docs/scale.md says of several registers is done as it says; the page is of its figures."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import duckdb
import pytest

from benchmarks import scale_page
from benchmarks.scale_inputs import MEMBERS, id_number, press
from converter.register import ClaimedSender, Register
from converter.register.writer import rows_file
from tests.canonical import FORM
from tests.people import id_number as expected
from tests.register.test_register import arrival
from tests.sheets import outcome

DOCS = Path(__file__).parent.parent / "docs"
ONCE, TWICE = expected("130102", "1980-01-01", 1), expected("130102", "1981-01-01", 2)


def province(folder: Path, unit: str, numbers: list[str]) -> None:
    with Register(folder, FORM) as register:
        spool = register.spool / "batch"
        spool.mkdir()
        lines = [f'"0","{n}","{n}","示例","{i}","","",""' for n, i in enumerate(numbers, 1)]
        data = "\r\n".join([*lines, ""]).encode()
        (spool / rows_file("member")).write_bytes(gzip.compress(data))
        claim = ClaimedSender("", unit, "", "示例总工会")
        with register.record([arrival("a", claim=claim, spool=str(spool))], "t"):
            pass
        register.publish("2026", 1_772_000_000)


def test_publications_of_provinces_are_asked_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    province(tmp_path / "registers" / "甲省", "甲单位", [ONCE, TWICE])
    province(tmp_path / "registers" / "乙省", "乙单位", [TWICE])
    (sql,) = re.findall("```sql\n(.*?)```", (DOCS / "scale.md").read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    found = duckdb.sql(sql)
    assert found is not None
    ((number, units),) = found.fetchall()
    assert number == TWICE
    assert {Path(register).name for register, _ in units} == {"甲省", "乙省"}


def test_the_page_is_of_its_figures() -> None:
    kept = json.loads((DOCS / "scale.json").read_text("utf-8"))
    assert (DOCS / "scale.md").read_text("utf-8") == scale_page.page(kept)


def test_the_workbooks_that_are_measured_are_sound(tmp_path: Path) -> None:
    """Else refusing would be measured, not receiving."""
    workbook = press()
    for unit, status in ((0, "ok"), (7, "ok"), (99, "errors")):
        path = tmp_path / f"{unit}.xlsx"
        path.write_bytes(workbook(unit))
        found = outcome(path)
        assert (found.status, found.members) == (status, MEMBERS)


@pytest.mark.parametrize("number", [0, 997, 998, 12_345_678])
def test_invented_people_have_right_numbers(number: int) -> None:
    reported = id_number(number)
    born = f"{reported[6:10]}-{reported[10:12]}-{reported[12:14]}"
    assert reported == expected(reported[:6], born, int(reported[14:17]))
