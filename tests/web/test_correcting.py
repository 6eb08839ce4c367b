"""Correcting a workbook on a page, with requests: what is sent is checked again, the original stays
as it is, and the corrected workbook goes on like an upload."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from converter import api
from converter.model.corrections import CellEdit
from converter.web.correcting import Edits, EditsFull
from converter.web.correcting.edits import MOST, MOST_CHARACTERS
from tests.people import MEMBERS, UNIT
from tests.sheets import FORM, MEMBER_SHEET, UNIT_SHEET, blank, fill, member_cell, put, unit_cell
from tests.web.running import alert, heading
from tests.web.visitors import Visitor
from tests.web.world import World, unit


@cache
def faulty() -> bytes:
    """One member and one item are wrong."""
    book = fill(blank(15), UNIT | {"单位工会名称": unit(1).name})
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    put(book[UNIT_SHEET], unit_cell(book, "单位类别"), "私人的")
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def cells(page: Any) -> dict[str, str]:
    """The fields of the form that hold cells, and what stands in each."""
    found = re.findall(r'name="((?:cell|reason):[^"]*)"[^>]*data-was="([^"]*)"', page.text)
    return {name: unescape(text) for name, text in found}


def left(page: Any) -> str:
    found = re.search('data-left="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def name_of(page: Any, text: str) -> str:
    """The name of the field in which a text stands."""
    return next(name for name, found in cells(page).items() if found == text)


@pytest.fixture
def uploaded(clerk: Visitor) -> str:
    """The address of an upload's correction page."""
    done = clerk.upload(("填报.xlsx", faulty()))
    assert 'href="' + done.url.path + '/correct"' in done.text
    return str(done.url.path) + "/correct"


def test_without_a_script_the_button_checks_every_cell(clerk: Visitor, uploaded: str) -> None:
    page = clerk.get(uploaded)
    assert left(page) == "还剩 2 处错误、0 处提示。"
    id_number, kind = name_of(page, MEMBERS[2][1][:-1]), name_of(page, "私人的")
    sent = cells(page) | {id_number: f" {MEMBERS[2][1]} "}
    page = clerk.post(uploaded, do="check", **sent)
    assert page.url.path == uploaded
    assert left(page) == "还剩 1 处错误、0 处提示。"
    assert cells(page)[id_number] == MEMBERS[2][1]  # tidied, and it stays in view
    page = clerk.post(uploaded, do="check", **(cells(page) | {kind: "私营企业"}))
    assert left(page) == "没有要改的了，可以点“改好了，继续”。"


def test_a_script_sends_one_cell_and_gets_the_form_alone(clerk: Visitor, uploaded: str) -> None:
    page = clerk.get(uploaded)
    kind = name_of(page, "私人的")
    data = {"token": clerk.token(), kind: "私营企业"}
    answer = clerk.client.post(uploaded, data=data, headers={"x-fragment": "1"})
    assert answer.text.lstrip().startswith("<form")
    assert left(answer) == "还剩 1 处错误、0 处提示。"
    assert left(clerk.get(uploaded)) == left(answer)


def test_the_corrected_workbook_is_checked_and_submitted(
    clerk: Visitor, uploaded: str, site: tuple[World, Any]
) -> None:
    page = clerk.get(uploaded)
    edits = {
        name_of(page, MEMBERS[2][1][:-1]): MEMBERS[2][1],
        name_of(page, "私人的"): "私营企业",
    }
    done = clerk.post(uploaded, do="finish", **edits)
    assert heading(done) == "检查结果：通过", done.text
    assert "修正-填报.xlsx" in done.text
    corrected = clerk.get(f"{done.url.path}/corrected")
    own, _ = site
    path = own.root / "改好.xlsx"
    path.write_bytes(corrected.content)
    (checked,) = api.check([api.read(path, FORM)], FORM)
    assert checked.outcome.status == "ok"
    submitted = clerk.post(f"{done.url.path}/submit")
    assert submitted.url.path.startswith("/unit/submissions/")
    # The original can still be corrected: its edits are kept for as long as its result is.
    assert left(clerk.get(uploaded)).startswith("没有要改的了")


def test_what_is_not_corrected_yet_can_be_downloaded_and_gone_on_with(
    clerk: Visitor, uploaded: str, tmp_path: Path
) -> None:
    page = clerk.get(uploaded)
    kind = name_of(page, "私人的")
    half = clerk.post(uploaded, do="download", **{kind: "私营企业"})
    assert "attachment" in half.headers["content-disposition"]
    path = tmp_path / "一半.xlsx"
    path.write_bytes(half.content)
    (checked,) = api.check([api.read(path, FORM)], FORM)
    assert [i.code for i in checked.outcome.issues if i.level == "error"] == ["K112"]
    again = clerk.post(uploaded, do="finish")
    assert heading(again) == "检查结果：有错误"
    assert f'href="{again.url.path}/correct"' in again.text


def test_a_row_is_taken_out(clerk: Visitor, uploaded: str) -> None:
    row = name_of(clerk.get(uploaded), MEMBERS[2][1][:-1]).split(":")[2]
    page = clerk.post(uploaded, remove=f"member:{row}")
    assert "已删掉" in page.text
    assert "K112" not in page.text


def test_the_upload_stays_only_where_it_can_be_corrected(
    clerk: Visitor, site: tuple[World, Any]
) -> None:
    from tests.web.world import workbook

    own, _ = site
    private = own.settings().private

    def kept(done: Any) -> list[str]:
        folder = private / done.url.path.rpartition("/")[2]
        return sorted(p.name for p in folder.rglob("*") if p.is_file())

    assert kept(clerk.upload(("填报.xlsx", workbook(1)))) == ["package.zip"]
    assert kept(clerk.upload(("填报.xlsx", b"no workbook"))) == []
    assert kept(clerk.upload(("填报.xlsx", faulty()))) == ["marked.xlsx", "填报.xlsx"]


def test_nobody_else_corrects_it(clerk: Visitor, uploaded: str) -> None:
    stranger = Visitor(clerk.app)
    assert heading(stranger.get(uploaded)) == "检查结果已经删除"
    assert heading(stranger.post(uploaded, do="finish")) == "检查结果已经删除"
    assert clerk.client.post(uploaded, data={"do": "finish"}).status_code == 403


@pytest.mark.parametrize(
    "name", ["cell:member:1", "cell:nowhere:1:name", "cell:member:-1:name", "cell:member:x:name",
             "reason:", "cell:member:99999999999:name"],
)  # fmt: skip
def test_fields_that_no_page_has_are_refused(clerk: Visitor, uploaded: str, name: str) -> None:
    assert clerk.post(uploaded, **{name: "甲"}).status_code == 400


def test_what_is_typed_is_escaped(clerk: Visitor, uploaded: str) -> None:
    page = clerk.get(uploaded)
    name = name_of(page, MEMBERS[2][1][:-1])
    typed = '"><script>alert(1)</script>'
    page = clerk.post(uploaded, **{name: typed})
    assert "<script>alert" not in page.text
    assert cells(page)[name] == typed


def test_edits_are_bounded_and_overlapping_requests_lose_none() -> None:
    edits = Edits()
    first, second = (CellEdit("member", row, "name", "甲") for row in (5, 6))
    edits.add([first])
    edits.add([second])  # came while the first was being checked
    edits.settle([first], [CellEdit("member", 5, "name", "甲 ")])
    assert [e.text for e in edits.all] == ["甲 ", "甲"]
    newer = CellEdit("member", 6, "name", "乙")
    edits.add([newer])
    edits.settle([second], [])
    assert newer in edits.all
    before = edits.all
    with pytest.raises(EditsFull):
        edits.add(CellEdit("member", row, "name", "丙") for row in range(7, MOST + 9))
    with pytest.raises(EditsFull):
        edits.add([CellEdit("member", 7, "name", "丙" * (MOST_CHARACTERS + 1))])
    assert edits.all == before


def test_too_many_edits_are_told(clerk: Visitor, uploaded: str) -> None:
    many = {f"cell:member:{row}:name": "甲" * 999 for row in range(5, 50)}
    answer = clerk.post(uploaded, **many)
    assert heading(answer) == "改的地方太多了"
    assert "下载改好的填报表" in alert(answer)
