"""The files that a form consists of."""

from __future__ import annotations

from pathlib import Path

from converter.files import zip_peek

DESCRIPTOR = "form-package.json"  # of a form package


def card_files(folder: Path) -> dict[str, bytes]:
    """The cards and code lists of a form's folder, by their names in it. Raises OSError."""
    paths = [*sorted(folder.glob("*.toml")), *sorted((folder / "codes").glob("*.csv"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def is_form_package(path: Path) -> bool:
    """Whether a file seems to be a form package: a hint, not a verdict."""
    return bool(zip_peek.glance(path, DESCRIPTOR))
