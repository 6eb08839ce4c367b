"""The files that a form consists of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

DESCRIPTOR = "form-package.json"  # of a form package
CHANGES = "changes.toml"  # what earlier definitions had otherwise: see `earlier`
AMENDMENT = "amendment.toml"  # what was changed in mid-collection: see `amendments`
NO_CARDS = (AMENDMENT, CHANGES)
_BESIDE = "changes-*.toml"  # what stands beside one of these; no table has a name like this


def card_files(folder: Path) -> dict[str, bytes]:
    """The cards and code lists of a form's folder, by their names in it. Raises OSError."""
    paths = [*toml_paths(folder), *sorted((folder / "codes").glob("*.csv"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def toml_paths(folder: Path) -> list[Path]:
    """The TOML files of a form's folder."""
    return [path for path in sorted(folder.glob("*.toml")) if not path.match(_BESIDE)]


def digest(files: Iterable[tuple[str, bytes]]) -> str:
    """SHA-256 over the names, sizes and contents of files, in hex."""
    import hashlib  # loads OpenSSL; `explain` and `fields` do without

    whole = hashlib.sha256()
    for name, data in files:
        whole.update(f"{name} {len(data)}\n".encode() + data)
    return whole.hexdigest()


def is_form_package(path: Path) -> bool:
    """Whether a file seems to be a form package: a hint, not a verdict."""
    from converter.files import zip_peek  # reading a form's folder opens no zip

    return bool(zip_peek.glance(path, DESCRIPTOR))
