"""What a worker process can be asked to do. Everything here may import pandas and parse files
from strangers; arguments and answers are plain JSON values and byte strings. What only some
tasks need is imported by them: most workers check one small workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from converter import workbook
from converter.files import writing
from converter.forms import loading
from converter.kinds import KINDS
from converter.model.clock import today
from converter.model.forms import Field, Form
from converter.model.issues import Issue, IssueGroup, Level, Place
from converter.model.submissions import Identity, Records, Stamp, Submission
from converter.validation import checking, fixing
from converter.workers import page_summary, protocol, receive_tasks

Blobs = Sequence[bytes]
Answer = tuple[Any, Sequence[bytes]]
Progress = Callable[[int], None]

# Validating is cheapest in large frames; past this many member rows a batch is judged in parts
# so that memory stays flat however many files a command is given.
ROWS_A_FRAME = 100_000


def read(path: str, definition: Form, keys: str = "") -> Submission:
    """A workbook or a package, whichever the file is; with a folder of keys a package is held
    against that union's public keys and ledger. Never raises on bad data."""
    found = workbook.read(Path(path), definition)
    if workbook.is_package(Path(path), found):
        from converter import identity, package

        union = identity.union_of(Path(keys)) if keys else None
        return package.examine(Path(path), definition, union=union).submission
    return found


def check(args: dict[str, Any], blobs: Blobs, about_to_read: Progress) -> Answer:
    """Judge files. args: form, paths, halves, annotate and fix (where each file's copy goes, or
    nothing), keys (a folder that packages are held against, or nothing).

    Answer: {"outcomes": […], "annotated": [path or '' …], "fixed": [path or '' …], "changes":
    […]}, one entry a submission; issues and changes stand in the blobs.
    """
    definition = loading.load(Path(args["form"]))
    annotate, fix = (
        dict(zip(args["paths"], map(Path, args.get(name) or ()), strict=False))
        for name in ("annotate", "fix")
    )
    outcomes: list[Any] = []
    annotated: list[str] = []
    fixed: list[str] = []
    changes: list[Any] = []
    behind: list[bytes] = []

    def copies() -> Iterator[tuple[Path, list[bytes]]]:
        press = None
        for number, checked in enumerate(judged):
            about_to_read(number)  # still alive: copies take their time
            submission, outcome = checked.submission, checked.outcome
            outcomes.append(page_summary.packed(outcome, definition, args, behind))
            target, mended_to = annotate.get(submission.file), fix.get(submission.file)
            wanted = target if outcome.readable and outcome.status != "ok" else None
            made = None
            if mended_to and outcome.readable:
                made = fixing.fix(submission, outcome, checked.records, definition)
                made = made if made.changes else None
            annotated.append(str(wanted or ""))
            fixed.append(str(mended_to) if made else "")
            changes.append(protocol.pack_changes(made.changes, behind) if made else None)
            if not (wanted or made):
                continue
            from converter import template
            from converter.report.annotate import annotated as marked

            press = press or template.TemplateRenderer(definition)
            files = {path: Path(path) for path in args["paths"]}
            if wanted:
                yield wanted, marked(press, submission, outcome, files=files)
            if made and mended_to:
                yield mended_to, marked(press, made.submission, made.outcome, made.changes, files)

    judged = _judged(args["paths"], definition, args["halves"], about_to_read, args.get("keys", ""))
    # Somebody else may have written a copy of that name since it was chosen.
    named = {
        str(asked): str(got) for asked, got in writing.write_many(copies(), beside=True).items()
    }
    return {
        "outcomes": outcomes,
        "annotated": [named.get(path, path) for path in annotated],
        "fixed": [named.get(path, path) for path in fixed],
        "changes": changes,
    }, behind


def _judged(
    paths: Sequence[str],
    definition: Form,
    halves: bool,
    about_to_read: Progress,
    keys: str = "",
) -> list[checking.Checked]:
    result: list[checking.Checked] = []
    waiting: list[Submission] = []
    rows = 0
    for number, path in enumerate(paths):
        about_to_read(number)
        waiting.append(read(path, definition, keys))
        member = waiting[-1].member
        rows += len(member) if member else 0
        if rows >= ROWS_A_FRAME and not halves:
            result += checking.check(waiting, definition, today())
            waiting, rows = [], 0
    if halves:
        waiting = checking.merge_halves(waiting, workbook.MISSING_SHEET)
    return result + (checking.check(waiting, definition, today()) if waiting else [])


def convert(args: dict[str, Any], blobs: Blobs, about_to_read: Progress) -> Answer:
    """One submission → the members of its package. args: form, paths, since, created (seconds
    since 1970), seal (for the identity's union), issues (of the identity file). The one blob is
    the identity file without its secret, if there is one: it is never read here.

    Answer: {"outcome", "names", "changes"} with one byte string a package member, then the
    issues; no members while errors stand.
    """
    from converter import package
    from converter.validation import diff

    definition = loading.load(Path(args["form"]))
    checked = _one(args["paths"], definition, about_to_read)
    if checked is None:
        return {"outcome": None}, ()
    about_to_read(0)  # still alive: what follows takes its time
    extra = [protocol.unpack_issue(issue) for issue in args["issues"]]
    recipient = ""
    records = checked.records
    if blobs:
        from converter import identity

        public = identity.parse(blobs[0])
        extra += _other_unit(public.identity, checked, definition)
        records = replace(records, stamp=_stamped(records.stamp, public.identity))
        recipient = public.keys.union_sealing if args["seal"] else ""
    outcome = checked.outcome.after(extra)
    changes = None
    if args["since"]:
        old = package.read(Path(args["since"]), definition)
        blocking = [i for i in old.issues if i.level is Level.ERROR or _is_sealed(i)]
        if blocking:
            outcome = outcome.after(replace(i, level=Level.ERROR) for i in blocking)
        else:
            before = _as_known(old, checking.check([old], definition, today())[0].records)
            changes = _with_labels(diff.pack(diff.changes(before, records, definition)), definition)
    names: list[str] = []
    behind: list[bytes] = []
    if outcome.status not in ("errors", "unreadable"):
        document = blobs[0] if blobs else None
        members = package.build(records, definition, document, args["created"], recipient=recipient)
        names, behind = [name for name, _ in members], [data for _, data in members]
    told = page_summary.packed(outcome, definition, args, behind)
    return {"outcome": told, "changes": changes, "names": names}, behind


def _one(
    paths: Sequence[str], definition: Form, about_to_read: Progress
) -> checking.Checked | None:
    """The one submission that the paths make up, or None where they are several."""
    judged = _judged(paths, definition, len(paths) == 2, about_to_read)
    return judged[0] if len(judged) == 1 else None


def _is_sealed(issue: Issue | IssueGroup) -> bool:
    """A package whose tables nobody here can open."""
    from converter import package

    return issue.code == package.SEALED_CODE


def _as_known(old: Submission, records: Records) -> Records:
    """Without the fields that an older package does not have: nothing is known of them."""
    unit = old.unit.columns if old.unit else {}
    member = old.member.columns if old.member else {}
    return replace(
        records,
        unit={key: text for key, text in records.unit.items() if key in unit},
        members={key: texts for key, texts in records.members.items() if key in member},
    )


def _stamped(stamp: Stamp, holder: Identity) -> Stamp:
    return replace(
        stamp,
        unit_code=holder.unit_code,
        unit_name=holder.unit_name,
        superior_code=holder.superior_code,
        superior_name=holder.superior_name,
        period=holder.period,
        serial=holder.serial,
    )


def _other_unit(holder: Identity, checked: checking.Checked, definition: Form) -> list[Issue]:
    """The workbook names another unit, or another superior union, than the identity file."""
    submission = checked.submission
    issues = []
    for field in definition.unit:
        expected = getattr(holder, field.identity, "") if field.identity else ""
        found = checked.records.unit.get(field.key, "")
        if expected and found and expected != found:
            place = (
                submission.unit.place(submission.file_of("unit"), field.key, 0)
                if submission.unit
                else Place(submission.file)
            )
            params = {"expected": expected}
            issues.append(Issue("I201", Level.ERROR, place, found, params))
    return issues


def verify(args: dict[str, Any], blobs: Blobs, about_to_read: Progress) -> Answer:
    """Read a package back before it gets its name. args: form, path.

    Answer: {"issues": […], "digest": …, "members": n}.
    """
    from converter import package

    definition = loading.load(Path(args["form"]))
    found = package.examine(Path(args["path"]), definition)
    member, told = found.submission.member, next(
        found.counts.get(r.name, 0) for r in definition.package.resources if r.sheet == "member"
    )  # fmt: skip
    return {
        "issues": [protocol.pack_issue(issue) for issue in found.submission.issues],
        "members": len(member) if member else told if found.sealed else 0,
    }, ()


def template(args: dict[str, Any], blobs: Blobs, about_to_read: Progress) -> Answer:
    """Write a workbook to hand out. args: form, output, rows, source, issues (of the identity
    file). The one blob is the identity file without its secret, if there is one.

    Answer: {"rows", "members", "left_behind": [(cell, text)…], "issues": […]}.
    """
    from converter import template as workbook_template

    definition = loading.load(Path(args["form"]))
    issues = [protocol.unpack_issue(issue) for issue in args["issues"]]
    stamp = Stamp(form=definition.id, version=definition.version)
    data = None
    if args["source"]:
        about_to_read(0)
        data = read(args["source"], definition)
        issues += [i for i in data.issues if i.code[0] in "FP" and i.level is Level.ERROR]
        stamp = replace(data.stamp, form=definition.id, version=definition.version)
        issues += [replace(i, level=Level.ERROR) for i in data.issues if _is_sealed(i)]
    if blobs:
        from converter import identity

        stamp = _stamped(stamp, identity.parse(blobs[0]).identity)
    if any(issue.level is Level.ERROR for issue in issues):
        return {"issues": [protocol.pack_issue(issue) for issue in issues]}, ()
    members = len(data.member) if data and data.member else 0
    rows = args["rows"] or definition.limits["rows"]
    made = workbook_template.build(definition, rows=rows, stamp=stamp, data=data)
    writing.write_bytes_atomically(Path(args["output"]), made)
    extras = [
        (sheet.name, *extra) for sheet in ((data.unit, data.member) if data else ()) if sheet
        for extra in sheet.extras
    ]  # fmt: skip
    return {
        "rows": workbook_template.prepared_rows(rows, members),
        "members": members,
        "left_behind": extras,
        "issues": [protocol.pack_issue(issue) for issue in issues],
    }, ()


def templates(args: dict[str, Any], blobs: Blobs, about_to_read: Progress) -> Answer:
    """Write blank workbooks for many units. args: form, rows, outputs; one identity file (without
    its secret) a blob.
    """
    from converter import identity
    from converter.template import TemplateRenderer

    definition = loading.load(Path(args["form"]))
    press, rows = TemplateRenderer(definition), args["rows"] or definition.limits["rows"]
    stamps = (_stamped(Stamp(), identity.parse(document).identity) for document in blobs)
    outputs = map(Path, args["outputs"])
    writing.write_many((o, press.blank(s, rows=rows)) for o, s in zip(outputs, stamps, strict=True))
    return {}, ()


def show(args: dict[str, Any], blobs: Blobs, about_to_read: Progress) -> Answer:
    """Look into a workbook or package. args: form, path, statistics (bool).

    Answer: {"outcome", "records", "tables"}: canonical texts turned into labels.
    """
    definition = loading.load(Path(args["form"]))
    checked = _one([args["path"]], definition, about_to_read)
    assert checked
    behind: list[bytes] = []
    answer: dict[str, Any] = {"outcome": protocol.pack_outcome(checked.outcome, behind)}
    if any(map(_is_sealed, checked.outcome.issues.heads)):
        return answer, behind
    if args["statistics"]:
        from converter import statistics

        tables = statistics.tables(checked.records, definition, today())
        answer["tables"] = [[t.title, list(t.header), [list(r) for r in t.rows]] for t in tables]
    else:
        answer |= _readable(checked.records, definition)
    return answer, behind


def _label(text: str, field: Field, definition: Form) -> str:
    return str(KINDS[field.kind].cell(text, field, definition)) if text else ""


def _with_labels(changes: dict[str, Any], definition: Form) -> dict[str, Any]:
    """Compared as canonical text, shown as labels."""
    members = [change for member in changes["changed"] for change in member["fields"]]
    for sheet, found in ((definition.unit, changes["unit"]), (definition.member, members)):
        for change in found:
            field = sheet.field(change["field"])
            change["old"] = _label(change["old"], field, definition)
            change["new"] = _label(change["new"], field, definition)
    return changes


def _readable(records: Records, definition: Form) -> dict[str, Any]:
    """Canonical text → what a person reads: labels for codes."""
    return {
        "stamp": {"period": records.stamp.period, "unit_code": records.stamp.unit_code},
        "unit": {
            field.key: _label(records.unit.get(field.key, ""), field, definition)
            for field in definition.unit
        },
        "members": {
            field.key: [
                _label(text, field, definition) for text in records.members.get(field.key, [])
            ]
            for field in definition.member
        },
    }


def roster(args: dict[str, Any], blobs: Blobs, about_to_read: Progress) -> Answer:
    """Read and check an officer's roster. args: form, path.

    Answer: {"outcome", "units": [{"code", "name", …} …]}.
    """
    from dataclasses import asdict

    from converter.roster import definition, reading

    folder = Path(args["form"])
    table = definition(loading.load(folder), folder)
    about_to_read(0)
    found = reading.read(Path(args["path"]), table)
    units = [asdict(unit) for unit in found.units]
    behind: list[bytes] = []
    return {"outcome": protocol.pack_outcome(found.outcome, behind), "units": units}, behind


def blank_roster(args: dict[str, Any], blobs: Blobs, about_to_read: Progress) -> Answer:
    """Write an empty roster. args: form, output."""
    from converter.roster import blank_roster as blank
    from converter.roster import definition

    folder = Path(args["form"])
    blank.write(definition(loading.load(folder), folder), Path(args["output"]))
    return {}, ()


TASKS: dict[str, Callable[[dict[str, Any], Blobs, Progress], Answer]] = {
    "check": check,
    "convert": convert,
    "verify": verify,
    "template": template,
    "templates": templates,
    "show": show,
    "roster": roster,
    "blank_roster": blank_roster,
    **receive_tasks.TASKS,
}
