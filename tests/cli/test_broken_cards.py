"""A broken card is told alike by every command: exit 2, file, key, what stands there, what may."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from converter import cli
from converter.forms import loading
from converter.messages import errors
from converter.model.errors import FormError
from tests.commands import run
from tests.forms.slips import SLIPS
from tests.sheets import correct

pytestmark = pytest.mark.usefixtures("near_workers")

COMMANDS: dict[str, tuple[str, ...]] = {
    "template": ("template", "-o", "new.xlsx"),
    "template --roster": ("template", "--roster", "-o", "new.xlsx"),
    "check": ("check", "inbox"),
    "convert": ("convert", "inbox/填报.xlsx", "-o", "new.zip"),
    "show": ("show", "inbox/填报.xlsx"),
    "show --store": ("show", "--store", "store"),
    "stats": ("stats", "inbox/填报.xlsx"),
    "stats --store": ("stats", "--store", "store"),
    "receive": ("receive", "inbox", "--store", "new"),
    "receive nothing": ("receive", "empty", "--store", "new"),
    "identity issue": ("identity", "issue", "roster.xlsx", "--keys", "keys", "-o", "new"),
    "explain": ("explain",),
    "explain CODE": ("explain", "K112"),
    "fields": ("fields",),
}
# One slip of each of the ways in which a form is read.
FIRST = {(slip.file, slip.message_key): slip for slip in reversed(SLIPS)}
CHOSEN = [
    FIRST[place]
    for place in (
        ("form.toml", "form_not_toml"),
        ("form.toml", "form_no_check"),
        ("form.toml", "form_statistics_kind"),
        ("form.toml", "form_words"),
        ("unit.toml", "form_unknown_kind"),
        ("unit.toml", "form_unknown_option"),
        ("unit.toml", "form_no_list"),
        ("rules.toml", "form_unknown_family"),
        ("rules.toml", "form_no_field"),
        ("codes/sex.csv", "form_code_twice"),
        ("codes/sex.csv", "form_ambiguous"),
        ("roster.toml", "form_unknown_kind"),
    )
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with something to read for every command."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "inbox").mkdir()
    (folder / "empty").mkdir()
    correct(folder / "inbox", "填报.xlsx")
    for arguments in (
        ("receive", "inbox", "--store", "store"),
        ("template", "--roster", "-o", "roster.xlsx"),
        ("identity", "init", "--keys", "keys"),
    ):
        done = run(*arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module", params=CHOSEN, ids=lambda s: f"{s.file} {s.message_key}")
def broken(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, FormError]:
    """A form with a slip, and what loading it says."""
    form = Path(shutil.copytree(loading.form_dir(), tmp_path_factory.mktemp("broken") / "form"))
    request.param.make(form)
    with pytest.raises(FormError) as expected:
        loading.load(form)
    return form, expected.value


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_alike(
    command: str,
    broken: tuple[Path, FormError],
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    form, expected = broken
    monkeypatch.chdir(desk)
    before = _files(desk)
    code = cli.run(["--form", str(form), *COMMANDS[command]])
    reported = capsys.readouterr()
    assert (code, reported.out) == (2, "")
    assert reported.err.strip() == errors.text(expected)
    assert _files(desk) == before


def _files(folder: Path) -> list[Path]:
    """All but a register that was opened and got nothing, and the line that says so."""
    opened = ("new", "register.duckdb", "lock", "log.jsonl")
    return sorted(p for p in folder.rglob("*") if p.name not in opened)
