"""Forms and amendments that a user has installed, in the user's own place.

    forms/trusted.json              fingerprints of unions whose form packages are accepted
    forms/<form>/installed.json     which form and which amendment are in use
    forms/<form>/form-<digest>/     an installed form
    forms/<form>/amendment-<digest>.toml
    forms/<form>/amended-<digest>/  a form with its amendment, made when it is first asked for

`installed.json` is replaced as a whole, so a form is in use whole or not at all; the program's own
folder is never written to. Which form is used follows from these files alone: the installed one,
unless the program brings a newer version; with the installed amendment, if it is for that version.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from converter.files import writing
from converter.files.own_folder import state_folder
from converter.files.toml_access import load_toml
from converter.forms.amendments import FILE as AMENDMENT_FILE
from converter.forms.form_files import card_files
from converter.model.errors import UsageError

STATE = "installed.json"
_NAME = re.compile(r"[\w-]{1,60}")


@dataclass(frozen=True, slots=True)
class InstalledPart:
    """A form, or an amendment, that was installed. `name` is its folder's or file's."""

    name: str
    version: str  # of the form
    created: str  # ISO time, of its package
    fingerprint: str  # of whoever signed it


@dataclass(frozen=True, slots=True)
class FormInUse:
    """Which form a name stands for, and why."""

    folder: Path
    form: InstalledPart | None = None  # None: the program's own
    amendment: InstalledPart | None = None
    outdated: InstalledPart | None = None  # an amendment of another version, which is not applied


def place(form: str) -> Path:
    return state_folder() / "forms" / form


def in_use(form: str, built_in: Path) -> FormInUse:
    """What a form's name stands for; `built_in`: the program's own form of that name. Raises
    UsageError, FormError, OSError."""
    own = place(form)
    if not _NAME.fullmatch(form) or not (own / STATE).is_file():
        return FormInUse(built_in)
    part, amendment = parts(form)
    folder, version = built_in, version_of(built_in)
    if part is not None and version_key(part.version) < version_key(version):
        part = None
    if part is not None:
        folder, version = own / part.name, part.version
    return _with_amendment(FormInUse(folder, part), version, amendment, own)


def amended(folder: Path) -> FormInUse:
    """A form's own folder with the amendment that is installed for it. Raises as `in_use`."""
    found = FormInUse(folder)
    if not place("").is_dir() or (folder / AMENDMENT_FILE).exists():
        return found
    head = load_toml(folder / "form.toml").table("form")
    form = head.text("id")
    if not _NAME.fullmatch(form):
        return found
    return _with_amendment(found, head.text("version"), parts(form)[1], place(form))


def _with_amendment(
    found: FormInUse, version: str, amendment: InstalledPart | None, own: Path
) -> FormInUse:
    if amendment is None:
        return found
    if amendment.version != version:
        return replace(found, outdated=amendment)
    return replace(found, folder=_amended(found.folder, own, amendment), amendment=amendment)


def parts(form: str) -> tuple[InstalledPart | None, InstalledPart | None]:
    """The installed form and amendment of a name. Raises UsageError."""
    path = place(form) / STATE
    if not path.is_file():
        return None, None
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        found = [InstalledPart(**state[key]) if state[key] else None for key in _PARTS]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError("form_place_broken", path=path) from error
    return found[0], found[1]


_PARTS = ("form", "amendment")


def keep(form: str, part: InstalledPart | None, amendment: InstalledPart | None) -> None:
    """Use these from now on. Earlier ones stay: the page of a running portal may be made with
    them. Raises OSError."""
    state = {
        key: asdict(one) if one else None
        for key, one in zip(_PARTS, (part, amendment), strict=True)
    }
    writing.private_folder(place(form))
    writing.write_bytes_atomically(place(form) / STATE, _json(state), private=True)


def store_form(form: str, files: Mapping[str, bytes]) -> str:
    """Put a form's files into the user's place, whole or not at all. Returns the folder's name.
    Raises OSError."""
    name = f"form-{_digest(files)}"
    _fill(place(form) / name, files)
    return name


def store_amendment(form: str, data: bytes) -> str:
    """Put an amendment there. Returns the file's name. Raises OSError."""
    own = place(form)
    writing.private_folder(own)
    name = f"amendment-{_digest({AMENDMENT_FILE: data})}.toml"
    writing.write_bytes_atomically(own / name, data, private=True)
    return name


def _amended(base: Path, own: Path, amendment: InstalledPart) -> Path:
    """The folder of a form with its amendment."""
    files = {**card_files(base), AMENDMENT_FILE: (own / amendment.name).read_bytes()}
    target = own / f"amended-{_digest(files)}"
    if not target.is_dir():
        _fill(target, files)
    return target


def _fill(target: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder with these files, whole or not at all."""
    if target.is_dir():
        return
    writing.private_folder(target.parent)
    private = writing.private_name(target.parent)
    try:
        for name, data in files.items():
            path = private / name
            path.parent.mkdir(0o700, parents=True, exist_ok=True)
            path.write_bytes(data)
        try:
            private.rename(target)
        except OSError:
            if not target.is_dir():  # another process was faster
                raise
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, data in sorted(files.items()):
        whole.update(f"{name} {len(data)}\n".encode() + data)
    return whole.hexdigest()[:16]


# --- versions ------------------------------------------------------------------------------------


def version_of(folder: Path) -> str:
    """The version that a form's folder has; '' where there is none. Raises FormError."""
    path = folder / "form.toml"
    return load_toml(path).table("form").text("version") if path.is_file() else ""


def version_key(version: str) -> tuple[tuple[int, str], ...]:
    """What orders versions: the numbers in them by their size.

    >>> version_key("2026.2") < version_key("2026.10") < version_key("2027")
    True
    """
    pieces = re.findall(r"\d+|[^\W\d]+", version)
    return tuple((int(p), "") if p.isdigit() else (-1, p) for p in pieces)


# --- whom to trust -------------------------------------------------------------------------------


def trusted() -> frozenset[str]:
    """Fingerprints that somebody confirmed."""
    path = state_folder() / "forms" / "trusted.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return frozenset()
    return frozenset(one for one in found if isinstance(one, str)) if found else frozenset()


def trust(fingerprint: str) -> None:
    """Accept form packages of a union from now on. Raises OSError."""
    folder = state_folder() / "forms"
    writing.private_folder(folder)
    known = sorted(trusted() | {fingerprint})
    writing.write_bytes_atomically(folder / "trusted.json", _json(known), private=True)


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
