"""Where prose stands: in the catalogue, each text under one key; pages name keys."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

CONVERTER = Path(__file__).parents[2] / "converter"
PAGES = sorted((CONVERTER / "web" / "templates").glob("*.j2"))
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_hold_no_prose(path: Path) -> None:
    assert not CHINESE.findall(path.read_text("utf-8"))


def test_every_key_has_one_text() -> None:
    seen: dict[str, str] = {}
    for path in sorted((CONVERTER / "messages").glob("*.toml")):
        for key in tomllib.loads(path.read_text("utf-8")).get("messages", {}):
            assert key not in seen, f"{key}: {path.name} and {seen[key]}"
            seen[key] = path.name
    assert len(seen) > 500


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_name_keys_that_there_are(path: Path) -> None:
    known = {
        key
        for file in (CONVERTER / "messages").glob("*.toml")
        for key in tomllib.loads(file.read_text("utf-8")).get("messages", {})
    }
    assert set(re.findall(r'message\("(\w+)"[,)]', path.read_text("utf-8"))) <= known
