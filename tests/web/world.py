"""An upper union with its keys, roster, issued files and an inbox; and workbooks that its units
filled in."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl

from converter.forms import loading
from converter.identity import issuing, keys
from converter.model.submissions import Unit
from converter.web.settings import Settings
from tests.people import MEMBERS
from tests.people import UNIT as ANSWERS
from tests.sheets import MEMBER_SHEET, blank, fill, member_cell, put

FOLDER = loading.form_dir().resolve()
SUPERIOR = "示例县总工会"


def unit(number: int) -> Unit:
    """An invented unit of the roster."""
    name = f"示例第{number}机械有限公司工会委员会"
    return Unit(f"130102-{number:04d}", name, SUPERIOR, "130102", f"0311-8555{number:04d}")


@dataclass(frozen=True)
class World:
    """Folders as the officer has them, and what was handed out."""

    root: Path
    units: tuple[Unit, ...]
    passwords: dict[str, str]  # by unit code

    def copied(self, root: Path) -> World:
        """The same in another folder, which is made."""
        shutil.copytree(self.root, root)
        return World(root, self.units, self.passwords)

    @property
    def keys(self) -> Path:
        return self.root / "密钥"

    @property
    def issued(self) -> Path:
        return self.root / "标识"

    @property
    def inbox(self) -> Path:
        return self.root / "收件"

    @property
    def store(self) -> Path:
        return self.root / "登记库"

    @property
    def reply(self) -> Path:
        return self.root / "回复"

    def settings(self, **changed: Any) -> Settings:
        given: dict[str, Any] = {
            "form": str(FOLDER),
            "keys": self.keys,
            "issued": self.issued,
            "inbox": self.inbox,
            "published": self.store,
            "state": self.root / "收件.portal",
            "reply": self.reply,
            "roster": self.units,
            "jobs": 1,
        }
        return Settings(**given | changed)


def build(root: Path, count: int = 3) -> World:
    """Keys, and identity files for `count` units, good for a year."""
    keys.create(root / "密钥")
    units = tuple(unit(n) for n in range(1, count + 1))
    today = date.today()
    done = issuing.issue(
        units,
        root / "密钥",
        root / "标识",
        period="2026",
        issued=today,
        valid_until=today + timedelta(days=365),
    )
    rows = list(csv.reader(done.passwords.read_text("utf-8-sig").splitlines()))[1:]
    done.passwords.unlink()  # the officer has taken it away
    return World(root, units, {row[0]: row[4] for row in rows})


@cache
def workbook(number: int = 1, *, fault: bool = False) -> bytes:
    """A unit's workbook, filled in; with a fault an ID number is a digit short."""
    book = fill(blank(15), ANSWERS | {"单位工会名称": unit(number).name})
    if fault:
        put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def filled(data: bytes) -> bytes:
    """What a clerk makes of a workbook that has the unit's names written in."""
    book = openpyxl.load_workbook(BytesIO(data))
    named = ("所属上级工会组织", "单位工会名称")
    fill(book, {title: value for title, value in ANSWERS.items() if title not in named})
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()
