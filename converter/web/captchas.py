"""Pictures of five digits: drawn once, good for one answer and ten minutes, kept in memory.

Digits, because a telephone shows its number keys for them; no 0 and no 1, which look like
others. A restart forgets them; the visitor is shown another.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

DIGITS, MINUTES = 5, 10
MOST, MOST_EACH = 20_000, 200  # held at once, of them for one address; the oldest go first
SIZE = 200, 70  # pixels


@dataclass(slots=True)
class _Riddle:
    address: str
    sid: str
    answer: str
    until: float
    picture: bytes = b""


class Captchas:
    """Riddles by id, each bound to the session that it was made for."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: OrderedDict[str, _Riddle] = OrderedDict()
        self._each: dict[str, deque[str]] = {}

    def new(self, sid: str, address: str = "") -> str:
        """The id of a new riddle. Who asks for many pushes out his own, not other people's."""
        name = secrets.token_urlsafe(12)
        answer = "".join(secrets.choice("23456789") for _ in range(DIGITS))
        self._held[name] = _Riddle(address, sid, answer, self._clock() + 60 * MINUTES)
        own = self._each.setdefault(address, deque())
        own.append(name)
        while len(own) > MOST_EACH:
            self._drop(own[0])
        while len(self._held) > MOST:
            self._drop(next(iter(self._held)))
        return name

    def _drop(self, name: str) -> _Riddle | None:
        riddle = self._held.pop(name, None)
        if riddle is not None:
            own = self._each[riddle.address]
            own.remove(name)
            if not own:
                del self._each[riddle.address]
        return riddle

    def picture(self, name: str, sid: str) -> bytes:
        """A PNG; b'' where there is no such riddle for this session. Always the same one: many
        pictures of one answer would be easier to read for a machine."""
        riddle = self._held.get(name)
        if riddle is None or riddle.sid != sid or riddle.until < self._clock():
            return b""
        if not riddle.picture:
            riddle.picture = _draw(riddle.answer)
        return riddle.picture

    def solved(self, name: str, sid: str, answer: str) -> bool:
        """Whether the answer is right; asked once, a riddle is gone."""
        riddle = self._drop(name)
        if riddle is None or riddle.sid != sid or riddle.until < self._clock():
            return False
        typed = "".join(str(int(c)) for c in answer if c.isdecimal())  # full-width ones too
        return hmac.compare_digest(typed, riddle.answer)


def _draw(answer: str) -> bytes:
    from captcha.image import ImageCaptcha

    drawing = ImageCaptcha(*SIZE)
    # Turned and bent, but never over one another, and dark: people must be able to read it. What
    # holds guessing back is the growing delay; the picture only keeps the simplest programs out.
    drawing.word_space_probability, drawing.word_offset_dx = 1.0, 0.05
    drawing.character_rotate = (-20, 20)
    red, green, blue = (40 + secrets.randbelow(70) for _ in "rgb")
    # How much of it covers the ground is taken from its brightness: dark ink needs more.
    drawing.lookup_table = [min(255, 4 * level) for level in range(256)]
    return bytes(drawing.generate(answer, fg_color=(red, green, blue)).getvalue())
