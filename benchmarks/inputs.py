"""The files that are measured: the form's own template, filled with invented members.

Kept in a folder that git ignores, made once; `VERSION` names what they hold. 1 % of the members
have a fault, unless `clean` is asked for.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from converter import template
from tests import filling
from tests.filling import Member, Program
from tests.people import SURNAMES, UNIT, id_number

VERSION = "3"
FOLDER = Path(__file__).parent / ".inputs"
FAULT_EVERY = 100
PREPARED = 500  # rows of the workbook that is handed out
SECOND, THIRD = (
    "建国志明晓文海玉春丽伟强静敏芳军杰涛超霞平刚桂英",
    "一文华兰东宁波飞龙云山水月光辉成林森梅雪松柏",
)
FIRST_DAY, DAYS = date(1966, 1, 1).toordinal(), 12_000


def _other(digit: str) -> str:
    return "2" if digit == "1" else "1"


FAULTS = (
    ("id_number", lambda m: m.id_number[:-1], "错误：身份证号应为18位(K112)"),
    ("id_number", lambda m: m.id_number[:-1] + _other(m.id_number[-1]), "错误：校验码不对(K116)"),
    ("joined", lambda m: "2010.13.1", "错误：加入工会时间不是日期(K403)"),
    ("name", lambda m: m.name + "1", "错误：会员姓名中有数字(K201)"),
    ("joined", lambda m: date(1950, 1, 1), "错误：加入工会时间早于出生(X171)"),
)  # fmt: skip


@cache
def _regions() -> tuple[str, ...]:
    codes = filling.FORM.codes["region"].entries
    return tuple(
        c.code for c in codes if c.code.startswith("13") and c.code[4:] not in ("00", "01")
    )


def member(number: int) -> Member:
    """An invented member; nobody's twin up to some 15 million. Even numbers are women."""
    day = date.fromordinal(FIRST_DAY + number * 37 % DAYS)
    sequence = 990 + 2 * (number // DAYS % 5) + 1 - number % 2
    regions = _regions()
    region = regions[number // (DAYS * 5) % len(regions)]
    a, b, c = number % len(SURNAMES), number // 7 % len(SECOND), number // 11 % len(THIRD)
    joined = date(day.year + 20 + number % 6, 1 + number % 12, 1 + number % 28)
    return Member(
        SURNAMES[a] + SECOND[b] + THIRD[c], id_number(region, day.isoformat(), sequence), joined
    )


def members(count: int, *, first: int = 0, clean: bool = False) -> Iterator[Member]:
    """So many members, every hundredth of them with one fault."""
    for number in range(first, first + count):
        found = member(number)
        if not clean and number % FAULT_EVERY == 7:
            key, change, verdict = FAULTS[number // FAULT_EVERY % len(FAULTS)]
            changed: dict[str, Any] = {key: change(found), "verdict": verdict}
            found = replace(found, **changed)
        yield found


def unit(count: int, first: int = 0) -> dict[str, object]:
    """Answers that fit so many members."""
    women = sum(number % 2 == 0 for number in range(first, first + count))
    return UNIT | {
        "职工总数": count + 2, "女职工人数": women + 1, "农民工人数": 3,
        "会员总数": count, "女职工会员数": women, "农民工会员数": 1,
    }  # fmt: skip


def large(rows: int, *, clean: bool = False) -> Path:
    """All rows prepared with formulas and computed, as Excel saves them."""
    return _made("large", rows, rows, filling.EXCEL, clean)


def typed(rows: int, *, clean: bool = False) -> Path:
    """The template as it is handed out, most members typed below its prepared rows."""
    return _made("typed", rows, PREPARED, filling.WPS, clean)


def small(files: int) -> list[Path]:
    """Workbooks of 50 to 200 members, each of its own unit."""
    return [_small(number) for number in range(files)]


def make_clean(path: Path) -> None:
    """A small workbook without a fault."""
    if not path.is_file():
        _write(path, 50, 0, PREPARED, filling.EXCEL, clean=True)


def blank(rows: int) -> Path:
    """The workbook that is handed out."""
    path = folder() / f"blank-{rows}.xlsx"
    if not path.is_file():
        path.write_bytes(b"".join(template.build(filling.FORM, rows=rows)))
    return path


def many(files: int, different: int) -> Path:
    """A folder of so many files: the small ones again and again, under other names."""
    target = folder() / f"many-{files}"
    if not target.is_dir():
        made, sources = target.with_suffix(".part"), small(different)
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        for number in range(files):
            (made / f"{number:05}.xlsx").hardlink_to(sources[number % different])
        made.rename(target)
    return target


def _small(number: int) -> Path:
    path = folder() / "small" / f"{number:05}.xlsx"
    if not path.is_file():
        count = 50 + number * 61 % 151
        first = number * 200
        path.parent.mkdir(exist_ok=True)
        _write(path, count, first, PREPARED, filling.EXCEL, clean=False)
    return path


def _made(name: str, rows: int, prepared: int, program: Program, clean: bool) -> Path:
    path = folder() / f"{name}-{rows}{'-clean' if clean else ''}.xlsx"
    if not path.is_file():
        _write(path, rows, 0, prepared, program, clean=clean)
    return path


def _write(
    path: Path, count: int, first: int, prepared: int, program: Program, *, clean: bool
) -> None:
    part = path.with_suffix(".part")
    filling.write(
        part, members(count, first=first, clean=clean),
        prepared=prepared, unit=unit(count, first), program=program,
    )  # fmt: skip
    part.rename(path)


def folder() -> Path:
    """Where the files are kept."""
    made = FOLDER / VERSION
    made.mkdir(parents=True, exist_ok=True)
    return made
