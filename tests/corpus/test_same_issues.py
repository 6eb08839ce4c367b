"""Nothing gets faster by finding less: what is found in the corpora is what was found before.

Any change of outcome fails, an improvement too. `python -m tests.corpus.accept` renews the table
on purpose.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from converter import package, workbook
from converter.model.issues import Level
from converter.model.submissions import Submission
from converter.validation import checking
from converter.workbook.xlsx.fast import FastReader
from converter.workbook.xlsx.parts import SheetPart
from tests.corpus import contents, table
from tests.corpus.corpora import MORE_SEEDS, SEEDS
from tests.corpus.faults import TODAY
from tests.corpus.opendocument import write_ods
from tests.corpus.writers import WRITERS, write
from tests.make_samples import EPOCH
from tests.sheets import FORM


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return table.made(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="module")
def submissions(corpora: dict[str, Path]) -> dict[str, Submission]:
    return table.submissions(corpora)


def test_the_issues_of_all_corpora_are_those_that_were_accepted(
    submissions: dict[str, Submission],
) -> None:
    differences = table.differences(table.stored(), table.found(submissions))
    assert not differences, "\n".join([f"{len(differences)} outcomes differ:", *differences])


def test_the_full_parser_alone_reads_the_same(
    corpora: dict[str, Path],
    submissions: dict[str, Submission],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The fast reader's door is shut: every sheet of the corpora goes through the full parser."""
    requested: list[str] = []

    def shut(reader: FastReader, sheet: SheetPart) -> None:
        requested.append(sheet.name)

    monkeypatch.setattr(FastReader, "read", shut)
    again = table.submissions(corpora)
    assert {name for name in corpora if again[name] != submissions[name]} == set()
    assert len(requested) > len(table.stored())


# --- the same content by every way of reading --------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_cells_come_to_the_same_however_they_are_written(seed: int) -> None:
    """Some of these files are read by the fast reader, some need the full parser. What was accepted
    is the same for all; that it is still found is the first test."""
    accepted = table.stored()
    lines = {name: accepted[f"generated/{seed}-{name}"] for name in WRITERS}
    assert not table.differences(dict.fromkeys(lines, lines["shared"]), lines)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_opendocument_workbook_comes_to_the_same(seed: int, tmp_path: Path) -> None:
    """Escapes such as _x0041_ are those of the other format: here they are plain text."""
    tables = [
        replace(one, rows=[["李明" if "_x" in str(v) else v for v in row] for row in one.rows])
        for one in contents.workbook(seed)
    ]
    paths = {
        "xlsx": write(tmp_path / "a.xlsx", tables, WRITERS["shared"]),
        "ods": write_ods(tmp_path / "a.ods", tables),
    }
    checked = checking.check([workbook.read(p, FORM, "f") for p in paths.values()], FORM, TODAY)
    lines = {name: table.line(one) for name, one in zip(paths, checked, strict=True)}
    assert not table.differences(dict.fromkeys(lines, lines["xlsx"]), lines)


def reported(checked: checking.Checked) -> set[tuple[str, str, str, int]]:
    """(code, level, field, number of the member) of what holds of a package, too."""
    member = checked.submission.sheets.get("member")
    rows = member.rows if member else []
    return {
        (
            i.code,
            i.level.value,
            i.place.field,
            rows.index(i.place.row) if i.place.field in keys else 0,
        )
        for keys in [{field.key for field in FORM.main_table}]
        for i in checked.outcome.issues
        if i.level is not Level.NOTE and i.code != "X174"
    }


def test_what_a_package_holds_is_judged_as_its_workbook_was(tmp_path: Path) -> None:
    """Notes tell of writing that a package no longer shows, X174 of a derived cell typed over:
    packages have neither. Items that a sheet lacks (stage S) are blank there."""
    paths = [
        write(tmp_path / f"{seed}.xlsx", contents.workbook(seed), WRITERS["shared"])
        for seed in MORE_SEEDS
    ]
    validated = checking.check([workbook.read(path, FORM) for path in paths], FORM, TODAY)
    fit = [
        checked
        for checked in validated
        if checked.outcome.status in ("ok", "warnings")
        and not any(issue.code[0] == "S" for issue in checked.outcome.issues)
    ]
    assert len(fit) > 20
    packages = []
    for number, checked in enumerate(fit):
        members = package.build(checked.records, FORM, None, int(EPOCH))
        package.write(tmp_path / f"{number}.zip", members, FORM, created=int(EPOCH))
        packages.append(package.read(tmp_path / f"{number}.zip", FORM))
    again = checking.check(packages, FORM, TODAY)
    assert [a.records.tables["member"] for a in again] == [b.records.tables["member"] for b in fit]
    assert [reported(a) for a in again] == [reported(b) for b in fit]


def test_every_change_of_outcome_is_told() -> None:
    before = {"a": ("errors", "3", "1", "2", "K112@M!C5,M!C7"), "b": ("ok", "1", "1", "2", "")}
    less = {"a": ("errors", "3", "9", "2", "K112@M!C5"), "b": ("ok", "1", "1", "2", "")}
    other = {"a": ("errors", "3", "9", "2", "K112@M!C5,M!C7"), "b": ("ok", "1", "1", "9", "")}
    assert table.differences(before, before) == []
    assert table.differences(before, less) == ["a: lost K112@M!C7"]
    assert [line[:2] for line in table.differences(before, other)] == ["a:", "b:"]
    assert table.differences(before, {"b": before["b"]}) == ["a: no longer made"]
