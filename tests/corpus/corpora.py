"""Every workbook of the test corpora by name, made in a folder, the same bytes' worth every time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests import filling, sheets
from tests.corpus import contents, test_foreign_sheets
from tests.corpus.faults import FAULTS, RIGHT
from tests.corpus.writers import DIFFERENT_TYPES, WRITERS, write, write_xls
from tests.make_samples import SAMPLES
from tests.people import UNIT
from tests.workbook import books, test_harmless

SEEDS = range(24)  # written by every writer
MORE_SEEDS = range(24, 240)  # written once
TEMPLATE_SEEDS = range(12)
LONG = 3001  # members
PROGRAMS = {
    "excel": filling.EXCEL,
    "wps": filling.WPS,
    "libreoffice": filling.LIBREOFFICE,
    "exporter": filling.EXPORTER,
}
Made = Iterator[tuple[str, Path]]


def everything(folder: Path) -> Made:
    """(name, file) of all; names are unique, files are overwritten by no later one."""
    for made in (
        samples,
        single_faults,
        foreign_sheets,
        harmless_sheets,
        templates,
        long_sheets,
        generated,
    ):
        place = folder / made.__name__
        place.mkdir()
        for name, path in made(place):
            yield f"{made.__name__}/{name}", path


def samples(folder: Path) -> Made:
    for path in sorted(SAMPLES.glob("*/input/*")):
        target = folder / f"{path.parent.parent.name} {path.name}"
        shutil.copy(path, target)
        yield f"{path.parent.parent.name}/{path.name}", target


def single_faults(folder: Path) -> Made:
    """One edit, or a few, in the form's own template filled in right."""
    for number, (name, edits) in enumerate((FAULTS | RIGHT).items()):
        path = folder / f"{number}.xlsx"
        path.write_bytes(sheets.typed_over(edits))
        yield name, path


def foreign_sheets(folder: Path) -> Made:
    wrong = {name: book for name, (book, _) in test_foreign_sheets.WRONG.items()}
    for name, book in (test_foreign_sheets.RIGHT | wrong).items():
        yield name, sheets.saved(book, folder, f"{name}.xlsx")


def harmless_sheets(folder: Path) -> Made:
    for number, (name, tweak) in enumerate(test_harmless.TWEAKS.items()):
        place = folder / str(number)
        place.mkdir()
        yield name, books.save(place, tweak)
    for number, (name, change) in enumerate(test_harmless.FILES.items()):
        place = folder / f"file{number}"
        place.mkdir()
        yield name, change(books.save(place))


def templates(folder: Path) -> Made:
    """The form's own template as each program saves it, with more or fewer rows prepared than
    there are members."""
    for seed in TEMPLATE_SEEDS:
        members = contents.members(seed)
        women = sum(m.id_number[16:17] in tuple("02468") for m in members)
        unit = UNIT | contents.counts(women, len(members))
        for name, program in PROGRAMS.items():
            path, prepared = folder / f"{seed}-{name}.xlsx", len(members) + seed % 7 - 3
            filling.write(path, members, prepared=prepared, unit=unit, program=program)
            yield f"{seed}-{name}", path


def long_sheets(folder: Path) -> Made:
    """Long enough to be read in pieces, whatever their size."""
    for name, program in PROGRAMS.items():
        for prepared in (LONG, 100):
            path = folder / f"{name}-{prepared}.xlsx"
            members = contents.members(prepared, LONG // 4 if name == "libreoffice" else LONG)
            unit = UNIT | {"职工总数": len(members) + 3, "会员总数": len(members)}
            rows = min(prepared, len(members))
            filling.write(path, members, prepared=rows, unit=unit, program=program)
            yield f"{name}-{prepared}", path


def generated(folder: Path) -> Made:
    """Made-up sheets: some by every writer, many by one of them."""
    writers = {**WRITERS, **DIFFERENT_TYPES}
    for seed in SEEDS:
        tables = contents.workbook(seed)
        for name, writer in writers.items():
            yield f"{seed}-{name}", write(folder / f"{seed}-{name}.xlsx", tables, writer)
        yield f"{seed}-xls", write_xls(folder / f"{seed}.xls", tables)
    for seed in MORE_SEEDS:
        name = list(writers)[seed % len(writers)]
        path = folder / f"{seed}-{name}.xlsx"
        yield f"{seed}-{name}", write(path, contents.workbook(seed), writers[name])
