"""Exceptions → a message and an exit code: refusals, and bugs with a crash note."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import traceback
from pathlib import Path

from converter import __version__
from converter.files import os_errors
from converter.messages import errors
from converter.messages.catalogue import message
from converter.model.errors import (
    BUG,
    ConverterError,
    InputError,
    InternalError,
    OutputError,
    RegisterError,
)
from converter.text import masking


def explain(error: Exception) -> tuple[str, int]:
    """An exception that ended a command → (text, exit code)."""
    if isinstance(error, BrokenPipeError):
        # The reader of our output went away (`| head`): nothing more reaches it.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
        return "", 0
    error = _known(error)
    if isinstance(error, ConverterError) and error.exit_code != BUG:
        return errors.text(error), error.exit_code
    detail = error.detail if isinstance(error, InternalError) else traceback_of(error)
    return message("bug", path=crash_note(detail)), BUG


def _known(error: Exception) -> Exception:
    """What the operating system or the data base raised, as an error of our own."""
    if isinstance(error, OSError):
        error = os_errors.output_error(error)
    if isinstance(error, OutputError | InputError) and error.cause:
        return type(error)(error.path, message(f"reason_{error.cause}"))
    if type(error).__module__ == "_duckdb":
        from converter.register import is_full

        if is_full(error):
            named = re.search('"([^"]+)"', str(error))
            return RegisterError("store_full", path=named[1] if named else "")
    return error


def traceback_of(error: Exception) -> str:
    """An exception as a crash note quotes it."""
    return "".join(traceback.format_exception(error))


def crash_note(detail: str) -> Path:
    """Write a traceback where the maintainer can find it, long numbers masked."""
    masked = masking.text(detail)
    text = f"{message('bug_note', version=__version__)}\n{sys.platform} {sys.version}\n\n{masked}"
    handle, name = tempfile.mkstemp(prefix="converter-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return Path(name)
