"""What a worker does for each request. Everything here may import pandas and parse files from
strangers. Most workers check one small workbook: what that takes is imported with this package,
what receiving takes with its first request, everything else when any other request comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from converter.workers.protocol import Frame
from converter.workers.requests.base import Request
from converter.workers.requests.check import CheckRequest
from converter.workers.requests.receive import ReceiveRequest
from converter.workers.tasks import check
from converter.workers.tasks.common import ReportProgress

Task = Callable[[Any, ReportProgress], Any]


def find(frame: Frame) -> tuple[type[Request[Any]], Task]:
    """The class of the request in a frame, and its task. Raises ProtocolError."""
    if frame.holds(CheckRequest):
        return CheckRequest, check.check
    if frame.holds(ReceiveRequest):
        from converter.workers.tasks import receive

        return ReceiveRequest, receive.receive
    from converter.workers.tasks.every import TASKS

    kind = frame.name({kind.__name__: kind for kind in TASKS})
    return kind, TASKS[kind]
