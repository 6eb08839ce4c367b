"""Conditions as expressions: read, refused with the place, and the same in both faces."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from converter.model.cell_types import CellType
from converter.model.errors import FormError
from converter.model.forms import Form, Rule
from converter.model.issues import Level
from converter.model.submissions import Submission
from converter.rules import FAMILIES, expressions
from tests import tools
from tests.forms import small
from tests.parity import verdicts
from tests.parity.office import recalculated

FORM = small.load(small.FOLDER / "sums")
UNIT = {"superior_union": "示例总工会", "unit_name": "示例工会", "staff": "3"}
LINE = {"name": "一", "a": "1", "b": "2", "c": "3", "begun": "2020-01-02", "ended": "2020-03-04",
        "sort": "甲类", "paid": "2020-02"}  # fmt: skip


def ruled(condition: str, at: str = "line.a", code: str = "X101") -> Form:
    rule = Rule(code, "must_hold", Level.ERROR, (at,), {"condition": condition})
    return replace(FORM, rules=(rule,))


def found(condition: str, at: str = "line.a", staff: str = "3", **answers: str) -> list[str]:
    given = small.submission(FORM, office=UNIT | {"staff": staff}, line=[LINE | answers])
    return [code for code, *_ in small.codes(small.checked(given, ruled(condition, at)))]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("line.a + line.b == line.c", True),
        ("line.a * 3 - line.b >= line.c", False),
        ("abs(line.a - line.c) <= 2", True),
        ("line.begun < line.ended", True),
        ("line.ended - line.begun == 62", True),
        ("line.begun + 61 >= line.ended", False),
        ('line.begun >= date("2020-01-02")', True),
        ('line.paid < month("2020-03")', True),
        ('line.sort == "1"', True),
        ('line.sort in ["2", "3"]', False),
        ('line.sort not in ["2", "3"] and line.a == 1', True),
        ('line.a == 9 if line.sort == "2" else line.a == 1', True),
        ("not line.a == 1 or line.b == 2", True),
    ],
)
def test_a_condition_is_computed(condition: str, holds: bool) -> None:
    assert found(condition) == ([] if holds else ["X101"])


@pytest.mark.parametrize("blank", ["a", "b"])
def test_nothing_is_said_of_what_is_blank_or_wrong(blank: str) -> None:
    for text in ("", "很多"):
        assert "X101" not in found("line.a + line.b == 99", **{blank: text})


def test_a_column_is_summed_and_rows_are_counted() -> None:
    condition = "office.staff == sum(line.a) + count(line)"
    assert found(condition, "office.staff", staff="2") == []
    assert found(condition, "office.staff") == ["X101"]
    assert found(condition, "office.staff", a="?") == ["K301"]


def test_the_sentence_says_what_must_hold_and_what_is() -> None:
    from converter.messages import catalogue

    form = ruled('line.a + line.b == line.c if line.sort in ["1", "2"] else line.a < 9', "line.c")
    given = small.submission(FORM, office=UNIT, line=[LINE | {"c": "4"}])
    (issue,) = (i for i in small.checked(given, form).outcome.issues if i.code == "X101")
    assert catalogue.sentence(issue, form) == (
        "应当 如果类别为“甲类”“乙类”，那么甲数 + 乙数 = 丙数，否则甲数 < 9；"
        "现在是 类别 甲类、甲数 1、乙数 2、丙数 4"
    )


@pytest.mark.parametrize(
    ("condition", "wording"),
    [
        ("line.a + line.b - line.c == 0", "甲数 + 乙数 - 丙数 = 0"),
        ("line.a - (line.b - line.c) == 0", "甲数 - （乙数 - 丙数） = 0"),
        ("line.a * (line.b + 1) == 0", "甲数 × （乙数 + 1） = 0"),
        ("line.a * 2 * line.b - line.c * 3 == 0", "甲数 × 2 × 乙数 - 丙数 × 3 = 0"),
        ("abs(line.a * 9 - line.b) * 2 <= line.c", "|甲数 × 9 - 乙数| × 2 ≤ 丙数"),
    ],
)
def test_the_sentence_has_no_more_brackets_than_arithmetic_takes(
    condition: str, wording: str
) -> None:
    form = ruled(condition, "line.c")
    params = FAMILIES["must_hold"].message_params(form.rules[0], "line.c", form)
    assert params["condition"] == wording


@pytest.mark.parametrize(
    ("condition", "message", "at"),
    [
        ("line.a +", "form_condition_syntax", 8),
        ("line.a + line.b", "form_condition_truth", 1),
        ("line.x == 1", "form_no_field", 1),
        ("1 == line.name", "form_condition_text", 6),
        ("line.begun == 1", "form_condition_compared", 1),
        ("line.begun + line.ended == 1", "form_condition_number", 1),
        ('line.sort == "9"', "form_condition_code", 14),
        ("line.sort < 1", "form_condition_compared", 1),
        ("line.a.b == 1", "form_condition_part", 1),
        ("__import__('os').system('x') == 1", "form_condition_part", 1),
        ("[1 for _ in line.a] == 1", "form_condition_part", 1),
        ("line.a == 1 == line.b", "form_condition_part", 1),
        ("sum(office.staff) == 1", "form_condition_sum", 1),
        ("sum(line.b) == 1", "form_rows_required", 1),
        ("count(office) == 1", "form_no_sheet", 1),
        ('line.begun > date("2020-13-01")', "form_condition_day", 14),
        ('line.paid > month("2020-13")', "form_condition_one_month", 13),
        ('line.paid > date("2020-01-01")', "form_condition_compared", 1),
        ("not line.a", "form_condition_truth", 5),
        ("line.a == 1.5", "form_condition_fraction", 11),
        ("line.a * 0.02 == line.b", "form_condition_fraction", 10),
        ("line.a / line.b == 2", "form_condition_fraction", 1),
        ("(" * 300 + "1" + ")" * 300, "form_condition_long", 0),
    ],
)
def test_a_slip_is_named_with_its_place(condition: str, message: str, at: int) -> None:
    with pytest.raises(FormError) as error:
        expressions.read(condition, FORM, "condition")
    assert error.value.message_key == message
    assert error.value.params.get("at", 0) == at


def test_fields_of_two_sheets_do_not_meet() -> None:
    from converter.rules import FAMILIES

    form = ruled("line.a == office.staff")
    with pytest.raises(FormError) as error:
        FAMILIES["must_hold"].accept(form.rules[0], form)
    assert error.value.message_key == "form_one_sheet"


# --- drawn ------------------------------------------------------------------------------------


class Author:
    """Writes conditions at random, always of the right types."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def truth(self, depth: int = 3) -> str:
        choice = self.dice.randrange(10 if depth else 6)
        sign = self.dice.choice(["==", "!=", "<", "<=", ">", ">="])
        if choice < 2:
            return f"{self.number(depth - 1)} {sign} {self.number(depth - 1)}"
        if choice == 2:
            return f"{self.day(depth - 1)} {sign} {self.day(depth - 1)}"
        if choice == 3:
            return f'line.sort {self.dice.choice(["==", "!="])} "{self.dice.choice("123")}"'
        if choice == 4:
            return (
                f"line.sort {self.dice.choice(['in', 'not in'])} ['1', '{self.dice.choice('23')}']"
            )
        if choice == 5:
            return f'line.paid {sign} month("2020-{self.dice.choice(["01", "02", "03"])}")'
        one, other = self.truth(depth - 1), self.truth(depth - 1)
        if choice < 8:
            return f"({one} {self.dice.choice(['and', 'or'])} {other})"
        return f"(not {one})" if choice == 8 else f"({one} if {self.truth(0)} else {other})"

    def number(self, depth: int) -> str:
        choice = self.dice.randrange(8 if depth > 0 else 4)
        if choice < 3:
            return f"line.{'abc'[choice]}"
        if choice == 3:
            return str(self.dice.randrange(7))
        one, other = self.number(depth - 1), self.number(depth - 1)
        if choice == 4:
            return f"abs({one} - {other})"
        if choice == 5:
            return f"({self.day(depth - 1)} - {self.day(depth - 1)})"
        return f"({one} {self.dice.choice('+-*')} {other})"

    def day(self, depth: int) -> str:
        choice = self.dice.randrange(4 if depth > 0 else 3)
        if choice == 2:
            return 'date("2020-02-29")'
        if choice == 3:
            return f"({self.day(depth - 1)} {self.dice.choice('+-')} {self.number(depth - 1)})"
        return "line.begun" if choice else "line.ended"


def lines(dice: random.Random, count: int) -> Submission:
    def some(*texts: str) -> str:
        return dice.choice(texts) if dice.random() < 0.95 else dice.choice(["", "?"])

    def day() -> str:
        return (date(2020, 2, 1) + timedelta(days=dice.randrange(60))).isoformat()

    rows: list[dict[str, Any]] = [
        {
            "name": f"第{n}行",
            **{key: some(*"0123456") for key in "abc"},
            **{key: some(day()) for key in ("begun", "ended")},
            "sort": some("甲类", "乙类", "丙类"),
            "paid": some("2020-01", "2020年2月", "2020-03"),
        }
        for n in range(count)
    ]
    found = small.submission(FORM, office=UNIT | {"staff": str(count)}, line=rows)
    sheet = found.sheets["line"]
    dates = {  # as a clerk's Excel keeps them
        key: replace(column, type=[CellType.DATE if text[:2] == "20" else kind
                                   for text, kind in zip(column.text, column.type, strict=True)])
        for key, column in sheet.columns.items()
        if key in ("begun", "ended")
    }  # fmt: skip
    line = replace(sheet, columns={**sheet.columns, **dates})
    return replace(found, sheets={**found.sheets, "line": line})


@tools.needs("libreoffice")
def test_excel_and_pipeline_agree_on_ten_thousand_cells(tmp_path: Path) -> None:
    author, dice, keys = Author(20), random.Random(21), ("a", "b", "c", "begun", "ended", "sort")
    files, forms = [], []
    for number in range(6):
        rules = tuple(
            Rule(f"X{n:03}", "must_hold", Level.ERROR, (f"line.{keys[n % 6]}",),
                 {"condition": author.truth()})
            for n in range(6)
        )  # fmt: skip
        form = replace(FORM, rules=rules)
        files.append(small.written(lines(dice, 300), form, tmp_path / f"{number}.xlsx"))
        forms.append(form)
    computed = recalculated(files, tmp_path)
    counted = 0
    for path, form in zip(computed, forms, strict=True):
        verdicts.validated_together([path], form)
        found = verdicts.differences(path, form)
        assert not found, "\n".join([*(str(r.options) for r in form.rules), *found[:20]])
        counted += 300 * len(form.rules)
        seen = verdicts.codes(path, form)
        assert seen & {rule.code for rule in form.rules}
    assert counted >= 10_000
