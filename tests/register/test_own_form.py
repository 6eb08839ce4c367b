"""A register is of one form: with another one no command reads it, or writes a byte of it."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

from converter import cli
from converter.forms import loading
from converter.messages import errors
from converter.model.errors import RegisterOfOtherForm
from converter.model.forms import Form
from converter.register import Collection, Register, Snapshot
from converter.register.precedence import REJECTED
from tests.canonical import FORM
from tests.identity.unions import office
from tests.register.test_register import arrival, record

SOURCE = Path(__file__).parents[2] / "converter"
OTHER = loading.read(loading.form_dir("fenbiao"))
# Where nothing of a form is read: unions, units, rosters and what was done.
NEEDS_NO_FORM = {
    "cli/register_output.py": ["log"],
    "upward/from_register.py": ["read"],  # it says so itself (P203)
    "usecases/deciding.py": ["_to_below", "write_questions_below"],
    "usecases/forgetting.py": ["_unit_below"],
    "usecases/identities.py": ["known_units"],
    "web/spool.py": ["_published"],
}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def begun(folder: Path, form: Form) -> None:
    """As `receive` begins one; nothing is published yet."""
    with Register(folder, form) as register:
        register.collect(Collection("2026"), "2026-03-01T00:00:00Z")
        with register.record([arrival("1")], "2026-03-01T00:00:00Z"):
            pass


def refused(folder: Path, form: Form) -> str:
    before = contents(folder)
    with pytest.raises(RegisterOfOtherForm) as error, Register(folder, form):
        pass
    assert contents(folder) == before
    return errors.text(error.value)


@pytest.mark.parametrize("published", [True, False])
def test_another_form_is_refused_and_not_a_byte_written(tmp_path: Path, published: bool) -> None:
    if published:
        record(tmp_path, [arrival("1")], form=OTHER)
        with pytest.raises(RegisterOfOtherForm):
            Snapshot(tmp_path, FORM)
    else:
        begun(tmp_path, OTHER)
    said = refused(tmp_path, FORM)
    assert OTHER.title in said
    assert FORM.title in said
    assert f"--form {OTHER.id}" in said
    with Register(tmp_path, OTHER):
        pass  # and nothing is locked


def test_another_version_of_the_form_is_the_same_form(tmp_path: Path) -> None:
    begun(tmp_path, replace(OTHER, version="2020.1"))
    record(tmp_path, [arrival("2")], form=OTHER)
    with Snapshot(tmp_path, OTHER) as register:
        assert register.query("SELECT count(*) FROM submissions") == [(2,)]
        assert register.state["form"]["title"] == OTHER.title


def test_what_the_wrong_form_refused_is_read_anew_with_the_right_one(tmp_path: Path) -> None:
    """Somebody forgot `--form`: nothing was accepted, so nothing stands in the way."""
    record(tmp_path, [arrival("1", result=REJECTED)])
    with Register(tmp_path, OTHER) as register:
        register.collect(Collection("2026"), "2026-03-02T00:00:00Z")
        assert not register.done([("1", "sha of 1")])
        with register.record([arrival("1")], "2026-03-02T00:00:00Z") as settled:
            assert (settled[0].id, settled[0].received) == (1, "2026-03-01T00:00:00Z")
        register.publish("2026", 1_772_000_000)
        tables = {str(row[0]) for row in register.query("SHOW TABLES")}
        assert {f"rows_{table.key}" for table in OTHER.tables[1:]} <= tables
    with Register(tmp_path, OTHER) as register:
        assert register.done([("1", "sha of 1")])
        answers = [row[0] for row in register.query("DESCRIBE answers")]
        assert answers == ["submission", *(field.key for field in OTHER.record)]
    assert OTHER.title in refused(tmp_path, FORM)


COMMANDS = [
    "receive {box} --store {store}",
    "stats --store {store}",
    "stats --store {store} --annual",
    "show --store {store}",
    "show --store {store} --member 张",
    "decide --store {store}",
    "decide --store {store} -o {out}.xlsx",
    "period list --store {store}",
    "period open 2027 --store {store}",
    "remind --store {store}",
    "export --store {store} -o {out}.csv",
    "forget --store {store} --period 2026 --yes",
    "forward --store {store} --keys {keys} -o {out}.zip --name 甲 --code 1",
    "portal --keys {keys} --issued {box} --inbox {box} --published {store}",
]


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A register of a form that nobody installed, of which its folder was since removed."""
    home = tmp_path_factory.mktemp("stranger")
    record(home / "登记库", [arrival("1")], form=replace(OTHER, id="canteens", title="食堂调查"))
    (home / "box").mkdir()
    return {
        "store": home / "登记库",
        "box": home / "box",
        "keys": office(home).keys,
        "out": home / "o",
    }


@pytest.mark.parametrize("form", [(), ("--form", "shiming")], ids=["none named", "another named"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_so(
    command: str, form: tuple[str, ...], stranger: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    before = contents(stranger["store"])
    typed = [part.format(**stranger) for part in command.split()]
    assert cli.run([*form, *typed]) == 2
    said = capsys.readouterr().err
    title = loading.title_of("shiming" if form else "jiceng")
    assert all(word in said for word in ("《食堂调查》", f"《{title}》", "--form canteens"))
    assert contents(stranger["store"]) == before
    assert not list(stranger["out"].parent.glob("o.*"))


def test_who_reads_a_publication_says_of_which_form() -> None:
    found: dict[str, list[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text("utf-8")
        for function in ast.walk(ast.parse(text)) if "Snapshot(" in text else ():
            if isinstance(function, ast.FunctionDef):
                calls = (n for n in ast.walk(function) if isinstance(n, ast.Call))
                if any(
                    isinstance(call.func, ast.Name)
                    and call.func.id == "Snapshot"
                    and len(call.args) < 2
                    for call in calls
                ):
                    found.setdefault(path.relative_to(SOURCE).as_posix(), []).append(function.name)
    assert found == NEEDS_NO_FORM


def test_a_state_of_an_older_program_names_its_form_by_its_id(tmp_path: Path) -> None:
    record(tmp_path, [arrival("1")], form=OTHER)
    place = tmp_path / "published" / "state.json"
    state = json.loads(place.read_text("utf-8"))
    del state["form"]["title"]
    place.write_text(json.dumps(state), "utf-8")
    assert f"《{OTHER.id}》" in refused(tmp_path, FORM)
