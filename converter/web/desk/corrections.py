"""Corrections under way: a copy of the form as it was when they began, and what was typed since.

They lie on the disk, so that they are still there when the page was closed, or the machine switched
off, before they were written into a corrected form. The form itself may be saved meanwhile and its
rows may move: that is why the copy is corrected.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path

from converter.files import writing
from converter.files.os_errors import open_to_read
from converter.model.corrections import CellEdit
from converter.web.correcting import Edits
from converter.web.followed_form import LoadedForm

EDITS = "edits.json"
KEPT = 30 * 24 * 3600  # seconds after which corrections that nobody came back to are removed

Version = tuple[tuple[int, int], ...]  # time of change and size of each file
FormOf = Callable[[Sequence[Path]], LoadedForm]  # the form that files are of


@dataclass
class Correction:
    """The corrections of one form, in a folder of their own; `version` is the form's when they
    began, `files` are the copies of its `originals`."""

    folder: Path
    version: Version
    originals: tuple[Path, ...]
    files: tuple[Path, ...]
    edits: Edits = field(default_factory=Edits)
    _saving: threading.Lock = field(default_factory=threading.Lock)

    def save(self) -> None:
        """Write down what was typed so far. Raises OSError."""
        with self._saving:
            edits = [astuple(edit) for edit in self.edits.all]
            if not edits:
                (self.folder / EDITS).unlink(missing_ok=True)
                return
            names = [str(path.relative_to(self.folder)) for path in self.files]
            stored = {
                "version": self.version,
                "originals": list(map(str, self.originals)),
                "files": names,
                "edits": edits,
            }
            text = json.dumps(stored)
            writing.write_bytes_atomically(self.folder / EDITS, text.encode(), private=True)


def begin(folder: Path, paths: Sequence[Path], version: Version) -> Correction:
    """Corrections of these files as they are now, in a folder that holds nothing else. Raises
    InputError, OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    copies = []
    for number, path in enumerate(paths):
        copy = folder / str(number) / path.name
        writing.private_folder(copy.parent)
        with open_to_read(path) as source, copy.open("xb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        copies.append(copy)
    return Correction(folder, version, tuple(paths), tuple(copies))


def resume(folder: Path, form_of: FormOf) -> Correction | None:
    """The corrections that an earlier run left in a folder; None where there are none that fit the
    form. Raises OSError where they cannot be read now: they are not to be taken for lost."""
    try:
        stored = json.loads((folder / EDITS).read_bytes())
        version = tuple((int(when), int(size)) for when, size in stored["version"])
        originals = tuple(map(Path, stored["originals"]))
        files = tuple(folder / name for name in stored["files"])
        found = Correction(folder, version, originals, files)
        found.edits.add(CellEdit(*one) for one in stored["edits"])
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, LookupError):
        return None
    if not all(path.is_file() for path in files):
        return None
    sheets = {sheet.key for sheet in form_of(files).form.sheets}
    return found if all(edit.sheet in sheets for edit in found.edits.all) else None


def orphaned(root: Path, form_of: FormOf) -> list[Correction]:
    """Those whose form is no longer where it was: moved, renamed, or its folder was."""
    found = []
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        with contextlib.suppress(OSError):
            one = resume(folder, form_of)
            if one is not None and not all(path.exists() for path in one.originals):
                found.append(one)
    return found


def sweep(root: Path) -> None:
    """Remove what nobody came back to, and copies into which nothing was typed."""
    oldest = time.time() - KEPT
    for folder in root.iterdir() if root.is_dir() else ():
        edits = folder / EDITS
        if not edits.is_file() or edits.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
