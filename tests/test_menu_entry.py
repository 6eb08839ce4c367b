"""The entry in a Linux desktop's menu starts the program wherever its folder lies."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from program.editions import EDITIONS

SCRIPT = Path(__file__).parent.parent / "program" / "menu-entry.sh"
PROGRAM = '#!/bin/sh\nprintf "%s\\n" "$CONVERTER_OWN_WINDOW" "$@"\n'

pytestmark = pytest.mark.posix("menus of Linux desktops")


CLERK, OFFICER = (EDITIONS[key].program for key in ("clerk", "officer"))


def install(folder: Path, home: Path, *arguments: str, program: str = CLERK) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SCRIPT, folder)
    (folder / program).write_text(PROGRAM, encoding="utf-8")
    (folder / program).chmod(0o755)
    environment = {**os.environ, "HOME": str(home)}
    environment.pop("XDG_DATA_HOME", None)
    subprocess.run([folder / SCRIPT.name, *arguments], env=environment, check=True)


def command(home: Path, files: list[str]) -> list[str]:
    """What a desktop runs, by the specification of desktop entries."""
    (entry,) = (home / ".local/share/applications").glob("*.desktop")
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(entry, encoding="utf-8")
    line = parser["Desktop Entry"]["Exec"]
    line = re.sub(r"\\(.)", r"\1", line)  # of any value
    # In double quotes shlex unescapes two of the four characters.
    words = [re.sub(r"\\([$`])", r"\1", word) for word in shlex.split(line)]
    assert words[-1] == "%F"
    return [word.replace("%%", "%") for word in words[:-1]] + files


@pytest.mark.parametrize(
    "name", ["converter", "填报 程序", "it's 100%", 'a"b', "a$HOME`b`", "c\\d"]
)
@pytest.mark.parametrize("program", [CLERK, OFFICER])
def test_it_starts_the_program_with_the_files(name: str, program: str, tmp_path: Path) -> None:
    install(tmp_path / name, tmp_path / "home", program=program)
    done = subprocess.run(
        command(tmp_path / "home", ["我 的.xlsx", "b.xlsx"]), capture_output=True, check=True
    )
    assert done.stdout.decode().splitlines() == ["1", "我 的.xlsx", "b.xlsx"]


def test_it_goes_as_it_came(tmp_path: Path) -> None:
    install(tmp_path / "a", tmp_path / "home")
    install(tmp_path / "b", tmp_path / "home")  # moved: the entry follows
    assert str(tmp_path / "b" / CLERK) in command(tmp_path / "home", [])
    install(tmp_path / "b", tmp_path / "home", "--remove")
    assert list((tmp_path / "home/.local/share/applications").iterdir()) == []


def test_each_edition_has_its_entry(tmp_path: Path) -> None:
    for program in (CLERK, OFFICER):
        install(tmp_path / program, tmp_path / "home", program=program)
    entries = (tmp_path / "home/.local/share/applications").iterdir()
    titles = [re.findall(r"^Name\[zh_CN\]=(.*)", e.read_text("utf-8"), re.M)[0] for e in entries]
    assert sorted(titles) == sorted(edition.title for edition in EDITIONS.values())
