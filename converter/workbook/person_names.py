"""What looks like a person's name."""

from __future__ import annotations

import re

from converter.messages import catalogue

_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_DOT = "·•．.・"
# Compiled when it is first asked for: ranges of so many characters take milliseconds.
_NAME = f"[{_HAN}]{{2,4}}|[{_HAN}]+[{_DOT}][{_HAN}{_DOT}]+"


def is_name(text: str) -> bool:
    return bool(re.fullmatch(_NAME, text.strip().replace(" ", "").replace("\u3000", "")))


def is_usual_name(text: str) -> bool:
    """Whether a text is a name by itself: it begins with a surname and does not end like a trade or
    a department; or it has the dot of 阿依古丽·买买提."""
    name = text.strip()
    begins = name[:1] in catalogue.message("list_surnames")
    ends = name[-1:] in catalogue.message("list_trades")
    return is_name(name) and ((begins and not ends) or any(dot in name for dot in _DOT))
