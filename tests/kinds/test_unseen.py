"""What cannot be seen never decides: in no kind, in no heading."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from converter.report.issue_text import IssueRenderer
from converter.text import characters
from converter.text.headings import normalized
from tests import sheets
from tests.kinds.validating import field, verdict
from tests.people import UNIT
from tests.sheets import FORM, outcome, saved

RIGHT = {
    "member.id_number": "130102196001100017",
    "member.name": "赵示例",
    "member.joined_on": "2010-05-01",
    "unit.chair_sex": "男",
    "unit.staff": "12",
    "unit.postcode": "050000",
    "unit.phone": "0311-85551234",
    "unit.registration_number": "91130102MA0000000U",
    "unit.address": "示例县示例路1号",
}
EVERY = [
    chr(point)
    for point in (*range(0x20, 0x3400), *range(0xF900, 0x10000), *range(0xE0000, 0xE0200))
    if unicodedata.category(chr(point)) in ("Zs", "Zl", "Zp", "Cf")
    or chr(point) in "\u115f\u1160\u3164\uffa0\u2800\u180b\u180c\u180d\u180e\ufe00\ufe0f\ufffc"
]


@pytest.mark.parametrize("path", RIGHT)
def test_no_unseen_character_changes_what_is_read(path: str) -> None:
    right = RIGHT[path]
    wanted = verdict(field(path), right).text
    assert wanted
    for character in EVERY:
        for typed in (f"{character}{right}", f"{right}{character}"):
            found = verdict(field(path), typed)
            assert (found.text, found.fault) == (wanted, ""), f"U+{ord(character):04X}"


@pytest.mark.parametrize("path", ["member.id_number", "unit.chair_sex", "member.name"])
def test_an_unseen_character_inside_is_none(path: str) -> None:
    right = RIGHT[path]
    wanted = verdict(field(path), right).text
    for character in EVERY:
        found = verdict(field(path), right[:1] + character + right[1:])
        assert (found.text, found.fault) == (wanted, ""), f"U+{ord(character):04X}"


def test_no_unseen_character_changes_a_heading() -> None:
    assert {normalized(f"身份{character}证号") for character in EVERY} == {"身份证号"}


@pytest.mark.parametrize("name", ["क\u200dष", "م\u200cن", "ᠠ\u180eᠨ", "ᠠ\u180bᠨ"])
def test_joiners_that_a_script_needs_stay(name: str) -> None:
    assert verdict(field("member.name"), name) == (name, "", "")


def test_what_was_removed_is_counted() -> None:
    assert characters.removed("1301\u200b02\u202c", "130102") == 2
    assert characters.removed("13 01\u200302", "130102") == 1
    assert characters.removed("13 01\u300002", "130102") == 0


@pytest.mark.parametrize("last", "ⅩХ×ｘＸ")
def test_what_looks_like_an_x_at_the_end_is_one(last: str) -> None:
    found = verdict(field("member.id_number"), f"13010219900101901{last}")
    assert found.text[-1:] == "X" or found.fault == "K116"


def test_what_was_removed_is_named_and_never_shown(tmp_path: Path) -> None:
    typed = {
        "职工总数": "30\u200b",
        "女职工人数": "\u200b12人",
        "工会组建时间": "1998-05-01\u202c",
        "投产开业时间": "1990年5月\u200b",
        "生产状况": "正常\u2060",
    }
    book = sheets.fill(sheets.blank(), {**UNIT, **typed})
    notes = [i for i in outcome(saved(book, tmp_path)).issues if i.code.startswith("K9")]
    messages = [IssueRenderer(FORM, show_ids=False).render(note).message for note in notes]
    assert len(messages) == len(typed)
    assert not any(character in "".join(messages) for character in characters.INVISIBLE)
    assert sum("看不见的字符（1 个）已去掉，按" in message for message in messages) == 2
    assert sum(seen in "".join(messages) for seen in ("“12人”", "“1990年5月”", "“正常”")) == 3
