"""The files that a form consists of."""

from __future__ import annotations

from pathlib import Path


def card_files(folder: Path) -> dict[str, bytes]:
    """The cards and code lists of a form's folder, by their names in it. Raises OSError."""
    paths = [*sorted(folder.glob("*.toml")), *sorted((folder / "codes").glob("*.csv"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
