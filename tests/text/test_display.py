from __future__ import annotations

import pytest

from converter.text.display import columns, cut, visible


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[2J", "<U+001B>[2J"),
        ("a\u202egnp.xlsx", "a<U+202E>gnp.xlsx"),
        ("张\n三", "张<U+000A>三"),
        ("张\u200b三", "张<U+200B>三"),
        ("\ud800", "<U+D800>"),
        ("\ue000", "<U+E000>"),
        ("\u00a0", "<U+00A0>"),
    ],
)
def test_what_cannot_be_seen_is_named(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@pytest.mark.parametrize(
    "text", ["示例一厂工会 填报.xlsx", "阿依古丽·买买提", "𠮷田", "（一）“文本”…", "é"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert visible(text) == text


def test_chinese_takes_two_columns() -> None:
    assert columns("工会ab") == 6
    assert columns("e\u0301") == 1


@pytest.mark.parametrize("width", range(2, 30))
def test_cut_never_passes_the_width(width: int) -> None:
    assert columns(cut("基层工会信息abc、会员信息", width)) <= width


def test_fitting_text_is_not_cut() -> None:
    assert cut("工会", 4) == "工会"
    assert cut("工会" * 100, 0) == "工会" * 100
