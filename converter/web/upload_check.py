"""Checks one upload with the pipeline of `check` and `convert`, in a worker process.

Runs in a thread beside the pages. The upload itself is deleted before the result is returned,
unless it can be corrected on a page; then it stays for some minutes, as the annotated copy and the
package do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from converter.forms import loading
from converter.identity.ledger import LedgerEntry
from converter.identity.passphrases import OpenedSecrets
from converter.model.errors import WorkerDied
from converter.model.submissions import Outcome
from converter.report import html
from converter.report.page_summary import PageSummary
from converter.text import file_names
from converter.text.characters import plain_name
from converter.usecases.common import unread
from converter.usecases.convert import convert_for_page
from converter.workers.pool import Runner
from converter.workers.requests.page_check import CheckForPageRequest

MARKED, PACKAGE, CORRECTED = "marked.xlsx", "package.zip", "corrected.xlsx"
IN_CELLS = "KX"  # how the codes of faults begin that stand in cells


@dataclass(frozen=True, slots=True)
class Work:
    """One upload. `unit`: the one that is signed in; `identity`: its file, which signs the
    package, or None where it has no good current one and may not submit."""

    folder: Path  # private; holds the uploads, takes the results
    uploads: Sequence[Path]
    form: Path
    keys: Path  # the union's public keys and ledger
    unit: LedgerEntry | None = None
    identity: Path | None = None
    seal: bool = False
    secrets: OpenedSecrets | None = None  # of identity files that carry a passphrase


@dataclass(frozen=True, slots=True)
class UploadResult:
    """The result of an upload."""

    summary: PageSummary  # of its issues
    unit_name: str = ""
    members: int = 0
    marked: bool = False  # a copy with the mistakes marked is in the folder
    package: bool = False  # a package is in the folder
    other_unit: bool = False  # it is in order, but another unit's than the one signed in

    @property
    def status(self) -> str:
        """ok, warnings, errors or unreadable."""
        return self.summary.status

    @property
    def can_be_corrected(self) -> bool:
        """Whether something is wrong with cells of a workbook that could be read."""
        return self.marked and any(group.code[0] in IN_CELLS for group in self.summary.groups)

    @property
    def can_be_submitted(self) -> bool:
        return self.package and not self.other_unit


def check_upload(work: Work, worker: Runner) -> UploadResult | None:
    """None for two files that are not the halves of one submission. Raises InternalError,
    UsageError, OSError."""
    result = None
    try:
        result = _check_and_convert(work, worker)
        return result
    finally:
        if result is None or not result.can_be_corrected:
            for upload in work.uploads:
                upload.unlink(missing_ok=True)


def _check_and_convert(work: Work, worker: Runner) -> UploadResult | None:
    if work.unit and not work.identity:
        return _check(work, worker)
    # A package that the clerk has made goes on as it is: it may be signed.
    finished = len(work.uploads) == 1 and file_names.suffix(work.uploads[0]) == ".zip"
    if finished or len(work.uploads) > 1:
        checked = _check(work, worker)
        if checked is None or checked.status in ("errors", "unreadable"):
            return checked
        if finished:
            work.uploads[0].replace(work.folder / PACKAGE)
            return replace(checked, package=True)
    target = work.folder / PACKAGE
    seal = work.seal and work.identity is not None
    done = convert_for_page(
        work.uploads, work.form, target, work.identity, worker, seal, work.secrets
    )
    if done is None:
        return None
    result = _result(work, done.converted.outcome, done.summary)
    if result.status in ("errors", "warnings"):
        again = _check(work, worker)
        result = replace(result, marked=again is not None and again.marked)
    return replace(result, package=done.converted.package is not None)


def _check(work: Work, worker: Runner) -> UploadResult | None:
    """As `check` would; None for two files that are no halves."""
    uploads = tuple(work.uploads)
    try:
        request = CheckForPageRequest(work.form, uploads, work.folder / MARKED, work.keys)
        answer = worker.run(request)
    except WorkerDied as died:
        return _result(work, unread(str(uploads[0]), died), None)
    found = answer.submission
    if found is None:
        return None
    return replace(_result(work, found.outcome, found.summary), marked=found.annotated)


def _result(work: Work, outcome: Outcome, summary: PageSummary | None) -> UploadResult:
    if summary is None:  # a worker that died: the outcome has the one issue that says so
        summary = html.summarize(outcome, loading.read(work.form), show_ids=False)
    other = _is_other(outcome, work.unit)
    return UploadResult(summary, outcome.unit_name, outcome.members, other_unit=other)


def _is_other(outcome: Outcome, unit: LedgerEntry | None) -> bool:
    """Whether a submission is another unit's than the one that is signed in. Names are always
    compared: a submission without a code may still have one."""
    if unit is None:
        return False
    if outcome.unit_code and outcome.unit_code != unit.unit_code:
        return True
    return plain_name(outcome.unit_name) != plain_name(unit.unit_name)
