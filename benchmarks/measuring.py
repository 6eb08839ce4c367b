"""What is compared with what, and running it: every measurement in a fresh process, contenders
by turns, so that a machine that slows down slows all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

Sample = Mapping[str, Any]  # what `one` prints
SECONDS_AT_MOST = 900


@dataclass(frozen=True)
class Contender:
    """A program at work. `x` is its size where a case has several (rows, files); `count`, how
    often it does the one thing that is compared (files checked, workbooks made)."""

    name: str
    subject: str  # module:function of benchmarks.subjects
    args: Mapping[str, Any]
    _: KW_ONLY
    x: int = 0
    count: int = 1
    rounds: int = 0  # 0 = as many as the run has; the slow ones are measured less often
    profiled: bool = False


@dataclass(frozen=True)
class Claim:
    """What is held to be true of a case's medians, e.g. a ratio of at most 1.4."""

    text: str
    target: float
    figure: Callable[[Medians], float]
    at_most: bool = True
    unit: str = "×"


@dataclass(frozen=True)
class Case:
    """One comparison."""

    name: str
    title: str
    contenders: tuple[Contender, ...]
    claims: tuple[Claim, ...] = ()
    plot: str = ""  # 'rows' or 'files': what x counts


@dataclass(frozen=True)
class Medians:
    """The medians of a case, by contender and size."""

    samples: Mapping[tuple[str, int], Sequence[Sample]]
    counts: Mapping[tuple[str, int], int]

    def cpu(self, name: str, x: int = 0) -> float:
        """CPU seconds, user and system."""
        return float(median(sample["cpu"] for sample in self.samples[name, x]))

    def each(self, name: str, x: int = 0) -> float:
        """CPU seconds for doing the thing once."""
        return self.cpu(name, x) / self.counts[name, x]

    def wall(self, name: str, x: int = 0) -> float:
        """Seconds that passed."""
        return float(median(sample["wall"] for sample in self.samples[name, x]))

    def growth(self, name: str, x: int = 0) -> float:
        """Bytes in use at most, beyond those before the work began."""
        return float(median(sample["peak"] - sample["base"] for sample in self.samples[name, x]))

    def fact(self, name: str, key: str, x: int = 0) -> float:
        """A number that the subject reports about its work."""
        return float(median(sample["facts"][key] for sample in self.samples[name, x]))

    def ratio(self, name: str, to: str, x: int = 0) -> float:
        """CPU time for doing the thing once, in relation to another contender's."""
        return self.each(name, x) / self.each(to, x)


def run(case: Case, rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure a case. A dict for results.json."""
    samples: dict[tuple[str, int], list[Sample]] = {(c.name, c.x): [] for c in case.contenders}
    for number in range(rounds):
        for contender in case.contenders:
            if number < (contender.rounds or rounds):
                tell(f"{case.name}: {contender.name} {contender.x or ''} ({number + 1})")
                samples[contender.name, contender.x].append(measure(contender))
    counts = {(c.name, c.x): c.count for c in case.contenders}
    medians = Medians(samples, counts)
    today = datetime.now(UTC).date().isoformat()
    return {
        "name": case.name,
        "title": case.title,
        "date": today,
        "profiled": today,
        "plot": case.plot,
        "measured": [
            {"name": name, "x": x, "count": counts[name, x], **_summary(found)}
            for (name, x), found in samples.items()
        ],
        "claims": [_claimed(claim, medians) for claim in case.claims],
        "profiles": {
            c.name: measure(c, profile=True)["profile"] for c in case.contenders if c.profiled
        },
    }


def measure(contender: Contender, *, profile: bool = False) -> dict[str, Any]:
    """One measurement. Raises RuntimeError with what the process said where it failed."""
    request = {"subject": contender.subject, "args": contender.args, "profile": profile}
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.one", json.dumps(request)],
        env={**os.environ, **single, "PYTHONUTF8": "1", "PYTHONHASHSEED": "0"},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS_AT_MOST,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{contender.name}: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _summary(samples: Sequence[Sample]) -> dict[str, Any]:
    found: dict[str, Any] = {"rounds": len(samples), "facts": samples[0]["facts"]}
    for key in ("cpu", "wall", "base", "peak"):
        values = [sample[key] for sample in samples]
        found[key] = [_round(v) for v in (min(values), median(values), max(values))]
    return found


def _claimed(claim: Claim, medians: Medians) -> dict[str, Any]:
    figure = claim.figure(medians)
    return {
        "text": claim.text,
        "target": claim.target,
        "at_most": claim.at_most,
        "unit": claim.unit,
        "figure": _round(figure),
        "held": figure <= claim.target if claim.at_most else figure >= claim.target,
    }


def _round(value: float) -> float:
    """Four digits: more is noise."""
    return float(f"{value:.4g}")
