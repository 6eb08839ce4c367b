"""What goes back to the units: a page and a folder each, a list of files, a sheet for mail merge."""

from __future__ import annotations

import csv
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter.register import ClaimedSender, ReceivedFile, Register
from converter.report import receipt_page, reply_files
from converter.usecases.receive import answers
from tests.sheets import FORM
from tests.usecases.receive.collection import SUPERIOR, name_of
from tests.usecases.receive.conftest import Collection


def listed(path: Path) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_every_receipt_has_its_page_beside_it(collection: Collection) -> None:
    receipts = list(collection.reply.rglob("回执-*.json"))
    assert receipts
    assert {p.with_suffix("") for p in receipts} == {
        p.with_suffix("") for p in collection.reply.rglob("回执-*.html")
    }


def test_a_unit_finds_what_it_needs_in_its_folder(collection: Collection) -> None:
    folder = collection.reply / "各单位" / SUPERIOR / f"130102-0004 {name_of(4)}"
    names = {path.name for path in folder.iterdir()}
    assert names == {"回执-有错.xlsx.html", "回执-有错.xlsx.json", "批注-有错.xlsx"}
    page = (folder / "回执-有错.xlsx.html").read_text("utf-8")
    assert "请照下面说的改好，再报一次" in page
    assert "不是电话号码" in page
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))


def test_a_row_a_file_says_what_became_of_it(collection: Collection) -> None:
    with (collection.reply / "逐份结果.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    words = {"current": "采用", "superseded": "已被后来的替换", "rejected": "退回"}
    told = {row["文件"]: row["登记"] for row in rows}
    truth = {name: words[s] for name, (_, s) in collection.inbox.truth.items() if s in words}
    assert truth.items() <= told.items()
    assert told.keys() == collection.inbox.truth.keys()
    same = listed(collection.reply / "逐份结果.xlsx")
    assert [str(row["文件"]) for row in same] == [row["文件"] for row in rows]


def test_the_mail_merge_sheet_has_a_row_a_unit_and_files_that_exist(
    collection: Collection,
) -> None:
    rows = listed(collection.reply / "邮件合并.xlsx")
    by_unit = {row["单位"]: row for row in rows}
    assert len(by_unit) == len(rows)
    assert by_unit[name_of(90)]["结果"] == "没有收到"
    refused = by_unit[name_of(4)]
    assert refused["结果"] == "退回"
    assert "错处在附上的表里标了颜色" in str(refused["说明"])
    attached = [Path(p) for p in str(refused["附件"]).split(";")]
    assert [p.name for p in attached] == ["回执-有错.xlsx.html", "批注-有错.xlsx"]
    assert all(
        Path(p).is_file() for row in rows if row["附件"] for p in str(row["附件"]).split(";")
    )
    assert by_unit[name_of(5)]["结果"] == "采用"  # of three files the one that counts


def test_a_list_that_somebody_typed_in_is_left_alone(
    collection: Collection, tmp_path: Path
) -> None:
    store, reply = tmp_path / "S", tmp_path / "R"
    shutil.copytree(collection.store, store)
    own = Collection(collection.inbox, store, reply, collection.worker, collection.first)
    own.again()
    own.again()
    assert not list(reply.glob("邮件合并-*"))
    path = reply / "邮件合并.xlsx"
    book = openpyxl.load_workbook(path)
    book.active["Z1"] = "已寄"
    book.save(path)
    before = path.read_bytes()
    own.again()
    assert path.read_bytes() == before
    assert (reply / "邮件合并-2.xlsx").is_file()


@pytest.mark.parametrize("name", ["..", "../../外面", "/etc", "C:\\x", "a\x00b", " . "])
def test_no_name_of_a_stranger_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    reply = tmp_path / "R"
    claim = ClaimedSender(name=name, superior=name)
    with Register(tmp_path / "S", FORM) as register:
        with register.record(
            [ReceivedFile("x.xlsx", "c", "accepted", claim)], "2026-01-01T00:00:00Z"
        ):
            pass
        page = reply_files.receipt_page(reply, "x.xlsx")
        page.parent.mkdir(parents=True)
        page.write_bytes(b"page")
        answers.write(register, reply, "")
    (linked,) = (p for p in (reply / "各单位").rglob("*") if p.is_file())
    assert linked.read_bytes() == b"page"
    assert {p.name for p in tmp_path.iterdir()} == {"R", "S"}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_escapes_what_files_say_and_stays_short() -> None:
    problem = {
        "code": "K001",
        "level": "error",
        "where": "表!A1",
        "message": "<b>x" * 99,
        "fix": "y",
    }
    receipt = {
        "receipt": 7, "state": "rejected", "result": "rejected", "errors": 40, "warnings": 0,
        "unit": {"code": "1", "name": "<script>alert(1)</script>"}, "problems": [problem] * 40,
        "file": "a\u202eb.xlsx", "received": "2026-03-01T00:00:00Z", "sha256": "00",
    }  # fmt: skip
    page = _Text()
    page.feed(receipt_page.render(receipt, "批注.xlsx").decode())
    assert {"script", "b"} & set(page.tags[page.tags.index("dl") :]) == set()
    assert "<script>alert(1)" in page.text
    assert "\u202e" not in page.text
    assert page.tags.count("li") == receipt_page.NAMED
    assert "另有 30 类问题" in page.text
