"""Writing the user's own place of forms (`installed` says what lies there), and whom to trust."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from converter.files import writing
from converter.files.own_folder import state_folder
from converter.forms import form_files
from converter.forms.amendments import FILE as AMENDMENT_FILE
from converter.forms.installed import PARTS, STATE, InstalledPart, place


def keep(form: str, part: InstalledPart | None, amendment: InstalledPart | None) -> None:
    """Use these from now on. Earlier ones stay: the page of a running portal may be made with
    them. Raises OSError."""
    state = {
        key: asdict(one) if one else None for key, one in zip(PARTS, (part, amendment), strict=True)
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


def amended_folder(base: Path, own: Path, amendment: str) -> Path:
    """The folder of a form with the amendment in a file of its place, made where there is none.
    Raises OSError."""
    files = {**form_files.card_files(base), AMENDMENT_FILE: (own / amendment).read_bytes()}
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
    return form_files.digest(sorted(files.items()))[:16]


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
