"""The exceptions that commands know how to tell a person."""

from __future__ import annotations

from pathlib import Path


class FormError(Exception):
    """The form definition is broken: which file, which key, why."""

    def __init__(self, file: Path | str, key: str, reason: str) -> None:
        self.file, self.key, self.reason = str(file), key, reason
        super().__init__(f"{self.file}: {key}: {reason}")
