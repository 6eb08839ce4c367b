"""Tests of converter, and what makes its samples. Neither finds what whoever runs them has
installed or been asked: the place for that is one that nobody else has."""

import os
import tempfile
from pathlib import Path

_PLACE = str(Path(tempfile.gettempdir()) / f"converter-tests-{os.getpid()}")
os.environ |= dict.fromkeys(("XDG_STATE_HOME", "LOCALAPPDATA"), _PLACE)
