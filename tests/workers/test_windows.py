"""What bounds a worker on Windows: a job of its own, no dialog when it crashes."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from converter.workers import limits, windows_job
import os
used = limits.usage(os.getpid())
assert used is not None and used.bytes > 1 << 20
windows_job.crash_silently()
assert windows_job.limit_memory(used.bytes + (200 << 20))
assert windows_job.limit_memory(used.bytes + (400 << 20))  # it may be raised again
print("bounded")
"""

pytestmark = pytest.mark.windows("its own bounds")


def test_a_process_bounds_itself() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=False)
    assert done.stdout.strip() == b"bounded", done.stderr


@pytest.mark.real_windows("Wine 8 keeps the limit of a job without obeying it")
def test_more_than_that_is_refused_at_once() -> None:
    hoard = "\ntry:\n    bytearray(2 << 30)\nexcept MemoryError:\n    print('refused')\n"
    done = subprocess.run([sys.executable, "-c", SCRIPT + hoard], capture_output=True, check=False)
    assert done.stdout.split() == [b"bounded", b"refused"], done.stderr
