"""Writing replies to files of an inbox."""

from __future__ import annotations

import json

from converter.report import reply_files
from converter.workers.requests.replies import RepliesAnswer, RepliesRequest
from converter.workers.tasks.common import ReportProgress


def replies_to_files(request: RepliesRequest, report_progress: ReportProgress) -> RepliesAnswer:
    report_progress(0)
    written = reply_files.write(request.reply, json.loads(request.receipts), request.copies)
    return RepliesAnswer(
        tuple(one.receipt for one in written), tuple(one.still_open for one in written)
    )
