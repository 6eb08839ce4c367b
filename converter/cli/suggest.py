"""A bare `converter`: three lines about what lies here and what to do with it.

Files are not read: their names, their suffixes and a stamp decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from converter.cli.common import OK, out
from converter.files import zip_peek
from converter.messages.catalogue import message
from converter.text import file_names
from converter.text.display import argument, visible
from converter.usecases.form_choice import named_form
from converter.usecases.recognising import is_identity

ENTRIES = 2_000  # that are looked at; more is no clerk's folder
LOOKED_INTO = 40  # … and looked into for a stamp
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".et", ".ods")
REGISTER, KEYS = "register.duckdb", "issued.csv"


def print_suggestion(
    folder: Path, roster: str, program: str = "converter", *, window: bool = False
) -> int:
    """Print what to do in this folder. `roster` is the id that rosters are stamped with; commands
    begin with `program`; `window`: there is no console to type them into."""
    entries = sorted(islice(folder.iterdir(), ENTRIES))
    lines = list(_lines(entries, roster, program, window=window))
    lines.append(message("suggest_drag" if window else "suggest_all"))
    out("\n".join(lines))
    return OK


def _lines(entries: list[Path], roster: str, program: str, *, window: bool) -> Iterator[str]:
    target = message("suggest_workbook_name")
    stores = [e for e in entries if (e / REGISTER).is_file()]
    files = [e for e in entries if e.is_file() and not e.name.startswith(("~$", "."))]
    books = [f for f in files if file_names.suffix(f) in WORKBOOKS]
    rosters = [f for f in books[:LOOKED_INTO] if _is_roster(f, roster)]
    books = [f for f in books if f not in rosters]
    marked = message("annotated_suffix")
    copies = [f for f in books if file_names.stem(f).rstrip("-0123456789").endswith(f"-{marked}")]
    books = [f for f in books if f not in copies]
    packages = [f for f in files if file_names.suffix(f) == ".zip" and zip_peek.is_package(f)]
    identities = [f for f in files if file_names.suffix(f) == ".xml" and is_identity(f)]
    newest = _newest(packages)
    suggestion = partial(_suggestion, program)
    clerk = "_window" if window else "_next"  # officers open a console, clerks drag
    if stores:
        yield from suggestion("store", "_next", stores)
    elif rosters and not (books or copies or packages):
        keys = next((e.name for e in entries if (e / KEYS).is_file()), message("suggest_keys_name"))
        yield from suggestion(
            "roster", "_next", rosters, keys=keys, target=message("suggest_identities_name")
        )
    elif newest and newest == _newest([newest, *books, *copies]):
        yield from suggestion("package", clerk, [newest])
    elif copies and (not books or _newest(copies) == _newest([*copies, *books])):
        yield from suggestion("copy", clerk, [_newest(copies) or copies[0]])
    elif books:
        yield from suggestion("workbook", clerk, books)
    elif identities:
        yield from suggestion("identity", clerk, identities, target=target)
    else:
        yield message("suggest_nothing")
        yield message(
            "suggest_template_window" if window else "suggest_template",
            converter=program,
            path=argument(target),
        )


def _is_roster(file: Path, roster: str) -> bool:
    """Whether it is stamped as a roster, or somebody's own workbook that calls itself one."""
    if stamp := zip_peek.stamped(file, "form"):
        return stamp == roster
    name, others = file_names.stem(file), message("suggest_lists_of_people").split()
    return message("suggest_roster_word") in name and not any(one in name for one in others)


def _suggestion(
    program: str, kind: str, step: str, found: list[Path], **params: str
) -> Iterator[str]:
    """The first of what was found, and what to do with it."""
    path = visible(found[0].name)
    several = message("suggest_and_more", path=path, count=len(found)) if len(found) > 1 else path
    yield message(f"suggest_{kind}", path=several)
    shown = {key: argument(param) for key, param in params.items()}
    if found[0].is_file() and named_form(found[:1]):
        program = "converter"
    shown |= {"converter": program, "path": argument(found[0].name)}
    yield message(f"suggest_{kind}{step}", **shown)


def _newest(files: list[Path]) -> Path | None:
    return max(files, key=lambda file: (file.stat().st_mtime, file.name), default=None)
