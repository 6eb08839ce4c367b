"""`form export`: a form in another format."""

from __future__ import annotations

from pathlib import Path

from converter.files import writing
from converter.form_export import FORMATS
from converter.forms import loading
from converter.usecases.outputs import output_path


def export(folder: Path, kind: str, output: Path) -> Path:
    """Write a form in one of `FORMATS`, beside what is there already. Where it is. Raises
    FormError, UsageError, OSError."""
    chosen = FORMATS[kind]
    path = output_path(output, chosen.suffix)
    data = chosen.write(loading.load(folder.resolve()))
    path.parent.mkdir(parents=True, exist_ok=True)
    return writing.write_output(path, [data])
