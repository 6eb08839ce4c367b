"""An outcome as it crosses from a worker: with all its issues, or put into words.

The web pages serve everybody from one process, and a sheet may have hundreds of thousands of
issues: they ask for what a page shows of them instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from converter.model.forms import Form
from converter.model.issues import Issues
from converter.model.submissions import Outcome
from converter.workers import protocol


def packed(
    outcome: Outcome, form: Form, args: Mapping[str, Any], blobs: list[bytes]
) -> dict[str, Any]:
    """What `wire.unpack_outcome` reads; asked for `in_words`, without issues and with `told`
    (`report.html.section`). `form` with code lists."""
    if not args.get("in_words"):
        return protocol.pack_outcome(outcome, blobs)
    from converter.report import html

    told = html.section(outcome, form, show_ids=False)
    return {**protocol.pack_outcome(replace(outcome, issues=Issues.of(())), blobs), "told": told}
