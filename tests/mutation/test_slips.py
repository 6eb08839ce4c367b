"""The slips themselves: which are made, and that a mutated module runs as it was mutated."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.mutation import patterns
from tests.mutation.__main__ import ROOT, Survivors, equivalents
from tests.mutation.changes import Module, Mutant


def made(source: str, face: str = "pandas") -> set[str]:
    return {m.after for m in Module(source, "m.py", "m.py").mutants() if m.face == face}


def test_slips_of_a_function() -> None:
    source = "def f(a, b):\n    if a < b and not b:\n        return a[1:]\n    return 'x'\n"
    assert made(source) == {
        "if a <= b and (not b):", "if a >= b and (not b):", "if a < b or not b:",
        "if not b:", "if a < b:", "if a < b and b:", "if True:", "if False:",
        "return a[2:]", "return a[0:]", "return a[:]", "return 'x~'",
    }  # fmt: skip


def test_what_only_formulas_use_is_of_the_excel_face() -> None:
    source = "_SIGNS = 'ab'\ndef _part():\n    return _SIGNS\ndef excel(a):\n    return _part() + '>=1'\n"
    assert made(source) == set()
    assert made(source, "excel") == {
        "_SIGNS = 'a'",
        "_SIGNS = 'b'",
        "return _part() + '>1'",
        "return _part() + '>=2'",
    }


@pytest.mark.parametrize(
    ("pattern", "slips"),
    [
        ("a|b", {"a", "b"}),
        ("x(?:ab|c)?", {"x(?:ab)?", "x(?:c)?", "x(?:ab|c)"}),
        ("[0-9x]{2,3}", {"[x]{2,3}", "[0-9]{2,3}", "[0-9x]{3,3}", "[0-9x]{1,3}", "[0-9x]{2,4}", "[0-9x]{2,2}"}),
        ("a+\\\\|b*", {"a*\\\\|b*", "a+\\\\|b+", "a+\\\\", "b*"}),
    ],
)  # fmt: skip
def test_slips_of_a_pattern(pattern: str, slips: set[str]) -> None:
    assert set(patterns.of_pattern(pattern)) == slips


def test_a_mutant_is_code_that_runs() -> None:
    (mutant,) = (
        m
        for m in Module("def f(a):\n    return a + 1\n", "m.py", "m.py").mutants()
        if m.after == "return a - 1"
    )
    names: dict[str, object] = {}
    exec(mutant.code, names)
    assert names["f"](1) == 0  # type: ignore[operator]


def test_what_methods_use_is_of_their_face() -> None:
    source = (
        "class K:\n    def checks(self):\n        return 1\n"
        "    def excel_norm(self):\n        return self._part()\n"
        "    def _part(self):\n        return '>=1'\n"
    )
    assert made(source) == {"return 2", "return 0"}
    assert made(source, "excel") == {"return '>1'", "return '>=2'"}


@pytest.mark.parametrize("path", sorted({path for path, _, _ in equivalents()}))
def test_known_equivalents_name_functions_that_are_there(path: str) -> None:
    source = (ROOT / path).read_text("utf-8")
    listed = {group: n for group, n in equivalents().items() if group[0] == path}
    functions = {function.partition(".")[0] for _, function, _ in listed}
    module = Module(source, path, path)
    # Each slip compiles what is left of the module.
    module.tree.body = [one for one in module.tree.body if getattr(one, "name", "") in functions]
    there = Counter(mutant.group for mutant in module.mutants())
    assert {group: n for group, n in listed.items() if there[group] < n} == {}


def test_one_survivor_too_many_is_named() -> None:
    found = Survivors()
    (group, count), *_ = found.known.items()
    path, function, kind = group
    for n in range(count + 1):
        assert found.unknown() == []
        code = compile("", path, "exec")
        found.add(Mutant(path, function, "pandas", kind, range(1), str(n), "", code))
    assert len(found.unknown()) == count + 1
    assert Survivors().gone({group}) == [group]
