"""Every fault of a package has its code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from converter import identity
from converter.messages import catalogue as messages
from converter.model.issues import Level
from tests.canonical import FORM, IDENTITY, PEOPLE
from tests.package.members import (
    DESCRIPTOR,
    Members,
    built,
    codes,
    edited,
    read,
    refitted,
    swap,
)


def without(*names: str) -> Callable[[Members], Members]:
    return lambda members: {n: d for n, d in members.items() if n not in names}


def with_(**contents: bytes) -> Callable[[Members], Members]:
    return lambda members: members | {n.replace("__", "."): d for n, d in contents.items()}


def then_fitting(change: Callable[[Members], Members]) -> Callable[[Members], Members]:
    return lambda members: refitted(change(members))


UNIT_LINE = built()["unit.csv"].split(b"\r\n")[1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (without(DESCRIPTOR), ["P102"]),
        (with_(note__txt=b"hello"), ["P108"]),
        (with_(datapackage__json=b"{"), ["P111"]),
        (with_(datapackage__json=b"\xff"), ["P111"]),
        (with_(datapackage__json=b"[" * 100_000), ["P111"]),
        (with_(datapackage__json=b'{"a": 1, "a": 2}'), ["P111"]),
        (with_(datapackage__json=b"1" * 5000), ["P111"]),
        (with_(datapackage__json=b"[]"), ["P112"]),
        (edited(format="gonghui-report-package/2"), ["P112"]),
        (edited(form={"id": "other", "version": "1"}), ["P113"]),
        (edited(form=[]), ["P113"]),
        (edited(form={"id": FORM.id, "version": "1999.1"}), ["P114"]),
        (edited(form={"id": FORM.id, "version": FORM.version, "digest": "0" * 16}), ["P119"]),
        (edited(form={"id": FORM.id, "version": FORM.version}), []),  # of an older program
        (edited(period=2026), ["P115"]),
        (edited(unit="示例"), ["P115", "P115"]),
        (edited(counts={"unit": 1}), ["P115"]),
        (edited(counts={"unit": 1, "members": True}), ["P115"]),
        (edited(resources=[]), ["P115", "P115"]),
        (edited(resources={}), ["P115", "P115", "P115"]),
        (edited(reasons=[{"field": "member", "row": 99, "reason": "x"}]), ["P115"]),
        (edited(reasons=[{"field": "member", "row": 1, "reason": "x"}]), ["P115"]),
        (edited(reasons=[{"field": "member", "row": "3", "reason": "x"}]), ["P115"]),
        (edited(reasons=[{}]), ["P115"]),
        (edited(reasons=[{"field": "unit.no_such", "row": None, "reason": "x"}]), []),
        (edited(digest="sha256:" + "0" * 64), ["P116"]),
        (swap("members.csv", "赵", "钱"), ["P116"]),
        (then_fitting(with_(members__csv=b"name,id_number,joined_on,sex,birthday\r\n\xff,,,,\r\n")), ["P117"]),
        (then_fitting(swap("members.csv", "赵示例", '"赵"示例')), ["P118"]),
        (then_fitting(with_(members__csv=b"")), ["P118"]),
        (then_fitting(swap("members.csv", "name,id_number", "name,name")), ["P118"]),
        (without("members.csv"), ["P120"]),
        (without("unit.csv", "members.csv"), ["P120", "P120"]),
        (then_fitting(swap("members.csv", "赵示例,", "赵示例,x,")), ["P121"]),
        (then_fitting(swap("members.csv", "\r\n𠮷", "\r\n\r\n𠮷")), ["P121"]),
        (then_fitting(swap("members.csv", "joined_on", "left_on")), ["P122"]),
        (edited(counts={"unit": 1, "members": 5}), ["P124"]),
        (then_fitting(swap("members.csv", ",".join(PEOPLE[0]) + "\r\n", "")), ["P124"]),
        (then_fitting(with_(unit__csv=built()["unit.csv"] + UNIT_LINE + b"\r\n")), ["P124", "P125"]),
        (with_(identity__xml=b"<x/>"), ["I105"]),
        (with_(identity__xml=identity.compose(replace(IDENTITY, serial=4))), ["P126"]),
        (then_fitting(swap("unit.csv", "示例县总工会", "别县总工会")), ["P127"]),
        (with_(signature=b"\x00" * 64), ["P133"]),
    ],
)  # fmt: skip
def test_each_fault_has_its_code(
    change: Callable[[Members], Members], expected: list[str], tmp_path: Path
) -> None:
    assert codes(read(change(built()), tmp_path)) == expected


def test_every_finding_can_be_put_into_words(tmp_path: Path) -> None:
    catalogue = messages.catalogue(FORM)
    for code in (c for c in catalogue if c[0] in "PI"):
        entry = catalogue[code]
        assert entry.title
        assert entry.brief
        assert entry.fix
    found = read(swap("members.csv", "赵", "钱")(built()), tmp_path)
    sentence = messages.sentence(found.issues[0], FORM)
    assert "members.csv" in sentence
    assert "…" not in sentence


def test_a_sound_table_is_handed_on_beside_a_broken_one(tmp_path: Path) -> None:
    found = read(refitted(swap("members.csv", "赵示例,", "赵示例,x,")(built())), tmp_path)
    assert "member" not in found.sheets
    assert "unit" in found.sheets
    issue = found.issues[0]
    assert (issue.place.sheet, issue.place.cell) == ("members.csv", "A2")
    assert issue.params == {
        "member": "members.csv", "row": 2, "found": 6, "expected": 5, "count": 1,
    }  # fmt: skip


def test_a_package_of_an_older_form_is_read_by_the_names_both_know(tmp_path: Path) -> None:
    members = swap("members.csv", "joined_on", "left_on")(built())
    found = read(refitted(members, form={"id": FORM.id, "version": "1999.1"}), tmp_path)
    assert [(issue.code, issue.level) for issue in found.issues] == [
        ("P114", Level.WARNING),
        ("P123", Level.WARNING),
    ]
    assert found.issues[1].params["missing"] == "joined_on"
    assert found.issues[1].params["unknown"] == "left_on"
    assert "member" in found.sheets
    assert found.sheets["member"].columns["joined_on"].text == [""] * 4
    assert found.sheets["member"].columns["birthday"].text == [row[4] for row in PEOPLE]


def test_columns_in_another_order_are_read_by_name(tmp_path: Path) -> None:
    text = "birthday,sex,joined_on,id_number,name\r\n"
    text += "".join(",".join(row[::-1]) + "\r\n" for row in PEOPLE)
    found = read(refitted(built() | {"members.csv": text.encode()}), tmp_path)
    assert codes(found) == []
    assert "member" in found.sheets
    assert found.sheets["member"].columns["name"].text == [row[0] for row in PEOPLE]
    assert found.sheets["member"].place("x", "name", 0).cell == "E2"
