"""What clerks put into their own sheets, made up from a seed: mostly right, here and there odd.

Oddities are drawn from the values of the single-fault corpus and from those that readers are
known to see differently; shapes from what the foreign sheets show one by one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from itertools import chain
from typing import Any

from tests.corpus.faults import FAULTS, RIGHT
from tests.corpus.writers import Error, Formula, Table
from tests.filling import Member
from tests.people import SURNAMES, UNIT, id_number
from tests.sheets import FORM, MEMBER_SHEET, UNIT_SHEET

ODD: dict[str, list[Any]] = {
    "会员姓名": ["李\n明", " 李明", "李明\t", "_x0041_明", "李_x000D_明", "a" * 61, "ＬＩ　ＭＩＮＧ", 3, 0.5, False],
    "身份证号": [1.30102e17, 130102196603120000, "13010219660312003x", "１３０１０２", 42, datetime(2010, 5, 1), "1e17"],
    "加入工会时间": [
        0, 1, 59, 60, 61, 0.25, 43835, 43835.5, 2958465, 2958466, 20100501, 201005, 2010.05, -3, 1e300,
        "43835", "2010/5", "10-5-1", "2010年5月", "二〇一〇年五月", "May 2010", "2010-05-01T00:00:00",
        datetime(2010, 5, 1, 23, 59, 59), date(1921, 1, 1), date(1920, 12, 31), date(9999, 12, 31), True, "\u200b",
    ],
    "职工总数": ["15.0", 15.0, 15.000000001, 1e15, "一十五", " 15 ", "1,5", date(2010, 5, 1), "-0"],
    "驻地邮政编码": [50000.0, "050000 ", "０50000"],
    "情况说明": ["属实", " ", 5, None, "见附件\n第二行"],
}  # fmt: skip
TYPED = ("会员姓名", "身份证号", "加入工会时间")


@cache
def pool(heading: str) -> tuple[Any, ...]:
    """Odd and right values of a field, by the title of its column or item."""
    found = list(ODD.get(heading, ()))
    for _, where, value in chain.from_iterable((*FAULTS.values(), *RIGHT.values())):
        title = where if isinstance(where, str) else where[1]
        if title == heading:
            is_error = isinstance(value, str) and value.startswith("#")
            found.append(Error(value) if is_error else value)
    return (*found, None, Error("#REF!"), Formula("A1"), Formula("A1", "算出"), Formula("A1", 7))


def workbook(seed: int) -> list[Table]:
    """Both sheets of one clerk."""
    dice = random.Random(seed)
    people = [_person(dice) for _ in range(dice.randint(3, 60))]
    return [_unit_sheet(dice, people), _member_sheet(dice, people)]


def members(seed: int, count: int = 0) -> list[Member]:
    """So many members (or some) for the form's own template, one in eight of them odd."""
    dice = random.Random(seed)
    found = []
    for _ in range(count or dice.randint(3, 60)):
        person = _person(dice)
        unusual = dice.choice(list(TYPED)) if seed % 3 and dice.random() < 0.125 else ""
        typed = dict(zip(TYPED, (person[h] for h in TYPED), strict=True))
        if unusual:
            fitting = [
                v
                for v in pool(unusual)
                if type(v) is str or (unusual == "加入工会时间" and type(v) in (int, date))
            ]
            typed[unusual] = dice.choice(fitting)
        found.append(
            replace(Member(*typed.values()), verdict="错误：照实填写(K000)" if unusual else "")
        )
    return found


def counts(women: int, members: int) -> dict[str, int]:
    """Answers that fit the members."""
    staff = {"职工总数": members + 2, "女职工人数": women + 1, "农民工人数": 1}
    return staff | {"会员总数": members, "女职工会员数": women, "农民工会员数": 0}


def _person(dice: random.Random) -> dict[str, Any]:
    born = date.fromordinal(
        dice.randint(date(1962, 1, 1).toordinal(), date(2004, 1, 1).toordinal())
    )
    number = id_number("130102", born.isoformat(), dice.randint(900, 999))
    joined = date(born.year + dice.randint(18, 22), dice.randint(1, 12), dice.randint(1, 28))
    return {
        "会员姓名": dice.choice(SURNAMES) + dice.choice(("示例", "示", "例示", "·示例")),
        "身份证号": number,
        "加入工会时间": joined if joined < date(2025, 1, 1) else None,
        "会员性别": "男" if int(number[16]) % 2 else "女",
        "会员生日": born,
    }  # fmt: skip


def _unusual(dice: random.Random, heading: str, value: Any, share: float) -> Any:
    return dice.choice(pool(heading)) if dice.random() < share else value


def _unit_sheet(dice: random.Random, people: Sequence[dict[str, Any]]) -> Table:
    faults = dice.choice((0.0, 0.0, 0.02, 0.1, 0.4))
    women = sum(person["会员性别"] == "女" for person in people)
    fitting = counts(women, len(people)) if dice.random() < 0.8 else {}
    reasons, gaps = dice.random() < 0.5, dice.choice((0, 0, 0.03))
    heading = ["项目", "填写", *(["情况说明"] if reasons else [])]
    rows: list[list[Any]] = [[f"{FORM.title}"]] * dice.randint(0, 2) + [heading]
    for item in FORM.record:
        if dice.random() < gaps:
            continue
        title = item.title + dice.choice(("", "", "＊", "：", " （必填）"))
        value = _unusual(dice, item.title, (UNIT | fitting).get(item.title), faults)
        reason = [dice.choice(pool("情况说明")) if dice.random() < 0.1 else None] * reasons
        rows.append([title, value, *reason])
    if dice.random() < 0.2:
        rows = [[None, *row] for row in rows]
    if dice.random() < 0.2:
        rows.append(["填表人：示例", None])
    return Table(dice.choice((UNIT_SHEET, UNIT_SHEET, "单位")), rows)


def _member_sheet(dice: random.Random, people: Sequence[dict[str, Any]]) -> Table:
    faults = dice.choice((0.0, 0.0, 0.01, 0.05, 0.3))
    headings = ["会员姓名", "身份证号", "加入工会时间"]
    headings += [h for h in ("会员性别", "会员生日", "情况说明") if dice.random() < 0.4]
    headings += [h for h in ("部门", "手机") if dice.random() < 0.3]
    if dice.random() < 0.3:
        dice.shuffle(headings)
    if dice.random() < 0.6:
        headings.insert(0, "序号")
    aliases = {"会员姓名": "姓名", "身份证号": "身份证号码", "加入工会时间": "入会时间"}
    other = dice.random() < 0.3
    shown = [aliases.get(h, h) if other else h for h in headings]
    rows: list[list[Any]] = [["会员花名册"]] * dice.randint(0, 3) + [shown]
    top = len(rows)
    for number, person in enumerate(people, 1):
        known: dict[str, Any] = {"序号": number, "部门": "一车间", "手机": None, **person}
        if dice.random() < 0.02:
            rows.append([])
        if dice.random() < 0.01:
            rows.append(list(shown))
        if faults and dice.random() < 0.02:
            known |= dice.choice(people)  # twice the same
        line = [
            _unusual(dice, h, known.get(h), faults if h in ODD or h in person else 0)
            for h in headings
        ]
        if faults == 0 and "情况说明" in headings and dice.random() < 0.05:
            line[headings.index("情况说明")] = "属实"
        rows.append(line)
    if dice.random() < 0.3:
        rows.append(["合计", len(people)])
    last = len(rows)
    merges: tuple[str, ...] = ()
    hidden = frozenset[int]()
    columns: tuple[tuple[int, int], ...] = ()
    if dice.random() < 0.15:
        row = dice.randint(top + 1, last - 1)
        letter = "ABCDEFGH"[dice.randrange(min(len(headings), 8))]
        merges = (f"{letter}{row}:{letter}{row + 1}",)
    if dice.random() < 0.2:
        hidden = frozenset(dice.randint(top + 1, last) for _ in range(3))
    if dice.random() < 0.15:
        at = dice.randint(1, len(headings))
        columns = ((at, at),)
    return Table(MEMBER_SHEET, rows, merges, hidden, columns)
