"""Runs first in the packed program on Linux: what it starts (a browser, a spreadsheet program)
loads the system's libraries, not the program's own, which its loader has put in their place."""

import os

_before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
os.environ.pop("LD_LIBRARY_PATH", None)
if _before is not None:
    os.environ["LD_LIBRARY_PATH"] = _before
