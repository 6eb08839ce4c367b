"""Every request and the task that answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from converter.workers.requests.base import Request
from converter.workers.requests.check import CheckRequest
from converter.workers.requests.contents import ContentsRequest, StatisticsRequest
from converter.workers.requests.convert import (
    ConvertForPageRequest,
    ConvertRequest,
    VerifyRequest,
)
from converter.workers.requests.corrections import CorrectionRequest
from converter.workers.requests.existing import ExistingFileRequest
from converter.workers.requests.forward import ForwardRequest
from converter.workers.requests.page_check import CheckForPageRequest
from converter.workers.requests.proof import ProofRequest
from converter.workers.requests.receive import (
    ReceiveRequest,
    ReceiveWorkbooksRequest,
    UnpackRequest,
)
from converter.workers.requests.roster import (
    BlankRosterRequest,
    DecisionsRequest,
    QuestionsRequest,
    RosterRequest,
)
from converter.workers.requests.template import TemplateRequest, TemplatesRequest
from converter.workers.tasks import (
    check,
    contents,
    convert,
    corrections,
    existing,
    forward,
    page_check,
    proof,
    receive,
    roster,
    template,
)
from converter.workers.tasks.common import ReportProgress

TASKS: dict[type[Request[Any]], Callable[[Any, ReportProgress], Any]] = {
    CheckRequest: check.check,
    CheckForPageRequest: page_check.check_for_page,
    ConvertRequest: convert.convert,
    ConvertForPageRequest: convert.convert_for_page,
    VerifyRequest: convert.verify,
    CorrectionRequest: corrections.correct,
    TemplateRequest: template.template,
    TemplatesRequest: template.templates,
    ContentsRequest: contents.contents,
    StatisticsRequest: contents.statistics,
    RosterRequest: roster.roster,
    DecisionsRequest: roster.decisions,
    QuestionsRequest: roster.questions,
    BlankRosterRequest: roster.blank_roster,
    ExistingFileRequest: existing.existing,
    ForwardRequest: forward.forward,
    ProofRequest: proof.prove,
    UnpackRequest: receive.unpack,
    ReceiveRequest: receive.receive,
    ReceiveWorkbooksRequest: receive.receive_workbooks,
}
