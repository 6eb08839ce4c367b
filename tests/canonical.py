"""A validated submission of an invented unit, in the canonical text that packages hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from converter.forms import loading
from converter.model.forms import Form
from converter.model.submissions import Identity, Records, Stamp
from tests.forms.small import EVERY_KIND
from tests.people import credit_code, id_number

FORM: Form = loading.load(EVERY_KIND)
CREATED = 1_772_000_000  # 2026-02-25

UNIT = {
    "superior_union": "示例县总工会",
    "unit_name": "示例机械有限公司工会委员会",
    "legal_entities": "1",
    "phone": "0311-85551234",
    "address": "示例县示例路1号,东楼",
    "postcode": "050000",
    "opened_on": "2001-03-01",
    "unit_category": FORM.codes["unit_category"].entries[-1].code,
    "industry": "C",
    "industry_division": "34",
    "registration_number": credit_code("91130102MA0000000"),
    "staff": "15",
    "migrant_workers": "5",
    "women_staff": "6",
    "members": "4",
    "migrant_members": "2",
    "women_members": "2",
    "founded_on": "2005-06-01",
    "organisation_form": "1",
    "legal_person": "0",
}
# Two men, two women; the last name lies outside the Basic Multilingual Plane.
PEOPLE = [
    ("赵示例", id_number("130102", "1960-01-11", 1), "2010-01-05", "1", "1960-01-11"),
    ("钱示例", id_number("130102", "1985-02-12", 2), "", "2", "1985-02-12"),
    ("孙示例", id_number("130102", "1996-02-25", 3), "2019-12-31", "1", "1996-02-25"),
    ("𠮷示例", id_number("130102", "2007-03-14", 4), "2025-09-01", "2", "2007-03-14"),
]

IDENTITY = Identity(
    unit_code="130102-0001",
    unit_name="示例机械有限公司工会委员会",
    superior_code="130102",
    superior_name="示例县总工会",
    period="2026",
    serial=3,
    issued="2026-01-05",
    valid_until="2026-12-31",
)


def records(
    unit: Mapping[str, str] | None = None,
    people: list[tuple[str, str, str, str, str]] | None = None,
    reasons: tuple[tuple[str, str, str], ...] = (),
) -> Records:
    """A whole submission; `unit` replaces single answers."""
    answers = {field.key: "" for field in FORM.record} | UNIT | dict(unit or {})
    rows = PEOPLE if people is None else people
    keys = [field.key for field in FORM.main_table]
    return Records(
        record=answers,
        tables={"member": {key: [row[n] for row in rows] for n, key in enumerate(keys)}},
        reasons=reasons,
        stamp=Stamp(form=FORM.id, version=FORM.version),
        today=date(2026, 2, 25),
    )


def stamped(of: Records, identity: Identity = IDENTITY) -> Records:
    """The same, as a workbook made with an identity file gives it."""
    return replace(of, stamp=Stamp(FORM.id, FORM.version).of_holder(identity))
