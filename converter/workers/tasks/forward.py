"""Reading what a union below has forwarded."""

from __future__ import annotations

from converter.forms import loading
from converter.model.clock import today
from converter.workers.requests.forward import ForwardAnswer, ForwardRequest
from converter.workers.tasks.common import ReportProgress


def forward(request: ForwardRequest, report_progress: ReportProgress) -> ForwardAnswer:
    from converter.upward import from_register, reading

    definition = loading.load(request.form)
    report_progress(0)
    request.target.mkdir(mode=0o700, parents=True)
    if request.register:
        read = from_register.read if request.file.is_dir() else from_register.read_backup
        return ForwardAnswer(
            read(
                request.file, request.name, definition, dict(request.unions), request.target,
                request.number,
            )
        )  # fmt: skip
    found = reading.read(
        request.file, request.name, definition, request.keys, request.target, request.number,
        today(),
    )  # fmt: skip
    return ForwardAnswer(found)
