"""A file of TOML changed key by key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from converter.form_editor.toml_text import TomlText, blocks, literal
from tests.form_editor.books import FORMS

CARD = "[[field]]\n# First.\nkey = 'a'   # the key\n\nnear = [ # some\n  'x',\n]\nderive = { by = 'n', source = 's' }\n"
ORDER = ["key", "title", "derive", "near"]
CASES = [
    (("key",), "b", "[[field]]\n# First.\nkey = \"b\"   # the key\n"),
    (("title",), "t", "# the key\ntitle = \"t\"\n\nnear"),
    (("derive", "source"), "z", 'derive = { by = "n", source = "z" }\n'),
    (("derive", "steps"), [[1, "1"]], 'source = "s", steps = [[1, "1"]] }\n'),
    (("near",), ["y"], 'near = ["y"]\n'),
    (("levels",), {"K1": "note"}, '}\nlevels = { K1 = "note" }\n'),
    (("a b",), True, '"a b" = true\n'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "line"), CASES)
def test_a_key_is_set_in_a_card(path: tuple[str, ...], value: Any, line: str) -> None:
    text = TomlText.of(CARD, ("field",), ORDER)
    text.set(path, value)
    assert line in text.render()
    found: Any = tomllib.loads(text.render())["field"][0]
    for key in path:
        found = found[key]
    assert found == value


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (("key",), ["near", "derive"]),
        (("derive",), ["key", "near"]),
        (("none",), ["key", "near", "derive"]),
    ],
)
def test_a_key_is_removed_and_comments_stay(path: tuple[str, ...], left: list[str]) -> None:
    text = TomlText.of(CARD, ("field",))
    text.remove(path)
    assert list(tomllib.loads(text.render())["field"][0]) == left
    assert text.comments() == ["First."]


def test_the_last_part_of_a_table_takes_the_table_with_it() -> None:
    text = TomlText.of(CARD, ("field",))
    text.remove(("derive", "by"))
    text.remove(("derive", "source"))
    assert "derive" not in text.render()


def test_a_key_in_a_table_of_its_own() -> None:
    text = TomlText.of("[[field]]\nkey = 1\n[field.derive]\nby = 'a' # how\n", ("field",))
    text.set(("derive", "by"), "b")
    text.set(("derive", "source"), "c")
    assert text.render() == '[[field]]\nkey = 1\n[field.derive]\nby = "b" # how\nsource = "c"\n'
    text.set(("derive",), {"by": "x"})
    assert tomllib.loads(text.render()) == {"field": [{"key": 1, "derive": {"by": "x"}}]}


@pytest.mark.parametrize(
    "text",
    [
        "a = '''\n[b]\n# no\n'''\n[c]\nd = 1\n",
        "a = [\n[1],\n[2], # [x]\n]\n[c]\n",
        "# [a]\n\n[b]\nc = '#'\n",
    ],
)
def test_what_only_looks_like_a_heading_is_none(text: str) -> None:
    assert len(blocks(text)) == 2
    assert "".join(block for *_, block in blocks(text)) == text


@pytest.mark.parametrize("wanted", [[], ["x"], ["First.", "x"], ["x", "First."], ["a", "b", "c"]])
def test_comments_are_set(wanted: list[str]) -> None:
    text = TomlText.of(CARD, ("field",))
    text.set_comments(wanted)
    assert text.comments() == wanted
    assert tomllib.loads(text.render()) == tomllib.loads(CARD)


@pytest.mark.parametrize(
    "value",
    ["", '"\\\n\t\x00\x7f\u2028', True, -3, [], ["长" * 40, "b"], ["a"] * 90, {"a.b": {"c": [1]}}],
)
def test_values_read_back(value: Any) -> None:
    assert tomllib.loads(f"x = {literal(value)}")["x"] == value


@pytest.mark.parametrize("folder", FORMS, ids=lambda one: one.name)
def test_statements_join_to_the_text(folder: Path) -> None:
    for path in folder.glob("*.toml"):
        text = path.read_text("utf-8")
        assert TomlText.of(text).render() == text
        assert "".join(block for *_, block in blocks(text)) == text
