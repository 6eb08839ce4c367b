"""Words and marks that people type in place of an answer: for nothing, or for what stands above.

>>> [stands_for(t) == NOTHING for t in (" 无 ", "——", "N/A", "不详", "／", "无锡", "0", "待补")]
[True, True, True, True, True, False, False, True]
>>> [means_the_same(t) for t in ("同上", "〃", '— " —', "（同上）", "同上街1号", "无")]
[True, True, True, True, False, False]
"""

from __future__ import annotations

import re

from converter.text.characters import squeeze

ANSWER, NOTHING, THE_SAME = range(3)  # what a text may stand for
LONGEST = 12  # characters; spaces and marks included

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
        "记不清",
        "记不清了",
        "记不得",
        "记不得了",
        "忘了",
        "忘记了",
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
_DITTO = frozenset(
    (
        *("同上", "同前", "同左", "同右", "同上行", "同上一行", "同上格", "同上述", "上同", "如上"),
        *("同前行", "与上同", "和上面一样", "与上相同", "同上面", "仝", "仝上", "々"),
        *("ditto", "idem", "sameasabove"),
        *("〃", '"', '""', "''", "″", "“", "”", "“”", "””", "„", "‟", "〝", "〞", "〝〞", "״"),
    )
)
_AROUND_DITTO = "-—–―－‐‑─_.…。()[]【】"
_ENDS = "。.()（）[]【】<>《》'\"“”"


def stands_for(text: str) -> int:
    """Whether a text is an answer, or a word for nothing or for what stands above."""
    if not 0 < len(text) <= LONGEST:
        return ANSWER
    plain = squeeze(text).lower()
    if plain.strip(_ENDS) in _WORDS or _MARKS(plain):
        return NOTHING
    return THE_SAME if plain.strip(_AROUND_DITTO) in _DITTO else ANSWER


def means_the_same(text: str) -> bool:
    """Whether a text says that the answer is that of the line above."""
    return stands_for(text) == THE_SAME
