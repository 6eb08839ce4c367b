"""`convert`: workbooks → report packages, signed where an identity file can sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from converter.files import writing, zip_writing
from converter.model.clock import created_at
from converter.model.errors import UsageError, WorkerDied
from converter.model.issues import Level
from converter.model.submissions import Outcome, SigningUnit
from converter.report.page_summary import PageSummary
from converter.text import file_names
from converter.usecases import outputs
from converter.usecases.common import signing_unit, unread
from converter.validation.diff import SubmissionDiff
from converter.workers.pool import Runner
from converter.workers.requests.convert import (
    ConversionRequest,
    ConvertAnswer,
    ConvertForPageRequest,
    ConvertRequest,
    VerifyRequest,
)
from converter.workers.requests.existing import ExistingFile

if TYPE_CHECKING:
    from converter.identity.passphrases import OpenedSecrets

SUFFIX = ".zip"
LOCKED = ("I143", "I144")  # the unit's secret is not open: there is no passphrase, or another one

R = TypeVar("R", bound=ConversionRequest[Any])


@dataclass(frozen=True, slots=True)
class Converted:
    """One submission: its outcome, and the package if one was written."""

    outcome: Outcome
    package: Path | None
    changes: SubmissionDiff | None = None
    signed: bool = False
    kept: ExistingFile | None = None  # the file that kept the name; `same` where it is the package


@dataclass(frozen=True, slots=True)
class ConvertedForPage:
    """The same with a summary of the issues in place of the issues themselves. No summary where
    the worker died: then the outcome has its one issue."""

    converted: Converted
    summary: PageSummary | None


def convert_files(
    paths: Sequence[Path],
    folder: Path,
    output: Path,
    identity: Path | None,
    since: Path | None,
    worker: Runner,
    seal: bool = False,
    *,
    force: bool = False,
    passphrase: str = "",
) -> list[Converted]:
    """Convert one submission to `output`, or several to packages in the folder `output`.

    Two paths that are a unit-only and a member-only workbook are one submission. With an
    identity file that holds its secret the package is signed: here, in the command's own
    process. Workers, which read outside files, never see the secret. Only `force` replaces a file
    that is there already. `passphrase` opens a secret that carries one.
    """
    if seal and not identity:
        raise UsageError("seal_needs_identity")
    unit = signing_unit(identity, seal, passphrase=passphrase)
    if len(paths) <= 2:
        answer = _convert(paths, folder, unit, since, worker)
        if answer.outcome is not None:
            target = outputs.output_path(output, SUFFIX, file_names.stem(paths[0]) + SUFFIX)
            return [_write(answer, answer.outcome, target, folder, unit, worker, force=force)]
    if output.exists() and not output.is_dir():
        raise UsageError("convert_halves", path=output)
    output.mkdir(parents=True, exist_ok=True)
    results, taken = [], set[Path]()
    for path in paths:
        answer = _convert([path], folder, unit, since, worker)
        assert answer.outcome is not None
        target, number = output / f"{file_names.stem(path)}{SUFFIX}", 2
        while target in taken:
            target, number = output / f"{file_names.stem(path)}-{number}{SUFFIX}", number + 1
        made = _write(answer, answer.outcome, target, folder, unit, worker, force=force)
        taken |= {target, made.package or target}
        results.append(made)
    return results


def convert_for_page(
    paths: Sequence[Path],
    folder: Path,
    output: Path,
    identity: Path | None,
    worker: Runner,
    seal: bool = False,
    secrets: OpenedSecrets | None = None,
) -> ConvertedForPage | None:
    """Convert one submission for a web page, which shows few of its issues. None where the paths
    are several submissions."""
    unit = signing_unit(identity, seal, passphrase=secrets or "")
    # Its visitor can type no passphrase: what to do is another thing than at a command.
    issues = [replace(i, code="I145") if i.code in LOCKED else i for i in unit.issues]
    unit = replace(unit, issues=tuple(issues))
    try:
        answer = worker.run(_request(ConvertForPageRequest, paths, folder, unit))
    except WorkerDied as died:
        return ConvertedForPage(Converted(unread(str(paths[0]), died), None), None)
    if answer.converted.outcome is None:
        return None
    converted = _write(
        answer.converted, answer.converted.outcome, output, folder, unit, worker, force=True
    )
    return ConvertedForPage(converted, answer.summary)


def _convert(
    paths: Sequence[Path], folder: Path, unit: SigningUnit, since: Path | None, worker: Runner
) -> ConvertAnswer:
    try:
        return worker.run(_request(ConvertRequest, paths, folder, unit, since))
    except WorkerDied as died:
        return ConvertAnswer(unread(str(paths[0]), died))


def _request(
    kind: type[R],
    paths: Sequence[Path],
    folder: Path,
    unit: SigningUnit,
    since: Path | None = None,
) -> R:
    files, now = tuple(paths), created_at()
    return kind(folder, files, now, since, unit.document, unit.issues, unit.seal)


def _write(
    answer: ConvertAnswer,
    outcome: Outcome,
    target: Path,
    folder: Path,
    unit: SigningUnit,
    worker: Runner,
    *,
    force: bool,
) -> Converted:
    if not answer.members:
        return Converted(outcome, None, answer.changes)

    def read_back(path: Path) -> None:
        try:
            found = worker.run(VerifyRequest(folder, path))
        except WorkerDied:
            raise UsageError("verify_failed", path=target) from None
        errors = any(issue.level is Level.ERROR for issue in found.issues)
        if errors or found.members != outcome.members:
            raise UsageError("verify_failed", path=target)

    target.parent.mkdir(parents=True, exist_ok=True)
    members = [(member.name, member.data) for member in answer.members]
    if unit.sign:
        from converter.forms import loading

        profile = loading.read(folder).package
        members = profile.signed(members, unit.sign)
    signed = unit.sign is not None

    def write(path: Path) -> None:
        zip_writing.write_zip(path, members, when=created_at(), verify=read_back)

    if force:
        write(target)
        return Converted(outcome, target, answer.changes, signed)
    descriptor = answer.members[0].data
    kept = outputs.existing(folder, target, worker, descriptor=descriptor, signed=signed)
    if kept and kept.same:
        return Converted(outcome, target, answer.changes, signed, kept)
    written = writing.write_beside(target, write)
    kept = None if written == target else kept or ExistingFile(target)
    return Converted(outcome, written, answer.changes, signed, kept)
