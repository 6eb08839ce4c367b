"""The JSON Schemas under docs/schemas/: those of cards agree with the loader, those of what the
program writes with what it writes."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from converter import cli
from converter.forms.loading import form_dir
from docs import build
from tests.forms.slips import SLIPS, Slip
from tests.identity.unions import office
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, blank, fill, member_cell, put, saved, unit_cell
from tests.usecases.receive.collection import Inbox, faulty, packed, records, workbook

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "schemas"
SCHEMAS: dict[str, dict[str, Any]] = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
    for path in FOLDER.glob("*.schema.json")
}
FORMS = [form_dir(), *(ROOT / "tests" / "forms" / n for n in ("tiny", "two_tables", "without_ids"))]
CARDS = [path for folder in FORMS for path in sorted(folder.glob("*.toml"))]
# What a schema can see; whether a field exists or two titles are the same, only the loader knows.
VISIBLE = {
    "form_unknown_key", "form_unknown_option", "form_unknown_family_option", "form_missing",
    "form_text", "form_texts", "form_whole_number", "form_flag", "form_table", "form_cards",
    "form_shape", "form_level", "form_unknown_kind", "form_unknown_family", "form_rule_code",
    "form_unknown_derivation", "form_key_name", "form_no_identity_entry",
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("near_workers")


def of_card(path: Path) -> dict[str, Any]:
    return SCHEMAS[path.stem if path.stem in ("form", "rules", "roster") else "sheet"]


def plain(value: Any) -> Any:
    """TOML's dates as editors hand them to a schema: as text."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return list(map(plain, value))
    return value.isoformat() if isinstance(value, date) else value


def faults(schema: Mapping[str, Any], found: Any) -> list[str]:
    errors = jsonschema.Draft7Validator(schema).iter_errors(found)
    return [f"{error.json_path}: {error.message}" for error in errors]


def undocumented(schema: Mapping[str, Any], found: Any, at: str = "$") -> Iterator[str]:
    """Keys of an output that its schema does not list."""
    if isinstance(found, dict) and "properties" in schema:
        for key, value in found.items():
            if key in schema["properties"]:
                yield from undocumented(schema["properties"][key], value, f"{at}.{key}")
            else:
                yield f"{at}.{key}"
    elif isinstance(found, list):
        for value in found:
            yield from undocumented(schema["items"], value, f"{at}[]")


def fits(name: str, found: Any) -> None:
    assert faults(SCHEMAS[name], found) == []
    assert set(undocumented(SCHEMAS[name], found)) == set()


# --- cards ---------------------------------------------------------------------------------


def test_there_is_a_schema_of_each() -> None:
    written = {"check", "receipt", "state"}
    assert set(SCHEMAS) == written | {"form", "sheet", "rules", "roster"}
    for schema in SCHEMAS.values():
        jsonschema.Draft7Validator.check_schema(schema)


def test_those_of_cards_are_fresh() -> None:
    made = build.schemas()
    for name, text in made.items():
        assert (FOLDER / name).read_text("utf-8") == text, "run: make docs"


@pytest.mark.parametrize("path", CARDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_cards_that_load_fit(path: Path) -> None:
    assert faults(of_card(path), plain(tomllib.loads(path.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    "slip",
    [slip for slip in SLIPS if slip.message_key in VISIBLE and slip.file.endswith(".toml")],
    ids=lambda slip: f"{slip.file}-{slip.key}-{slip.message_key}",
)
def test_a_slip_that_the_loader_refuses_does_not_fit(slip: Slip, tmp_path: Path) -> None:
    folder = tmp_path / "form"
    shutil.copytree(form_dir(), folder)
    slip.make(folder)
    card = plain(tomllib.loads((folder / slip.file).read_text("utf-8")))
    assert faults(of_card(folder / slip.file), card)


# --- what the program writes ---------------------------------------------------------------


def printed(capsys: pytest.CaptureFixture[str], *command: object) -> Any:
    capsys.readouterr()
    cli.run([*map(str, command)])
    return json.loads(capsys.readouterr().out)


def test_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 1, "身份证号"), "123")
    put(book[UNIT_SHEET], unit_cell(book, "会员总数"), 35)
    put(book[MEMBER_SHEET], member_cell(book, 2, "加入工会时间"), "2010年5月1日")
    (tmp_path / "in").mkdir()
    saved(book, tmp_path / "in", "a.xlsx")
    (tmp_path / "in" / "b.xlsx").write_bytes(b"x")
    (tmp_path / "in" / "c.xlsx").write_bytes(faulty(3))
    found = printed(capsys, "check", tmp_path / "in", "--format", "json", "--fix", tmp_path / "out")
    assert found["summary"]["errors"] == 2
    assert found["summary"]["unreadable"] == 1
    assert any(file["fixed"] for file in found["files"])
    assert any(issue["related"] for file in found["files"] for issue in file["issues"])
    fits("check", found)


@pytest.mark.parametrize("signed", [False, True])
def test_receipts_and_published_state(
    signed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = Inbox(tmp_path / "in")
    box.put("1.xlsx", workbook(1))
    box.put("1-又.xlsx", workbook(1))
    box.put("2.xlsx", faulty(2))
    box.put("3.zip", packed(records(3)))
    box.put("4.xlsx", b"x")
    store, replies = tmp_path / "S", tmp_path / "R"
    keys = ["--keys", office(tmp_path).keys] if signed else []
    printed(
        capsys,
        "receive",
        box.folder,
        "--store",
        store,
        "--reply",
        replies,
        "--format",
        "json",
        *keys,
    )
    receipts = [json.loads(path.read_text("utf-8")) for path in replies.rglob("*.json")]
    assert {one["state"] for one in receipts} >= {"current", "identical", "rejected"}
    assert any(one["problems"] for one in receipts)
    assert {"signature" in one for one in receipts} == {signed}
    for one in receipts:
        fits("receipt", one)
    fits("state", json.loads((store / "published" / "state.json").read_text("utf-8")))
