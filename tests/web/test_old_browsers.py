"""Pages need no browser younger than 2020: scripts and styles against MDN's table of compatibility,
a trimmed copy of which is pinned (`browser_features`).

What only makes a page prettier may be younger: without it the page is as useful.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from converter.web.pages import FOLDER
from tests.web.browser_features import FUNCTIONS, NEVER, SCRIPT, TABLE

NEWEST = 79  # Chromium of January 2020
CHROME: dict[str, int] = json.loads(TABLE.read_text("utf-8"))["chrome"]
# Without it the browser's own ring stands around what has the focus.
HARMLESS = {"css.selectors.focus-visible"}
FILES = sorted((FOLDER / "static").iterdir())


def of_script(text: str) -> Iterator[str]:
    """The features that a script uses, by their names in the table."""
    for pattern, name in SCRIPT.items():
        if re.search(pattern, text):
            yield name


def of_styles(text: str) -> Iterator[str]:
    """The same for styles: properties, selectors, rules, functions."""
    text = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", text, flags=re.DOTALL)
    for name in re.findall(r"@([a-z-]+)", text):
        yield f"css.at-rules.{name}"
    for name in re.findall(r"[{;]\s*([a-z-]+)\s*:(?![^{};]*\{)", text):
        if not name.startswith("--"):
            yield f"css.properties.{name}"
    for selector in re.findall(r"([^{};]+)\{", text):
        if not selector.strip().startswith("@"):
            for name in re.findall(r"::?([a-z-]+)", selector):
                yield f"css.selectors.{name}"
            if "&" in selector:
                yield "css.selectors.nesting"
    for name in FUNCTIONS:
        if re.search(rf"(?<![\w-]){name}\(", text):
            yield f"function.{name}"
    for rule in re.findall(r"\{([^{}]*)\}", text):
        if "flex" in rule and re.search(r"\bgap\s*:", rule):
            yield "css.properties.gap.flex_context"


def young(features: Iterator[str]) -> set[str]:
    """Those that are too young, or unknown to the table."""
    return {name for name in features if CHROME.get(name, NEVER) > NEWEST} - HARMLESS


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".js"], ids=lambda p: p.name)
def test_scripts_run_in_browsers_of_2019(path: Path) -> None:
    text = re.sub(r"//[^\n]*", "", path.read_text("utf-8"))
    assert young(of_script(text)) == set()


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".css"], ids=lambda p: p.name)
def test_styles_are_understood_by_browsers_of_2019(path: Path) -> None:
    features = list(of_styles(path.read_text("utf-8")))
    assert len(features) > 20
    assert young(iter(features)) == set()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("const a = b?.c;", "javascript.operators.optional_chaining"),
        ("x = y ?? z;", "javascript.operators.nullish_coalescing"),
        ('t.replaceAll("a", "b");', "javascript.builtins.String.replaceAll"),
        ("list.at(-1);", "javascript.builtins.Array.at"),
        ("form.replaceChildren(a);", "api.Element.replaceChildren"),
    ],
)
def test_young_scripts_are_found(line: str, name: str) -> None:
    assert young(of_script(line)) == {name}
    assert young(of_script("a ? .5 : 1; // ok")) == set()


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("a:has(b) { color: red; }", "css.selectors.has"),
        ("a { inset: 0; }", "css.properties.inset"),
        ("a { color: red; accent-color: red }", "css.properties.accent-color"),
        ("@container (min-width: 1px) { a { color: red } }", "css.at-rules.container"),
        ("a { color: color-mix(in srgb, red, blue) }", "function.color-mix"),
        ("a { display: flex; gap: 1px }", "css.properties.gap.flex_context"),
        ("a { nothing-known: 1 }", "css.properties.nothing-known"),
    ],
)
def test_young_styles_are_found(rule: str, name: str) -> None:
    assert young(of_styles(rule)) == {name}
    assert (
        young(of_styles("a:hover { color: red } @media print { b::before { margin: 0 } }")) == set()
    )
