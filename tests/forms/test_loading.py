"""A form definition is read whole or refused with file, key and reason."""

from __future__ import annotations

import copy
import json
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from converter.forms import loading
from converter.messages import errors
from converter.messages.catalogue import message
from converter.model.errors import FormError
from tests.forms.slips import SLIPS, Slip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(loading.form_dir(), tmp_path / "copy"))


def test_the_form_has_the_forty_unit_fields_and_the_member_fields() -> None:
    loaded = loading.load(loading.form_dir())
    assert len(loaded.record.fields) == 40
    assert [f.title for f in loaded.main_table] == [
        "会员姓名", "身份证号", "加入工会时间", "会员性别", "会员生日",
    ]  # fmt: skip
    assert len(loaded.codes["industry"].entries) == 20
    assert len(loaded.codes["industry_division"].entries) == 97


@pytest.mark.parametrize("slip", SLIPS, ids=lambda s: f"{s.file} {s.new}")
def test_a_slip_is_named_with_what_may_stand_there(folder: Path, slip: Slip) -> None:
    slip.make(folder)
    with pytest.raises(FormError) as caught:
        loading.load(folder)
    error = caught.value
    assert Path(error.file) == folder / (slip.file_named or slip.file)
    assert slip.key in error.key
    assert error.message_key == slip.message_key
    assert slip.found in error.found
    reported = errors.text(error)
    nearest = message("form_nearest", word=slip.choice)
    assert (nearest in reported.splitlines()) == bool(slip.choice)
    assert (slip.choice in error.choices) == bool(slip.choice)
    assert "…" not in reported.replace(error.found, "")  # every blank of the text was filled in
    assert "的 ：" not in reported  # also where a file as a whole is at fault


@pytest.mark.parametrize("file", ["form.toml", "unit.toml", "member.toml", "rules.toml"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(FormError) as caught:
        loading.load(folder)
    assert Path(caught.value.file).name == file
    assert caught.value.message_key == "form_no_file"


def test_a_folder_in_place_of_a_card_is_named(folder: Path) -> None:
    (folder / "rules.toml").unlink()
    (folder / "rules.toml").mkdir()
    with pytest.raises(FormError) as caught:
        loading.load(folder)
    assert caught.value.message_key == "form_unreadable"


def test_a_form_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(FormError) as caught:
        loading.load(loading.form_dir("jicheng"))
    assert "最接近的是：jiceng" in errors.text(caught.value)


@pytest.mark.parametrize("file", ["codes/sex.csv", "unit.toml"])
def test_a_file_that_is_not_utf8_is_named(folder: Path, file: str) -> None:
    (folder / file).write_bytes("code,label\n1,男\n".encode("gbk"))
    with pytest.raises(FormError) as caught:
        loading.load(folder)
    assert caught.value.message_key == "form_not_utf8"


@pytest.mark.parametrize("size", [0, 3])
def test_a_list_without_codes_is_named(folder: Path, size: int) -> None:
    (folder / "codes" / "sex.csv").write_text("code,label\n"[: size * 4])
    with pytest.raises(FormError) as caught:
        loading.load(folder)
    assert caught.value.message_key in ("form_no_column", "form_no_codes")


VALUES: tuple[Any, ...] = (0, 1.5, True, "", "{", [], ["x"], {"x": "x"}, [{}])
FILES = ("form.toml", "unit.toml", "member.toml", "rules.toml", "roster.toml")


def test_no_value_at_any_key_makes_more_than_a_form_error(folder: Path) -> None:
    """Every key of every card, replaced by values of other types, and left out."""
    seen: set[tuple[str, ...]] = set()
    for name in ("region", "industry_division"):  # thousands of entries take most of the time
        codes = folder / "codes" / f"{name}.csv"
        lines = codes.read_text(encoding="utf-8").splitlines(keepends=True)
        codes.write_text("".join(lines[:20]), encoding="utf-8")
    for file in FILES:
        data = tomllib.loads((folder / file).read_text(encoding="utf-8"))
        for path in _paths(data):
            shape = (file, *_shape(data, path))
            if shape in seen:
                continue
            seen.add(shape)
            for value in (None, *VALUES):
                (folder / file).write_text(_toml(_replaced(data, path, value)), encoding="utf-8")
                _loads_or_refuses(folder, file)
        (folder / file).write_text(_toml(data), encoding="utf-8")
    assert len(seen) > 150


def _loads_or_refuses(folder: Path, file: str) -> None:
    for function in (loading.read, loading.with_codes, loading.load):
        function.cache_clear()
    error = None
    try:
        loading.load(folder)
    except FormError as refused:
        error = refused
    if error:
        assert errors.text(error)
        assert Path(error.file).name in (*FILES, "x.toml")  # a sheet called x


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key below a table, and every entry of a list of tables."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in entries:
        yield (*path, key)
        if isinstance(below, dict) or (
            isinstance(below, list) and below and isinstance(below[0], dict)
        ):
            yield from _paths(below, (*path, key))


def _shape(data: Any, path: tuple[str | int, ...]) -> tuple[str, ...]:
    """What is alike of two places: one `min` of a count is as good as another."""
    kind = ""
    for key in path[:-1]:
        data = data[key]
        if isinstance(data, dict):
            kind = str(data.get("kind") or data.get("family") or data.get("by") or kind)
    return (kind, *(str(key) for key in path if isinstance(key, str)))


def _replaced(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    copied = copy.deepcopy(data)
    below = copied
    for key in path[:-1]:
        below = below[key]
    if value is None:
        del below[path[-1]]
    else:
        below[path[-1]] = value
    return copied


def _toml(data: Mapping[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {_inline(value)}\n" for key, value in data.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


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
