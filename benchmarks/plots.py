"""Plots of time and memory against size, as SVG: the same bytes for the same results."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 8.0, 3.6  # inches
COLOURS = {
    "converter": "#b3261e", "calamine": "#33658a", "fastexcel": "#86bbd8",
    "pandas + pandera": "#8a8a8a", "frictionless": "#bfa15a",
}  # fmt: skip
OTHER = "#555555"
MIB = 1 << 20


def draw(case: Mapping[str, Any], path: Path) -> None:
    """Time on the left, memory on the right, against the case's x."""
    # Whatever a person has set up for matplotlib does not matter here.
    os.environ["MPLCONFIGDIR"] = tempfile.mkdtemp(prefix="matplotlib")
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.ticker import NullFormatter

    style = {
        "svg.hashsalt": "converter",
        "svg.fonttype": "path",  # looks alike wherever it is shown
        "font.family": "DejaVu Sans",  # comes with matplotlib
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(style):
        figure, (time, memory) = pyplot.subplots(1, 2, figsize=(WIDTH, HEIGHT))
        for name in dict.fromkeys(entry["name"] for entry in case["measured"]):
            found = [entry for entry in case["measured"] if entry["name"] == name]
            sizes = [entry["x"] for entry in found]
            line = {"marker": "o", "markersize": 3.5, "color": COLOURS.get(name, OTHER)}
            time.plot(sizes, [entry["cpu"][1] for entry in found], label=name, **line)
            memory.plot(sizes, [_memory(entry) for entry in found], label=name, **line)
        for axes, title in ((time, "CPU seconds"), (memory, _memory_title(case))):
            axes.set_xscale("log")
            axes.set_xlabel(case["plot"])
            axes.set_xticks(sizes_of(case), [_short(size) for size in sizes_of(case)])
            axes.minorticks_off()
            axes.set_title(title, loc="left", fontsize=9)
            axes.grid(visible=True, linewidth=0.3)
        time.set_yscale("log")
        time.set_ylim(*_decades([entry["cpu"][1] for entry in case["measured"]]))
        time.yaxis.set_major_formatter("{x:g}")
        time.yaxis.set_minor_formatter(NullFormatter())
        memory.set_ylim(0, 1.1 * max(map(_memory, case["measured"])))
        time.legend(frameon=False, fontsize=8)
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """The powers of ten around some values."""
    return 10 ** floor(log10(min(values))), 10 ** ceil(log10(max(values)))


def sizes_of(case: Mapping[str, Any]) -> list[int]:
    """What x comes to in a case."""
    return sorted({entry["x"] for entry in case["measured"]})


def _short(size: int) -> str:
    """30000 → 30k."""
    return f"{size / 1e6:g}M" if size >= 1e6 else f"{size / 1e3:g}k" if size >= 1e3 else str(size)


def _memory(entry: Mapping[str, Any]) -> float:
    if "worker_peak" in entry["facts"]:
        return float(entry["facts"]["worker_peak"]) / MIB
    return float(entry["peak"][1] - entry["base"][1]) / MIB


def _memory_title(case: Mapping[str, Any]) -> str:
    whole = any("worker_peak" in entry["facts"] for entry in case["measured"])
    return "MiB of a worker" if whole else "MiB beyond the loaded program"
