"""The officer's own contact line: given once, in every form and identity file that is made on this
computer from then on."""

from __future__ import annotations

import contextlib
from pathlib import Path

from converter.files import writing
from converter.files.own_folder import state_folder
from converter.model.errors import UsageError
from converter.model.submissions import LONGEST_CONTACT
from converter.text import characters

LARGEST = 4096  # bytes of the file


def own_contact(given: str | None = None) -> str:
    """Whom units ask: what is `given` now and remembered, else what was given before. '' forgets
    it. Raises UsageError for a text that is no line, OSError where it cannot be kept."""
    if given is None:
        return _remembered()
    text = characters.strip(given)
    if len(text) > LONGEST_CONTACT or not text.isprintable():
        raise UsageError("contact_line", most=LONGEST_CONTACT)
    writing.private_folder(_file().parent)
    writing.write_bytes_atomically(_file(), text.encode(), private=True)
    return text


def _file() -> Path:
    return state_folder() / "contact.txt"


def _remembered() -> str:
    """What cannot be read, or was written by somebody else's program, counts as none."""
    with contextlib.suppress(OSError, UnicodeDecodeError), _file().open("rb") as file:
        text = characters.strip(file.read(LARGEST).decode())
        return text if text.isprintable() and len(text) <= LONGEST_CONTACT else ""
    return ""
