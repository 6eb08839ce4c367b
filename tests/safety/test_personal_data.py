"""A member's ID number goes into the data and nowhere else, unless a flag asks for it."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from pathlib import Path

import pytest

from converter.usecases import failures
from tests import commands
from tests.people import id_number
from tests.sheets import blank, fill
from tests.usecases.receive.collection import Inbox, answers, packed, people, records, workbook

CANARY = id_number("130102", "1971-03-05", 77)
WRONG = CANARY[:17] + ("1" if CANARY[17] != "1" else "2")  # a wrong check digit
SECRETS = (CANARY, WRONG, CANARY[:17])


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Sheets with the canary: right, wrong, twice, in two units."""
    box = Inbox(tmp_path / "收件")
    member = ("钱示例", CANARY, people(1)[0][2])
    box.put("对.xlsx", workbook(1, [*people(1), member]))
    twice = fill(
        blank(12), answers(2, people(2)), [*people(2), member, member, ("赵示例", WRONG, None)]
    )
    twice.save(box.folder / "错.xlsx")
    box.put("包.zip", packed(records(3, [*people(3), member])))
    return box.folder


def run(where: Path, *arguments: object) -> str:
    """Everything that a command says."""
    temporary = where / "tmp"
    temporary.mkdir(exist_ok=True)
    done = commands.run(
        *arguments, cwd=where, env={"TMPDIR": str(temporary), "TEMP": str(temporary)}
    )
    assert done.returncode in (0, 1), done.stderr
    assert list(temporary.iterdir()) == []  # nothing stays behind
    return done.stdout + done.stderr


ROOT = Path(__file__).parents[2]


def reported_in(text: str) -> list[str]:
    bare = re.sub(r"[\s\u200b]", "", text)
    return [secret for secret in SECRETS if secret in bare]


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_check_masks_ids(form: str, inbox: Path, tmp_path: Path) -> None:
    shown = run(tmp_path, "check", inbox, "--format", form)
    assert "钱示例" in shown or "130102****" in shown
    assert reported_in(shown) == []
    assert reported_in(run(tmp_path, "check", inbox, "--format", form, "--show-ids"))


def test_other_commands_mask_ids(inbox: Path, tmp_path: Path) -> None:
    for arguments in (
        ("show", inbox / "对.xlsx"),
        ("show", inbox / "包.zip"),
        ("convert", inbox / "对.xlsx", "-o", "出.zip"),
        ("convert", inbox / "对.xlsx", "--since", inbox / "包.zip", "-o", "再.zip"),
        ("stats", inbox / "对.xlsx"),
    ):
        assert reported_in(run(tmp_path, *arguments)) == [], arguments


def test_receiving_masks_ids_in_what_it_says_and_replies(inbox: Path, tmp_path: Path) -> None:
    shown = run(tmp_path, "receive", inbox, "--store", "库", "--reply", "回")
    shown += run(tmp_path, "receive", inbox, "--store", "库", "--reply", "回", "--format", "json")
    assert reported_in(shown) == []
    replies = [
        p for p in (tmp_path / "回").rglob("*") if p.suffix in (".json", ".csv", ".html", ".txt")
    ]
    assert replies
    for path in replies:
        assert reported_in(path.read_text("utf-8-sig")) == [], path.name


def test_crash_notes_mask_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    note = failures.crash_note(f"KeyError: '{CANARY}' and {CANARY[:17]} and {' '.join(CANARY)}")
    assert reported_in(note.read_text("utf-8")) == []
    if os.name != "nt":
        assert stat.S_IMODE(note.stat().st_mode) == 0o600


@pytest.mark.posix("Windows has no such modes")
def test_what_is_on_its_way_into_the_register_is_private(inbox: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        run(tmp_path, "receive", inbox, "--store", "库")
    finally:
        os.umask(before)
    for path in (tmp_path / "库").glob("*.duckdb*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path.name
