"""An invented collection: units, their people, workbooks and packages, the inbox they fill.

Every file's fate is known beforehand; `Inbox.truth` holds it.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from converter import package
from converter.model.submissions import Records, Stamp
from converter.register import RosterEntry
from tests.people import SURNAMES, UNIT, id_number
from tests.sheets import FORM, blank, fill, put, unit_cell

SUPERIOR = "示例县总工会"
CREATED = 1_772_000_000  # 2026-02-25
Person = tuple[str, str, date | None]


def name_of(number: int) -> str:
    return f"示例第{number}公司工会委员会"


def people(number: int, count: int = 4) -> list[Person]:
    """Members of a unit; no two units share one. Even ones are women."""
    return [
        (
            f"{SURNAMES[n % len(SURNAMES)]}示例",
            id_number("130102", f"{1962 + number % 30}-0{1 + n % 9}-{10 + number // 30}", n + 1),
            date(2010, 5, 1),
        )
        for n in range(count)
    ]


def answers(number: int, members: Sequence[Person], **changed: Any) -> dict[str, Any]:
    women = sum(int(number[16]) % 2 == 0 for _, number, _ in members)
    figures = {
        "单位工会名称": name_of(number),
        "职工总数": len(members) + number,
        "女职工人数": women,
        "农民工人数": 1,
        "会员总数": len(members),
        "女职工会员数": women,
        "农民工会员数": 1,
    }
    return UNIT | figures | changed


def workbook(number: int, members: Sequence[Person] | None = None, **changed: Any) -> bytes:
    """A filled-in workbook of a unit; `changed` replaces answers by their titles."""
    chosen = people(number) if members is None else members
    return _workbook(tuple(chosen), tuple(answers(number, chosen, **changed).items()))


@cache
def _workbook(members: Sequence[Person], unit: tuple[tuple[str, Any], ...]) -> bytes:
    book = fill(blank(12), dict(unit), members)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def faulty(number: int) -> bytes:
    """More members told than listed, and a phone number of one digit."""
    book = fill(blank(12), answers(number, people(number)), people(number))
    put(book[FORM.record.title], unit_cell(book, "单位工会联系电话"), "1")
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def records(number: int, members: Sequence[Person] | None = None, /, **changed: str) -> Records:
    """The same answers in canonical text; `changed` replaces them by key."""
    chosen = people(number) if members is None else list(members)
    titles = answers(number, chosen)
    unit = {f.key: "" for f in FORM.record}
    for f in FORM.record:
        value = titles.get(f.title, "")
        entries = FORM.codes[f.options["codes"]].entries if f.kind == "choice" else ()
        unit[f.key] = next((e.code for e in entries if e.label == value), str(value))
    unit |= {"organisation_form": "1"} | changed
    return Records(
        record=unit,
        tables={
            "member": {
                "name": [n for n, _, _ in chosen],
                "id_number": [i for _, i, _ in chosen],
                "joined_on": [str(j or "") for _, _, j in chosen],
                "sex": ["2" if int(i[16]) % 2 == 0 else "1" for _, i, _ in chosen],
                "birthday": [f"{i[6:10]}-{i[10:12]}-{i[12:14]}" for _, i, _ in chosen],
            }
        },
        reasons=(),
        stamp=Stamp(FORM.id, FORM.version),
        today=date(2026, 2, 25),
    )


def packed(of: Records, created: int = CREATED, period: str = "") -> bytes:
    """An unsigned package."""
    if period:
        of = Records(
            of.record,
            of.tables,
            of.reasons,
            Stamp(FORM.id, FORM.version, period=period),
            of.today,
        )
    return zipped(package.build(of, FORM, None, created))


def zipped(members: Sequence[tuple[str, bytes]]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


@dataclass
class Inbox:
    """Files in order of arrival, and what must become of each: (result, state)."""

    folder: Path
    truth: dict[str, tuple[str, str]] = field(default_factory=dict)
    clock: int = CREATED

    def put(self, name: str, data: bytes) -> None:
        self.clock += 60
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (self.clock, self.clock))

    def add(self, name: str, data: bytes, result: str, state: str) -> None:
        self.put(name, data)
        self.truth[name] = (result, state)

    def add_zip(self, name: str, members: Sequence[tuple[str, bytes, str, str]]) -> None:
        self.put(name, zipped([(inner, data) for inner, data, _, _ in members]))
        self.truth |= {f"{name}/{inner}": (r, s) for inner, _, r, s in members}


def listed(number: int) -> RosterEntry:
    return RosterEntry(f"130102-{number:04d}", name_of(number), "130102", SUPERIOR)


MISSING = 90  # on the roster, never heard of
STRANGER = 70  # heard of, not on the roster
SHARED = people(1)[0]  # also a member of unit 2


def build(folder: Path) -> Inbox:
    """60 files and more: see the lines."""
    box = Inbox(folder)
    good = ("accepted", "current")
    rejected = ("rejected", "rejected")
    box.add("一县/单位1.xlsx", workbook(1), *good)
    box.add("一县/单位2.xlsx", workbook(2, [*people(2), SHARED]), *good)
    box.add("一县/有提示.xlsx", workbook(3, 驻地邮政编码="100000"), "warnings", "current")
    box.add("一县/有错.xlsx", faulty(4), *rejected)
    # Unit 5 reports, reports again, and sends the first file once more under another name.
    first = workbook(5)
    box.add("二县/单位5.xlsx", first, "accepted", "superseded")
    box.add("二县/单位5改.xlsx", workbook(5, people(5, 5)), *good)
    box.add("二县/单位5抄.xlsx", first, "accepted", "identical")
    # Unit 6's workbook and its package hold the same tables.
    box.add("二县/单位6.xlsx", workbook(6), *good)
    box.add("二县/单位6.zip", packed(records(6)), "accepted", "identical")
    box.add("杂/论文.pdf", b"%PDF-1.7 nothing of ours", *rejected)
    box.add("杂/空.xlsx", b"", *rejected)
    box.add("杂/坏.zip", b"PK\x03\x04 but no more", *rejected)
    box.add("杂/表.csv", "姓名,证号\n".encode("gbk"), *rejected)
    box.add("陌生.zip", packed(records(STRANGER)), "accepted", "held")
    inner = zipped([("../深/单位8.zip", packed(records(8))), ("说明.txt", b"hello")])
    box.put(
        "邮件.zip",
        zipped([("附件/单位7.xlsx", workbook(7)), ("~$单位7.xlsx", b"lock"), ("再.zip", inner)]),
    )
    box.truth["邮件.zip/附件/单位7.xlsx"] = good
    box.truth["邮件.zip/再.zip/深/单位8.zip"] = good
    box.truth["邮件.zip/再.zip/说明.txt"] = rejected
    box.add_zip(
        "一批.zip",
        [(f"{n}.zip", packed(records(n)), *good) for n in range(20, 50)],
    )
    for n in range(50, 60):
        box.add(f"三县/{n}.zip", packed(records(n)), *good)
    return box


def roster() -> list[RosterEntry]:
    return [listed(n) for n in (*range(1, 9), *range(20, 60), MISSING)]
