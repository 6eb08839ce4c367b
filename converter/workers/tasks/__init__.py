"""What a worker does for each request. Everything here may import pandas and parse files from
strangers. Most workers check one small workbook: what that takes is imported as they start,
everything else with the first request that needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from converter.workers.protocol import Frame
from converter.workers.requests.base import Request
from converter.workers.tasks.common import ReportProgress

Task = Callable[[Any, ReportProgress], Any]

# The task of each request: a module, of that name in `requests` and here, and its function.
TASKS = {
    "CheckRequest": "check.check",
    "CheckForPageRequest": "page_check.check_for_page",
    "ConvertRequest": "convert.convert",
    "ConvertForPageRequest": "convert.convert_for_page",
    "VerifyRequest": "convert.verify",
    "CorrectionRequest": "corrections.correct",
    "TemplateRequest": "template.template",
    "TemplatesRequest": "template.templates",
    "ContentsRequest": "contents.contents",
    "StatisticsRequest": "contents.statistics",
    "RosterRequest": "roster.roster",
    "DecisionsRequest": "roster.decisions",
    "QuestionsRequest": "roster.questions",
    "BlankRosterRequest": "roster.blank_roster",
    "ExistingFileRequest": "existing.existing",
    "ForwardRequest": "forward.forward",
    "ProofRequest": "proof.prove",
    "RepliesRequest": "replies.replies_to_files",
    "UnpackRequest": "receive.unpack",
    "ReceiveRequest": "receive.receive",
    "ReceiveWorkbooksRequest": "receive.receive_workbooks",
}


def prepare() -> None:
    """Import what checking takes: a worker does so while its command prepares."""
    import_module("converter.workers.tasks.check")


def find(frame: Frame) -> tuple[type[Request[Any]], Task]:
    """The class of the request in a frame, and its task. Raises ProtocolError."""
    return named(frame.name(TASKS))


def named(request: str) -> tuple[type[Request[Any]], Task]:
    """The same by the name of the class."""
    module, _, function = TASKS[request].partition(".")
    kind: type[Request[Any]] = getattr(
        import_module(f"converter.workers.requests.{module}"), request
    )
    task: Task = getattr(import_module(f"converter.workers.tasks.{module}"), function)
    return kind, task
