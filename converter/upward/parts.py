"""The tables of a forward in parts: each is written once, also by a run that follows a killed one.

A table of many rows is several gzip streams, one after the other, which is one of all their rows.
Beside the parts stands the digest of each that is whole: what has another one is written again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from converter import __version__
from converter.files import writing
from converter.upward.layout import ForwardTable

DIGESTS = "digests.json"
NAMED = 32  # hexadecimal digits of a name


def name_of(state: Any, period: str, known: Sequence[ForwardTable]) -> str:
    """A name that two runs have in common only where they write the same tables: of the same
    publication, period and columns, by the same version."""
    tables = [[one.name, one.columns] for one in known]
    whole = json.dumps([__version__, state, period, tables], sort_keys=True)
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()[:NAMED]


class ForwardParts:
    """The parts in a folder. `taken`: how many of them an earlier run had written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken = 0
        self._digests = _read(folder / DIGESTS)

    def append(self, name: str, write: Callable[[Path], object], whole: Path) -> None:
        """Add the part of this name to the file `whole`; have `write` write it where no earlier run
        did. Raises OSError."""
        part = self.folder / name
        if self._digests.get(name, "-") == writing.digest_of(part):
            self.taken += 1
        else:
            part.unlink(missing_ok=True)
            write(part)
            self._digests[name] = writing.sha256(part)
            data = json.dumps(self._digests).encode("ascii")
            writing.write_bytes_atomically(self.folder / DIGESTS, data, private=True)
        with part.open("rb") as source, whole.open("ab") as target:
            shutil.copyfileobj(source, target, 1 << 20)


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
