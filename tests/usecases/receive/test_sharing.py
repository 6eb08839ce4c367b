"""Members whom several units have: all of them are found, and the units are told as groups."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from converter.model.issues import Issues
from converter.register import Register, cross_unit_checks
from converter.register.cross_unit_checks import Sharing
from converter.report import register_text as report
from tests.sheets import FORM

NUMBERS = 5_000  # that two units have in common
A_FINDING = 400  # bytes it may take at its peak; as objects they took a kilobyte and more


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inbox that came twice under two names, and a number that all have."""
    folder = tmp_path_factory.mktemp("register")
    with Register(folder, FORM) as register:
        run = register._connection.execute
        run(
            "INSERT INTO units SELECT n, '', ['甲', '乙', '丙', '丁'][n], '', '示例总工会', 0, '',"
            " 0, 0 FROM range(1, 5) t(n)"
        )
        run(
            "INSERT INTO submissions SELECT n, n, '2026', n || '.xlsx', n, n, 'accepted',"
            " 'current', 0, 't', '', 'arrival', '', '', '', '2026.1', 0, 4, 0, 0, false, false,"
            " false, 'U', 'M', 3, '', '2026', '2026', '', '', '', '' FROM range(1, 5) t(n)"
        )
        run(
            "INSERT INTO members (submission, record, source_row, id_number)"
            " SELECT s, n + 1, n + 5, CASE WHEN n = 0 THEN 'everywhere' WHEN s < 3 THEN 'n' || n"
            f" ELSE s || 'own' || n END FROM range(1, 5) a(s), range({NUMBERS} + 1) b(n)"
        )
    return folder


@pytest.fixture(scope="module")
def found(store: Path) -> Issues:
    with Register(store, FORM) as register:
        return cross_unit_checks.findings(register, FORM, "2026")


def test_every_number_is_a_finding_that_takes_little_memory(store: Path) -> None:
    with Register(store, FORM) as register:
        tracemalloc.start()
        found = cross_unit_checks.findings(register, FORM, "2026")
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert cross_unit_checks.count(found) == {"C101": NUMBERS + 1}
    assert {issue.value for issue in found} == {
        "everywhere", *(f"n{n}" for n in range(1, NUMBERS + 1)),
    }  # fmt: skip
    assert taken < A_FINDING * NUMBERS


def test_units_are_told_by_how_much_they_share(store: Path) -> None:
    with Register(store, FORM) as register:
        reported = cross_unit_checks.sharing(register, FORM, "2026")
    assert reported == [Sharing(("甲", "乙"), NUMBERS), Sharing(("甲", "乙", "丙", "丁"), 1)]


def test_the_terminal_names_groups_where_numbers_are_left_out(found: Issues) -> None:
    groups = [(("甲", "乙"), NUMBERS), (("甲", "乙", "丙", "丁"), 1)]
    text = report.findings_text(found, FORM, sharing=groups)
    assert f"另有 {NUMBERS + 1 - report.SHOWN} 处" in text
    assert f"甲、乙：有 {NUMBERS} 个相同的身份证号" in text
    assert "甲、乙、丙" in text
    assert text.count("怎么改") == 1  # below all that it is for
    few = report.findings_text(found[: report.SHOWN], FORM, sharing=groups)
    assert "相同的身份证号" not in few


def test_the_table_has_a_line_a_number(found: Issues) -> None:
    lines = b"".join(report.findings_csv(found, FORM, show_ids=True)).decode("utf-8-sig")
    assert lines.count("提示,C101") == NUMBERS + 1
    table = b"".join(report.sharing_csv([(("甲", "=乙"), 7)])).decode("utf-8-sig").splitlines()
    assert table[1] == "7,甲；=乙"
