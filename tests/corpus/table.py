"""What checking finds in each workbook of the corpora, as lines of text that can be compared.

A line: name, status, members, a digest of all that is said of the issues (level, value as typed,
params, related cells), a digest of what is kept (canonical records, reasons, further cells), and
the issues themselves: each code with its cells.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from unittest.mock import patch

from converter import read
from converter.model.issues import Issue
from converter.model.submissions import Submission
from converter.validation import checking
from converter.validation.checking import Checked
from tests.corpus.corpora import everything
from tests.corpus.faults import TODAY
from tests.make_samples import EPOCH
from tests.sheets import FORM

TABLE = Path(__file__).with_name("issues.txt")
A_BATCH = 100  # workbooks judged together

Line = Sequence[str]  # as above


def made(folder: Path) -> dict[str, Path]:
    """Name → workbook, of all corpora."""
    paths: dict[str, Path] = {}
    with patch.dict(os.environ, SOURCE_DATE_EPOCH=EPOCH):
        for name, path in everything(folder):
            assert name not in paths, name
            paths[name] = path
    return paths


def submissions(paths: Mapping[str, Path]) -> dict[str, Submission]:
    """Name → what is read, of workbooks as `made` has them."""
    with patch.dict(os.environ, SOURCE_DATE_EPOCH=EPOCH):
        return {name: read(path, FORM) for name, path in paths.items()}


def found(submissions: Mapping[str, Submission]) -> dict[str, Line]:
    """Name → line, as the code stands now."""
    with patch.dict(os.environ, SOURCE_DATE_EPOCH=EPOCH):
        lines: dict[str, Line] = {}
        waiting = iter(submissions.items())
        while batch := list(islice(waiting, A_BATCH)):
            lines |= _validated(batch)
        return lines


@cache
def stored() -> Mapping[str, Line]:
    """Name → line, as accepted."""
    rows = TABLE.read_text(encoding="utf-8").splitlines()
    return {name: line for name, *line in (row.split("\t") for row in rows)}


def accept() -> None:
    """Write down what is found now."""
    with tempfile.TemporaryDirectory() as folder:
        lines = found(submissions(made(Path(folder))))
    text = "".join("\t".join((name, *line)) + "\n" for name, line in sorted(lines.items()))
    TABLE.write_text(text, encoding="utf-8", newline="\n")


def differences(before: Mapping[str, Line], after: Mapping[str, Line]) -> list[str]:
    """What a person needs to see of every change of outcome."""
    reported = [f"{name}: no longer made" for name in sorted(before.keys() - after.keys())]
    reported += [
        f"{name}: new: {' '.join(after[name])}" for name in sorted(after.keys() - before.keys())
    ]
    for name in sorted(before.keys() & after.keys()):
        reported += [f"{name}: {reported}" for reported in _difference(before[name], after[name])]
    return reported


def _difference(before: Line, after: Line) -> list[str]:
    reported = [
        f"{what} was {old}, is {new}"
        for what, old, new in zip(("status", "members"), before, after, strict=False)
        if old != new
    ]
    lost, more = _cells(before[4]) - _cells(after[4]), _cells(after[4]) - _cells(before[4])
    if lost:
        reported.append(f"lost {', '.join(sorted(lost))}")
    if more:
        reported.append(f"new {', '.join(sorted(more))}")
    if not lost and not more and before[2] != after[2]:
        reported.append("the same cells, but level, value, params or related cells differ")
    if before[3] != after[3]:
        reported.append("records, reasons or further cells that are kept differ")
    return reported


def _cells(issues: str) -> set[str]:
    return {
        f"{code}@{cell}" for code, _, cells in (part.partition("@") for part in issues.split())
        for cell in cells.split(",")
    }  # fmt: skip


# --- from outcomes to lines --------------------------------------------------------------


def _validated(batch: Sequence[tuple[str, Submission]]) -> dict[str, Line]:
    validated = checking.check([submission for _, submission in batch], FORM, TODAY)
    return {name: line(checked) for (name, _), checked in zip(batch, validated, strict=True)}


def line(checked: Checked) -> Line:
    """Status, members, digest of issues, digest of what is kept, issues."""
    outcome = checked.outcome
    shown = [
        [i.code, i.level.value, address(i), i.place.field, i.value, sorted(i.params.items()),
         [(p.sheet, p.row, p.column, p.field) for p in i.related]]
        for i in outcome.issues
    ]  # fmt: skip
    return (
        outcome.status,
        str(outcome.members),
        _digest([shown, outcome.unit_code, outcome.unit_name]),
        _digest(kept(checked)),
        " ".join(f"{code}@{','.join(cells)}" for code, cells in _by_code(outcome.issues).items()),
    )


def kept(checked: Checked) -> list[object]:
    """All that is not an issue: canonical texts, reasons, cells that the form does not know."""
    records, sheets = (
        checked.records,
        checked.submission.sheets.values(),
    )
    return [
        dict(records.record),
        {key: list(texts) for key, texts in records.tables["member"].items()},
        [list(reason) for reason in records.reasons],
        [[list(extra) for extra in sheet.leftovers] for sheet in sheets],
    ]


def address(issue: Issue) -> str:
    """U!B5, M!C17; the sheet itself for what the form does not know; '' for the whole file."""
    known = {FORM.record.title: "U", FORM.main_table.title: "M"}
    sheet = known.get(issue.place.sheet, issue.place.sheet)
    return f"{sheet}!{issue.place.cell}".replace(" ", "_") if sheet else ""


def _by_code(issues: Iterable[Issue]) -> dict[str, list[str]]:
    cells: dict[str, list[str]] = {}
    for issue in issues:
        cells.setdefault(issue.code, []).append(address(issue))
    return dict(sorted(cells.items()))


def _digest(shown: object) -> str:
    text = json.dumps(shown, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
