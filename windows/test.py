"""The product on Windows' Python under Wine: `make windows-test`; with --short in six minutes at most.

The same issues for every sample and for generated workbooks, the same packages byte for byte as
on Linux; the product's own tests that make sense there; the built program in a prefix of its own.
Where this machine cannot run any of it, the exit code is 75.
What cannot be proven in this way stands in docs/windows.zh-CN.md.
"""

from __future__ import annotations

import argparse
import filecmp
import itertools
import json
import os
import subprocess
import sys
from typing import Any

from program.editions import EDITIONS
from windows import dist
from windows.page import try_page
from windows.wine import EPOCH, PYTHON, Wine, prepared

GENERATED, GENERATED_SHORT = 100, 25
# Tests that need no more than Python and the packages; the program's own are run on the program.
TESTS = (
    "tests/files", "tests/cli", "tests/test_samples.py", "tests/register", "tests/package",
    "tests/identity", "tests/usecases", "tests/workers/test_pool.py", "tests/workers/test_protocol.py",
    "tests/safety/test_places.py", "tests/safety/test_surroundings.py", "tests/model",
)  # fmt: skip
TESTS_SHORT = (
    "tests/files", "tests/cli/test_windows_console.py", "tests/workers/test_windows.py",
    "tests/usecases/receive/test_open_elsewhere.py::test_a_corrected_file_is_received_while_its_old_copy_is_open",
    "tests/usecases/receive/test_open_elsewhere.py::test_the_list_of_last_time_may_be_open",
    "tests/usecases/receive/test_open_elsewhere.py::test_a_file_that_is_open_exclusively_is_nobodys_fault",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m windows.test", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only what matters most")
    parser.add_argument("--tests", nargs="*", help="only these tests, and nothing else")
    chosen = parser.parse_args()
    with prepared() as wine:
        if chosen.tests:
            sys.exit(run_tests(wine, chosen.tests))
        compare(wine, GENERATED_SHORT if chosen.short else GENERATED)
        code = run_tests(wine, TESTS_SHORT if chosen.short else TESTS)
        if not (chosen.short or code):
            for edition in EDITIONS:
                dist.build(wine, edition)
                dist.try_out(wine, edition)
        sys.exit(code)


# --- the same issues, the same bytes --------------------------------------------------------------


def compare(wine: Wine, generated: int) -> None:
    """Check samples and generated workbooks on both systems, convert those without errors."""
    made = wine.source / "compared"
    subprocess.run(
        [sys.executable, "-m", "windows.workbooks", str(made), str(generated)], check=True
    )
    theirs = wine.python("-m", "converter", "check", "samples", "compared", "--format", "json")
    ours = linux(wine, "check", "samples", "compared", "--format", "json")
    found, expected = _report(theirs.stdout), _report(ours.stdout)
    if found != expected or theirs.returncode != ours.returncode:
        raise SystemExit(f"other issues than on Linux:\n{_difference(found, expected)}")
    issues = sum(len(file["issues"]) for file in found["files"])
    wine.say(f"{len(found['files'])} workbooks, {issues} issues, the same as on Linux")
    sound = [
        f["file"]
        for f in found["files"]
        if f["status"] in ("ok", "warnings") and f["file"].endswith("xlsx")
    ]
    wine.python("-m", "converter", "convert", *sound, "-o", "theirs", SOURCE_DATE_EPOCH=EPOCH)
    linux(wine, "convert", *sound, "-o", "ours", SOURCE_DATE_EPOCH=EPOCH)
    names = sorted(path.name for path in (wine.source / "ours").iterdir())
    same, *other = filecmp.cmpfiles(
        wine.source / "ours", wine.source / "theirs", names, shallow=False
    )
    if not names or any(other):
        raise SystemExit(f"other packages than on Linux: {other}")
    wine.say(f"{len(same)} packages, byte for byte the same")
    workbook = wine.source / "samples/01-correct/input/填报.xlsx"
    package = try_page(wine, workbook, PYTHON, "-m", "converter", SOURCE_DATE_EPOCH=EPOCH)
    linux(wine, "convert", str(workbook), "-o", "page.zip", SOURCE_DATE_EPOCH=EPOCH)
    if package != (wine.source / "page.zip").read_bytes():
        raise SystemExit("the page's package is not the one of Linux")


def linux(wine: Wine, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The same command here, on the same files."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "converter", *arguments],
        cwd=wine.source,
        env={**os.environ, "PYTHONPATH": str(wine.source), "PYTHONUTF8": "1", **environment},
        capture_output=True,
        check=False,
    )


def _report(data: bytes) -> Any:
    """A report, with the slashes of Linux in its paths."""
    return json.loads(json.dumps(json.loads(data)).replace("\\\\", "/"))


def _difference(found: Any, expected: Any) -> str:
    pairs = itertools.zip_longest(found["files"], expected["files"])
    one = next(((f, e) for f, e in pairs if f != e), (found, expected))
    return "\n".join(json.dumps(side, ensure_ascii=False)[:2000] for side in one)


def run_tests(wine: Wine, tests: Any) -> int:
    """Run tests there; the exit code of pytest."""
    code = wine.show(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--basetemp=C:\\t",
        "--tb=short", *tests,
        PYTHONPATH=r"C:\pytest", PYTHONUTF8="1",
    )  # fmt: skip
    wine.say(f"tests of the product: exit code {code}")
    return code


if __name__ == "__main__":
    main()
