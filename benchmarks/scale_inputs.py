"""Invented units by the hundred thousand: workbooks, and registers filled without them."""

from __future__ import annotations

import gzip
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from converter.files import zip_writing
from converter.forms import loading

MEMBERS = 100  # of every unit
DAYS, A_DAY = 10_500, 998  # distinct birthdays; numbers of each: even, so that sexes alternate
FIRST = date(1960, 1, 1)
NOW = 1_772_900_000
FAULTY = 100  # one workbook of so many has a mistake
SHARED = 1_000  # one unit of so many lists a member of the unit before it: the 550th


def id_number(number: int) -> str:
    """The number of the n-th invented person; no two share one."""
    day, count = divmod(number, A_DAY)
    before, total = _born(day)
    last = f"{1 + count:03d}"
    total += 8 * int(last[0]) + 4 * int(last[1]) + 2 * int(last[2])
    return before + last + "10X98765432"[total % 11]


@cache
def _born(day: int) -> tuple[str, int]:
    """(region and birthday of the people of a day, what their digits weigh)"""
    before = f"{130102 + day // DAYS}{FIRST + timedelta(days=day % DAYS):%Y%m%d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5)
    return before, sum(int(digit) * w for digit, w in zip(before, weights, strict=True))


def unit_name(unit: int) -> str:
    return f"示例第{unit:07d}公司工会委员会"


def press() -> Callable[[int], bytes]:
    """A function from a unit's number to its workbook: the form's own template, filled in by
    hand once, of which only names and numbers differ from unit to unit."""
    from converter import template
    from converter import workbook as reader
    from tests.people import UNIT
    from tests.sheets import FORM, blank, fill

    marks = [f"@@id{n:03d}@@" for n in range(MEMBERS)]
    figures = {
        "单位工会名称": "@@name@@",
        "单位工会联系电话": "@@phone@@",
        "职工总数": MEMBERS + 20,
        "女职工人数": MEMBERS // 2 + 10,
        "会员总数": MEMBERS,
        "女职工会员数": MEMBERS // 2,
    }
    people = [
        (f"{'赵钱孙李周吴郑王'[n % 8]}示例", mark, date(2010, 5, 1)) for n, mark in enumerate(marks)
    ]
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder) / "a.xlsx"
        fill(blank(MEMBERS), UNIT | figures, people).save(filled)
        data = reader.read(filled, FORM)
    # Pressed anew with these answers: formulas stand as in a template, not as openpyxl saves them.
    pressed = BytesIO(b"".join(template.build(FORM, rows=MEMBERS, data=data)))
    with zipfile.ZipFile(pressed) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    places = [mark.encode() for mark in (*marks, "@@name@@", "@@phone@@")]
    pattern = zip_writing.Pattern(members, places, when=NOW)

    def workbook(unit: int) -> bytes:
        numbers = [id_number(unit * MEMBERS + n) for n in range(MEMBERS)]
        if unit % SHARED == 550:
            numbers[0] = id_number((unit - 1) * MEMBERS)
        values = dict(zip(marks, numbers, strict=True))
        values["@@name@@"] = unit_name(unit)
        values["@@phone@@"] = "1" if unit % FAULTY == FAULTY - 1 else "0311-85551234"
        return pattern.copy(lambda _, place: values[place.decode()].encode())

    return workbook


def write_inputs(folder: Path, units: int) -> int:
    """Write the workbooks of units into an inbox; returns bytes written."""
    workbook = press()
    written = 0
    for unit in range(units):
        path = folder / f"{unit // 500:04d}" / f"{unit:07d}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = workbook(unit)
        path.write_bytes(data)
        os.utime(path, (NOW + unit, NOW + unit))
        written += len(data)
    return written


def filled(store: Path, units: int, first: int = 0, close: bool = False) -> None:
    """A register with that many units, from the number `first` on; with its period closed."""
    from converter.register import ClaimedSender, Collection, ReceivedFile, Register, periods
    from converter.register.writer import rows_file

    cards = loading.with_codes(loading.form_dir().resolve())
    keys = [field.key for field in cards.main_table]
    batch = 2_000
    with Register(store, cards) as opened:
        opened.collect(Collection("2026"), "2026-03-07T00:00:00Z")
        for start in range(first, first + units, batch):
            numbers = range(start, min(start + batch, first + units))
            for sheet in cards.sheets:
                with gzip.open(opened.spool / rows_file(sheet.key), "wt", 1, newline="") as file:
                    for unit in numbers:
                        if sheet.is_record:
                            file.write(_line(unit - start, *_answers(cards, unit).values()))
                        elif sheet is cards.main_table:
                            file.writelines(_lines(unit, unit - start, keys))
            arrivals = [
                ReceivedFile(
                    f"{unit // 500:04d}/{unit_name(unit)}.xlsx", f"{unit:064x}", "accepted",
                    ClaimedSender("", unit_name(unit), "", f"示例{unit // 200}总工会"),
                    period="2026", digest=f"{unit:064x}", members=MEMBERS,
                    member_sheet="members", id_column=3, spool=str(opened.spool),
                    number=unit - start,
                )
                for unit in numbers
            ]  # fmt: skip
            with opened.record(arrivals, "2026-03-07T00:00:00Z"):
                pass
        if close:
            made = periods.Period("2026", periods.CLOSED, "2026-03-08T00:00:00Z", "")
            opened.change(lambda known: known.set_period(made))
            opened.publish("2026", NOW)


def _line(*cells: object) -> str:
    return ",".join(f'"{cell}"' for cell in cells) + "\r\n"


def _lines(unit: int, number: int, keys: list[str]) -> Iterator[str]:
    for n in range(MEMBERS):
        of = unit * MEMBERS + n - (MEMBERS if n == 0 and unit % SHARED == 550 else 0)
        text = id_number(of)
        values = {
            "name": f"name{of % 5_000}",
            "id_number": text,
            "joined_on": "2010-05-01",
            "sex": "12"[int(text[16]) % 2 == 0],
            "birthday": f"{text[6:10]}-{text[10:12]}-{text[12:14]}",
        }
        yield _line(number, n + 1, n + 6, *(values.get(key, "") for key in keys))


def _answers(cards: Any, unit: int) -> dict[str, str]:
    answers = {}
    for place, field in enumerate(cards.record):
        if field.kind == "count":
            answers[field.key] = str((place + unit) % 300)
        elif field.kind == "choice":
            entries = cards.codes[field.options["codes"]].entries
            answers[field.key] = entries[unit % len(entries)].code
        else:
            answers[field.key] = f"{field.key}{unit % 5_000}"
    return answers
