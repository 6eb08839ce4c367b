"""What is measured, a module a case: each has `case(quick)`, which makes the inputs it needs.

Receiving and the register have a run of their own, `benchmarks.scale`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.cases import (
    files,
    large_annotate,
    large_check,
    large_convert,
    large_process,
    rows,
    small_check,
    small_jobs,
    start,
    templates,
    typed_check,
)
from benchmarks.measuring import Case

CASES: Mapping[str, Callable[[bool], Case]] = {
    "large-check": large_check.case,
    "typed-check": typed_check.case,
    "large-convert": large_convert.case,
    "large-process": large_process.case,
    "large-annotate": large_annotate.case,
    "rows": rows.case,
    "small-check": small_check.case,
    "small-jobs": small_jobs.case,
    "files": files.case,
    "templates": templates.case,
    "start": start.case,
}
