"""A window of one's own: started from Explorer it closes with the program, unread.

Only Windows does that. There a console that nobody else is attached to was opened for us.
"""

from __future__ import annotations

import contextlib
import sys

# The program, and where it was installed by pip the launcher that started it.
ALONE_FROZEN, ALONE = 1, 2


def own() -> bool:
    """Whether the console window goes when we do. To be asked before any worker starts."""
    if sys.platform != "win32" or not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    attached = _attached()
    return 0 < attached <= (ALONE_FROZEN if getattr(sys, "frozen", False) else ALONE)


def _attached() -> int:
    """How many processes share this console (0: none, or it cannot be asked)."""
    import ctypes

    try:
        held = (ctypes.c_uint * 8)()
        return int(ctypes.windll.kernel32.GetConsoleProcessList(held, len(held)))  # type: ignore[attr-defined,unused-ignore]
    except (AttributeError, OSError):
        return 0


def wait() -> None:
    """Keep the window until it was read."""
    from converter.messages.catalogue import message

    with contextlib.suppress(EOFError, KeyboardInterrupt):
        input("\n" + message("press_enter"))
