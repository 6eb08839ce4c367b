"""What `receive` asks of a worker: unpacking zips and validating files that came in.

A file is validated as in `check`. What the register is to keep goes two ways: a few plain values in
the answer, and the rows of the tables as compressed CSV beside it, which only the register reads.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from converter import workbook
from converter.api import ROWS_A_FRAME
from converter.files import safe_names, writing
from converter.forms import loading
from converter.kinds import unique_key
from converter.model.clock import today
from converter.model.forms import Form, Sheet
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import Outcome, RawSheet, Records, Submission
from converter.validation import checking
from converter.workbook import unzipping
from converter.workers.requests.receive import (
    FileToReceive,
    Problem,
    ReceiveAnswer,
    ReceiveRequest,
    ReceiveWorkbooksAnswer,
    ReceiveWorkbooksRequest,
    RefusedMember,
    UnpackAnswer,
    UnpackedMember,
    UnpackRequest,
    ValidatedFile,
)
from converter.workers.tasks import explanations
from converter.workers.tasks.common import ReportProgress

Open = Callable[[Path, str], "OpenedFile | None"]  # a package and its name; None: it is left

SPOOL_LEVEL = 1  # of compression: a fifth of the bytes for a hundredth of the time
UNKNOWN_SERIAL = "I135"
PROBLEMS = 40  # kinds of faults that a receipt lists


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A submission and what its envelope proves."""

    submission: Submission
    created: str = ""  # ISO time, only where a valid signature covers it
    signed: bool = False
    sealed: bool = False


def unpack(request: UnpackRequest, report_progress: ReportProgress) -> UnpackAnswer:
    report_progress(0)
    if workbook.detect_type(request.path) not in ("zip", "damaged"):
        return UnpackAnswer(container=False)
    writing.private_folder(request.folder)
    members, refused = [], []
    for found in unzipping.unpack(request.path, request.content, request.name, request.folder):
        if isinstance(found, unzipping.Member):
            members.append(UnpackedMember(found.name, found.path, found.content))
        else:
            issue = Issue(found.code, Level.ERROR, Place(found.name), params=found.params)
            refused.append(RefusedMember(found.name, found.content, issue))
    return UnpackAnswer(True, tuple(members), tuple(refused))


def receive(request: ReceiveRequest, report_progress: ReportProgress) -> ReceiveAnswer:
    definition = loading.load(request.form)

    def opened(path: Path, name: str) -> OpenedFile:
        return read_package(path, name, definition, request.keys)

    files, rows = _receive(request.files, definition, opened, report_progress)
    return ReceiveAnswer(tuple(file for file in files if file), rows)


def receive_workbooks(
    request: ReceiveWorkbooksRequest, report_progress: ReportProgress
) -> ReceiveWorkbooksAnswer:
    definition = loading.load(request.form)
    files, rows = _receive(request.files, definition, lambda *_: None, report_progress)
    return ReceiveWorkbooksAnswer(tuple(files), rows)


def _receive(
    files: Sequence[FileToReceive],
    definition: Form,
    open_package: Open,
    report_progress: ReportProgress,
) -> tuple[list[ValidatedFile | None], Mapping[str, bytes]]:
    """What became of each file (None: a package that was not opened), and the rows of all
    accepted files as gzipped CSV by sheet key, see `_spool`."""
    validated: list[ValidatedFile | None] = [None] * len(files)
    packed = {sheet.key: io.BytesIO() for sheet in definition.sheets}

    def copies() -> Iterator[tuple[Path, list[bytes]]]:
        for at, one, checked in _validate(files, definition, open_package, report_progress):
            file = files[at]
            wanted = checked.outcome.readable and checked.outcome.status != "ok"
            target = file.annotated if wanted else None
            if target:
                report_progress(at)  # still alive: an annotated copy takes its time
            validated[at] = _validated(file.number, one, checked, definition, target)
            if checked.outcome.status in ("ok", "warnings"):
                _spool_answers(spools[definition.record.key], file.number, checked, definition)
                for table in definition.tables:
                    _spool(spools[table.key], file.number, checked, table)
            if target:
                from converter import template
                from converter.report.annotate import annotated

                renderer = template.renderer_of(definition)
                paths = {file.name: file.path}
                if file.other:
                    paths[file.other[1]] = file.other[0]
                yield (
                    target,
                    annotated(
                        renderer, checked.submission, checked.outcome, (), paths, checked.records
                    ),
                )

    with contextlib.ExitStack() as opened:
        spools = {key: opened.enter_context(_text_file(to)) for key, to in packed.items()}
        named = writing.write_many(
            copies(),
            personal=True,
            beside=writing.Beside.WHERE_OPEN,
            other_name=safe_names.reply_beside,
        )
    rows = {key: data.getvalue() for key, data in packed.items()}
    return [one and _with_copy(one, named) for one in validated], rows


@contextlib.contextmanager
def _text_file(packed: IO[bytes]) -> Iterator[IO[str]]:
    """No time and no name in it: the same rows give the same bytes."""
    with (
        gzip.GzipFile("", "wb", SPOOL_LEVEL, packed, mtime=0) as bytes_,
        io.TextIOWrapper(bytes_, encoding="utf-8", newline="") as text,
    ):
        yield text


def _with_copy(one: ValidatedFile, named: Mapping[Path, Path]) -> ValidatedFile:
    """With the name that its annotated copy got."""
    return replace(one, annotated=str(named[Path(one.annotated)])) if one.annotated else one


def _validate(
    files: Sequence[FileToReceive],
    definition: Form,
    open_package: Open,
    report_progress: ReportProgress,
) -> Iterator[tuple[int, OpenedFile, checking.Checked]]:
    waiting: list[tuple[int, OpenedFile]] = []
    rows = 0
    for number, file in enumerate(files):
        report_progress(number)
        found = workbook.read(file.path, definition, file.name)
        if file.other:
            halves = [found, workbook.read(file.other[0], definition, file.other[1])]
            found = checking.merge_halves(halves, definition, workbook.MISSING_SHEET)[0]
        one: OpenedFile | None = OpenedFile(found)
        if workbook.is_package(file.path, found):
            one = open_package(file.path, file.name)
        if one is None:
            continue
        waiting.append((number, one))
        rows += sum(found.count(table.key) for table in definition.tables)
        if rows >= ROWS_A_FRAME:
            yield from _check(waiting, definition)
            waiting, rows = [], 0
    yield from _check(waiting, definition)


def _check(
    waiting: Sequence[tuple[int, OpenedFile]], definition: Form
) -> Iterator[tuple[int, OpenedFile, checking.Checked]]:
    if waiting:
        results = checking.check([r.submission for _, r in waiting], definition, today())
        for (number, one), checked in zip(waiting, results, strict=True):
            yield number, one, checked


def read_package(path: Path, name: str, definition: Form, keys_folder: Path | None) -> OpenedFile:
    """A package as it came, under the name it goes by. Never raises on bad data.

    With the union's keys a sealed package is opened and a signature is one of a unit that this
    union issued an identity file to; without them anybody may have made a signature that is there,
    and `created` stays blank.
    """
    from converter import package

    if keys_folder is None:
        found = package.examine(path, definition)
        return OpenedFile(
            _renamed(found.submission, str(path), name), signed=found.signed, sealed=found.sealed
        )
    from converter import identity
    from converter.identity import keys

    found = package.examine(
        path,
        definition,
        union=identity.union_of(keys_folder),
        opener=keys.opener(keys_folder),
        received=today(),
    )
    # A serial that the ledger does not list may be a thief's: it takes nobody's place.
    listed = not any(issue.code == UNKNOWN_SERIAL for issue in found.submission.issues)
    return OpenedFile(
        _renamed(found.submission, str(path), name),
        created=found.created if found.signed and listed else "",
        signed=found.signed,
        sealed=found.sealed,
    )


def _renamed(submission: Submission, old: str, name: str) -> Submission:
    """Places tell the name in the inbox, not where the file was put to be read."""

    def moved(place: Place) -> Place:
        return replace(place, file=name) if place.file == old else place

    issues = tuple(
        replace(i, place=moved(i.place), related=tuple(map(moved, i.related)))
        for i in submission.issues
    )
    return replace(submission, file=name, issues=issues)


# --- what the register and the receipt need to know ------------------------------------------


def _validated(
    number: int,
    one: OpenedFile,
    checked: checking.Checked,
    definition: Form,
    annotated: Path | None,
) -> ValidatedFile:
    submission, outcome, records = checked.submission, checked.outcome, checked.records
    names = {f.identity: records.record.get(f.key, "") for f in definition.record if f.identity}
    main = submission.sheets.get(definition.main_table.key)
    record = submission.sheets.get(definition.record.key)
    one_sheet = record.name if record else ""  # where the form has no other, it is no half
    stamp = submission.stamp
    levels = outcome.issues.counted(lambda head: head.level)
    found = outcome.issues.counted(lambda head: (head.code, str(head.level)))
    accepted = outcome.status in ("ok", "warnings")
    return ValidatedFile(
        number=number,
        file=submission.file,
        status=outcome.status,
        errors=levels[Level.ERROR],
        found=tuple((code, level, count) for (code, level), count in sorted(found.items())),
        problems=_problems(outcome, definition),
        warnings=levels[Level.WARNING],
        code=stamp.unit_code,
        name=outcome.unit_name,
        superior_code=stamp.superior_code,
        superior=names.get("superior_name") or stamp.superior_name,
        period=stamp.period,
        serial=stamp.serial,
        form_version=stamp.version,
        digest=_digest(records, definition) if accepted else "",
        created=one.created,
        signed=one.signed,
        sealed=one.sealed,
        package=submission.from_package,
        members=outcome.members,
        unit_sheet=record.name if record else "",
        member_sheet=main.name if main else "" if definition.tables else one_sheet,
        id_column=_id_column(main, definition),
        explanations=explanations.read(checked, definition) if accepted else (),
        annotated=str(annotated or ""),
    )


def _id_column(sheet: RawSheet | None, definition: Form) -> int:
    key = unique_key(definition.main_table)
    return sheet.at.get(key.key, (0, 0))[1] if sheet and key else 0


def _problems(outcome: Outcome, definition: Form) -> tuple[Problem, ...]:
    """What stands in the way or should be looked at."""
    from converter.report import issue_text

    renderer = issue_text.IssueRenderer(definition, show_ids=False)
    groups = issue_text.grouped(issue_text.ordered(outcome, definition), definition)
    serious = [group for group in groups if group[0].level is not Level.NOTE]
    return tuple(
        Problem(
            code=first.code,
            level=str(first.level),
            where="!".join(p for p in (first.place.sheet, first.place.cell) if p),
            message=issue_text.titled(first),
            fix=first.fix,
            count=1 if block else len(group),
        )
        for group in serious[:PROBLEMS]
        for block in [issue_text.in_one_block(group, renderer)]
        for first in [block or renderer.render(group[0])]
    )


def _digest(records: Records, definition: Form) -> str:
    """The digest that a package of these records has (docs/package-format.md)."""
    from converter.package import descriptor, tables

    contents = []
    for resource in definition.package.resources:
        columns = records.columns(resource.sheet, [key for _, key in resource.columns])
        header = [name for name, _ in resource.columns]
        data = tables.encode(header, columns, definition.package.encoding)
        contents.append((resource.path, data))
    return descriptor.digest(contents)


def _spool_answers(file: IO[str], number: int, checked: checking.Checked, definition: Form) -> None:
    """Number of the file, then the fields of the record."""
    answers = checked.records.record
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([number, *(answers.get(field.key, "") for field in definition.record)])


def _spool(file: IO[str], number: int, checked: checking.Checked, table: Sheet) -> None:
    """Number of the file, number of the record, row of the sheet, then the fields."""
    sheet = checked.submission.sheets.get(table.key)
    if sheet is None:
        return
    texts = checked.records.tables[table.key]
    blank = [""] * len(sheet)
    columns = [texts.get(field.key, blank) for field in table]
    counted = range(1, len(sheet) + 1)
    numbers = [number] * len(sheet)
    # Quoted throughout: the register reads it without guessing.
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows(zip(numbers, counted, sheet.rows, *columns, strict=True))
