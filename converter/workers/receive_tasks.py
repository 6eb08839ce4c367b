"""What `receive` asks of a worker: taking zips apart and judging files that came in.

A file is judged like in `check`. What the register is to keep goes two ways: a few plain values
in the answer, and the members as compressed CSV beside it, which nobody but the register reads.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from converter import workbook
from converter.files import writing
from converter.forms import loading
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import Outcome, RawSheet, Submission
from converter.validation import checking
from converter.workbook import unzipping
from converter.workers import protocol

Answer = tuple[Any, Sequence[bytes]]
Progress = Callable[[int], None]

ROWS_A_FRAME = 100_000
SPOOL_LEVEL = 1  # of compression: a fifth of the bytes for a hundredth of the time
PROBLEMS = 40  # kinds of faults that a receipt lists


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A submission and what its envelope proves."""

    submission: Submission
    created: str = ""  # ISO time, only where a valid signature covers it
    signed: bool = False
    sealed: bool = False


def unpack(args: dict[str, Any], blobs: Sequence[bytes], about_to_read: Progress) -> Answer:
    """Take a zip apart. args: path, content, name, folder.

    Answer: {"container": false} for a zip that is something else (a package, a workbook), else
    {"container", "members": [[name, path, content] …], "refused": [[name, content, issue] …]}.
    """
    about_to_read(0)
    if workbook.detect_type(Path(args["path"])) not in ("zip", "damaged"):
        return {"container": False}, ()
    folder = Path(args["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    members, refused = [], []
    for found in unzipping.unpack(Path(args["path"]), args["content"], args["name"], folder):
        if isinstance(found, unzipping.Member):
            members.append([found.name, str(found.path), found.content])
        else:
            issue = Issue(found.code, Level.ERROR, Place(found.name), params=found.params)
            refused.append([found.name, found.content, protocol.pack_issue(issue)])
    return {"container": True, "members": members, "refused": refused}, ()


def receive(args: dict[str, Any], blobs: Sequence[bytes], about_to_read: Progress) -> Answer:
    """Judge files. args: form, files ([number, path, name, where the annotated copy goes] each),
    keys (a folder or ''), packages (whether packages are judged too).

    Answer: {"files": […]}, one entry a file, see `_entry`, or null for a package that is left to
    somebody else; the members of all as one gzipped CSV, see `_spool`.
    """
    definition = loading.load(Path(args["form"]))
    files: list[dict[str, Any] | None] = [None] * len(args["files"])
    packed = io.BytesIO()

    def copies() -> Iterator[tuple[Path, list[bytes]]]:
        press = None
        for at, one, checked in _judged(args, definition, about_to_read):
            about_to_read(at)  # still alive: an annotated copy takes its time
            number, path, name, target = args["files"][at]
            wanted = checked.outcome.readable and checked.outcome.status != "ok"
            entry = _entry(one, checked, definition, target if wanted else "")
            files[at] = {"number": number, **entry}
            if checked.outcome.status in ("ok", "warnings"):
                _spool(spool, number, checked, definition)
            if target and wanted:
                from converter import template
                from converter.report.annotate import annotated

                press = press or template.TemplateRenderer(definition)
                lies = {name: Path(path)}
                yield (
                    Path(target),
                    annotated(press, checked.submission, checked.outcome, files=lies),
                )

    # No time and no name in it: the same members give the same bytes.
    with (
        gzip.GzipFile("", "wb", SPOOL_LEVEL, packed, mtime=0) as bytes_,
        io.TextIOWrapper(bytes_, encoding="utf-8", newline="") as spool,
    ):
        writing.write_many(copies())
    return {"files": files}, (packed.getvalue(),)


def _judged(
    args: dict[str, Any], definition: Form, about_to_read: Progress
) -> Iterator[tuple[int, OpenedFile, checking.Checked]]:
    waiting: list[tuple[int, OpenedFile]] = []
    rows = 0
    for number, (_, path, name, _) in enumerate(args["files"]):
        about_to_read(number)
        found = workbook.read(Path(path), definition, name)
        one = OpenedFile(found)
        if workbook.is_package(Path(path), found):
            if not args["packages"]:
                continue
            one = read_package(Path(path), name, definition, args["keys"])
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
        judged = checking.check([r.submission for _, r in waiting], definition, today())
        for (number, one), checked in zip(waiting, judged, strict=True):
            yield number, one, checked


def read_package(path: Path, name: str, definition: Form, keys_folder: str) -> OpenedFile:
    """A package as it came, under the name it goes by. Never raises on bad data.

    With the union's keys a sealed package is opened and a signature is one of a unit that this
    union issued an identity file to; without them no signature counts for anything.
    """
    from converter import package

    if not keys_folder:
        found = package.examine(path, definition)
        return OpenedFile(_renamed(found.submission, str(path), name), sealed=found.sealed)
    from converter import identity
    from converter.identity import keys

    folder = Path(keys_folder)
    found = package.examine(
        path, definition, union=identity.union_of(folder), opener=keys.opener(folder)
    )
    return OpenedFile(
        _renamed(found.submission, str(path), name),
        created=found.created if found.signed else "",
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


# --- what is told of a file ------------------------------------------------------------------


def _entry(
    one: OpenedFile, checked: checking.Checked, definition: Form, annotated: str
) -> dict[str, Any]:
    submission, outcome, records = checked.submission, checked.outcome, checked.records
    named = {f.identity: records.record.get(f.key, "") for f in definition.record if f.identity}
    main = submission.sheets.get(definition.main_table.key)
    record = submission.sheets.get(definition.record.key)
    stamp = submission.stamp
    levels = outcome.issues.counted(lambda head: head.level)
    found = outcome.issues.counted(lambda head: (head.code, str(head.level)))
    accepted = outcome.status in ("ok", "warnings")
    return {
        "file": submission.file,
        "status": outcome.status,
        "code": stamp.unit_code,
        "name": outcome.unit_name,
        "superior_code": stamp.superior_code,
        "superior": named.get("superior_name") or stamp.superior_name,
        "period": stamp.period or str(definition.prose.get("period", "")),
        "serial": stamp.serial,
        "form_version": stamp.version,
        "digest": _digest(records, definition) if accepted else "",
        "created": one.created,
        "signed": one.signed,
        "sealed": one.sealed,
        "package": submission.from_package,
        "members": outcome.members,
        "errors": levels[Level.ERROR],
        "warnings": levels[Level.WARNING],
        "answers": dict(records.record) if accepted else {},
        "unit_sheet": record.name if record else "",
        "member_sheet": main.name if main else "",
        "id_column": _id_column(main, definition),
        "found": [[code, level, count] for (code, level), count in sorted(found.items())],
        "problems": _problems(outcome, definition),
        "annotated": annotated,
    }


def _id_column(sheet: RawSheet | None, definition: Form) -> int:
    key = next((f.key for f in definition.main_table if f.kind == "id_number"), "")
    return sheet.at.get(key, (0, 0))[1] if sheet else 0


def _problems(outcome: Outcome, definition: Form) -> list[dict[str, Any]]:
    """What stands in the way or should be looked at, ID numbers masked; a line a kind of fault."""
    from converter.report import issue_text

    renderer = issue_text.IssueRenderer(definition, show_ids=False)
    groups = issue_text.grouped(issue_text.ordered(outcome, definition))
    serious = [group for group in groups if group[0].level is not Level.NOTE]
    return [
        {
            "code": first.code,
            "level": str(first.level),
            "where": "!".join(p for p in (first.place.sheet, first.place.cell) if p),
            "message": issue_text.titled(first),
            "fix": first.fix,
            "count": len(group),
        }
        for group in serious[:PROBLEMS]
        for first in [renderer.render(group[0])]
    ]


def _digest(records: Any, definition: Form) -> str:
    """The digest that a package of these records has (docs/package-format.md)."""
    from converter.package import descriptor, tables

    contents = []
    for resource in definition.package.resources:
        columns = records.columns(resource.sheet, [key for _, key in resource.columns])
        header = [name for name, _ in resource.columns]
        data = tables.encode(header, columns, definition.package.encoding)
        contents.append((resource.path, data))
    return descriptor.digest(contents)


def _spool(file: IO[str], number: int, checked: checking.Checked, definition: Form) -> None:
    """Number of the file, number of the record, row of the sheet, then the fields."""
    table = definition.main_table
    sheet = checked.submission.sheets.get(table.key)
    if sheet is None:
        return
    members = checked.records.tables[table.key]
    blank = [""] * len(sheet)
    columns = [members.get(field.key, blank) for field in table]
    counted = range(1, len(sheet) + 1)
    numbers = [number] * len(sheet)
    # Quoted throughout: the register reads it without guessing.
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows(zip(numbers, counted, sheet.rows, *columns, strict=True))


TASKS: dict[str, Callable[[dict[str, Any], Sequence[bytes], Progress], Answer]] = {
    "unpack": unpack,
    "receive": receive,
}
