"""The form of real-name registration: papers by their type, mobile phones, regions; in both
faces, from the workbook to the register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from converter.forms import loading
from converter.model.cell_types import CellType
from converter.model.submissions import RawColumn, Submission
from tests import tools
from tests.forms import small
from tests.parity import verdicts
from tests.parity.cases import Clerk
from tests.parity.office import recalculated
from tests.people import credit_code, id_number

FORM = loading.load(loading.form_dir("shiming"))
WOMAN, MAN = id_number("130102", "1985-03-07", 992), id_number("130102", "1972-11-30", 991)
UNIT = {
    "superior_union": "示例总工会", "unit_name": "示例厂工会", "address": "示例路1号",
    "credit_code": credit_code("91130102MA0000001"), "region": "130104", "unit_category": "私营企业",
    "industry": "制造业", "chair_name": "示例", "phone": "13900000000", "members": "1",
}  # fmt: skip
MEMBER = {
    "name": "示甲", "id_type": "居民身份证", "id_number": WOMAN, "nation": "汉", "mobile": "13900000000",
}  # fmt: skip
FOREIGNER = {
    **MEMBER,
    "id_type": "护照",
    "id_number": "E12345678",
    "sex": "女",
    "birthday": "1985-03-07",
}


def submission(member: Mapping[str, str], **unit: str) -> Submission:
    return small.submission(FORM, unit=UNIT | unit, member=[member])


TWICE = {**MEMBER, "mobile": "13900000001"}
CASES: dict[str, tuple[Mapping[str, str], set[str]]] = {
    "ID card": (MEMBER, set()),
    "passport": (FOREIGNER, set()),
    "officer's card": ({**FOREIGNER, "id_type": "军官证", "id_number": "军字第0123456号"}, set()),
    "short passport": ({**FOREIGNER, "id_number": "AB12345"}, set()),
    "passport, nothing typed beside it": (
        {**MEMBER, "id_type": "护照", "id_number": "E12345678"}, {"K001"},
    ),
    "passport for an ID card": ({**MEMBER, "id_number": "E12345678"}, {"K130"}),
    "ID number for a passport": ({**FOREIGNER, "id_number": WOMAN}, {"K131"}),
    "not a passport": ({**FOREIGNER, "id_number": "E1"}, {"K131"}),
    "not an officer's card": (
        {**FOREIGNER, "id_type": "军官证", "id_number": "军官"}, {"K132"},
    ),
    "wrong check character": (
        {**MEMBER, "id_number": WOMAN[:-1] + ("1" if WOMAN[-1] != "1" else "2")}, {"K116"},
    ),
    "short": ({**MEMBER, "id_number": WOMAN[:-1]}, {"K112"}),
    "no type": ({**MEMBER, "id_type": ""}, {"K001"}),
    "no such type": ({**MEMBER, "id_type": "学生证"}, {"K601"}),
    "landline": ({**MEMBER, "mobile": "0311-85551234"}, {"K521"}),
    "mobile of ten digits": ({**MEMBER, "mobile": "1390000000"}, {"K521"}),
    "mobile with hyphens": ({**MEMBER, "mobile": "139-0000-0000"}, set()),
    "two mobiles": ({**MEMBER, "mobile": "13900000000、13900000001"}, {"K522"}),
    "left without a reason": (
        {**MEMBER, "change_type": "转出", "change_on": "2026-01-02"}, {"X141"},
    ),
    "left without a day": (
        {**MEMBER, "change_type": "转出", "change_reason": "失业"}, {"X151"},
    ),
    "joined before the birth": (
        {**MEMBER, "change_type": "入会", "change_on": "1980-01-02"}, {"X171"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_fault_is_found_once(case: str) -> None:
    member, expected = CASES[case]
    checked = small.checked(submission(member), FORM)
    assert {code for code, *_ in small.codes(checked)} == expected


@pytest.mark.parametrize(
    ("typed", "code", "canonical"),
    [
        ("130104", "", "130104"),
        ("河北省石家庄市桥西区", "", "130104"),
        ("河北省 石家庄市 长安区", "", "130102"),
        ("石家庄市长安区", "", "130102"),
        ("河北省石家庄市", "", "130100"),
        ("桥西区", "K642", ""),
        ("13010", "K640", ""),
        ("139999", "K641", ""),
        ("示例省", "K641", ""),
    ],
)
def test_a_region_is_a_code_or_its_names(typed: str, code: str, canonical: str) -> None:
    checked = small.checked(submission(MEMBER, region=typed), FORM)
    assert [found for found, *_ in small.codes(checked)] == [code] * bool(code)
    assert checked.records.record["region"] == canonical


def test_a_number_stands_once_whatever_the_paper() -> None:
    foreigners = [FOREIGNER, {**FOREIGNER, "mobile": "13900000001"}]
    for twice in ([MEMBER, TWICE], foreigners):
        given = small.submission(FORM, unit=UNIT | {"members": "2"}, member=twice)
        assert {code for code, *_ in small.codes(small.checked(given, FORM))} == {"X191"}


def test_sex_and_birthday_follow_from_an_id_number_alone() -> None:
    members = [MEMBER, FOREIGNER | {"mobile": "13900000001"}]
    given = small.submission(FORM, unit=UNIT | {"members": "2"}, member=members)
    rows = small.checked(given, FORM).records.tables["member"]
    assert rows["sex"] == ["2", "2"]
    assert rows["birthday"] == ["1985-03-07", "1985-03-07"]
    assert rows["id_number"] == [WOMAN, "E12345678"]


def with_a_person(given: Submission) -> Submission:
    """With a member in its first row: what stands above the first one may be an explanation, and
    formulas see one row alone."""
    sheet, number = given.sheets["member"], id_number("130102", "1969-01-02", 993)
    first = {**MEMBER, "id_number": number, "mobile": "13700000000"}
    columns = {
        key: RawColumn(
            [first.get(key, ""), *column.text[1:]],
            [int(CellType.TEXT if key in first else CellType.BLANK), *column.type[1:]],
        )
        for key, column in sheet.columns.items()
    }
    return replace(given, sheets={**given.sheets, "member": replace(sheet, columns=columns)})


def with_a_day(given: Submission) -> Submission:
    """With the day of the change as a date, not as a text."""
    sheet = given.sheets["member"]
    day = replace(sheet.columns["change_on"], type=bytes([CellType.DATE]))
    columns = {**sheet.columns, "change_on": day}
    return replace(given, sheets={**given.sheets, "member": replace(sheet, columns=columns)})


@tools.needs("libreoffice")
def test_formulas_come_to_the_same(tmp_path: Path) -> None:
    member, _ = CASES["joined before the birth"]
    files = [small.written(with_a_day(submission(member)), FORM, tmp_path / "day.xlsx")]
    for place in (0, 1):  # every other case below the right one
        rows = [
            {**member, "mobile": f"1380000{n:04}"}
            if member["mobile"] == MEMBER["mobile"]
            else member
            for n, (member, _) in enumerate([CASES["ID card"], *[*CASES.values()][place::2]])
        ]
        given = small.submission(FORM, unit=UNIT | {"members": str(len(rows))}, member=rows)
        files.append(small.written(given, FORM, tmp_path / f"cases{place}.xlsx"))
    clerk = Clerk(FORM, seed=20)
    for number in range(3):
        files.append(tmp_path / f"drawn{number}.xlsx")
        small.written(with_a_person(clerk.submission("", 12, wrong=0.3)), FORM, files[-1])
    seen = verdicts.agreed(files, recalculated(files, tmp_path), FORM)
    assert seen >= {"K116", "K130", "K131", "K132", "K521", "X141", "X151", "X171"}
