"""Every case under samples/: its commands print what they printed, and find what they must."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path

import pytest

from tests import commands
from tests.make_samples import EPOCH, SAMPLES, large

CASES = sorted(path.parent.name for path in SAMPLES.glob("*/cmd"))


def run(line: str, folder: Path) -> commands.Done:
    """One command line, as typed; `converter` is this checkout's."""
    name, *arguments = shlex.split(line)
    assert name == "converter"
    return commands.run(*arguments, cwd=folder, env={"SOURCE_DATE_EPOCH": EPOCH, "NO_COLOR": "1"})


def staged(case: str, folder: Path) -> Path:
    """A copy of the case's input, to run commands in."""
    copy = folder / case
    if (SAMPLES / case / "input").is_dir():
        shutil.copytree(SAMPLES / case / "input", copy)
    else:  # too large to keep
        copy.mkdir()
        large(copy / "填报.xlsx")
    return copy


def transcript(case: str, folder: Path) -> str:
    """What a clerk sees: each command, its output, and its exit code where it is not 0."""
    copy = staged(case, folder)
    lines = []
    for line in (SAMPLES / case / "cmd").read_text(encoding="utf-8").splitlines():
        done = run(line, copy)
        shown = done.stdout + done.stderr
        lines += [f"$ {line}", shown.replace("\\", "/") if os.name == "nt" else shown]
        if done.returncode:
            lines.append(f"[exit {done.returncode}]\n")
    return "\n".join(lines)


def accept() -> None:
    """Write down what the commands print now."""
    import tempfile

    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            text = transcript(case, Path(folder))
        target = SAMPLES / case / "expected" / "output.txt"
        target.write_text(text, encoding="utf-8", newline="\n")


@pytest.mark.parametrize("case", CASES)
def test_commands_print_what_is_expected(case: str, tmp_path: Path) -> None:
    expected = SAMPLES / case / "expected" / "output.txt"
    assert transcript(case, tmp_path) == expected.read_text(encoding="utf-8")


def form_of(case: str) -> str:
    """The option with which the case's commands choose a form."""
    words = shlex.split((SAMPLES / case / "cmd").read_text(encoding="utf-8"))
    return f"--form {words[2]}" if words[1] == "--form" else ""


def found(folder: Path, *files: str, form: str = "") -> dict[str, list[list[str]]]:
    """File name → sorted (level, code, place) of everything that check finds."""
    done = run(f"converter {form} check {' '.join(files)} --format json", folder)
    return {
        Path(entry["file"]).name: sorted(
            [issue["level"], issue["code"], f"{issue['sheet']}!{issue['cell']}"]
            for issue in entry["issues"]
        )
        for entry in json.loads(done.stdout)["files"]
    }


@pytest.mark.parametrize("case", CASES)
def test_exactly_the_faults_of_the_case_are_found(case: str, tmp_path: Path) -> None:
    expected = json.loads((SAMPLES / case / "expected" / "codes.json").read_text(encoding="utf-8"))
    copy = staged(case, tmp_path)
    names = sorted(path.name for path in copy.iterdir())
    assert found(copy, *names, form=form_of(case)) == expected


def test_annotated_copy_sent_back_unchanged_has_the_same_faults(tmp_path: Path) -> None:
    copy = tmp_path / "input"
    shutil.copytree(SAMPLES / "02-every-common-fault" / "input", copy)
    run("converter check 填报.xlsx --annotate 批注", copy)
    (before,), (after,) = (found(copy, name).values() for name in ("填报.xlsx", "批注"))
    # Derived cells are formulas again: what was typed over them is on the list in front.
    assert after == [issue for issue in before if issue[1] != "X174"]
