"""`form export`: a form in another format."""

from __future__ import annotations

from pathlib import Path

from converter.files import writing
from converter.form_export import ExportFormat
from converter.forms import loading


def export(folder: Path, chosen: ExportFormat, output: Path) -> Path:
    """Write a form in another format, beside what is there already. Where it is. Raises FormError,
    OSError."""
    data = chosen.write(loading.load(folder.resolve()))
    return writing.write_output(output, [data])
