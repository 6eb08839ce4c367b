"""A hundred and more files that mean harm, and what becomes of each: any change fails.

All of them go through one run of `check`, as a clerk's folder does: whatever one of them does
to its worker, the others get their verdicts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from converter.messages import catalogue
from tests.safety import containers, contents, disguises, patterns
from tests.safety.making import CASES
from tests.workbook.books import FORM

assert containers
assert contents
assert disguises
assert patterns

pytestmark = pytest.mark.posix("what a run took is asked of POSIX")

# A run that reads its files in its own process and tells what all of it took.
SCRIPT = """
import re, resource, sys
from pathlib import Path
from converter import cli
code = cli.run(sys.argv[1:])
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
# What getrusage says of a process itself begins with what its parent took before the start.
status = Path("/proc/self/status")
own = re.search(r"VmHWM:\\s+([0-9]+)", status.read_text()) if status.exists() else None
largest = max(int(own[1]) if own else used[0].ru_maxrss, used[1].ru_maxrss)
print(largest // 1024, sum(u.ru_utime + u.ru_stime for u in used), file=sys.stderr)
sys.exit(code)
"""


def run(*arguments: str | Path) -> tuple[dict[str, Any], int, float, int]:
    """What `check` says of files, most megabytes of any process, CPU seconds, exit code."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "check", *map(str, arguments), "--format", "json"],
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    megabytes, seconds = done.stderr.decode().split()[-2:]
    return json.loads(done.stdout), int(megabytes), float(seconds), done.returncode


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("corpus")
    for case in CASES.values():
        case.make(folder / f"{case.name}{case.suffix}")
    reported, megabytes, seconds, code = run(folder)
    assert code == 1
    assert reported["summary"]["files"] == len(CASES)
    if sys.platform == "linux":
        assert megabytes < 1024
        assert seconds < 2 * len(CASES)  # no file may take all of its time
    return {Path(found["file"]).stem: found for found in reported["files"]}


@pytest.mark.parametrize("name", list(CASES))
def test_every_file_has_its_one_outcome(name: str, verdicts: dict[str, dict[str, Any]]) -> None:
    found = verdicts[name]
    codes = list(dict.fromkeys(issue["code"] for issue in found["issues"]))
    assert " ".join(codes) == CASES[name].expected
    refused = [code for code in codes if code[0] in "FP" and code != "F401"]
    assert (found["status"] == "unreadable") == bool(refused)


@pytest.mark.parametrize("name", list(CASES))
def test_every_refusal_says_why_and_what_to_do(
    name: str, verdicts: dict[str, dict[str, Any]]
) -> None:
    for issue in verdicts[name]["issues"]:
        assert issue["message"]
        assert issue["fix"] or issue["level"] == "note"
        assert "{" not in issue["message"] + issue["fix"]
        assert catalogue.entry(issue["code"], FORM).title
