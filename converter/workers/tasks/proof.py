"""Verifying who signed a package."""

from __future__ import annotations

from converter import package
from converter.forms import loading
from converter.model.issues import Issues
from converter.model.submissions import Outcome
from converter.workers.requests.proof import ProofAnswer, ProofRequest
from converter.workers.tasks.common import ReportProgress

# A signature that is there and does not count says so by one of these.
_ABOUT_SIGNATURES = ("P131", "P132", "P133")


def prove(request: ProofRequest, report_progress: ReportProgress) -> ProofAnswer:
    from converter import identity

    definition = loading.load(request.form)
    report_progress(0)
    union = identity.union_of(request.keys) if request.keys else None
    found = package.examine(request.file, definition, union=union)
    issues = [one for one in found.submission.issues if one.code != package.SEALED_CODE]
    has_signature = found.signed or any(one.code in _ABOUT_SIGNATURES for one in issues)
    outcome = Outcome(str(request.file), Issues.of(issues))
    return ProofAnswer(outcome, found.document.decode("utf-8", "replace") if has_signature else "")
