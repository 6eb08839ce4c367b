"""Where the program keeps what is no document: in the user's own folder of such things."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def state_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "converter"
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return home / "converter"
