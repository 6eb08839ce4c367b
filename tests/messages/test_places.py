"""Where prose stands: in the catalogue, each text under one key; pages name keys."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

from converter.messages import catalogue

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


def _placeholders() -> dict[str, set[str]]:
    return {
        key: catalogue.placeholders(text)
        for file in (CONVERTER / "messages").glob("*.toml")
        for key, text in tomllib.loads(file.read_text("utf-8")).get("messages", {}).items()
        if isinstance(text, str)
    }


def _calls_in_page(text: str) -> Iterator[tuple[str, set[str]]]:
    for call in jinja2.Environment(extensions=["jinja2.ext.do"]).parse(text).find_all(nodes.Call):
        named = isinstance(call.node, nodes.Name) and call.node.name == "message"
        if named and isinstance(call.args[0], nodes.Const) and not call.dyn_kwargs:
            yield call.args[0].value, {keyword.key for keyword in call.kwargs}


def _calls_in_module(text: str) -> Iterator[tuple[str, set[str]]]:
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "message":
            given = {keyword.arg for keyword in call.keywords}
            if isinstance(call.args[0], ast.Constant) and None not in given:
                yield str(call.args[0].value), {name for name in given if name}


def test_every_sentence_is_given_what_it_fills_in() -> None:
    """A name that is missing would be shown as an ellipsis."""
    wanted, seen, missing = _placeholders(), 0, []
    for pattern, calls in (("*.j2", _calls_in_page), ("*.py", _calls_in_module)):
        for path in sorted(CONVERTER.rglob(pattern)):
            for key, given in calls(path.read_text("utf-8")):
                seen += 1
                if lacking := wanted.get(key, set()) - given:
                    missing.append((path.name, key, sorted(lacking)))
    assert missing == []
    assert seen > 800


def _patterns(text: str) -> set[str]:
    """Patterns of the keys that a module or page builds: `f"state_{one}"`, `"state_" ~ one`."""
    built = re.findall(r'f"([^"\s]*)"', text)
    built += [f"{start}{{}}" for start in re.findall(r'"(\w+_)" ~', text)]
    return {".+".join(map(re.escape, re.split(r"\{[^}]*\}", one))) for one in built}


def test_every_sentence_is_asked_for() -> None:
    text = "\n".join(
        path.read_text("utf-8")
        for folder in (CONVERTER, CONVERTER.parent / "docs")
        for path in folder.rglob("*.*")
        if path.suffix in (".py", ".j2")
    )
    named = set(re.findall(r"""["']([\w.]+)["']""", text))
    built = [re.compile(one) for one in _patterns(text) if re.search(r"[a-z]{2}", one)]
    unused = set(_placeholders()) - named
    assert [key for key in sorted(unused) if not any(one.fullmatch(key) for one in built)] == []
