"""`form edit` and `form build`: a form's folder → a workbook → a form's folder."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.files import writing
from converter.form_editor import book_reading, book_writing, names
from converter.form_editor.book_reading import EditedBook
from converter.form_editor.building import build as files_of
from converter.form_editor.every_fault import every_fault
from converter.form_editor.places import in_workbook, unknown_owners
from converter.form_editor.rows import all_rows
from converter.form_editor.source_files import card_paths, read_sources
from converter.messages.catalogue import message
from converter.model.errors import FormError, UsageError
from converter.usecases import form_checking
from converter.usecases.form_checking import FormReport


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What became of a workbook. With faults nothing was written. `kept`: where the folder is that
    stood there before; None where it was replaced or there was none."""

    faults: Sequence[FormError] = ()
    changed: Sequence[str] = ()
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    kept: Path | None = None
    check: FormReport | None = None


def edit(folder: Path, output: Path) -> Path:
    """Write a form as a workbook, beside what is there already. Where it is. Raises FormError for
    cards that are no TOML, OSError."""
    sources = read_sources(folder)
    rows = all_rows(sources)
    return writing.write_beside(
        output, lambda path: book_writing.write(rows, sources, path, output.name)
    )


def build(workbook: Path, folder: Path, *, force: bool) -> BuildReport:
    """Write the form of a workbook, whole or not at all. Raises UsageError where that would
    replace what somebody changed in the folder since (unless `force`), OSError."""
    book = names.with_table_keys(book_reading.read(workbook))
    faults = _faults(book, folder, workbook.name)
    if faults:
        return BuildReport(faults)
    built = files_of(book.rows, book.sources)
    present = _present_files(folder)
    with _draft(folder, built) as draft:
        touched = [
            name
            for name, data in present.items()
            if data not in (book.sources.get(name), built.get(name))
        ]
        if touched and not force:
            own = any(book.sources.get(name) == data for name, data in present.items())
            key = "editor_touched" if own else "editor_foreign"
            raise UsageError(key, path=folder, file="、".join(touched))
        checked = form_checking.check(draft)
        kept = None
        if built != present:
            kept = _take_place(draft, folder, keep=bool(touched))
    return BuildReport(
        changed=[n for n in built if n in present and built[n] != present[n]],
        added=[n for n in built if n not in present] if present else (),
        removed=[n for n in present if n not in built],
        kept=kept,
        check=checked,
    )


def _faults(book: EditedBook, folder: Path, name: str) -> Sequence[FormError]:
    """All that is wrong in a workbook of this name, at its cells."""
    named, found = names.with_stand_ins(book)
    files = files_of(named.rows, named.sources)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = writing.private_name(folder.parent)
    found = [*found, *unknown_owners(named), *every_fault(files, folder, scratch)]
    return [in_workbook(one, named, name) for one in found]


def _present_files(folder: Path) -> Mapping[str, bytes]:
    """The cards and lists that stand in a folder. Raises UsageError where it is none."""
    if not os.path.lexists(folder):
        return {}
    if not folder.is_dir():
        raise UsageError("editor_folder_taken", path=folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in card_paths(folder)}


@contextlib.contextmanager
def _draft(folder: Path, built: Mapping[str, bytes]) -> Iterator[Path]:
    """The form as a folder of its own beside its place, with what else stands there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    writing.sweep(folder.parent)
    draft = writing.private_name(folder.parent)
    try:
        if folder.is_dir():
            shutil.copytree(folder, draft, symlinks=True)
            for path in card_paths(draft):
                path.unlink()
        writing.write_many((draft / name, data) for name, data in built.items())
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _take_place(draft: Path, folder: Path, *, keep: bool) -> Path | None:
    """Let the draft be the folder. What stood there comes back if that fails, and stays under
    another name with `keep`."""
    if not folder.exists():
        writing.replace(draft, folder)
        return None
    aside = _free_name(folder) if keep else writing.private_name(folder.parent)
    writing.replace(folder, aside)
    try:
        writing.replace(draft, folder)
    except OSError:
        writing.replace(aside, folder)
        raise
    if keep:
        return aside
    shutil.rmtree(aside, ignore_errors=True)
    return None


def _free_name(folder: Path) -> Path:
    name = message("editor_old_folder", name=folder.name)
    chosen, number = folder.with_name(name), 1
    while chosen.exists():
        number += 1
        chosen = folder.with_name(f"{name}-{number}")
    return chosen
