"""Pages need no browser younger than 2020: scripts and styles against a small pinned table.

The table has the Chromium version in which a feature came (MDN's browser-compat-data, seen in
2026). What only makes a page prettier may be younger: without it the page is as useful.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from converter.web.pages import FOLDER

NEWEST = 79  # January 2020
SCRIPT = {
    r"\?\.(?![0-9])": ("optional chaining", 80),
    r"\?\?": ("nullish coalescing", 80),
    r"\|\|=|&&=": ("logical assignment", 85),
    r"\.replaceAll\(": ("String.replaceAll", 85),
    r"\.at\(": ("Array.at", 92),
    r"\.replaceChildren\(": ("Element.replaceChildren", 86),
    r"Promise\.(any|withResolvers)": ("Promise.any", 85),
    r"Promise\.allSettled": ("Promise.allSettled", 76),
    r"structuredClone": ("structuredClone", 98),
    r"Object\.(hasOwn|groupBy)": ("Object.hasOwn", 93),
    r"crypto\.randomUUID": ("crypto.randomUUID", 92),
    r"\.(toSorted|toReversed|toSpliced|findLast)\(": ("copying array methods", 97),
    r"AbortSignal\.(timeout|any)": ("AbortSignal.timeout", 103),
    r"#[a-z]\w*\s*[=(;]": ("private class fields", 74),
    r"\bstatic\s*\{": ("static blocks", 94),
    r"\.showPicker\(|\.showModal\(|<dialog": ("dialog and pickers", 99),
    r"requestSubmit": ("form.requestSubmit", 76),
    r"setHTML|\bpopover\b": ("popover", 114),
    r"import\(|import\.meta": ("dynamic import", 63),
    r"navigator\.sendBeacon": ("sendBeacon", 39),
    r"\bfetch\(": ("fetch", 42),
}
STYLE = {
    r":has\(": (":has()", 105),
    r":is\(|:where\(": (":is()", 88),
    r":focus-visible": (":focus-visible", 86),
    r"aspect-ratio\s*:": ("aspect-ratio", 88),
    r"\binset\s*:": ("inset", 87),
    r"@container": ("container queries", 105),
    r"@layer": ("cascade layers", 99),
    r"@supports": ("@supports", 28),
    r"\b(min|max|clamp)\((?!-)": ("min(), max(), clamp()", 79),
    r"color-mix\(|oklch\(": ("color-mix()", 111),
    r"accent-color": ("accent-color", 93),
    r"\b(padding|margin)-(inline|block)": ("logical properties", 87),
    r"&\s*[:.{]": ("nesting", 112),
    r"dvh|svh": ("dynamic viewport units", 108),
    r"text-wrap": ("text-wrap", 114),
    r"\bgap\s*:": ("gap", 66),
    r"display:\s*grid": ("grid", 57),
}
# Without it the browser's own ring stands around what has the focus.
HARMLESS = {":focus-visible"}
FILES = sorted((FOLDER / "static").iterdir())


def young(text: str, table: dict[str, tuple[str, int]]) -> set[str]:
    found = {
        name
        for pattern, (name, since) in table.items()
        if since > NEWEST and re.search(pattern, text)
    }
    return found - HARMLESS


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".js"], ids=lambda p: p.name)
def test_scripts_run_in_browsers_of_2019(path: Path) -> None:
    text = re.sub(r"//[^\n]*", "", path.read_text("utf-8"))
    assert young(text, SCRIPT) == set()


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".css"], ids=lambda p: p.name)
def test_styles_are_understood_by_browsers_of_2019(path: Path) -> None:
    assert young(path.read_text("utf-8"), STYLE) == set()


def test_space_between_things_in_a_row_needs_no_gap() -> None:
    """`gap` in a flexible row came in 2020 (84): on the desk's own pages margins do it."""
    rules = re.findall(r"[^{}]+\{[^}]*\}", (FOLDER / "static" / "desk.css").read_text("utf-8"))
    assert not [rule for rule in rules if "flex" in rule and re.search(r"\bgap\s*:", rule)]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("const a = b?.c;", "optional chaining"),
        ("x = y ?? z;", "nullish coalescing"),
        ('t.replaceAll("a", "b");', "String.replaceAll"),
        ("list.at(-1);", "Array.at"),
        ("form.replaceChildren(a);", "Element.replaceChildren"),
    ],
)
def test_the_lint_has_teeth(line: str, name: str) -> None:
    assert young(line, SCRIPT) == {name}
    assert young("a ? .5 : 1; // ok", SCRIPT) == set()
