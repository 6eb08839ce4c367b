"""Words and marks that people type where there is nothing to fill in.

>>> [means_nothing(t) for t in (" 无 ", "——", "N/A", "不详", "／", "无锡", "0", "待补")]
[True, True, True, True, True, False, False, True]
"""

from __future__ import annotations

import re

from converter.text.characters import squeeze

LONGEST = 12  # characters; blanks and marks included

_WORDS = frozenset(
    (
        "无",
        "没有",
        "没",
        "空",
        "空白",
        "暂无",
        "尚无",
        "暂缺",
        "缺",
        "未知",
        "不详",
        "不明",
        "不清",
        "不清楚",
        "不知道",
        "不知",
        "未详",
        "略",
        "无此项",
        "无内容",
        "无数据",
        "没有填",
        "不适用",
        "不涉及",
        "不填",
        "不用填",
        "未填",
        "未提供",
        "待定",
        "待补",
        "待补充",
        "待填",
        "待查",
        "待核实",
        "待完善",
        "后补",
        "n/a",
        "na",
        "nil",
        "none",
        "null",
        "nan",
        "undefined",
    )
)
_MARKS = re.compile(r"[-—–―－‐‑─_/\\.。·…*、~～\u3007○]+").fullmatch
_ENDS = "。.()（）[]【】<>《》'\"“”"


def means_nothing(text: str) -> bool:
    """Whether a text says that there is nothing."""
    if not 0 < len(text) <= LONGEST:
        return False
    plain = squeeze(text).lower()
    return plain.strip(_ENDS) in _WORDS or bool(_MARKS(plain))
