"""Forms and amendments that a user has installed, in the user's own place.

    forms/trusted.json              fingerprints of unions whose form packages are accepted
    forms/<form>/installed.json     which form and which amendment are in use
    forms/<form>/form-<digest>/     an installed form
    forms/<form>/amendment-<digest>.toml
    forms/<form>/amended-<digest>/  a form with its amendment, made when it is first asked for

`installed.json` is replaced as a whole, so a form is in use whole or not at all; the program's own
folder is never written to. Which form is used follows from these files alone: the installed one,
unless the program brings a newer version; with the installed amendment, if it is for that version.
`form_store` writes these files; most commands only ask whether there are any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from converter.files.own_folder import state_folder
from converter.files.toml_access import load_toml
from converter.forms.amendments import FILE as AMENDMENT_FILE
from converter.model.errors import UsageError

STATE = "installed.json"
_NAME = re.compile(r"[\w-]{1,60}")


@dataclass(frozen=True, slots=True)
class InstalledPart:
    """A form, or an amendment, that was installed. `name` is its folder's or file's."""

    name: str
    version: str  # of the form
    created: str  # ISO time, of its package
    fingerprint: str  # of the union that signed it


@dataclass(frozen=True, slots=True)
class FormInUse:
    """Which form a name stands for, and why."""

    folder: Path
    form: InstalledPart | None = None  # None: the program's own
    amendment: InstalledPart | None = None
    outdated: InstalledPart | None = None  # an amendment of another version, which is not applied


def is_name(form: str) -> bool:
    """Whether a text may be a form's id, and leads nowhere else as part of a path."""
    return bool(_NAME.fullmatch(form))


def place(form: str) -> Path:
    return state_folder() / "forms" / form


def in_use(form: str, built_in: Path) -> FormInUse:
    """What a form's name stands for; `built_in`: the program's own form of that name. Raises
    UsageError, FormError, OSError."""
    own = place(form)
    if not is_name(form) or not (own / STATE).is_file():
        return FormInUse(built_in)
    part, amendment = parts(form)
    folder, version = built_in, version_of(built_in)
    if part is not None and version_key(part.version) < version_key(version):
        part = None
    if part is not None:
        folder, version = own / part.name, part.version
    return _with_amendment(FormInUse(folder, part), version, amendment, own)


def names() -> list[str]:
    """Ids under which a form was installed."""
    found = [path.parent.name for path in sorted(place("").glob(f"*/{STATE}"))]
    return [form for form in found if is_name(form) and parts(form)[0]]


def amended(folder: Path) -> FormInUse:
    """A form's own folder with the amendment that is installed for it. Raises as `in_use`."""
    found = FormInUse(folder)
    if not place("").is_dir() or (folder / AMENDMENT_FILE).exists():
        return found
    head = load_toml(folder / "form.toml").table("form")
    form = head.text("id")
    if not is_name(form):
        return found
    return _with_amendment(found, head.text("version"), parts(form)[1], place(form))


def _with_amendment(
    found: FormInUse, version: str, amendment: InstalledPart | None, own: Path
) -> FormInUse:
    if amendment is None:
        return found
    if amendment.version != version:
        return replace(found, outdated=amendment)
    from converter.forms import form_store  # loads OpenSSL

    folder = form_store.amended_folder(found.folder, own, amendment.name)
    return replace(found, folder=folder, amendment=amendment)


def stamp(form: str) -> object:
    """What changes whenever something is installed under a form's name."""
    try:
        state = (place(form) / STATE).stat()
    except OSError:
        return ()
    return state.st_ino, state.st_mtime_ns, state.st_size


def parts(form: str) -> tuple[InstalledPart | None, InstalledPart | None]:
    """The installed form and amendment of a name. Raises UsageError."""
    import json

    path = place(form) / STATE
    if not path.is_file():
        return None, None
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        found = [InstalledPart(**state[key]) if state[key] else None for key in PARTS]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError("form_place_broken", path=path) from error
    return found[0], found[1]


PARTS = ("form", "amendment")


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
