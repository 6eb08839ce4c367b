"""`template`: a workbook to fill in, blank or from an earlier one."""

from __future__ import annotations

from pathlib import Path

from converter.model.errors import WorkerDied
from converter.usecases.common import signing_unit, unread
from converter.workers.pool import Runner
from converter.workers.requests.template import TemplateAnswer, TemplateRequest


def write_template(
    folder: Path,
    output: Path,
    rows: int,
    identity: Path | None,
    source: Path | None,
    worker: Runner,
) -> TemplateAnswer:
    """Write a workbook; nothing is written where an issue is an error."""
    unit = signing_unit(identity, to_sign=False)
    request = TemplateRequest(
        folder, output, rows, source=source, identity=unit.document, issues=unit.issues
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        return worker.run(request)
    except WorkerDied as died:
        return TemplateAnswer(tuple(unread(str(source or output), died).issues))
