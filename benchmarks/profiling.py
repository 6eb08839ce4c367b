"""Where the time of a piece of work goes, by looking at it a thousand times a second.

Each look counts the CPU time since the last one for the innermost module of ours on the stack,
and for the library that it had called. A C function is seen when it ends: its whole time counts.
Unlike a profiler that sees every call, this makes small functions no dearer than they are.
"""

from __future__ import annotations

import signal
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

OURS = str(Path(__file__).parent.parent / "converter")
SHOWN = 12
INTERVAL = 0.001  # CPU seconds


def profile(work: Callable[[], Any]) -> list[tuple[str, float]]:
    """(where, share of the time) of what takes most, largest first. Empty where the system has
    no timer of CPU time."""
    if not hasattr(signal, "SIGPROF"):
        return []
    seconds: defaultdict[str, float] = defaultdict(float)
    last = time.process_time()

    def look(_: int, frame: FrameType | None) -> None:
        nonlocal last
        now = time.process_time()
        seconds[_where(frame)] += now - last
        last = now

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    total = sum(seconds.values())
    most = sorted(seconds.items(), key=lambda item: item[1], reverse=True)[:SHOWN]
    return [(where, round(part / total, 3)) for where, part in most]


def _where(frame: FrameType | None) -> str:
    """'validation/checking.py → pandas'."""
    library = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(OURS):
            place = Path(file).relative_to(OURS).as_posix()
            return f"{place} → {library}" if library else place
        parts = Path(file).parts
        if "site-packages" in parts:
            library = parts[parts.index("site-packages") + 1].removesuffix(".py")
        frame = frame.f_back
    return library or "other"
