"""Forms and amendments on their way: what is signed is used, what is forged is not."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from converter.files import zip_writing
from converter.forms import form_package, installed, loading
from converter.forms.form_files import DESCRIPTOR, card_files
from converter.forms.form_package import SIGNATURE
from converter.identity import keys
from converter.model.errors import FormError, FormPackageRefused, UsageError
from converter.model.issues import Level
from converter.usecases import form_packages
from converter.usecases.form_packages import Amending
from tests.identity.unions import Office, office

NOW = 1_772_000_000
FORM = loading.DEFAULT_FORM
Members = list[tuple[str, bytes]]


@pytest.fixture
def union(tmp_path: Path) -> Office:
    return office(tmp_path)


def amend(
    union: Office, output: Path, now: int = NOW, reason: str = "口径有误", **of: object
) -> Path:
    """An amendment, which is installed here, too."""
    changes = Amending(of.get("levels", {}), of.get("restored", ()), reason)  # type: ignore[arg-type]
    written, _ = form_packages.amend(loading.form_dir(), union.keys, output, changes, now)
    return written.path


def packed(union: Office, folder: Path, output: Path, now: int = NOW) -> Path:
    return form_packages.pack(folder, union.keys, output, now).path


def members(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def rewritten(path: Path, change: Callable[[Members], Members]) -> Path:
    zip_writing.write_zip(path, change(members(path)), when=NOW)
    return path


def variant(tmp_path: Path, version: str, change: Callable[[str], str] = str) -> Path:
    """The shipped form under another version, its rules changed."""
    folder = tmp_path / f"form {version}"
    for name, data in card_files(loading.templates_dir() / FORM).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    cards = folder / "form.toml"
    cards.write_text(cards.read_text("utf-8").replace('"2026.1"', f'"{version}"'), "utf-8")
    rules = folder / "rules.toml"
    rules.write_text(change(rules.read_text("utf-8")), "utf-8")
    return folder


# --- amending --------------------------------------------------------------------------------


def test_an_amendment_counts_from_now_on_and_later_ones_go_on_from_it(
    union: Office, tmp_path: Path
) -> None:
    amend(union, tmp_path / "a.zip", levels={"X101": None})
    amend(union, tmp_path / "b.zip", levels={"X103": Level.WARNING})
    form = loading.read(loading.form_dir())
    assert {one.code: one.level for one in form.amendments.values()} == {
        "X101": None,
        "X103": Level.WARNING,
    }
    amend(union, tmp_path / "c.zip", restored=["X101"])
    assert set(loading.read(loading.form_dir()).amendments) == {"X103"}
    own = loading.templates_dir() / FORM
    assert not (own / "amendment.toml").exists()


def test_one_amendment_is_enough_to_have_all_that_was_amended(
    union: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amend(union, tmp_path / "a.zip", levels={"X101": None})
    path = amend(union, tmp_path / "b.zip", levels={"X103": Level.WARNING})
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "clerk"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "clerk"))
    assert loading.read(loading.form_dir()).amendments == {}
    form_packages.install(form_package.read(path))
    assert set(loading.read(loading.form_dir()).amendments) == {"X101", "X103"}


@pytest.mark.parametrize(
    ("levels", "restored", "reason", "key"),
    [
        ({"X999": None}, (), "因为", "amend_no_rule"),
        ({"K999": None}, (), "因为", "amend_no_rule"),
        ({"P116": None}, (), "因为", "amend_no_rule"),
        ({"K303": Level.NOTE}, (), "因为", "amend_refused"),
        ({"K601:unit.nothing": None}, (), "因为", "amend_refused"),
        ({"X101:unit.members": None}, (), "因为", "amend_refused"),
        ({}, ("X101",), "因为", "amend_nothing"),
        ({"X101": None}, (), " 　", "amend_reason"),
        ({"X101": None}, (), "一\n二", "amend_reason"),
        ({"X101": None}, (), "长" * 201, "amend_reason"),
    ],
)
def test_what_cannot_be_amended_is_refused(
    levels: dict[str, Level | None],
    restored: tuple[str, ...],
    reason: str,
    key: str,
    union: Office,
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError) as refused:
        amend(union, tmp_path / "a.zip", reason=reason, levels=levels, restored=restored)
    assert refused.value.message_key == key
    assert loading.form_dir() == loading.templates_dir() / FORM


@pytest.mark.parametrize(
    "reason", ['说 "不"', "路径 C:\\表", "{title} 与 {0}", "'''", "# 不是注释"]
)
def test_a_reason_arrives_as_it_was_written(reason: str, union: Office, tmp_path: Path) -> None:
    amend(union, tmp_path / "a.zip", reason=reason, levels={"X101": None})
    assert loading.read(loading.form_dir()).amendments["X101"].reason == reason


def test_an_amendment_of_another_version_is_not_taken(union: Office, tmp_path: Path) -> None:
    path = amend(union, tmp_path / "a.zip", levels={"X101": None})
    form_packages.install(
        form_package.read(packed(union, variant(tmp_path, "2026.2"), tmp_path / "f"))
    )
    assert loading.read(loading.form_dir()).amendments == {}
    with pytest.raises(FormPackageRefused) as refused:
        form_packages.install(form_package.read(path))
    assert refused.value.how == "version"


def test_an_amendment_counts_for_a_form_that_is_named_by_its_folder(
    union: Office, tmp_path: Path
) -> None:
    amend(union, tmp_path / "a.zip", levels={"X101": None})
    copy = variant(tmp_path, "2026.1")
    assert set(loading.read(loading.form_dir(str(copy))).amendments) == {"X101"}
    other = variant(tmp_path, "2026.3")
    assert loading.form_dir(str(other)) == other
    assert loading.in_use(str(other)).outdated is not None


def test_an_older_amendment_does_not_come_back(union: Office, tmp_path: Path) -> None:
    old = amend(union, tmp_path / "a.zip", levels={"X101": None})
    amend(union, tmp_path / "b.zip", now=NOW + 1, restored=["X101"])
    with pytest.raises(FormPackageRefused) as refused:
        form_packages.install(form_package.read(old))
    assert refused.value.how == "older_amendment"
    assert loading.read(loading.form_dir()).amendments == {}


# --- forms -----------------------------------------------------------------------------------


def test_an_installed_form_is_used_under_its_name(union: Office, tmp_path: Path) -> None:
    path = packed(union, variant(tmp_path, "2026.2"), tmp_path / "f.zip")
    form_packages.install(form_package.read(path))
    assert loading.load(loading.form_dir()).version == "2026.2"
    assert loading.load(loading.templates_dir() / FORM).version == "2026.1"
    again = form_packages.install(form_package.read(path))
    assert again.is_same


def test_a_form_of_a_new_name_is_found_by_it(union: Office, tmp_path: Path) -> None:
    folder = variant(tmp_path, "1")
    cards = folder / "form.toml"
    cards.write_text(cards.read_text("utf-8").replace('id = "jiceng"', 'id = "diaocha"'), "utf-8")
    form_packages.install(form_package.read(packed(union, folder, tmp_path / "f.zip")))
    assert loading.load(loading.form_dir("diaocha")).id == "diaocha"
    assert loading.load(loading.form_dir()).id == FORM


def test_an_older_form_is_not_taken(union: Office, tmp_path: Path) -> None:
    newer = packed(union, variant(tmp_path, "2026.10"), tmp_path / "n.zip")
    older = packed(union, variant(tmp_path, "2026.9"), tmp_path / "o.zip", NOW + 5)
    replayed = packed(union, variant(tmp_path, "2026.10"), tmp_path / "r.zip", NOW - 5)
    shipped = packed(union, variant(tmp_path, "2025.4"), tmp_path / "s.zip")
    with pytest.raises(FormPackageRefused, match="older"):
        form_packages.install(form_package.read(shipped))
    form_packages.install(form_package.read(newer))
    for path in (older, replayed):
        with pytest.raises(FormPackageRefused, match="older"):
            form_packages.install(form_package.read(path))
    assert loading.load(loading.form_dir()).version == "2026.10"


def test_a_program_with_a_newer_form_uses_that(
    union: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_packages.install(
        form_package.read(packed(union, variant(tmp_path, "2026.2"), tmp_path / "f"))
    )
    new = variant(tmp_path, "2027.1")
    new.rename(tmp_path / FORM)
    monkeypatch.setattr(loading, "templates_dir", lambda: tmp_path)
    assert loading.load(loading.form_dir()).version == "2027.1"


def test_a_broken_form_is_not_used(union: Office, tmp_path: Path) -> None:
    folder = variant(tmp_path, "2026.2")
    path = packed(union, folder, tmp_path / "f.zip")

    def broken(found: Members) -> Members:
        """Signed by the union all the same."""
        package = form_package.read(path)
        files = {**package.files, "rules.toml": b"[[rule]]\n"}
        forged = form_package.FormPackage(
            package.kind, package.form, package.version, package.created, package.public, files
        )
        return form_package.members(forged, keys.signer(union.keys).sign)

    with pytest.raises(FormError):
        form_packages.install(form_package.read(rewritten(tmp_path / "f.zip", broken)))
    assert loading.load(loading.form_dir()).version == "2026.1"


# --- forged ----------------------------------------------------------------------------------


def _bit(found: Members, name: str) -> Members:
    return [(n, d[:-9] + bytes([d[-9] ^ 1]) + d[-8:] if n == name else d) for n, d in found]


def _described(found: Members, change: Callable[[dict[str, object]], None]) -> Members:
    descriptor = json.loads(dict(found)[DESCRIPTOR])
    change(descriptor)
    return [(n, json.dumps(descriptor).encode() if n == DESCRIPTOR else d) for n, d in found]


def _with_a_key_twice(found: Members) -> Members:
    """The signature covers what the last of the two says; other readers take the first."""
    more = b'{"created": "2030-01-01T00:00:00Z", '
    return [(n, more + d.lstrip()[1:] if n == DESCRIPTOR else d) for n, d in found]


FORGED: dict[str, tuple[Callable[[Members], Members], str]] = {
    "a card changed": (lambda found: _bit(found, "rules.toml"), "altered"),
    "a list changed": (lambda found: _bit(found, "codes/sex.csv"), "altered"),
    "a file added": (lambda found: [*found, ("more.toml", b"")], "altered"),
    "a list added": (lambda found: [*found, ("codes/more.csv", b"")], "altered"),
    "a file left out": (lambda found: [one for one in found if one[0] != "unit.toml"], "altered"),
    "unsigned": (lambda found: [one for one in found if one[0] != SIGNATURE], "unsigned"),
    "no signature at all": (
        lambda found: [(n, b"" if n == SIGNATURE else d) for n, d in found],
        "altered",
    ),
    "another version": (
        lambda found: _described(found, lambda d: d.update(form={"id": FORM, "version": "2030.1"})),
        "altered",
    ),
    "another time": (
        lambda found: _described(found, lambda d: d.update(created="2030-01-01T00:00:00Z")),
        "altered",
    ),
    "something more said": (lambda found: _described(found, lambda d: d.update(x=1)), "altered"),
    "files of no kind": (lambda found: _described(found, lambda d: d.update(files=7)), "damaged"),
    "a key that stands twice": (_with_a_key_twice, "damaged"),
    "out of the folder": (lambda found: [*found, ("../evil.toml", b"")], "names"),
    "from the root": (lambda found: [*found, ("/tmp/evil.toml", b"")], "names"),
    "a Windows path": (lambda found: [*found, ("codes\\..\\..\\evil.csv", b"")], "names"),
    "a deeper folder": (lambda found: [*found, ("codes/a/b.csv", b"")], "names"),
    "a program": (lambda found: [*found, ("rules.py", b"")], "names"),
    "names that differ in case": (
        lambda found: [*found, ("codes/SEX.csv", b"")],
        "names",
    ),
    "no descriptor": (lambda found: [one for one in found if one[0] != DESCRIPTOR], "other"),
    "of a newer program": (
        lambda found: _described(found, lambda d: d.update(format="gonghui-form-package/2")),
        "newer",
    ),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_package_is_refused(how: str, union: Office, tmp_path: Path) -> None:
    change, expected = FORGED[how]
    path = rewritten(packed(union, variant(tmp_path, "2026.2"), tmp_path / "f.zip"), change)
    with pytest.raises(FormPackageRefused) as refused:
        form_package.read(path)
    assert refused.value.how == expected
    assert not (installed.place(FORM) / installed.STATE).exists()


def test_a_signature_of_another_key_is_not_the_unions(union: Office, tmp_path: Path) -> None:
    """Signed anew by a stranger who names the union's key, and who names its own."""
    stranger = office(tmp_path / "stranger")
    path = packed(union, variant(tmp_path, "2026.2"), tmp_path / "f.zip")
    package = form_package.read(path)
    sign = keys.signer(stranger.keys).sign
    rewritten(path, lambda _: form_package.members(package, sign))
    with pytest.raises(FormPackageRefused, match="altered"):
        form_package.read(path)
    own = packed(stranger, variant(tmp_path, "2026.2"), tmp_path / "g.zip")
    assert form_package.read(own).fingerprint != package.fingerprint


def test_a_signature_over_something_else_is_none(union: Office, tmp_path: Path) -> None:
    """A union signs receipts and identities with the same key: none of these is a package."""
    path = packed(union, variant(tmp_path, "2026.2"), tmp_path / "f.zip")
    descriptor = dict(members(path))[DESCRIPTOR]
    plain = keys.signature_text(keys.signer(union.keys).sign(descriptor)).encode()
    rewritten(path, lambda found: [(n, plain if n == SIGNATURE else d) for n, d in found])
    with pytest.raises(FormPackageRefused, match="altered"):
        form_package.read(path)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"no zip" * 100, bytes(1000)]
)
def test_what_is_no_zip_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    path.write_bytes(data)
    with pytest.raises(FormPackageRefused):
        form_package.read(path)


def test_a_name_given_twice_is_refused(union: Office, tmp_path: Path) -> None:
    path = packed(union, variant(tmp_path, "2026.2"), tmp_path / "f.zip")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("rules.toml", "")
    with pytest.raises(FormPackageRefused, match="damaged"):
        form_package.read(path)


def test_a_file_that_unpacks_to_more_than_any_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    zip_writing.write_zip(path, [("unit.toml", bytes(form_package.LARGEST_MEMBER + 1))], when=NOW)
    with pytest.raises(FormPackageRefused, match="large"):
        form_package.read(path)


def test_a_unit_trusts_the_union_that_its_identity_file_names(
    union: Office, tmp_path: Path
) -> None:
    from datetime import date, timedelta

    from tests.identity.unions import UNIT

    day = date.today()
    (path,) = union.issue(UNIT, issued=day, until=day + timedelta(days=30)).files
    named, issues = form_packages.trusted_by_identity(path)
    assert not issues
    assert named == {keys.public(union.keys).fingerprint}
    changed = path.read_text("utf-8").replace(UNIT.name, "示例别的工会")
    path.write_text(changed, "utf-8")
    assert form_packages.trusted_by_identity(path)[0] == frozenset()
