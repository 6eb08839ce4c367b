"""Whether a page is still open. A page that is left says so; one whose browser died does not.

Time is counted in looks, not by the clock: a machine that slept has not been without a page. A
browser may put a page to sleep that nobody looks at, so silence alone ends nothing for hours.
"""

from __future__ import annotations

LOOK = 5.0  # seconds between two looks
LEFT = 18  # looks after a page was left: longer than the minute between two signs of a hidden one
SILENT = 6 * 3600 // 5  # looks without any request


class Presence:
    """Counts looks since a page was there."""

    def __init__(self) -> None:
        self._looks, self._left = 0, False

    def seen(self) -> None:
        """A page asked for something."""
        self._looks, self._left = 0, False

    def left(self) -> None:
        """A page was closed, or another took its place."""
        self._looks, self._left = 0, True

    def look(self) -> bool:
        """Whether nobody is there any more. To be asked every `LOOK` seconds."""
        self._looks += 1
        return self._looks >= (LEFT if self._left else SILENT)
