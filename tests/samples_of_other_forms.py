"""Samples of the other shipped forms: real-name registration, and several tables.

What must be found is written down here by hand, as in `make_samples`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from converter.model.cell_types import CellType
from converter.model.forms import Form
from converter.model.submissions import Submission
from tests.forms import small, test_real_names, test_several_tables
from tests.opened import rendered

Found = tuple[str, str, str]  # level, code, sheet!cell


@dataclass(frozen=True)
class Made:
    """A workbook's bytes, and what must be found in it."""

    data: bytes
    found: list[Found]


def _pressed(form: Form, given: Submission, *found: str) -> Made:
    """The form filled in, numbers and dates as a clerk's Excel keeps them. `found`: 'error K001
    sheet!A1'."""
    for key, raw in given.sheets.items():
        for field in form.sheet(key):
            if field.kind in ("count", "date") and field.key in raw.columns:
                column = raw.columns[field.key]
                kind = CellType.NUMBER if field.kind == "count" else CellType.DATE
                column.type[:] = [int(kind if text else CellType.BLANK) for text in column.text]  # type: ignore[index]
    data = rendered(form, rows=20, data=given)
    return Made(
        data, sorted((one.split(" ")[0], one.split(" ")[1], one.split(" ")[2]) for one in found)
    )


def real_names() -> Iterator[tuple[str, Made]]:
    """An ID card, a passport, an officer's card; then each of them wrongly."""
    form, unit = test_real_names.FORM, test_real_names.UNIT
    foreigner = {**test_real_names.FOREIGNER, "name": "Smith", "mobile": "13900000001"}
    officer = {
        **foreigner, "name": "示乙", "id_type": "军官证", "id_number": "军字第0123456号", "sex": "男",
        "birthday": "1980-01-02", "mobile": "13900000002",
    }  # fmt: skip
    member = {**test_real_names.MEMBER, "nation": "汉族"}
    people: list[Mapping[str, Any]] = [
        member,
        foreigner | {"nation": "其他"},
        officer | {"nation": "满族"},
    ]
    right = small.submission(form, unit=unit | {"members": "3"}, member=people)
    yield "填报.xlsx", _pressed(form, right)
    wrong = [
        member,
        {**people[0], "id_number": "E12345678", "mobile": "13900000003"},
        {**people[1], "id_number": "E1", "mobile": "0311-85551234"},
        {**people[2], "sex": "", "change_type": "转出", "change_on": "2026-01-02"},
    ]
    sheet = "会员信息采集表"
    yield (
        "有错误.xlsx",
        _pressed(
            form,
            small.submission(form, unit=unit | {"members": "5", "region": "桥西区"}, member=wrong),
            "error K642 基层工会组织信息采集表!B9",
            "error X111 基层工会组织信息采集表!B25",
            f"error K130 {sheet}!D6",
            f"error K131 {sheet}!D7",
            f"error K521 {sheet}!H7",
            f"error K001 {sheet}!E8",
            f"warning X141 {sheet}!P8",
        ),
    )


def several_tables() -> Iterator[tuple[str, Made]]:
    """Four tables whose rows belong together; then a member of no entity, a cadre who is no member,
    an entity whose members are counted wrongly, and a sum that is none."""
    made = test_several_tables
    yield "填报.xlsx", _pressed(made.FORM, made.submission())
    wrong = made.submission(
        {"staff": "14"},
        made.changed(made.MEMBERS, 0, entity="09"),
        made.changed(made.CADRES, 0, id_number=made.STRANGER),
        made.changed(made.ENTITIES, 2, staff="1"),
    )
    yield (
        "有错误.xlsx",
        _pressed(
            made.FORM,
            wrong,
            "error X116 联合工会信息表!B8",
            "error X131 会员名册!D5",
            "error X132 工会干部名册!C5",
            "error X103 涵盖单位表!F7",
        ),
    )


CASES = {"09-real-names": real_names, "10-several-tables": several_tables}
