"""Invented lists of people, in the many layouts that offices keep them in."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import openpyxl

from converter.kinds.id_number import check_character

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
GIVEN = "一二三四五六七八九十甲乙丙丁"
NAMES = (
    "姓名", "员工姓名", "职工姓名", "人员姓名", "名字", "姓  名", "员工", "填表人员", "会员姓名", "本人姓名",
    "*姓名", "姓名（必填）", "姓\n名", "\u200b姓名", "Name", "",
)  # fmt: skip
NUMBERS = (
    "身份证号", "证件号", "证件号码", "身份证", "公民身份号码", "身份证号码（18位）", "号码", "身份证件号码",
    "居民身份证号", "ID", "身 份 证 号", "身份证\n号码", "证件信息", "",
)  # fmt: skip
DATES = (
    "入会时间", "入会年月", "入职日期", "参加工作时间", "进厂日期", "日期", "出生日期", "办理日期", "入会日期",
    "加入工会日期", "何时入会", "合同起始日", "入党时间", "转正日期", "最后更新", "",
)  # fmt: skip
OTHERS = (
    "部门",
    "手机",
    "岗位",
    "民族",
    "配偶姓名",
    "配偶身份证号",
    "推荐人",
    "备注",
    "旧号",
    "工号",
    "序号",
)
JOINING = ("入会时间", "入会年月", "入会日期", "加入工会日期", "何时入会")
BIRTHDAYS = ("出生日期",)
FURTHER = ("配偶身份证号", "旧号")  # columns with numbers that are nobody's of the list


@dataclass
class Layout:
    """A list, who is in it, and what its columns mean."""

    sheets: dict[str, list[list[Any]]] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)  # ID number → name
    joined: dict[str, str] = field(default_factory=dict)  # … → what the joining column says
    further: set[str] = field(default_factory=set)  # ID numbers that are no person's of the list


def person(random: random.Random, number: int) -> tuple[str, str]:
    birth = f"19{random.randint(60, 99)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    digits = f"130102{birth}99{number % 10}"
    name = random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.randint(1, 2)))
    return name, digits + check_character(digits)


def invented(seed: int) -> Layout:
    chance = random.Random(seed)
    made = Layout()
    for number in range(chance.choice((1, 1, 1, 2, 3))):
        made.sheets[f"表{number + 1}"] = _sheet(chance, made)
    return made


def turned(layout: Layout) -> Layout:
    """The same list on its side: a column a person."""
    sheets = {
        title: [list(column) for column in zip_longest(*rows)]
        for title, rows in layout.sheets.items()
    }
    return replace(layout, sheets=sheets)


def _sheet(chance: random.Random, made: Layout) -> list[list[Any]]:
    headings = {
        "name": chance.choice(NAMES),
        "number": chance.choice(NUMBERS),
        "date": chance.choice(DATES),
    }
    others = chance.sample(OTHERS, chance.randint(0, 3))
    headed = chance.random() < 0.9
    if not headed and "配偶身份证号" in others:
        others.remove("配偶身份证号")  # nobody could tell it from the other number
    columns = [*headings, *others]
    if chance.random() < 0.5:  # else a name does not stand beside the number
        rest = [one for one in columns if one not in ("name", "number")]
        chance.shuffle(rest)
        at = chance.randint(0, len(rest))
        columns = [*rest[:at], "name", "number", *rest[at:]]
    else:
        chance.shuffle(columns)
    halves = 2 if chance.random() < 0.2 and headings["name"] and headings["number"] else 1
    rows: list[list[Any]] = []
    if headed and chance.random() < 0.6:
        rows.append(["二〇二五年花名册"])
    if headed:
        rows.append([headings.get(one, one) for one in columns] * halves)
    for line in range(chance.randint(3, 12)):
        if chance.random() < 0.1:
            rows.append(chance.choice(([f"第{line}车间"], [], ["小计", 3], ["", "机关"])))
        row: list[Any] = []
        for _ in range(halves):
            row += _person(chance, made, columns, headings, headed)
        rows.append(row)
        if headed and chance.random() < 0.05:
            rows.append([headings.get(one, one) for one in columns] * halves)
    if chance.random() < 0.4:
        rows.append(
            chance.choice((["合 计", len(rows)], ["", "总计"], ["制表：赵示例", "审核：钱示例"]))
        )
    if chance.random() < 0.2:
        rows.append(["说明：身份证号填 18 位"])
    return rows


def _person(
    chance: random.Random,
    made: Layout,
    columns: list[str],
    headings: dict[str, str],
    headed: bool,
) -> list[Any]:
    name, number = person(chance, len(made.people))
    while number in made.people or number in made.further:
        name, number = person(chance, len(made.people))
    made.people[number] = name
    day = f"{chance.randint(1985, 2020)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    if headings["date"] in BIRTHDAYS:
        day = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    if headed and headings["date"] in JOINING:
        made.joined[number] = day
    spouse, old = (further(chance, made) if one in columns else "" for one in FURTHER)
    other = {
        "配偶身份证号": spouse,
        "推荐人": person(chance, 0)[0],
        "旧号": f"原身份证号{old}",
        "序号": str(len(made.people)),
        "部门": chance.choice(("机加工", "装配", "办公室")),
        "手机": "131" + "".join(chance.choices("0123456789", k=8)),
        "岗位": chance.choice(("钳工", "车工")),
        "民族": "汉族",
        "配偶姓名": person(chance, 0)[0],
        "备注": "",
        "工号": str(chance.randint(1000, 9999)),
    }
    of = {"name": name, "number": dressed(chance, number), "date": day, **other}
    return [of[one] for one in columns]


def further(chance: random.Random, made: Layout) -> str:
    number = person(chance, len(made.further))[1]
    while number in made.people or number in made.further:
        number = person(chance, len(made.further))[1]
    made.further.add(number)
    return number


def dressed(chance: random.Random, number: str) -> str:
    """The number as people type it."""
    parts = number[:6], number[6:14], number[14:]
    others = (
        " ".join(parts),
        f"'{number}",
        f"{number}\u202c",
        "\u200b".join(parts),
        number.lower(),
    )
    return chance.choice(others) if chance.random() < 0.2 else number


def as_workbook(layout: Layout, path: Path) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in layout.sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def as_text(rows: list[list[Any]], path: Path, encoding: str, separator: str = ",") -> Path:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path
