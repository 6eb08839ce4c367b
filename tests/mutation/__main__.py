"""Try every mutant of the modules of `SUITES` against the tests that run its line.

    python -m tests.mutation [-o results.jsonl] [--again results.jsonl] [modules…]

A first run of the tests notes which lines each of them runs and what it costs. Each mutant then gets
a process of its own, forked with everything loaded, and the tests of its line, cheapest first, until one
fails. What survives is tried again in a process that has imported it like that from the beginning.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import re
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import hypothesis
import openpyxl  # noqa: F401  # imported before anything is forked: the second try is faster
import pandera.pandas  # noqa: F401
import pytest
from _pytest.runner import runtestprotocol

from tests.mutation import hosting
from tests.mutation.changes import Group, Module, Mutant

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
SUITES = {
    "converter/rules/": ["tests/rules", "tests/forms/test_loading.py"],
    "converter/validation/": ["tests/validation"],
    "converter/kinds/": ["tests/kinds", "tests/forms/test_loading.py"],
}
REGISTERS = {"converter/rules/__init__.py", "converter/kinds/__init__.py"}  # lists, hardly any code
OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no", "-m", "not needs"]
EXAMPLES = 6  # of each property
DEAR = 0.3  # CPU seconds; tests that cost more are asked in the second try only
SURVIVED, KILLED, STILLBORN = 0, 1, 2
Line = tuple[str, int]


class Runner:
    """A pytest plugin: hands the collected tests over to whoever wants to run them."""

    def __init__(self, work: Callable[[list[pytest.Item]], None]) -> None:
        self._work = work

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        few = hypothesis.settings(
            max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        for item in session.items:
            test: Any = getattr(item, "obj", None)
            if getattr(test, "is_hypothesis_test", False):
                test._hypothesis_internal_use_settings = few
        self._work(session.items)
        return True


def failing(items: list[pytest.Item]) -> int | None:
    """Which of these tests is the first to fail; none after it is run."""
    for n, (item, following) in enumerate(zip(items, [*items[1:], None], strict=True)):
        if any(r.failed for r in runtestprotocol(item, nextitem=following, log=False)):
            return n
    return None


def traced(item: pytest.Item, files: dict[str, str]) -> tuple[bool, set[Line], float]:
    """Run a test: whether it passes, the lines that it runs, CPU seconds."""
    lines: set[Line] = set()

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        lines.add((files[frame.f_code.co_filename], frame.f_lineno))
        return local

    def begin(frame: FrameType, event: str, argument: Any) -> Any:
        return local(frame, event, argument) if frame.f_code.co_filename in files else None

    began = time.process_time()
    sys.settrace(begin)
    try:
        passed = failing([item]) is None
    finally:
        sys.settrace(None)
    return passed, lines, time.process_time() - began


class Tests:
    """What each test runs, and what it costs."""

    def __init__(self, items: list[pytest.Item], files: dict[str, str]) -> None:
        self.cost: dict[str, float] = {}
        self._kills = Counter[tuple[str, str, str]]()
        self._by_line: dict[Line, set[pytest.Item]] = {}
        self._by_file: dict[str, set[pytest.Item]] = {}
        self._at_import = set[pytest.Item]()  # those that run no line: they may look at constants
        for item in items:
            passed, lines, cost = traced(item, files)
            if not passed:
                print(f"fails without any mutant: {item.nodeid}", file=sys.stderr)
                continue
            self.cost[item.nodeid] = cost
            if not lines:
                self._at_import.add(item)
            for path, line in lines:
                self._by_line.setdefault((path, line), set()).add(item)
                self._by_file.setdefault(path, set()).add(item)

    def killed(self, mutant: Mutant, item: pytest.Item) -> None:
        self._kills[mutant.path, mutant.function, item.nodeid] += 1

    def of(self, mutant: Mutant) -> list[pytest.Item]:
        """The tests that run a mutant's statement (all of a module for what runs at import): those
        that killed its neighbours first, then the cheapest."""
        found = set().union(*(self._by_line.get((mutant.path, n), ()) for n in mutant.lines))
        if not mutant.function or not found:
            found = self._by_file.get(mutant.path, set()) | self._at_import
        suites = next(s for prefix, s in SUITES.items() if mutant.path.startswith(prefix))
        mine = [i for i in found if i.nodeid.startswith(tuple(suites))]

        def order(item: pytest.Item) -> tuple[float, float]:
            kills = self._kills[mutant.path, mutant.function, item.nodeid]
            return -kills / (0.01 + self.cost[item.nodeid]), self.cost[item.nodeid]

        return sorted(mine, key=order)


def modules(chosen: list[str]) -> Iterator[str]:
    for prefix in SUITES:
        found = ROOT.glob(f"{prefix}*.py" if prefix.endswith("/") else prefix)
        for file in sorted(found):
            path = file.relative_to(ROOT).as_posix()
            if path in REGISTERS:
                continue
            if not chosen or any(c in path for c in chosen):
                yield path


def mutants(chosen: list[str], face: str = "pandas") -> list[Mutant]:
    """Those of the modules whose paths hold one of some words; what most tests run comes last."""
    found = []
    for path in sorted(modules(chosen), key=lambda path: "/base" in path):
        source = (ROOT / path).read_text("utf-8")
        found += Module(source, path, str(ROOT / path)).mutants()
    return [m for m in found if m.face == face]


def try_warm(mutant: Mutant, tests: Tests) -> tuple[int, list[str]]:
    """What becomes of a mutant, and the tests that let it pass."""
    mine, which = tests.of(mutant), mmap.mmap(-1, 4)  # the child writes who failed
    cheap = [item for item in mine if tests.cost[item.nodeid] <= DEAR]
    seconds = int(10 + 5 * sum(tests.cost[i.nodeid] for i in cheap))

    def work() -> int:
        try:
            hosting.install(mutant.module, mutant.code)
        except Exception:
            return STILLBORN
        killer = failing(cheap)
        if killer is None:
            return SURVIVED
        which[:] = (killer + 1).to_bytes(4, "big")
        return KILLED

    result = hosting.forked(work, seconds) if cheap else SURVIVED
    if killer := int.from_bytes(which[:], "big"):
        tests.killed(mutant, cheap[killer - 1])
    return result, [item.nodeid for item in mine] if result == SURVIVED else []


def try_cold(mutant: Mutant, wanted: list[str]) -> int:
    """In a process that has imported nothing of ours yet."""

    def run(items: list[pytest.Item]) -> None:
        order = {nodeid: n for n, nodeid in enumerate(wanted)}
        mine = sorted((i for i in items if i.nodeid in order), key=lambda i: order[i.nodeid])
        os._exit(SURVIVED if mine and failing(mine) is None else KILLED)

    def work() -> int:
        hosting.import_mutated(str(ROOT / mutant.path), mutant.code)
        files = sorted({nodeid.partition("::")[0] for nodeid in wanted})
        pytest.main([*OPTIONS, *files], plugins=[Runner(run)])
        return KILLED  # it could not even be collected

    return hosting.forked(work, 300)


def warm(todo: list[Mutant], ask: TextIO, answers: TextIO, known: Counter[Group]) -> None:
    """Find what survives in a process with everything loaded; what is more than the
    known equivalents of its function is tried again cold."""

    def run(items: list[pytest.Item]) -> None:
        tests = Tests(items, {str(ROOT / path): path for path in {m.path for m in todo}})
        survived = Counter[Group]()
        for n, mutant in enumerate(todo):
            result, again = try_warm(mutant, tests)
            survived[mutant.group] += result == SURVIVED
            more = survived[mutant.group] > known[mutant.group]
            ask.write(json.dumps([n, result, again if more else []]) + "\n")
            ask.flush()
            answers.readline()
        os._exit(0)

    suites = sorted({s for p, wanted in SUITES.items() for s in wanted
                     if any(m.path.startswith(p) for m in todo)})  # fmt: skip
    pytest.main([*OPTIONS, *suites], plugins=[Runner(run)])


def results(
    todo: list[Mutant], known: Counter[Group], cold: bool
) -> Iterator[tuple[Mutant, int, list[str]]]:
    """Every mutant with what became of it, and the tests that let it pass."""
    (reading, asking), (hearing, answering) = os.pipe(), os.pipe()
    if not os.fork():
        os.close(reading)
        os.close(answering)
        warm(todo, os.fdopen(asking, "w"), os.fdopen(hearing), known)
        os._exit(1)
    os.close(asking)
    os.close(hearing)
    with os.fdopen(reading) as requested, os.fdopen(answering, "w") as answers:
        for line in requested:
            n, result, again = json.loads(line)
            if again and cold:
                result = try_cold(todo[n], again)
            answers.write("\n")
            answers.flush()
            yield todo[n], result, again
    os.wait()


def equivalents() -> Counter[Group]:
    """How many slips of a kind in a function change nothing that anybody could see. Slips are
    counted, not quoted: a statement may be rewritten, and the list still holds."""
    found = Counter[Group]()
    for path, functions in tomllib.loads(EQUIVALENT.read_text("utf-8")).items():
        for function, kinds in functions.items():
            for kind, count in kinds.items():
                if kind != "why":
                    found[path, function, kind] = count
    return found


class Survivors:
    """Sorts what survives into known equivalents and slips that no test notices."""

    def __init__(self) -> None:
        self.known = equivalents()
        self._found: dict[Group, list[Mutant]] = {}

    def add(self, mutant: Mutant) -> None:
        self._found.setdefault(mutant.group, []).append(mutant)

    def unknown(self) -> list[Mutant]:
        """All of a group that has more survivors than are known: any of them may be new."""
        return [m for g, found in self._found.items() if len(found) > self.known[g] for m in found]

    def gone(self, tried: set[Group]) -> list[Group]:
        """Groups that were tried and have fewer survivors than are listed."""
        return sorted(
            g for g in self.known.keys() & tried if len(self._found.get(g, ())) < self.known[g]
        )


def report(todo: Iterable[tuple[Mutant, str]]) -> int:
    """Print what survives, and how many came to which end. Returns the number of survivors that
    are not known to change nothing."""
    counts, survivors, tried = Counter[tuple[str, str]](), Survivors(), set[Group]()
    for mutant, word in todo:
        counts[mutant.path, word] += 1
        tried.add(mutant.group)
        if word == "survived":
            survivors.add(mutant)
    unknown = survivors.unknown()
    for m in unknown:
        print(f"{m.path}:{m.lines[0]} {m.function} ({m.kind}): {m.before}\n    → {m.after}")
    for path, function, kind in survivors.gone(tried):
        print(f"fewer equivalents than listed: {path} {function} ({kind})")
    for path in dict.fromkeys(path for path, _ in counts):
        row = {word: n for (p, word), n in counts.items() if p == path}
        print(re.sub("[{}']", "", f"{path}: {row}"))
    print(
        f"{sum(counts.values())} mutants, {len(unknown)} survived without being known to be equal"
    )
    return len(unknown)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("modules", nargs="*", help="parts of paths; without them all")
    parser.add_argument("-o", "--output", type=Path, default=Path(os.devnull))
    parser.add_argument("--again", type=Path, help="only what survived in these results")
    parser.add_argument("--warm", action="store_true", help="no second try of survivors")
    given = parser.parse_args()
    todo = mutants(given.modules)
    if given.again:
        reported = map(json.loads, given.again.read_text("utf-8").splitlines())
        survived = {t["name"] for t in reported if t["result"] == SURVIVED}
        todo = [m for m in todo if m.name in survived]
    params = {SURVIVED: "survived", STILLBORN: "stillborn"}

    def tried(output: TextIO) -> Iterator[tuple[Mutant, str]]:
        for mutant, result, tests in results(todo, equivalents(), not given.warm):
            reported = {"name": mutant.name, "kind": mutant.kind, "line": mutant.lines[0],
                    "before": mutant.before, "result": result, "tests": len(tests)}  # fmt: skip
            output.write(json.dumps(reported, ensure_ascii=False) + "\n")
            output.flush()
            yield mutant, params.get(result, "killed")

    with given.output.open("w", encoding="utf-8") as output:
        return int(bool(report(tried(output))))


if __name__ == "__main__":
    sys.exit(main())
