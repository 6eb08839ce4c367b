"""What a command line without a command does, what shells ask, and what a command does not import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from converter import cli
from converter.forms.loading import form_dir
from converter.messages.catalogue import message
from tests.people import MEMBERS
from tests.sheets import blank, correct, fill, saved


def started(
    *arguments: object, code: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, by the name that shells know it by; `code` runs at its end."""
    script = (
        "import atexit, sys\n"
        f"atexit.register(lambda: exec({code!r}))\n"
        "sys.argv[0] = 'converter'\n"
        "from converter.cli import main\n"
        "main()"
    )
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
    )


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete "), ("zsh", "#compdef"), ("fish", "function")]
)
def test_a_shell_gets_its_completion_script(shell: str, word: str) -> None:
    done = started(_CONVERTER_COMPLETE=f"{shell}_source")
    assert done.returncode == 0
    assert word in done.stdout
    assert "converter" in done.stdout


@pytest.mark.parametrize(
    ("params", "found"),
    [
        (["co"], "convert"),
        (["check", "--ann"], "--annotate"),
        (["check", "--format", "j"], "json"),
        (["identity", "ver"], "verify"),
        (["--form", "jiceng", "fie"], "fields"),
    ],
)
def test_a_shell_gets_completions(params: list[str], found: str) -> None:
    done = started(
        _CONVERTER_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(["converter", *params]),
        COMP_CWORD=str(len(params)),
    )
    assert f"plain,{found}" in done.stdout.splitlines()


def test_files_beside_a_completion_are_not_converted(tmp_path: Path) -> None:
    book = saved(fill(blank(20)), tmp_path)
    started(book, _CONVERTER_COMPLETE="bash_source")
    assert [path.name for path in tmp_path.iterdir()] == [book.name]


@pytest.mark.parametrize(
    "arguments", [(), ("--form", "jiceng"), ("--form=jiceng",), ("--form", str(form_dir()))]
)
def test_a_form_alone_is_no_command(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(arguments) == 0
    assert message("suggest_nothing") in capsys.readouterr().out


def test_a_form_before_files_is_theirs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = saved(fill(blank(20)), tmp_path)
    assert cli.run(["--form", "jiceng", str(book)]) == 0
    assert book.with_suffix(".zip").is_file()
    capsys.readouterr()
    assert cli.run(["--form", str(tmp_path / "none"), str(book)]) == 2
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_a_form_option_without_a_form_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--form"]) == 2
    assert "--form" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [("explain",), ("explain", "K112"), ("explain", "X113"), ("fields",)]
)
def test_looking_things_up_needs_no_arrays(arguments: tuple[str, ...]) -> None:
    loaded = "print({'numpy.linalg', 'pandas.core'} & set(sys.modules), file=sys.stderr)"
    done = started(*arguments, code=loaded)
    assert done.returncode == 0
    assert done.stderr.strip() == "set()"


@pytest.mark.parametrize("how", [(), ("--html",), ("--show-ids",)])
def test_show_says_that_nobody_is_found(
    how: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = saved(fill(blank(20)), tmp_path)
    assert cli.run(["show", str(book), "--member", "查无示例", *how]) == 1
    reported = capsys.readouterr()
    assert reported.out == ""
    assert "查无示例" in reported.err
    assert cli.run(["show", str(book), "--member", MEMBERS[4][0], *how]) == 0


def test_python_finds_the_command_where_the_path_does_not() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "converter", "--version"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == started("--version").stdout != ""


def test_a_user_without_a_home_checks_and_converts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service, a container: nothing can be remembered, everything else is done."""

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    monkeypatch.chdir(tmp_path)
    correct(tmp_path, "填报.xlsx")
    assert cli.run(["check", "填报.xlsx"]) == 0
    assert cli.run(["convert", "填报.xlsx", "-o", "上报.zip"]) == 0
    assert cli.run(["template", "-o", "空白.xlsx"]) == 0
    assert (tmp_path / "上报.zip").is_file()
