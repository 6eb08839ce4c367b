"""Words for nothing: blank in an optional item, an error where something belongs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from converter.report.issue_text import IssueRenderer
from tests.corpus.test_foreign_sheets import members, units
from tests.sheets import FORM, outcome, saved

WORDS = [
    "无",
    " 无 ",
    "没有",
    "/",
    "—",
    "——",
    "不详",
    "空",
    "N/A",
    "n/a",
    "暂无",
    "－",
    "无。",
    "（无）",
    "待定",
    "待补",
]


def fill(title: str, value: object):  # type: ignore[no-untyped-def]
    def change(sheet):  # type: ignore[no-untyped-def]
        for row in sheet.iter_rows():
            if row[0].value == title:
                row[1].value = value

    return units(change)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    "title", ["驻地邮政编码", "工会上次换届时间", "单位工会联系电话", "驻地通讯地址"]
)
def test_an_optional_item_is_blank_with_a_note(title: str, word: str, tmp_path: Path) -> None:
    found = outcome(saved(fill(title, word), tmp_path))
    assert found.status == "ok"
    assert [i.code for i in found.issues if i.place.field] == ["K906"]


@pytest.mark.parametrize("word", WORDS)
def test_no_name_is_nothing(word: str, tmp_path: Path) -> None:
    found = outcome(saved(fill("工会法人代表姓名", word), tmp_path))
    assert [i.code for i in found.issues if i.level.value == "error"] == ["K203"]
    book = members(lambda sheet: sheet.__setitem__("B5", word))
    assert "K203" in [i.code for i in outcome(saved(book, tmp_path, "b.xlsx")).issues]


@pytest.mark.parametrize(
    ("title", "code"), [("单位工会名称", "K009"), ("工会组建时间", "K009"), ("职工总数", "K301")]
)
def test_a_required_item_cannot_be_nothing(title: str, code: str, tmp_path: Path) -> None:
    found = outcome(saved(fill(title, "无"), tmp_path))
    assert code in [i.code for i in found.issues if i.level.value == "error"]


def test_a_joining_date_that_nobody_knows_is_blank(tmp_path: Path) -> None:
    book = members(lambda sheet: sheet.__setitem__("D5", "不详"))
    found = outcome(saved(book, tmp_path))
    assert (found.status, [i.code for i in found.issues]) == ("ok", ["K906"])


@pytest.mark.parametrize("name", ["无锡", "吴有", date(2010, 5, 1)])
def test_other_words_stay(name: object, tmp_path: Path) -> None:
    found = outcome(saved(fill("驻地通讯地址", name), tmp_path))
    assert not [i for i in found.issues if i.code == "K906"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_for_nothing_is_shown_as_it_was_typed(word: str, tmp_path: Path) -> None:
    book = members(lambda sheet: sheet.__setitem__("C5", word))
    found = outcome(saved(book, tmp_path))
    (issue,) = (i for i in found.issues if i.code == "K009")
    shown = IssueRenderer(FORM, show_ids=False).render(issue)
    assert f"不能填“{word.strip()}”" in shown.message
    assert "*" not in shown.message


DITTO = ["同上", "（同上）", "〃", '"', "”", "—〃—", " 〃 ", "同 前", "仝上", "々"]


@pytest.mark.parametrize("word", DITTO)
@pytest.mark.parametrize(
    "title", ["驻地通讯地址", "单位工会名称", "工会法人代表姓名", "职工总数", "单位类别"]
)
def test_the_same_as_above_is_to_be_written_out(title: str, word: str, tmp_path: Path) -> None:
    found = outcome(saved(fill(title, word), tmp_path))
    assert [i.code for i in found.issues if i.place.field and i.level.value == "error"] == ["K010"]


@pytest.mark.parametrize("word", DITTO)
@pytest.mark.parametrize("cell", ["B5", "C5", "D5"])
def test_no_member_is_the_same_as_above(cell: str, word: str, tmp_path: Path) -> None:
    book = members(lambda sheet: sheet.__setitem__(cell, word))
    found = [i for i in outcome(saved(book, tmp_path)).issues if i.place.cell == cell]
    assert [i.code for i in found] == ["K010"]
    # To copy the row above would make two members of one.
    fix = IssueRenderer(FORM, show_ids=False).render(found[0]).fix
    assert ("上一行" in fix) is (cell == "D5")


def test_words_in_place_of_a_number_are_not_counted_as_its_digits(tmp_path: Path) -> None:
    book = members(lambda sheet: sheet.__setitem__("C5", "遗失"))
    (found,) = [i for i in outcome(saved(book, tmp_path)).issues if i.place.cell == "C5"]
    assert found.code == "K112"
    assert "2 位" not in IssueRenderer(FORM, show_ids=False).render(found).message
