"""Forms and amendments on their way: packed and signed by one union, installed by others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from converter import identity
from converter.files import writing, zip_writing
from converter.forms import (
    accepting,
    amendments,
    comparing,
    earlier,
    form_package,
    form_store,
    installed,
    loading,
)
from converter.forms.form_files import CHANGES, NO_CARDS, card_files
from converter.forms.form_package import FormPackage
from converter.forms.installed import InstalledPart
from converter.identity import keys
from converter.messages.catalogue import message
from converter.model.clock import today, utc_stamp
from converter.model.errors import FormError, FormPackageRefused, UsageError
from converter.model.forms import Amendment, EarlierForm, Form, FormChange
from converter.model.issues import Issue, Level


@dataclass(frozen=True, slots=True)
class WrittenPackage:
    """A form package that was written, and where."""

    path: Path
    package: FormPackage
    earlier: Sequence[EarlierForm] = ()  # what a form has replaced, the oldest first
    news: str = ""  # what its maintainer says of it


@dataclass(frozen=True, slots=True)
class InstallReport:
    """What was installed."""

    package: FormPackage
    before: Form  # what was in use
    now: Form
    is_same: bool  # it was installed already
    dropped: InstalledPart | None = None  # an amendment that was for the version before

    @property
    def changes(self) -> list[FormChange]:
        """What differs from the form that was in use."""
        return list(comparing.changes(self.before, self.now))


def pack(
    folder: Path, keys_folder: Path, output: Path, now: int, passphrase: str = ""
) -> WrittenPackage:
    """A form's folder as a signed package. Raises FormError, FormPackageRefused, KeysError,
    OSError."""
    form = loading.load(folder)
    files = card_files(folder)
    for name in NO_CARDS:
        files.pop(name, None)
    known = earlier.known(form)
    if known:
        files[CHANGES] = earlier.text(form, known).encode()
    package = _package(form_package.FORM, form, files, keys_folder, now)
    path = _write(package, keys_folder, output, now, passphrase)
    with suppress(OSError):  # so that the next version can say what it has otherwise
        form_store.store_form(form.id, files)
    return WrittenPackage(path, package, known, form.news)


def compare(before: str, now: str) -> tuple[Form, Form, Sequence[FormChange]]:
    """Two definitions, by their names or folders, and what the second has otherwise. Raises
    FormError, UsageError, OSError."""
    old, new = (loading.load(loading.form_dir(one).resolve()) for one in (before, now))
    return old, new, list(comparing.changes(old, new))


def write_changes(before: Form, now: Form, output: Path) -> Path | None:
    """Write what differs as a file that can stand beside the newer cards; nothing where their cards
    are the same. One that was written before is replaced if nothing is lost with it. Raises
    OSError."""
    known = {one.digest: one for one in earlier.known(now, [before])}
    if not known:
        return None
    digest, written = "", tuple[EarlierForm, ...]()
    present = writing.digest_of(output)
    with suppress(FormError):
        digest, written = earlier.read_file(output)
    if digest == now.cards_digest:
        known = {one.digest: one for one in written} | known
    is_contained = bool(digest) and all(one.digest in known for one in written)
    data = earlier.text(now, list(known.values())).encode()
    return writing.write_output(output, [data], present if is_contained else "")


@dataclass(frozen=True, slots=True)
class Amending:
    """What is to be changed: checks (X101, K601, K601:unit.honour) → their new level (None: off),
    and those that are to be as the form has them again."""

    levels: Mapping[str, Level | None]
    restored: Collection[str]
    reason: str


def amend(
    folder: Path,
    keys_folder: Path,
    output: Path,
    changes: Amending,
    now: int,
    passphrase: str = "",
) -> tuple[WrittenPackage, InstallReport]:
    """Write what is amended from now on, which includes all that was amended before, and install it
    here. Raises UsageError, FormError, FormPackageRefused, KeysError, OSError."""
    form = loading.load(folder)
    reason = changes.reason.replace("\u3000", " ").strip()
    if not reason or not amendments.fits(reason):
        raise UsageError("amend_reason", most=amendments.LONGEST_REASON)
    kept = {key: one for key, one in form.amendments.items() if key not in changes.restored}
    wanted = [_amendment(target, to, reason) for target, to in changes.levels.items()]
    found = kept | {one.target: one for one in wanted}
    restored = [_amendment(target, None, reason) for target in changes.restored]
    for one in (*wanted, *restored):
        _accept_amendment(one, form)
    if found == form.amendments:
        raise UsageError("amend_nothing")
    text = amendments.text(form.id, form.version, (found[key] for key in sorted(found)))
    files = {amendments.FILE: text.encode()}
    package = _package(form_package.AMENDMENT, form, files, keys_folder, now)
    path = _write(package, keys_folder, output, now, passphrase)
    return WrittenPackage(path, package), install(package, folder)


def _amendment(target: str, level: Level | None, reason: str) -> Amendment:
    code, _, field = target.partition(":")
    return Amendment(code.upper(), level, today().isoformat(), reason, field)


def _accept_amendment(one: Amendment, form: Form) -> None:
    """Raises UsageError."""
    try:
        accepting.accept_amendments(replace(form, amendments={one.target: one}), Path())
    except FormError as error:
        if error.message_key != "form_no_check":
            raise UsageError(
                "amend_refused", target=one.target, why=message(error.message_key)
            ) from error
        rules = "、".join(rule.code for rule in form.rules)
        raise UsageError("amend_no_rule", code=one.code, codes=rules) from error


def _package(
    kind: str, form: Form, files: Mapping[str, bytes], keys_folder: Path, now: int
) -> FormPackage:
    public = keys.public(keys_folder)
    return FormPackage(kind, form.id, form.version, utc_stamp(now), public, files)


def _write(
    package: FormPackage, keys_folder: Path, output: Path, now: int, passphrase: str
) -> Path:
    signer = keys.signer(keys_folder, passphrase)
    members = form_package.members(package, signer.sign)
    return writing.write_beside(output, lambda to: zip_writing.write_zip(to, members, when=now))


# --- installing ----------------------------------------------------------------------------------


def trusted_by_identity(path: Path) -> tuple[frozenset[str], Sequence[Issue]]:
    """Fingerprints of the unions that a unit's identity file names, and what is wrong with it:
    an error means that it vouches for nobody."""
    public, issues = identity.read(path, today())
    if public is None or any(issue.level is Level.ERROR for issue in issues):
        return frozenset(), issues
    named = [(public.keys.union_signing, public.keys.union_sealing)]
    named += [(one.superior_signing, one.superior_sealing) for one in public.chain]
    return frozenset(keys.fingerprint(*pair) for pair in named if all(pair)), issues


def install(package: FormPackage, folder: Path | None = None) -> InstallReport:
    """Use a package's form or amendment from now on. Who signed it was asked before. `folder`: of
    the form that an amendment is for, by default the one that its name stands for. Raises
    FormError, UsageError, FormPackageRefused, OSError."""
    used = folder or loading.form_dir(package.form)
    part, amendment = installed.parts(package.form)
    if package.kind == form_package.AMENDMENT:
        return _install_amendment(package, used, part, amendment)
    return _install_form(package, used, part, amendment)


def _install_form(
    package: FormPackage,
    used: Path,
    part: InstalledPart | None,
    amendment: InstalledPart | None,
) -> InstallReport:
    before = loading.with_codes(used) if (used / "form.toml").is_file() else None
    if before and _is_older(package.version, before.version):
        raise FormPackageRefused("older", version=package.version, used=before.version)
    if part and package.created < part.created:
        raise FormPackageRefused("older", version=package.version, used=part.version)
    new = _part(package, form_store.store_form(package.form, package.files))
    form = loading.load(installed.place(package.form) / new.name)
    if (form.id, form.version) != (package.form, package.version):
        raise FormPackageRefused("misnamed")
    kept = amendment if amendment and amendment.version == form.version else None
    form_store.keep(package.form, new, kept)
    same = part is not None and part.name == new.name
    return InstallReport(package, before or form, form, same, None if kept else amendment)


def _install_amendment(
    package: FormPackage,
    used: Path,
    part: InstalledPart | None,
    amendment: InstalledPart | None,
) -> InstallReport:
    before = loading.read(used)  # names the form that nobody has
    if package.version != before.version:
        raise FormPackageRefused("version", version=package.version, used=before.version)
    if amendment and amendment.version == package.version and package.created < amendment.created:
        raise FormPackageRefused("older_amendment", made=package.created, used=amendment.created)
    data = package.files[amendments.FILE]
    new = _part(package, form_store.store_amendment(package.form, data))
    path = installed.place(package.form) / new.name
    file = amendments.read(path)
    now = replace(before, amendments=file.by_target)
    accepting.accept_amendments(now, path)
    if (file.form, file.version) != (package.form, package.version):
        raise FormPackageRefused("misnamed")
    form_store.keep(package.form, part, new)
    loading.in_use(package.form)  # its folder is made now: processes of a cluster only look
    same = amendment is not None and amendment.name == new.name
    return InstallReport(package, before, now, same)


def _is_older(version: str, used: str) -> bool:
    return installed.version_key(version) < installed.version_key(used)


def _part(package: FormPackage, name: str) -> InstalledPart:
    return InstalledPart(name, package.version, package.created, package.fingerprint)
