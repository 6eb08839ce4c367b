"""Exceptions → a message and an exit code: refusals, and bugs with a crash note."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from pathlib import Path

from converter import __version__
from converter.messages.catalogue import message
from converter.model.errors import FormError
from converter.text import masking
from converter.usecases.common import UsageError
from converter.workers.pool import InternalError, TaskRejected

USAGE, BUG = 2, 101


def explain(error: Exception) -> tuple[str, int]:
    """Any other exception that ended a command → (sentence, exit code)."""
    if isinstance(error, UsageError):
        return str(error), USAGE
    if said := getattr(error, "said", ""):  # keys and ledgers: they know best what is wrong
        return str(said), USAGE
    if isinstance(error, FormError):
        return message("form_broken", file=error.file, key=error.key, reason=error.reason), USAGE
    if isinstance(error, TaskRejected) and error.kind == "form":
        file, key, reason = error.detail
        return message("form_broken", file=file, key=key, reason=reason), USAGE
    if isinstance(error, TaskRejected):
        return message("cannot_write", path=error.detail[0], reason=_reason(error.detail[1])), USAGE
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        reason = _reason(error.strerror or str(error))
        return message("cannot_write", path=error.filename or "", reason=reason), USAGE
    if isinstance(error, BrokenPipeError):
        # The reader of our output went away (`| head`): nothing more can be said to it.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
        return "", 0
    detail = str(error) if isinstance(error, InternalError) else traceback_of(error)
    return message("bug", path=crash_note(detail)), BUG


_REASONS = {
    errno.ENOSPC: "reason_full",
    errno.EACCES: "reason_denied",
    errno.EPERM: "reason_denied",
    errno.EROFS: "reason_read_only",
    errno.ENOENT: "reason_gone",
    errno.EIO: "reason_gone",
}


def _reason(told: str) -> str:
    """What the system says, in the clerk's language where we know it."""
    key = next((key for number, key in _REASONS.items() if os.strerror(number) == told), "")
    return message(key) if key else told


def traceback_of(error: Exception) -> str:
    """What a crash note says of an exception."""
    return "".join(traceback.format_exception(error))


def crash_note(detail: str) -> Path:
    """Write a traceback where the maintainer can find it, long numbers masked."""
    masked = masking.text(detail)
    text = f"{message('bug_note', version=__version__)}\n{sys.platform} {sys.version}\n\n{masked}"
    handle, name = tempfile.mkstemp(prefix="converter-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return Path(name)
