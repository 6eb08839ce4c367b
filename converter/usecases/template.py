"""`template`: a workbook to fill in, blank or from an earlier one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from converter.model.errors import WorkerDied
from converter.usecases.common import (
    signing_unit,
    unread,
)
from converter.workers import protocol
from converter.workers.pool import Task, Worker


def write_template(
    folder: Path,
    output: Path,
    rows: int,
    identity: Path | None,
    source: Path | None,
    worker: Worker,
) -> dict[str, Any]:
    """Write a workbook; the worker's answer, its issues unpacked."""
    unit = signing_unit(identity, to_sign=False)
    args = {
        "form": str(folder),
        "output": str(output),
        "rows": rows,
        "source": str(source) if source else "",
        "issues": unit.packed,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    # What is written counts too: a million prepared rows take their time.
    patience = (str(source),) * (1 + rows // 1000) if source else ()
    try:
        data, _ = worker.run(Task("template", args, patience, unit.blobs))
    except WorkerDied as died:
        return {"issues": unread(str(source or output), died).issues}
    return {**data, "issues": [protocol.unpack_issue(issue) for issue in data["issues"]]}
