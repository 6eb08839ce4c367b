"""A form in other formats: their own validators take it, and tell good data from bad."""

from __future__ import annotations

import copy
import csv
import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import frictionless
import jsonschema
import openpyxl
import pytest
from csvw import CSVW, TableGroup

from converter.cli import form_editing
from converter.form_export import FORMATS
from converter.forms import loading
from converter.kinds import KINDS
from converter.model.forms import Form
from tests.commands import run
from tests.forms import small

FOLDERS = [
    *(loading.form_dir(name) for name in ("jiceng", "shiming", "fenbiao")),
    *small.FOLDERS,
    small.EVERY_KIND,
]
EVERY = pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)


def exported(folder: Path, kind: str) -> bytes:
    return FORMATS[kind].write(loading.load(folder))


def tables(form: Form, tmp_path: Path, **changed: str) -> Path:
    """The files of a package with a right answer in every required field."""
    for resource in form.package.resources:
        sheet = form.sheet(resource.sheet)
        row = [answer(form, sheet.key, key) for _, key in resource.columns]
        row = [changed.get(key, text) for text, (_, key) in zip(row, resource.columns, strict=True)]
        with (tmp_path / resource.path).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([[name for name, _ in resource.columns], row])
    return tmp_path


def answer(form: Form, sheet: str, key: str) -> str:
    field = form.sheet(sheet).field(key)
    kind = KINDS[field.kind]
    codes = kind.code_list(field, form)
    if codes:
        return codes.entries[0].code
    return kind.example_of(field, form) if field.required else ""


@EVERY
def test_frictionless_takes_the_table_schemas(folder: Path, tmp_path: Path) -> None:
    form = loading.load(folder)
    description = json.loads(exported(folder, "table-schema"))
    package = frictionless.Package.from_descriptor(
        description, basepath=str(tables(form, tmp_path))
    )
    assert [one.name for one in package.resources] == [r.name for r in form.package.resources]
    assert package.validate().valid, package.validate().flatten(["type", "note"])


def test_frictionless_finds_what_is_wrong(tmp_path: Path) -> None:
    description = json.loads(exported(loading.form_dir(), "table-schema"))
    base = str(tables(loading.load(loading.form_dir()), tmp_path, unit_category="999", staff="-1"))
    found = frictionless.Package.from_descriptor(description, basepath=base).validate()
    assert {name for _, name in found.flatten(["type", "fieldName"])} == {"unit_category", "staff"}


def valid_csvw(folder: Path, data: Path) -> bool:
    path = data / "csv-metadata.json"
    path.write_bytes(exported(folder, "csvw"))
    assert CSVW(str(path), validate=True).is_valid  # the metadata
    group = TableGroup.from_file(path)
    try:
        for table in group.tables:
            list(table.iterdicts(strict=True))
    except ValueError:
        return False
    return bool(group.check_referential_integrity())


@EVERY
@pytest.mark.filterwarnings("ignore")
def test_a_validator_of_csvw_takes_the_metadata(folder: Path, tmp_path: Path) -> None:
    assert valid_csvw(folder, tables(loading.load(folder), tmp_path))


@pytest.mark.parametrize(
    "wrong", [{"unit_category": "999"}, {"staff": "-1"}, {"staff": "x"}, {"staff": ""}, {"founded_on": "2010"}]
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_a_validator_of_csvw_finds_what_is_wrong(wrong: dict[str, str], tmp_path: Path) -> None:
    form = loading.load(loading.form_dir())
    assert not valid_csvw(loading.form_dir(), tables(form, tmp_path, **wrong))


@EVERY
def test_the_json_schema_is_one(folder: Path) -> None:
    schema = json.loads(exported(folder, "json-schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    resources = loading.load(folder).package.resources
    assert list(schema["properties"]) == [one.name for one in resources]


def submission(form: Form) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for resource in form.package.resources:
        sheet = form.sheet(resource.sheet)
        texts = {name: answer(form, sheet.key, key) for name, key in resource.columns}
        record: dict[str, Any] = {name: text for name, text in texts.items() if text}
        for name, key in resource.columns:
            if sheet.field(key).kind == "count" and name in record:
                record[name] = int(record[name])
        found[resource.name] = record if sheet.is_record else [record]
    return found


@EVERY
def test_the_json_schema_tells_good_from_bad(folder: Path) -> None:
    form = loading.load(folder)
    schema = json.loads(exported(folder, "json-schema"))
    check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    good = submission(form)
    assert [error.message for error in check.iter_errors(good)] == []
    record = form.package.resources[0].name
    for name in schema["properties"][record]["required"]:
        bad = copy.deepcopy(good)
        del bad[record][name]
        assert not check.is_valid(bad), name
    assert not check.is_valid({**good, "more": []})


# --- XLSForm -------------------------------------------------------------------------------------
# pyxform itself cannot be locked beside us: it demands another release of xlrd. What follows is
# what it refuses.


def sheets(folder: Path) -> dict[str, list[dict[str, str]]]:
    book = openpyxl.load_workbook(BytesIO(exported(folder, "xlsform")))
    found = {}
    for sheet in book:
        head, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [
            {str(k): str(v) for k, v in zip(head, row, strict=True) if v is not None}
            for row in rows
        ]
    return found


@EVERY
def test_the_xlsform_keeps_to_its_reference(folder: Path) -> None:
    found = sheets(folder)
    assert list(found) == ["survey", "choices", "settings"]
    (settings,) = found["settings"]
    assert {"form_title", "form_id", "version"} <= set(settings)
    lists: dict[str, list[str]] = {}
    for choice in found["choices"]:
        assert {"list_name", "name", "label"} <= set(choice)
        lists.setdefault(choice["list_name"], []).append(choice["name"])
    assert all(len(set(names)) == len(names) for names in lists.values())
    open_parts: list[str] = []
    names: list[set[str]] = [set()]
    for row in found["survey"]:
        kind, _, of = row["type"].partition(" ")
        if kind.startswith("end_"):
            assert open_parts.pop() == kind.removeprefix("end_")
            names.pop()
            continue
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", row["name"])
        assert row["name"] not in names[-1]
        names[-1].add(row["name"])
        assert row["label"]
        if kind.startswith("begin_"):
            assert kind in ("begin_group", "begin_repeat")
            open_parts.append(kind.removeprefix("begin_"))
            names.append(set())
        elif kind == "select_one":
            assert of in lists
        else:
            assert kind in ("text", "integer", "decimal", "date")
    assert not open_parts


def test_the_xlsform_asks_what_the_form_asks() -> None:
    found = {row.get("name"): row for row in sheets(loading.form_dir())["survey"]}
    assert found["staff"]["constraint"] == ". >= 0 and . <= 9999999"
    assert found["staff"]["required"] == "yes"
    assert found["industry_division"]["choice_filter"] == "parent=${industry}"
    assert found["unit"]["type"] == "begin_group"
    assert found["member"]["type"] == "begin_repeat"


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_the_command_writes_beside_what_is_there(kind: str, tmp_path: Path) -> None:
    suffix = FORMATS[kind].suffix
    line = ("form", "export", small.TINY, "--as", kind, "-o", f"表单{suffix}")
    (tmp_path / f"表单{suffix}").write_text("别的", "utf-8")
    done = run(*line, cwd=tmp_path)
    assert (done.returncode, f"表单-2{suffix}" in done.stdout) == (0, True)
    assert (tmp_path / f"表单-2{suffix}").read_bytes() == exported(small.TINY, kind)
    assert (tmp_path / f"表单{suffix}").read_text("utf-8") == "别的"


def test_a_broken_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "form").mkdir()
    done = run("form", "export", "form", "--as", "csvw", "-o", "a.json", cwd=tmp_path)
    assert (done.returncode, "form.toml" in done.stderr) == (2, True)


def test_the_commands_words_are_the_formats() -> None:
    assert tuple(FORMATS) == form_editing.FORMATS
