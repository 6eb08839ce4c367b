"""docs/security.md speaks of tests, codes and commands that exist, and the figures there and in the
handbook of the pages are those of the program."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from converter import cli
from converter.identity import passwords
from converter.messages import catalogue
from converter.web import (
    app,
    attempts,
    capacity,
    connections,
    guard,
    officer,
    results,
    server,
    settings,
)
from converter.web.correcting import edits
from converter.workers import limits
from converter.workers.pool import SECONDS_A_FILE, SECONDS_A_MEGABYTE
from tests.workbook.books import FORM

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
PORTAL = (ROOT / "docs" / "portal.zh-CN.md").read_text(encoding="utf-8")
MINUTE, CHINESE = 60, {5: "五", 10: "十", 1 / 2: "一半", 1 / 4: "四分之一"}


def test_every_code_is_in_the_catalogue() -> None:
    for code in set(re.findall(r"\b[FSKXCPI]\d{3}\b", PAGE)):
        assert catalogue.entry(code, FORM).title


def test_every_command_exists() -> None:
    for command in re.findall(r"`converter (\w+)", PAGE):
        assert cli.cli.get_command(None, command) is not None, command  # type: ignore[arg-type]
    assert "--show-ids" in PAGE


def test_the_limits_are_those_of_the_program() -> None:
    assert f"{limits.LEAST >> 20} MiB and {limits.A_BYTE} bytes" in PAGE
    assert f"at most {limits.MOST >> 30} GiB" in PAGE
    assert f"({SECONDS_A_FILE:.0f} s and {SECONDS_A_MEGABYTE:.0f} s a megabyte)" in PAGE


PASSWORD = passwords.GROUP * passwords.GROUPS  # characters
BITS = math.floor(PASSWORD * math.log2(len(passwords.ALPHABET)))
KEPT = settings.Settings.keep // MINUTE


@pytest.mark.parametrize(
    "sentence",
    [
        f"{connections.HANDSHAKE} s for a handshake, {connections.HEAD} s for a head",
        f"{connections.STALLED} s for a reader",
        f"more than {connections.LARGEST_HEAD >> 10} KB or {connections.HEADERS} lines",
        f"slowed down to {guard.PACE} a second; the log has {server.LINES_A_SECOND} lines a second",
        f"at most {edits.MOST:,} cells and {edits.MOST_CHARACTERS:,} characters",
        f"random ({BITS} bits)",
        f"({128 * passwords.N * passwords.R >> 20} MB; the officer's"
        f" {128 * officer.COST * passwords.R >> 20} MB)",
        f"for as long as the upload is kept ({KEPT} minutes)",
    ],
)
def test_the_limits_of_the_pages_are_those_of_the_program(sentence: str) -> None:
    assert sentence in " ".join(PAGE.split())


def test_shares_and_counts_that_stand_there_in_words() -> None:
    text = " ".join(PAGE.split())
    assert guard.CRASH_NOTES == 20
    assert "one crash note, a process twenty" in text
    assert guard.LONGEST == 10 * MINUTE
    assert "all of it in ten minutes" in text
    assert capacity.STRANGERS == 3 / 4
    assert "a quarter of the places and of the bytes are the units' alone" in text
    assert server.ONE_ADDRESS == 1 / 4
    assert "an address has a quarter of them" in text
    assert results.STRANGERS_BYTES == 1 / 2
    assert "half of the room for results is the units'" in text


@pytest.mark.parametrize(
    "sentence",
    [
        f"连着输错{CHINESE[attempts.ONE_NAME.free]}次，要等半分钟",
        f"最多{CHINESE[attempts.ONE_NAME.most // MINUTE]}分钟",
        f"（{len(passwords.ALPHABET)} 个字符里取 {PASSWORD} 个）",
        f"能在网页上改的，留 {KEPT:.0f} 分钟",
        f"一个文件最大多少 MB，默认 {settings.LARGEST >> 20}",
        f"（{settings.LARGEST >> 20} MB 要在{CHINESE[guard.LONGEST // MINUTE]}分钟里传完）",
        f"留{CHINESE[1 - capacity.STRANGERS]}的上传名额",
        f"保留结果的地方留{CHINESE[results.STRANGERS_BYTES]}",
        f"最多等 {server.STOPPING} 秒",
    ],
)
def test_the_handbook_of_the_pages_has_the_figures_of_the_program(sentence: str) -> None:
    assert sentence in PORTAL
    assert attempts.ONE_NAME.first == app.RETRY == MINUTE / 2
