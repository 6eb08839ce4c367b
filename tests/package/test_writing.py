"""What is written: tables, descriptor, the same bytes everywhere."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from converter import identity, package
from converter.model.errors import PackageError
from tests.canonical import CREATED, FORM, IDENTITY, PEOPLE, records, stamped
from tests.package.members import (
    DESCRIPTOR,
    REASONS,
    built,
    described,
)


def test_the_tables_are_canonical_text_in_rfc_4180() -> None:
    members = built()
    assert list(members) == [DESCRIPTOR, "unit.csv", "members.csv", "identity.xml"]
    assert members["members.csv"].decode() == (
        "name,id_number,joined_on,sex,birthday\r\n"
        + "".join(",".join(row) + "\r\n" for row in PEOPLE)
    )
    heading, line, rest = members["unit.csv"].decode().split("\r\n")
    assert heading.split(",") == [field.key for field in FORM.record]
    assert '"示例县示例路1号,东楼",050000,2001-03-01' in line
    assert rest == ""


def test_the_descriptor_names_unit_form_counts_and_reasons() -> None:
    found = described(built())
    assert found["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert found["created"] == "2026-02-25T06:13:20Z"
    assert found["form"] == {"id": FORM.id, "version": FORM.version, "digest": FORM.digest}
    assert FORM.digest
    assert found["unit"] == {"code": "130102-0001", "name": "示例机械有限公司工会委员会"}
    assert found["superior"] == {"code": "130102", "name": "示例县总工会"}
    assert (found["period"], found["serial"]) == ("2026", 3)
    assert found["counts"] == {"unit": 1, "members": 4}
    assert found["reasons"] == [
        {"field": "unit.members", "row": None, "reason": "有 2 人借调，未入表"},
        {"field": "member", "row": 3, "reason": "补录"},
    ]


def test_without_an_identity_the_typed_names_and_the_forms_period_stand() -> None:
    found = described(built(records()))
    assert found["unit"] == {"code": "", "name": "示例机械有限公司工会委员会"}
    assert found["superior"] == {"code": "", "name": "示例县总工会"}
    assert (found["period"], found["serial"]) == (FORM.prose["period"], 0)


def test_a_stamped_workbook_gives_its_stamp() -> None:
    found = described(built(stamped(records())))
    assert (found["unit"]["code"], found["serial"]) == ("130102-0001", 3)


def schema_of(name: str, column: str) -> dict[str, Any]:
    resources = {r["name"]: r["schema"] for r in described(built())["resources"]}
    found: dict[str, Any] = next(f for f in resources[name]["fields"] if f["name"] == column)
    return found


def test_schemas_say_what_the_form_says() -> None:
    assert schema_of("unit", "staff") | {"title": "", "description": ""} == {
        "name": "staff",
        "title": "",
        "description": "",
        "type": "integer",
        "constraints": {"required": True, "minimum": 0, "maximum": 9_999_999},
    }
    assert schema_of("unit", "legal_entities")["constraints"]["minimum"] == 1
    assert schema_of("unit", "founded_on")["type"] == "date"
    assert schema_of("unit", "postcode")["type"] == "string"
    pattern = (  # an ID number, or what stands for one where there is none
        "^([0-9]{17}[0-9X]|[A-Z][0-9A-Z]{2}[0-9]{5,8}|[A-Z]{3}[0-9]{12}|0[0-9]{7})$"
    )
    number = schema_of("members", "id_number")["constraints"]
    assert number == {"required": True, "unique": True, "pattern": pattern}
    divisions = schema_of("unit", "industry_division")
    assert len(divisions["constraints"]["enum"]) == len(FORM.codes["industry_division"].entries)
    assert {"value": "34", "label": "通用设备制造业"} in divisions["categories"]
    members = described(built())["resources"][1]["schema"]
    assert (members["primaryKey"], members["missingValues"]) == (["id_number"], [""])


def test_the_digest_is_that_of_what_sha256sum_prints() -> None:
    members = built()
    printed = "".join(
        f"{hashlib.sha256(members[name]).hexdigest()}  {name}\n"
        for name in ("unit.csv", "members.csv")
    )
    digest = hashlib.sha256(printed.encode()).hexdigest()
    assert described(members)["digest"] == f"sha256:{digest}"


def test_the_digest_tells_submissions_apart_by_their_tables_alone() -> None:
    def digest(**kwargs: Any) -> object:
        return described(built(records(**kwargs)))["digest"]

    assert digest() == digest(reasons=REASONS)
    assert digest() != digest(unit={"staff": "16"})
    assert digest() != digest(people=PEOPLE[::-1])


def test_the_secret_of_a_whole_identity_file_stays_behind(tmp_path: Path) -> None:
    secret = b'<secret algorithm="Ed25519">SECRETSECRETSECRET</secret></identity>'
    whole = identity.compose(IDENTITY).replace(b"</identity>", secret)
    members = package.build(records(), FORM, whole, CREATED)
    path = tmp_path / "a.zip"
    package.write(path, members, FORM, created=CREATED)
    assert dict(members)["identity.xml"] == identity.compose(IDENTITY)
    with zipfile.ZipFile(path) as zipped_:
        assert not any(b"SECRET" in zipped_.read(name) for name in zipped_.namelist())


def test_bytes_that_are_no_identity_file_are_refused() -> None:
    with pytest.raises(ValueError, match="no identity file"):
        package.build(records(), FORM, b"<x/>", CREATED)


SCRIPT = """
import sys, time
time.time = lambda: float(sys.argv[2])
from pathlib import Path
from converter import package
from converter.model.clock import created_at
from tests.canonical import FORM, IDENTITY, records
from converter import identity
created = created_at()
members = package.build(records(), FORM, identity.compose(IDENTITY), created)
package.write(Path(sys.argv[1]), members, FORM, created=created)
"""


def test_time_zone_locale_hash_seed_and_clock_leave_the_bytes_alone(tmp_path: Path) -> None:
    settings: list[tuple[dict[str, str], str]] = [
        ({"TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.UTF-8", "PYTHONHASHSEED": "1"}, "1.5"),
        ({"TZ": "America/St_Johns", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "77"}, "9e8"),
    ]
    results = []
    for number, (changes, clock) in enumerate(settings):
        path = tmp_path / f"{number}.zip"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
        environment |= {"SOURCE_DATE_EPOCH": str(CREATED), **changes}
        root = str(Path(__file__).parents[2])
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path), clock], env=environment, cwd=root, check=True
        )
        results.append(path.read_bytes())
    assert results[0] == results[1]


def test_writing_verifies_before_the_file_has_its_name(tmp_path: Path) -> None:
    members = built() | {"members.csv": b"name\r\n"}
    path = tmp_path / "a.zip"
    with pytest.raises(PackageError, match="P116"):
        package.write(path, list(members.items()), FORM, created=CREATED)
    assert list(tmp_path.iterdir()) == []
