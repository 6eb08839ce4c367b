"""Free texts: everything may stand in them but what runs or breaks elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from converter.kinds import KINDS
from converter.model.errors import FormError
from tests.kinds.validating import FORM, field, params, verdict

KIND = KINDS["text"]

ADDRESS = field("unit.address")


@pytest.mark.parametrize(
    ("typed", "text", "note"),
    [
        ("示例市示例路1号", "示例市示例路1号", ""),
        ("示例  路", "示例  路", ""),
        (" 示例路\u3000", "示例路", "K901"),
        ("\ufeff示例路\u200b", "示例路", "K901"),
        ("示例市\n示例路", "示例市 示例路", "K901"),
        ("示例市 \r\n 示例路", "示例市 示例路", "K901"),
        *(
            (f"示例市{character}示例路", "示例市 示例路", "K901")
            for character in "\t\r\u2028\u2029"
        ),
        ("示例市\n\u200b示例路", "示例市 示例路", "K901"),
        ("１号", "１号", ""),
        ("1=1", "1=1", ""),
        ("𠮷\U0001f600", "𠮷\U0001f600", ""),
        (5, "5", ""),
        (1.5, "1.5", ""),
    ],
)
def test_texts_are_kept_on_one_line(typed: Any, text: str, note: str) -> None:
    assert verdict(ADDRESS, typed) == (text, "", note)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        *(
            (f"{blank}{character}示例", "K007")
            for character in "=+-@＝＋－＠"
            for blank in ("", "\u3000\u200b")
        ),
        ("\n=1", "K007"),
        (-5, "K007"),
        ("示例\ue123", "K006"),
        ("示\U00100000", "K006"),
        ("=\ue123", "K007"),
        ("示" * 201, "K008"),
        ("示" * 200, ""),
        ("𠮷" * 200, ""),
        ("示" * 200 + "  ", ""),
    ],
)
def test_what_runs_or_breaks_elsewhere_is_an_error(typed: Any, fault: str) -> None:
    assert verdict(ADDRESS, typed).fault == fault


def test_a_text_too_long_names_its_length() -> None:
    assert params(ADDRESS, "示" * 250) == {"length": 250, "limit": 200}
    assert params(ADDRESS, "=1") == {}


def test_a_form_without_the_limit_is_refused() -> None:
    with pytest.raises(FormError, match=r"form_limit.*text_length"):
        KIND.accept(ADDRESS, replace(FORM, limits={}))
