"""Which form files are of, by what they name themselves: nobody has to type `--form` for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from converter.files import zip_peek
from converter.forms import loading
from converter.usecases.common import find_files

LOOKED_INTO = 20  # files of what was given: a folder may hold thousands
# In a register's folder, and in a copy of what it published.
REGISTER, STATES = "register.duckdb", ("published/state.json", "state.json")
LARGEST = 1 << 24  # bytes of an old container that are read for its stamp
_FORM = re.compile(r'"form": \{\s*"id": "([^"]+)"')  # in a package, and in a register's state


def named_form(paths: Iterable[Path]) -> str:
    """The form that files, folders and registers name; '' where they name none that is known, or
    not all the same. A hint from a glance: reading the files shows what they are."""
    stamps = (_stamp(path) for path in islice(_files(paths), LOOKED_INTO))
    named = {stamp.removesuffix("-roster") for stamp in stamps if stamp}
    form = named.pop() if len(named) == 1 else ""
    return form if form and loading.title_of(form) else ""


def is_register(path: Path) -> bool:
    """Whether it is a register's folder, or a copy of what one published."""
    return any((path / name).is_file() for name in (REGISTER, *STATES))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if is_register(path):
            yield path
        else:
            yield from (file for file, _ in find_files([path]))


def _stamp(path: Path) -> str:
    """The form that a file names; '' where it names none."""
    if path.is_dir():  # a register; nothing was published yet where it has no state
        states = [path / name for name in STATES if (path / name).is_file()]
        return _named(states[0].read_text(encoding="utf-8")) if states else ""
    if not path.is_file():  # a pipe would be waited for
        return ""
    stamp = zip_peek.stamped(path, "form")
    if stamp is None:
        return _old_stamp(path)
    return stamp or _named(zip_peek.glance(path, "datapackage.json") or "")


def _named(text: str) -> str:
    found = _FORM.search(text)
    return found[1] if found else ""


def _old_stamp(path: Path) -> str:
    """The stamp in an .xls file: the container is read once it is seen to be one."""
    try:
        with path.open("rb") as file:
            data = file.read(8)
            if not data.startswith(b"\xd0\xcf\x11\xe0"):
                return ""
            data += file.read(LARGEST)
    except OSError:
        return ""
    from converter.workbook.xls.properties import properties

    return properties(data).get("form", "")
