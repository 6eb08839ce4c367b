"""One measurement in a process of its own: python -m benchmarks.one '{"subject": …, "args": …}'

Prints one line of JSON: CPU seconds (user and system, of children too), wall seconds, bytes in
use before and at most, and what the subject tells; with "profile", where its time went.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from benchmarks import memory


def main() -> None:
    """Measure what the one argument names."""
    request = json.loads(sys.argv[1])
    # As in a worker: pandera imports hypothesis wherever it finds it.
    sys.modules.setdefault("hypothesis", None)  # type: ignore[arg-type]
    module, _, name = request["subject"].partition(":")
    subject = getattr(import_module(f"benchmarks.subjects.{module}"), name)(**request["args"])
    next(subject)
    gc.collect()
    gc.freeze()
    if request.get("profile"):
        from benchmarks.profiling import profile

        answer: dict[str, Any] = {"profile": profile(lambda: next(subject))}
    else:
        answer = measured(subject)
    subject.close()
    print(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # what is measured ends here: taking apart a million cells is nobody's business


def measured(subject: Iterator[Any]) -> dict[str, Any]:
    """What the subject's work took."""
    base = memory.reset_peak()
    children, wall, cpu = _of_children(), time.perf_counter(), time.process_time()
    facts = next(subject) or {}
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "cpu": cpu + _of_children() - children,
        "wall": wall,
        "base": base,
        "peak": memory.peak(),
        "facts": facts,
    }


def _of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
