"""A few entries of its own over the catalogue, so that reports are tested apart from its wording."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from converter.forms.loading import form_dir, read
from converter.messages import catalogue
from converter.model.forms import Form
from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import Outcome

ENTRIES = """
[K112]
level = "error"
title = "身份证号位数不对"
sentence = "应为18位,实为{length}位"
fix = "对照证件补全;请先把该列设为“文本”"
[K401]
level = "error"
title = "日期读不懂"
sentence = "{title}读不懂"
fix = ""
[K902]
level = "note"
title = "日期换了写法"
sentence = "读作 {date}"
fix = ""
[F101]
level = "error"
title = "不是电子表格"
sentence = "这个文件其实是{what}"
fix = "请另存为 .xlsx"
[at_most]
level = "warning"
title = "人数偏大"
sentence = "{title}({value})大于{limits}"
fix = "核对人数"
[unique]
title = "重复"
sentence = "与{first}相同"
fix = "删去重复的一行"
"""

# An invented person: the sequence 990 is not handed out.
ID = "130102198001019905"


@pytest.fixture
def form() -> Form:
    return read(form_dir())


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    own, shipped = tomllib.loads(ENTRIES), catalogue._entry
    monkeypatch.setattr(catalogue, "_entry", lambda name: own.get(name) or shipped(name))


FILE, UNIT, MEMBER = "填报.xlsx", "基层单位信息表", "会员基本信息表"


def id_issue(row: int, value: str = "13010219800101990", **params: Any) -> Issue:
    place = Place(FILE, MEMBER, row, 3, "id_number")
    return Issue("K112", Level.ERROR, place, value, {"length": len(value), **params})


def note(row: int) -> Issue:
    place = Place(FILE, MEMBER, row, 4, "joined_on")
    return Issue("K902", Level.NOTE, place, "2010.5.1", {"date": "2010-05-01"})


def unreadable(file: str = "坏.xlsx") -> Outcome:
    issue = Issue("F101", Level.ERROR, Place(file), "", {"what": "图片"})
    return Outcome(file, Issues.of([issue]), readable=False)


def outcome(*issues: Issue, file: str = FILE, members: int = 40) -> Outcome:
    return Outcome(file, Issues.of(issues), "130100001", "示例一厂工会委员会", members)
