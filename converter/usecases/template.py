"""`template`: a workbook to fill in, blank or from an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from converter.files import writing
from converter.model.errors import WorkerDied
from converter.usecases import outputs
from converter.usecases.common import signing_unit, unread
from converter.usecases.contacts import own_contact
from converter.workers.requests.existing import ExistingFile
from converter.workers.requests.template import ColumnChoice, TemplateAnswer, TemplateRequest

if TYPE_CHECKING:
    from converter.workers.pool import Runner


@dataclass(frozen=True, slots=True)
class TemplateResult:
    """What was written, and the file that kept the name it was to get."""

    answer: TemplateAnswer
    kept: ExistingFile | None = None


def write_template(
    folder: Path,
    output: Path,
    rows: int,
    identity: Path | None,
    sources: Sequence[Path],
    worker: Runner,
    *,
    choices: Mapping[str, str] = MappingProxyType({}),
    preview: bool = False,
    contact: str | None = None,
    force: bool = False,
) -> TemplateResult:
    """Write a workbook; nothing is written where an issue is an error. A file that is there
    already is replaced by `force`, or if it is a template that nobody has typed into. `choices`:
    column of a list → field key; `preview` only tells how the lists are read; `contact`: whom
    the unit asks where the identity file does not say so, as for `own_contact`. Raises UsageError,
    OSError."""
    unit = signing_unit(identity, to_sign=False)
    output.parent.mkdir(parents=True, exist_ok=True)
    found = None if force else outputs.existing(folder, output, worker, rows=rows)
    replaceable = writing.ANYTHING if force else ""
    if found and found.kind == "blank":
        replaceable = found.digest
    request = TemplateRequest(
        folder,
        output,
        rows,
        sources_given=tuple(sources),
        choices=tuple(ColumnChoice(*choice) for choice in choices.items()),
        preview=preview,
        identity=unit.document,
        issues=unit.issues,
        contact=own_contact(contact),
        replaceable=replaceable,
    )
    try:
        answer = worker.run(request)
    except WorkerDied as died:
        file = [*sources, output][died.file or 0]
        return TemplateResult(TemplateAnswer(tuple(unread(str(file), died).issues)))
    renamed = answer.written is not None and answer.written.path != output
    return TemplateResult(answer, (found or ExistingFile(output)) if renamed else None)
