"""Every exception is in the tree, or stays in its room; every error can be put into Chinese."""

from __future__ import annotations

import ast
import builtins
import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

from converter.forms.rule_doubts import Doubt
from converter.messages import errors as texts
from converter.model import errors
from converter.model.errors import BUG, ConverterError, FormError

PACKAGE = Path(errors.__file__).parents[1]
MODULES = sorted(PACKAGE.rglob("*.py"))
TREE = {
    name: cls
    for name, cls in vars(errors).items()
    if isinstance(cls, type) and issubclass(cls, ConverterError)
}
OTHERS = {  # raised and caught in one room
    "IdentityRefused": "identity",
    "MalformedCsv": "package",
    "PackageRefused": "package",
    "ForwardRefused": "upward",
    "NeedsFullParser": "workbook",
    "UnreadableFile": "workbook",
    "_NoRoom": "workbook",
    "_CannotUnpack": "workbook",
    "LimitExceeded": "workers",
    "ProtocolError": "workers",
    "UnfitWorker": "workers",
    "_Changed": "files",
    "_Unsuited": "cli",
    "CapacityExceeded": "web",
    "EditsFull": "web",
    "Undecided": "logic",
    "QueueFull": "web",
    "StateUnavailable": "web",
    "SignInRequired": "web",
    "UploadTooLarge": "web",
    "UploadTooSlow": "web",
}
# Identities of unions are read for a forward and by the commands that link unions; what the search
# cannot decide is a doubt of its own.
CAUGHT_ABOVE = {"IdentityRefused": ("upward", "usecases"), "Undecided": ("forms",)}


def _exceptions(tree: ast.AST) -> set[str]:
    """The classes of a module that derive from one of Python's exceptions or from the tree."""
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name)
        if base.id in TREE or isinstance(getattr(builtins, base.id, None), type)
        if base.id in TREE or issubclass(getattr(builtins, base.id), BaseException)
    }


def test_every_exception_is_in_the_tree_or_stays_in_its_room() -> None:
    for path in MODULES:
        _is_in_the_tree_or_stays(path)


def _is_in_the_tree_or_stays(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = _exceptions(tree)
    if path == Path(errors.__file__):
        assert found == set(TREE)
        return
    room = path.relative_to(PACKAGE).parts[0]
    assert dict.fromkeys(found, room) == {n: r for n, r in OTHERS.items() if n in found}, path
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    rooms = {name: {OTHERS[name], *CAUGHT_ABOVE.get(name, ())} for name in names & set(OTHERS)}
    assert all(room in allowed for allowed in rooms.values()), path


def test_the_tree_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"([├└│ ]*?)(?:[├└]── )?(\w+) +(\d+|…)", errors.__doc__ or "")
    below = {name: depth for depth, name, _ in drawn if name in TREE}
    assert set(below) == set(TREE) - {"ConverterError"}
    for depth, name, code in drawn:
        if name in TREE:
            parent = TREE[name].__bases__[0]
            assert ("│" in depth or len(depth) > 4) == (parent is not ConverterError)
            assert code in ("…", str(TREE[name].exit_code))


def _messages() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in (PACKAGE / "messages").glob("*.zh.toml"):
        if path.name != "help.zh.toml":
            found |= tomllib.loads(path.read_text(encoding="utf-8")).get("messages", {})
    return found


def test_every_text_of_a_form_error_is_used_and_every_used_one_is_there() -> None:
    """What `FormError` and `option_error` name, and what the catalogue has."""
    used: set[str] = set()
    for path in MODULES:
        used |= set(re.findall(r'"(form_[a-z0-9_]+)"', path.read_text(encoding="utf-8")))
    used -= {"form_name", "form_version"}  # an argument of the command line, a column
    used -= {"form_editing", "form_packages"}  # modules of the command line
    used -= {"form_id", "form_title"}  # columns of XLSForm
    used |= {f"form_check_{doubt}" for doubt in Doubt}
    used |= {"form_check_contradiction_at", "form_check_never_at", "form_check_always_by"}
    own = {key for key in _messages() if key.startswith("form_")}
    packages = ("form_package_", "form_installed_")  # of files that are installed
    assert {k for k in used if not k.startswith(packages)} == {
        k for k in own if not k.startswith(packages)
    }


def test_every_reason_against_a_package_of_a_form_has_a_text() -> None:
    used: set[str] = set()
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'FormPackageRefused\(\s*"(\w+)"', text))
    own = {key.removeprefix("form_package_") for key in _messages()}
    assert used
    assert used <= own


def test_no_key_is_in_two_files_of_the_catalogue() -> None:
    seen: dict[str, str] = {}
    for path in sorted((PACKAGE / "messages").glob("*.zh.toml")):
        for key in tomllib.loads(path.read_text(encoding="utf-8")).get("messages", {}):
            assert seen.setdefault(key, path.name) == path.name


@pytest.mark.parametrize(
    "error",
    [
        errors.OutputError("x.zip", "full"),
        errors.KeysError("broken", Path("keys/signing.key")),
        errors.LedgerError(Path("issued.csv"), 3),
        errors.LedgerError(Path("issued.csv"), 0),
        errors.LedgerBusy(Path("keys")),
        errors.RegisterBusy(Path("store"), pid="1", host="h", since="2026-01-01 08:00"),
        errors.NotABackup(Path("x.zip")),
        errors.BackupDamaged([errors.RestoreFault("missing", "a")]),
        FormError("unit.toml", "a.kind", "form_unknown_kind", found='"x"', choices=["y"]),
    ],
    ids=lambda e: type(e).__name__,
)
def test_an_error_is_told_with_every_blank_filled_in(error: ConverterError) -> None:
    text = texts.text(error)
    assert "…" not in text
    wanted = {name for _, name, _, _ in Formatter().parse(_messages()[error.message_key]) if name}
    assert wanted <= set(error.params)
    assert error.exit_code != BUG


def test_a_form_error_is_the_same_on_the_other_side_of_a_pipe() -> None:
    error = FormError(
        "a.toml", "b", "form_twice", found='"x"', choices=("y",), value="x", owner="c"
    )
    again = FormError.unpacked(error.packed())
    assert (texts.text(again), again.choices) == (texts.text(error), error.choices)


@pytest.mark.parametrize(
    ("written", "choices", "nearest"),
    [
        ('"telephone"', ["postcode", "phone", "text"], "phone"),
        ('"unit.stuff"', ["member.name", "unit.staff"], "unit.staff"),
        ('"member.id"', ["unit.id_number", "member.name", "member.id_number"], "member.id_number"),
        ('"Warning"', ["error", "warning"], "warning"),
        ('"xyz"', ["error", "warning"], ""),
        ("", ["error"], ""),
        ('""', ["error"], ""),
    ],
)
def test_the_nearest_word_is_suggested(written: str, choices: list[str], nearest: str) -> None:
    text = texts.text(FormError("f", "k", "form_level", found=written, choices=choices))
    assert (f"最接近的是：{nearest}" in text) == bool(nearest)
    assert ("最接近" in text) == bool(nearest)


def test_of_many_words_only_the_similar_ones_are_listed() -> None:
    choices = [f"field_{number}" for number in range(40)] + ["staff"]
    text = texts.text(FormError("f", "k", "form_no_field", found='"staf"', choices=choices))
    assert "staff 等 41 个" in text
    assert "field_7" not in text
