"""python -m benchmarks [--quick] [--only CASE …] [--rounds N] [--out FILE]"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import measuring, page
from benchmarks.cases import CASES

PEERS = ("frictionless", "pandas", "pandera", "openpyxl", "python-calamine", "fastexcel")


def main() -> None:
    """Measure, write results.json, the page and its pictures, and print the claims."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small inputs, one round")
    parser.add_argument("--only", nargs="*", choices=CASES, help="these cases, kept with the rest")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--out", type=Path, help="results.json elsewhere; the page stays as it is")
    options = parser.parse_args()
    rounds = options.rounds or (1 if options.quick else 5)
    out = options.out or (page.RESULTS.with_name(".quick.json") if options.quick else page.RESULTS)
    results = _results(options.quick)
    if options.only and out.is_file():
        results["cases"] = json.loads(out.read_text(encoding="utf-8"))["cases"]
    for name, make in CASES.items():
        if not options.only or name in options.only:
            _tell(f"{name}: inputs")
            done = measuring.run(make(options.quick), rounds, _tell)
            kept = [
                case for case in results["cases"] if case["name"] in CASES and case["name"] != name
            ]
            results["cases"] = sorted([*kept, done], key=lambda c: list(CASES).index(c["name"]))
            _write(out, results)
    print(page.summary(results))
    if out == page.RESULTS:
        page.write(results)


def _results(quick: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "mode": "quick" if quick else "full",
        "machine": {
            "cores": os.cpu_count(),
            "processor": _processor(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "versions": {name: version(name) for name in PEERS},
        "cases": [],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor()


def _write(path: Path, results: dict[str, Any]) -> None:
    text = json.dumps(results, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
