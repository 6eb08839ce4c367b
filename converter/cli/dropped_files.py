"""Files dropped on the program's icon, and the icon itself: no command was typed.

Workbooks are checked and, where nothing stands in the way, converted beside themselves; of the
others a marked copy is written beside them, under a name that nobody has yet: an earlier copy may
hold corrections. Packages and folders are checked.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from converter.cli import clerk, desk, suggest
from converter.cli.common import (
    FOUND,
    OK,
    err,
    form_in_use,
    named_form,
    own_worker,
    print_report,
    program,
    progress,
)
from converter.files import writing, zip_peek
from converter.forms.form_files import is_form_package
from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.text import file_names
from converter.usecases import form_choice
from converter.usecases.recognising import is_identity, is_marked
from converter.workers.pool import Worker


def run(arguments: Sequence[str], form_name: str | None, *, window: bool = False) -> int:
    """Check and convert files and folders; returns the worst exit code."""
    paths = [Path(argument) for argument in arguments]
    if not arguments and window:
        form_in_use(form_name)  # says what is used
        return desk.serve(form_name, None, browser=True, window=True)
    if not arguments:
        form = form_in_use(form_name)[1]
        return suggest.print_suggestion(
            Path.cwd(), f"{form.id}-roster", program(form_name), window=window
        )
    identities = [p for p in paths if file_names.suffix(p) == ".xml" and is_identity(p)]
    if packages := [p for p in paths if file_names.suffix(p) == ".zip" and is_form_package(p)]:
        return _install(packages, paths, identities, form_in_use(form_name)[1])
    others = [p for p in paths if p not in identities]
    passed = _passed_over([path for path in others if _is_book(path)])
    others = [path for path in others if path not in passed]
    if not others:
        return _show(identities, form_in_use(form_name)[0])
    code = OK
    with own_worker() as worker:
        for files in [others] if form_name else _of_one_form(others):
            folder, form = form_in_use(form_name or named_form(files))
            books = [path for path in files if _is_book(path)]
            for group in _groups(books):
                code = max(code, _convert(group, identities, folder, form, worker))
            if rest := [path for path in files if path not in books]:
                code = max(code, _check(rest, folder, form, worker))
    return code


def _is_book(path: Path) -> bool:
    return path.is_file() and file_names.suffix(path) != ".zip"


def _of_one_form(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """The files of each form; with them, those that name none where all others are of one."""
    named = {path: form_choice.named_form([path]) for path in paths}
    forms = sorted({*named.values()} - {""})
    if len(forms) < 2:
        yield list(paths)
        return
    for form in ["", *forms]:
        if files := [path for path in paths if named[path] == form]:
            yield files


def _install(
    packages: Sequence[Path], paths: Sequence[Path], identities: Sequence[Path], form: Form
) -> int:
    """Forms and amendments; what was dropped with them is to be checked by them, another time."""
    from converter.cli.form_packages import install_file

    code = OK
    for path in packages:
        identity = _identity(identities, path.absolute().parent)
        code = max(code, install_file(path, lambda: form, identity))
    if len(paths) > len(packages) + len(identities):
        err(message("dropped_again"))
    return code


def _check(paths: Sequence[Path], folder: Path, form: Form, worker: Worker) -> int:
    """Packages and folders."""
    from converter.usecases.check import check_files

    outcomes = check_files(paths, folder, None, os.cpu_count() or 1, worker, progress).outcomes
    print_report(outcomes, form, show_ids=False, commands=False)
    return clerk.exit_code(outcomes)


def _show(identities: Sequence[Path], folder: Path) -> int:
    """Identity files that were dropped alone."""
    from converter import cli

    shown = [["--form", str(folder), "identity", "show", str(path)] for path in identities]
    return max(map(cli.run, shown), default=OK)


def _passed_over(books: Sequence[Path]) -> set[Path]:
    """Of a form and its marked copy the one that was saved last goes on; says so."""
    suffix, passed = f"-{message('annotated_suffix')}", set()
    for copy in filter(is_marked, books):
        stem = file_names.stem(copy).partition(suffix)[0]
        for original in books:
            named = file_names.stem(original) == stem and original.parent == copy.parent
            if named and original != copy:
                used, left = sorted((copy, original), key=_saved_last, reverse=True)
                passed.add(left)
                err(message("dropped_twin", used=used.name, left=left.name))
    return passed


def _saved_last(path: Path) -> int:
    return path.stat().st_mtime_ns


def _groups(books: Sequence[Path]) -> Iterator[list[Path]]:
    """Two workbooks may be the halves of one submission; more are each their own."""
    if len(books) == 2:
        yield list(books)
    else:
        yield from ([book] for book in books)


def _convert(
    books: list[Path], identities: Sequence[Path], folder: Path, form: Form, worker: Worker
) -> int:
    from converter.usecases.convert import convert_files

    beside = books[0].absolute().parent
    identity = _identity(identities, beside)
    # Only of two workbooks nobody knows yet whether they are one submission.
    target = _package(books[0].absolute(), form) if len(books) == 1 else beside
    results = convert_files(books, folder, target, identity, None, worker)
    clerk.print_converted(results, form)
    if all(result.package for result in results):
        return OK
    for result in results:
        if result.package is None and result.outcome.readable:
            copy = _copy(books if len(results) == 1 else [Path(result.outcome.file)], folder, form)
            if copy:
                err(message("dropped_copy", path=copy))
                err(message("dropped_copy_next"))
    return FOUND


def _package(book: Path, form: Form) -> Path:
    """The package beside a workbook. One of another period keeps its name: it is wanted yet."""
    stem, period = file_names.stem(book), str(form.prose["period"])
    target = book.with_name(f"{stem}.zip")
    found = re.search(r'"period": "([^"]*)"', zip_peek.glance(target, "datapackage.json") or "")
    return book.with_name(f"{stem}-{period}.zip") if found and found[1] != period else target


def _identity(given: Sequence[Path], beside: Path) -> Path | None:
    """The identity file that was dropped too, else the only one that lies beside."""
    if given:
        return given[0]
    lying = [
        p for p in sorted(beside.iterdir()) if file_names.suffix(p) == ".xml" and is_identity(p)
    ]
    if len(lying) != 1:
        return None
    err(message("dropped_identity", path=lying[0].name))
    return lying[0]


def _copy(books: Sequence[Path], folder: Path, form: Form) -> Path | None:
    """A marked copy beside the first workbook, under a new name; None where none was made."""
    from converter.usecases.check import check_files

    book = books[0].absolute()
    with tempfile.TemporaryDirectory(dir=book.parent, prefix=".converter-") as private:
        with Worker() as worker:
            made = check_files(books, folder, Path(private), 1, worker).annotated
        if not made:
            return None
        suffix = message("annotated_suffix")
        stem = file_names.stem(book).partition(f"-{suffix}")[
            0
        ]  # a copy's copy has no second suffix
        return writing.write_beside(book.with_name(f"{stem}-{suffix}.xlsx"), made[0].rename)
