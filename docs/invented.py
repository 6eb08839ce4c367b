"""An invented collection for the pictures: a county, three towns, some sixty units, two years."""

from __future__ import annotations

import random
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from converter.forms import loading  # noqa: E402
from converter.register import RosterEntry  # noqa: E402
from converter.usecases.receive import Plan, receive  # noqa: E402
from converter.workers.pool import Worker  # noqa: E402
from tests import sample_people  # noqa: E402
from tests.sheets import FORM, blank, fill, member_cell, put, saved, unit_cell  # noqa: E402
from tests.usecases.receive import collection  # noqa: E402
from tests.usecases.receive.collection import Inbox, packed, records  # noqa: E402

COUNTY = "示例县总工会"
TOWNS = ("示例县城关镇总工会", "示例县河东镇总工会", "示例县北山乡总工会")
TRADES = ("机械", "纺织", "食品", "建材", "运输", "商贸")
DAY = 86_400
UNITS = 64


def name(number: int) -> str:
    return f"示例{TRADES[number % len(TRADES)]}第{number}公司工会委员会"


def superior(number: int) -> str:
    return (*TOWNS, COUNTY)[number % 4]


def roster() -> list[RosterEntry]:
    """Every unit, and the towns' unions below the county's."""
    towns = [RosterEntry(f"130102-9{n:03d}", town, "", COUNTY) for n, town in enumerate(TOWNS)]
    return towns + [
        RosterEntry(f"130102-{n:04d}", name(n), "", superior(n)) for n in range(1, UNITS + 1)
    ]


def package(number: int, staff: int, period: str = "") -> bytes:
    """A unit's package: its members differ from everybody else's."""
    chance = random.Random(number)
    members = [sample_people.member(100 * number + n) for n in range(chance.randint(12, 34))]
    women = sum(int(number_[16]) % 2 == 0 for _, number_, _ in members)
    categories = [e.code for e in FORM.codes["unit_category"].entries if e.group == "企业"]
    whole = str(len(members) + staff)
    changed = {
        "unit_name": name(number),
        "superior_union": superior(number),
        "unit_category": categories[number % 5],
        "industry": "CFGH"[number % 4],
        "industry_division": "",
        "staff": whole,
        "women_staff": str(women + staff // 3),
        "migrant_workers": str(staff // 2),
        "members": str(len(members)),
        "women_members": str(women),
        "migrant_members": "1",
    }
    return packed(records(number, members, **changed), period=period)


def faulty(folder: Path, number: int) -> bytes:
    """A workbook with what clerks get wrong most."""
    members = [sample_people.member(100 * number + n) for n in range(20)]
    book = fill(blank(30), collection.answers(number, members), members)
    unit, member = book[FORM.record.title], book[FORM.main_table.title]
    put(unit, unit_cell(book, "单位工会名称"), name(number))
    put(unit, unit_cell(book, "所属上级工会组织"), superior(number))
    put(unit, unit_cell(book, "单位工会联系电话"), "8555")
    for row in range(3, 3 + number % 7):
        cell = member_cell(book, row, "身份证号")
        put(member, cell, str(member[cell].value)[:-1])
    return saved(book, folder, "错.xlsx").read_bytes()


def collected(root: Path) -> Path:
    """The register, received on eight days; three units sent only what had to be refused, five
    nothing."""
    box = Inbox(root / "收件")
    folder = (loading.templates_dir() / loading.DEFAULT_FORM).resolve()
    with Worker() as worker:
        for number in range(1, 44):
            box.put(f"去年/{number}.zip", package(number, 6, "2025"))
        sent = list(range(1, UNITS - 4))
        random.Random(7).shuffle(sent)
        for day in range(8):
            for number in sent[day * 8 : day * 8 + 8]:
                if number % 20 == 3:
                    box.put(f"{number}.xlsx", faulty(root, number))
                else:
                    box.put(f"{number}.zip", package(number, 3 + number % 9))
            now = collection.CREATED + (4 + day) * DAY
            plan = Plan(folder, loading.read(folder), root / "回复", None, None, 2, now)
            due = date(2026, 3, 6)
            receive(box.folder, root / "登记库", plan, worker, roster=roster(), due=due)
    return root / "登记库"


if __name__ == "__main__":
    print(collected(Path(sys.argv[1])))
