"""Decisions in Excel: the open questions as a workbook, sorted, half filled, applied twice, late."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest

from converter.cli import cli
from converter.register import Register, Snapshot, receipts
from converter.register import deciding as register_deciding
from converter.report import register_lookup, register_text
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, listed, packed, people, records
from tests.usecases.receive.conftest import plan
from tests.usecases.receive.test_ordinary_years import states
from tests.usecases.receive.test_situations import members

HEADING = 3
ROSTER = [listed(n) for n in (1, 2, 3, 4)]


@dataclass
class Desk:
    """A register with questions, and what the officer's commands print."""

    folder: Path
    box: Inbox
    worker: Worker
    printed: Callable[[], Any]

    @property
    def store(self) -> Path:
        return self.folder / "S"

    def receive(self) -> None:
        receive(self.box.folder, self.store, plan(self.folder / "R"), self.worker, roster=ROSTER)

    def run(self, *arguments: Any) -> tuple[int, str]:
        self.printed()
        code = cli(
            ["decide", "--store", str(self.store), *map(str, arguments)], standalone_mode=False
        )
        return code, self.printed().out

    def write(self, name: str = "待处理.xlsx") -> Path:
        assert self.run("-o", self.folder / name)[0] == 0
        return self.folder / name

    def decisions(self) -> list[tuple[object, ...]]:
        with Register(self.store, FORM) as register:
            return register.query(
                "SELECT action, file, officer, why FROM decisions ORDER BY number"
            )


@pytest.fixture
def desk(tmp_path: Path, worker: Worker, capsys: pytest.CaptureFixture[str]) -> Desk:
    box = Inbox(tmp_path / "in")
    made = Desk(tmp_path, box, worker, capsys.readouterr)
    for n in (1, 2, 3):
        box.put(f"去年/{n}.zip", packed(records(n, people(n, 3)), period="2025"))
    receive(box.folder, made.store, plan(None), worker, roster=ROSTER, period="2025")
    box.put("1.zip", packed(records(1, people(1, 60))))  # twenty times as many as last year
    box.put("2.zip", packed(records(2, people(2, 4))))
    box.put("2改.zip", packed(records(2, [*people(2, 5), people(1)[0]])))  # shares a member with 1
    box.put("陌生.zip", packed(records(9)))
    box.put("别期.zip", packed(records(3, people(3, 7)), period="2031"))
    made.receive()
    return made


Rows = dict[str, dict[str, Any]]


def rows(path: Path) -> Rows:
    """By file and kind; each row's cells by their headings, and its number."""
    sheet = openpyxl.load_workbook(path).active
    headings = [str(cell.value).rstrip("*") for cell in sheet[HEADING]]
    found = {}
    for row in sheet.iter_rows(min_row=HEADING + 1):
        cells = dict(zip(headings, [cell.value for cell in row], strict=True))
        found[f"{cells['文件'] or cells['单位']}/{cells['说明']}"] = cells | {"row": row[0].row}
    return found


def fill(path: Path, *answers: tuple[str, str, str, str]) -> None:
    """(how the names of files begin, decision, unit, why)."""
    book = openpyxl.load_workbook(path)
    known = rows(path)
    headings = [cell.value for cell in book.active[HEADING]]
    for part, *texts in answers:
        chosen = [cells["row"] for name, cells in known.items() if name.startswith(part)]
        assert chosen
        for row in chosen:
            for heading, text in zip(("决定", "归到哪个单位", "理由"), texts, strict=True):
                book.active.cell(row, headings.index(heading) + 1).value = text or None
    book.save(path)


def reordered(path: Path, *, without: str = "") -> None:
    """As after sorting, and deleting a row."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    kept = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEADING + 1)]
    kept = [row for row in kept if not (without and any(without in str(v) for v in row))]
    random.Random(4).shuffle(kept)
    sheet.delete_rows(HEADING + 1, sheet.max_row)
    for row in kept:
        sheet.append(row)
    book.save(path)


def test_each_question_is_a_row_with_what_may_be_decided(desk: Desk) -> None:
    path = desk.write()
    found = rows(path)
    assert {name.partition("/")[0] for name in found} == {
        "1.zip", "2.zip", "2改.zip", "陌生.zip", "别期.zip",
        f"{listed(1).name}、{listed(2).name}",
    } - {"2改.zip"}  # fmt: skip
    sheet = openpyxl.load_workbook(path).active
    offered = {
        str(cell): rule.formula1
        for rule in sheet.data_validations.dataValidation
        for cell in rule.sqref.ranges
    }
    column = [cell.value for cell in sheet[HEADING]].index("决定") + 1
    by_row = {
        name: offered[sheet.cell(cells["row"], column).coordinate] for name, cells in found.items()
    }
    assert '"采用,归到单位,不采用"' in {text for name, text in by_row.items() if "陌生" in name}
    assert all(len(text) < 255 for text in by_row.values())
    assert path.stat().st_mode & 0o777 == 0o600
    assert desk.run("-o", path)[0] == 0  # it is not written over
    fill(path, ("陌生", "采用", "", ""))
    before = path.read_bytes()
    desk.run("-o", path)
    assert path.read_bytes() == before


def test_a_sorted_half_filled_workbook_is_applied_and_logged(desk: Desk) -> None:
    path = desk.write()
    fill(
        path,
        ("陌生", "归到单位", listed(4).code, "电话核实"),
        ("别期", "采用", "", "年份写错"),
        ("2.zip", "采用", "", ""),
        ("1.zip", "已核实，不用改", "", "新建分厂"),
    )
    reordered(path, without="号码相同")
    code, printed = desk.run(path, "--officer", "王示例")
    assert code == 0, printed
    assert states(desk.store)["陌生.zip"] == "current"
    assert states(desk.store)["2.zip"] == "current"
    assert states(desk.store)["2改.zip"] == "superseded"
    assert members(desk.store) == 60 + 4 + 4 + 7
    made = desk.decisions()
    assert {one[:2] for one in made} == {
        ("assign", "陌生.zip"), ("accept", "别期.zip"), ("accept", "2.zip"), ("note", "1.zip"),
    }  # fmt: skip
    assert {officer for _, _, officer, _ in made} == {"王示例"}
    assert ("assign", "陌生.zip", "王示例", "电话核实") in made
    again, printed = desk.run(path, "--officer", "王示例")
    assert (again, printed.count("以前已经这样决定过")) == (0, len(made))
    assert desk.decisions() == made
    told = receipts.read(desk.folder / "R" / "回执-陌生.zip.json")
    assert told is not None
    assert "decision" not in told
    desk.receive()  # receipts say it
    told = receipts.read(desk.folder / "R" / "回执-陌生.zip.json")
    assert told is not None
    assert [told["decision"][key] for key in ("action", "officer", "why")] == [
        "assign", "王示例", "电话核实",
    ]  # fmt: skip
    assert "归到单位，理由：电话核实" in register_text.receipt_text(told, "unsigned")
    with Snapshot(desk.store) as register:
        shown = register_lookup.units_text(
            register_lookup.units(register, FORM, listed(4).code), FORM
        )
    assert "电话核实" in shown
    left = rows(desk.write("再.xlsx"))
    assert not [name for name in left if name.startswith(("1.zip", "2", "陌生"))]


def test_a_row_for_a_store_that_has_moved_on_changes_nothing(desk: Desk) -> None:
    path = desk.write()
    fill(path, ("陌生", "采用", "", ""), ("2.zip", "采用", "", ""), ("别期", "不采用", "", ""))
    assert desk.run("reject", "陌生.zip")[0] == 0
    desk.box.put("2再改.zip", packed(records(2, people(2, 8))))  # another one counts by now
    desk.receive()
    made = desk.decisions()
    code, printed = desk.run(path)
    assert code == 1
    assert "陌生.zip 已经另有决定（决定 1）" in printed
    assert "2.zip 的这个问题已经没有了，或者情况变了" in printed
    assert states(desk.store)["2.zip"] == "superseded"
    assert [one[:2] for one in desk.decisions()] == [one[:2] for one in made] + [
        ("reject", "别期.zip")
    ]


def test_rows_that_cannot_be_applied_are_told(desk: Desk) -> None:
    path = desk.write()
    fill(
        path,
        ("陌生", "归到单位", "", ""),
        ("别期", "", "", "忘了选"),
        ("2.zip", "撤回", "", ""),
        ("1.zip", "删掉", "", ""),
    )
    book = openpyxl.load_workbook(path)
    headings = [cell.value for cell in book.active[HEADING]]
    book.active.append(["9", *[None] * (len(headings) - 1)])
    book.active.cell(book.active.max_row, headings.index("决定") + 1).value = "采用"
    book.save(path)
    code, printed = desk.run(path)
    assert code == 1
    for told in ("没有写归到哪个单位", "没有选“决定”", "不能选“撤回”", "不能选“删掉”", "没有编号"):
        assert told in printed, printed
    assert desk.decisions() == []
    fill(path, ("陌生", "归到单位", "没有这个单位", ""))
    code, printed = desk.run(path)
    assert (code, "没有这个单位" in printed) == (1, True)
    assert desk.decisions() == []


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", None])
def test_what_is_no_workbook_of_decisions_is_refused(data: bytes | None, desk: Desk) -> None:
    path = desk.folder / "别的.xlsx"
    if data is None:
        book = openpyxl.Workbook()
        book.active.append(["姓名", "电话"])
        book.save(path)
    else:
        path.write_bytes(data)
    code, _ = desk.run(path)
    assert (code, desk.decisions()) == (1, [])


def test_a_run_that_ends_in_the_middle_is_finished_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.write()
    fill(path, ("陌生", "采用", "", ""), ("2.zip", "采用", "", ""), ("别期", "采用", "", ""))
    decide, left = register_deciding.decide, [2]

    def and_then_the_power_goes(*arguments: Any) -> Any:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return decide(*arguments)

    monkeypatch.setattr("converter.usecases.deciding.decide_in", and_then_the_power_goes)
    with pytest.raises(click.Abort):
        desk.run(path)
    monkeypatch.undo()
    assert len(desk.decisions()) == 2
    assert desk.run(path)[0] == 0
    assert sorted(one[1] for one in desk.decisions()) == ["2.zip", "别期.zip", "陌生.zip"]  # type: ignore[type-var]
    assert {states(desk.store)[name] for name in ("2.zip", "别期.zip", "陌生.zip")} == {"current"}
