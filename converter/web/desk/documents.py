"""Files that pages name by a key: nobody can ask for a path. Their last result, and the corrections
that are being made to them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.messages.catalogue import message
from converter.model.submissions import SigningUnit
from converter.text import file_names
from converter.usecases.common import NOT_NOW
from converter.web.desk.corrections import Correction, Version
from converter.workers.requests.page_check import PageCheck


@dataclass
class Document:
    """One submission: a file, or its two halves. `notes` are shown with it once."""

    key: str
    paths: tuple[Path, ...]
    # By which version of the files, form's folder and unit; None in it: two submissions.
    checked: tuple[Version, Path, SigningUnit, PageCheck | None] | None = None
    named: tuple[Version, str] | None = None  # the form that the files name at that version
    correction: Correction | None = None
    notes: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return self.paths[0]

    @property
    def name(self) -> str:
        return "、".join(path.name for path in self.paths)

    def version(self) -> Version | None:
        """What changes with every save; None while a file is away (a program that saves it renames
        it at the end)."""
        try:
            found = [path.stat() for path in self.paths]
        except OSError:
            return None
        return tuple((one.st_mtime_ns, one.st_size) for one in found)

    def take_notes(self) -> tuple[str, ...]:
        """What is to be shown with it now, and not again."""
        notes, self.notes = self.notes, ()
        return notes

    @property
    def is_held(self) -> bool:
        """Whether the last check could not read it for a reason that passes without a save: another
        program has it open for itself alone."""
        checked = self.checked[3] if self.checked else None
        groups = checked.summary.groups if checked else ()
        return any(group.code in NOT_NOW for group in groups)


def suffixed(document: Document, suffix: str) -> str:
    """What a copy of a document is called; a copy's copy has no second suffix."""
    ending = f"-{message(suffix)}"
    return f"{file_names.stem(document.path).partition(ending)[0]}{ending}.xlsx"


class Documents:
    """Every file that a page was shown in this run."""

    def __init__(self) -> None:
        self._known: dict[str, Document] = {}
        self.current = ""  # key of the one that was worked on last

    def of(self, *paths: Path) -> Document:
        """The document of a file, or of two halves."""
        absolute = tuple(sorted(path.resolve() for path in paths))
        key = hashlib.sha256("\n".join(map(str, absolute)).encode("utf-8", "surrogateescape"))
        return self._known.setdefault(
            key.hexdigest()[:16], Document(key.hexdigest()[:16], absolute)
        )

    def find(self, key: str) -> Document | None:
        return self._known.get(key)

    def latest(self, forms: Sequence[Path]) -> Document | None:
        """The one worked on last, else the newest of these."""
        current = self.find(self.current)
        if current is not None and current.version() is not None:
            return current
        return self.of(forms[0]) if forms else None
