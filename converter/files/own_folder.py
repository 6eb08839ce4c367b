"""Where the program keeps what is no document: in the user's own folder of such things."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NO_HOME = Path("/nonexistent")  # as systems say of users who have none: nothing is remembered


def state_folder() -> Path:
    return _states() / "converter"


def _states() -> Path:
    given = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME")
    if given:
        return Path(given)
    try:
        home = Path.home()
    except RuntimeError:  # a container, a service
        return NO_HOME
    return home if sys.platform == "win32" else home / ".local" / "state"
