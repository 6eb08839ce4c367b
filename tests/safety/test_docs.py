"""docs/security.md speaks of tests, codes and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

from converter import cli
from converter.messages import catalogue
from converter.workers import limits
from converter.workers.pool import SECONDS_A_FILE, SECONDS_A_MEGABYTE
from tests.workbook.books import FORM

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_code_is_in_the_catalogue() -> None:
    for code in set(re.findall(r"\b[FSKXCPI]\d{3}\b", PAGE)):
        assert catalogue.entry(code, FORM).title


def test_every_file_and_command_exists() -> None:
    for path in re.findall(r"`((?:tests|docs)/[\w./]*)`", PAGE):
        assert (ROOT / path).exists(), path
    for target in re.findall(r"`make (\w+)`", PAGE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target
    for command in re.findall(r"`converter (\w+)", PAGE):
        assert cli.cli.get_command(None, command) is not None, command  # type: ignore[arg-type]
    assert "--show-ids" in PAGE


def test_the_limits_are_those_of_the_program() -> None:
    assert f"{limits.LEAST >> 20} MiB and {limits.A_BYTE} bytes" in PAGE
    assert f"at most {limits.MOST >> 30} GiB" in PAGE
    assert f"({SECONDS_A_FILE:.0f} s and {SECONDS_A_MEGABYTE:.0f} s a megabyte)" in PAGE
