"""A form definition is read whole or refused with file, key and reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from converter.forms import loading
from converter.model.errors import FormError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(loading.form_dir(), tmp_path / "copy"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_form_has_the_forty_unit_fields_and_the_member_fields() -> None:
    loaded = loading.load(loading.form_dir())
    assert len(loaded.record.fields) == 40
    assert [f.title for f in loaded.main_table] == [
        "会员姓名", "身份证号", "加入工会时间", "会员性别", "会员生日",
    ]  # fmt: skip
    assert len(loaded.codes["industry"].entries) == 20
    assert len(loaded.codes["industry_division"].entries) == 97


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "reason"),
    [
        ("form.toml", "[form]", "[form", "file", "Expected"),
        ("form.toml", 'id = "jiceng"', 'id = ""', "form.id", "text is required"),
        ("form.toml", "rows = 500", 'rows = "many"', "limits.rows", "whole number"),
        ("form.toml", "[levels]", '[levels]\nK116 = "fatal"', "levels.K116", "error, warning or note"),
        ("form.toml", "[levels]", '[levels]\nK999 = "note"', "levels.K999", "no check"),
        ("form.toml", 'encoding = "utf-8"', 'encoding = "utf-9"', "package.encoding", "utf-9"),
        ("form.toml", 'path = "unit.csv"', 'path = "../unit.csv"', "path", "plain ASCII"),
        (
            "form.toml", 'sheet = "member"', 'sheet = "member"\ncolumns = ["nobody"]',
            "columns", "'nobody' is no field",
        ),
        ("unit.toml", 'item = "项目"', "", "headings.item", "text is required"),
        ("unit.toml", 'kind = "phone"', 'kind = "telephone"', "phone.kind", "no kind 'telephone'"),
        ("unit.toml", "min = 1", 'min = "one"', "legal_entities.min", "whole number"),
        ("unit.toml", "min = 1", "least = 1", "legal_entities.least", "no such option"),
        ("unit.toml", 'codes = "honour"', 'codes = "honours"', "honour.codes", "no code list"),
        ("unit.toml", 'key = "phone"', 'key = "Phone"', "Phone", "lower-case"),
        ("unit.toml", 'key = "phone"', 'key = "address"', "address", "stands already"),
        ("unit.toml", 'title = "荣誉类别"', 'title = "荣誉级别"', "honour_level", "stands already"),
        ("unit.toml", "required = true", "required = 1", "superior_union.required", "must be bool"),
        ("unit.toml", 'source = "legal_entities"', 'source = "x"', "derive.source", "no field 'x'"),
        ("unit.toml", 'by = "threshold"', 'by = "magic"', "derive.by", "no derivation"),
        ("member.toml", 'by = "sex_of_id"', 'by = "threshold"', "sex.derive", "must be a count"),
        ("rules.toml", 'code = "X101"', 'code = "Z1"', "Z1", "X and three digits"),
        ("rules.toml", 'code = "X102"', 'code = "X101"', "X101", "stands already"),
        ("rules.toml", 'family = "unique"', 'family = "alike"', "X191.family", "no family"),
        ("rules.toml", 'at = "member.id_number"\nborn', 'at = "member.id"\nborn', "X173.at", "no field"),
        ("rules.toml", "years = 5", "years = 5\ndays = 3", "X135.days", "no such option"),
        ("rules.toml", 'limits = ["unit.staff"]', 'limits = ["unit.phone"]', "X101.limits", "count"),
        ("rules.toml", 'level = "note"', 'level = "hint"', "X113.level", "error, warning or note"),
        ("codes/sex.csv", "2,女", "1,女", "line 3", "stands twice"),
        ("codes/sex.csv", "2,女", "2,", "line 3", "are required"),
    ],
)  # fmt: skip
def test_a_broken_card_is_named(
    folder: Path, file: str, old: str, new: str, key: str, reason: str
) -> None:
    change(folder / file, old, new)
    with pytest.raises(FormError) as caught:
        loading.load(folder)
    assert Path(caught.value.file) == folder / file
    assert key in caught.value.key
    assert reason in caught.value.reason


@pytest.mark.parametrize("file", ["form.toml", "unit.toml", "member.toml", "rules.toml"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(FormError) as caught:
        loading.load(folder)
    assert Path(caught.value.file).name == file


def test_a_list_that_is_not_utf8_is_named(folder: Path) -> None:
    (folder / "codes" / "sex.csv").write_bytes("code,label\n1,男\n".encode("gbk"))
    with pytest.raises(FormError, match="UTF-8"):
        loading.load(folder)


def test_a_digest_tells_definitions_apart_but_not_checkouts(folder: Path) -> None:
    first = loading.digest(folder)
    card = folder / "unit.toml"
    card.write_bytes(card.read_bytes().replace(b"\n", b"\r\n"))
    (folder / "空白表.xlsx").write_bytes(b"handed out, not a definition")
    loading.digest.cache_clear()
    assert loading.digest(folder) == first
    with (folder / "codes" / "industry.csv").open("ab") as codes:
        codes.write(b"\n")
    loading.digest.cache_clear()
    assert loading.digest(folder) != first
