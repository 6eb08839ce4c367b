"""A receipt as one page to open, print and send: what was received, what became of it, what to do.

Small and alone: thousands are written in a run. It tells what the JSON beside it tells; only that
one is signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jinja2 import Template

from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.register.precedence import COUNTING, REJECTED
from converter.report import register_text
from converter.text.display import visible

NAMED = 10  # problems that are named: the page stays one
LONGEST = 110  # characters of one
GOOD, ASKING, BAD = "#1e6b34", "#e0a100", "#b3261e"


@cache
def _template() -> Template:
    from converter.report.page import environment

    return environment().get_template("receipt.html.j2")


def render(receipt: Mapping[str, Any], annotated: str = "") -> bytes:
    """The page of a receipt (`register.receipts.make`); `annotated` names the marked copy."""
    state = str(receipt.get("state", ""))
    problems = list(_problems(receipt))
    errors, warnings = int(receipt.get("errors", 0)), int(receipt.get("warnings", 0))
    unit = receipt.get("unit") or {}
    called, counted = register_text.receipt_rows(receipt)
    labels = {"members": called}
    rows = [
        ("unit", " ".join(str(unit.get(key, "")) for key in ("name", "code")).strip()),
        ("superior", receipt.get("superior", "")),
        ("period", receipt.get("period", "")),
        ("file", receipt.get("file", "")),
        ("received", in_china(str(receipt.get("received", "")))),
        ("members", counted if receipt.get("members") else ""),
        ("counts", message("receipt_counts", errors=errors, warnings=warnings)),
        ("amendments", register_text.amendments(receipt)),
    ]
    colour = GOOD if state in COUNTING and not warnings else ASKING if state != REJECTED else BAD
    text = _template().render(
        title=message("receipt_page_title", number=receipt.get("receipt", "")),
        verdict=message(f"receive_state_{state}"),
        advice=advice(receipt, annotated),
        colour=colour,
        rows=[
            (visible(labels.get(key) or message(f"receipt_page_{key}")), visible(str(value)))
            for key, value in rows
            if value != ""
        ],
        heading=message("receipt_page_problems"),
        problems=problems[:NAMED],
        more=message("receipt_page_more", count=len(problems) - NAMED) if problems[NAMED:] else "",
        footer=message("receipt_page_footer", content=str(receipt.get("sha256", ""))[:16]),
    )
    return text.encode("utf-8", "xmlcharrefreplace")


def advice(receipt: Mapping[str, Any], annotated: str = "") -> str:
    """What the unit has to do, as a sentence."""
    state = str(receipt.get("state", ""))
    copy = message("advice_copy") if annotated else ""
    reason = str(receipt.get("reason") or state)
    periods = {"claimed": receipt.get("claimed_period"), "period": receipt.get("period")}
    if reason == "period" and all(periods.values()):
        reason = "periods"
    params = {
        "errors": receipt.get("errors", 0),
        "warnings": receipt.get("warnings", 0),
        "members": receipt.get("members", 0),
        "copy": copy,
        "reason": message(f"reason_{reason}", **periods) if state in ("held", "unopened") else "",
    }
    key = "warnings" if state == "current" and params["warnings"] else state
    if state == REJECTED and receipt.get("reason"):
        key = "half" if receipt["reason"] == "half" else "decided"
    return message(f"advice_{key}", **params)


def _problems(receipt: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for one in receipt.get("problems", ()):
        if one.get("level") == "note":
            continue
        count = one.get("count", 1)
        more = message("receipt_more", count=count) if count != 1 else ""
        where = f"{one['where']} " if one.get("where") else ""
        yield {
            "text": _cut(visible(f"{where}{one.get('message', '')}{more}")),
            "fix": _cut(visible(message("receipt_page_fix", fix=one["fix"])))
            if one.get("fix")
            else "",
        }


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
