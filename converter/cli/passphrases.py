"""Passphrases: the first line of a file, or typed on a terminal. Never in an argument or the
environment, where others could read them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from converter.model.errors import UsageError


def first_line(file: Path) -> str:
    """The passphrase in a file. Raises UsageError."""
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    if not lines or not lines[0].strip():
        raise UsageError("passphrase_blank", path=file)
    return lines[0].strip()


def typed(question: str, *, twice: bool, missing: str, **params: str | int) -> str:
    """A passphrase that somebody types. Raises UsageError (`missing`) where nobody can."""
    if not sys.stdin.isatty():
        raise UsageError(missing, **params)
    answer: str = click.prompt(question, hide_input=True, confirmation_prompt=twice, err=True)
    return answer


def opening(path: Path | None, file: Path | None) -> str:
    """The passphrase of a folder of keys or an identity file; '' where it carries none, or where
    nobody gives one: what needs the secret then says so. Raises UsageError."""
    from converter.identity import passphrases
    from converter.messages.catalogue import message

    if path is None or not passphrases.is_locked(path):
        return ""
    if file:
        return first_line(file)
    if not sys.stdin.isatty():
        return ""
    return typed(message("passphrase_of", path=path), twice=False, missing="")
