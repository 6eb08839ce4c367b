"""Outcomes as one self-contained page: readable on a telephone, in print, without scripts.

Every text from a file is escaped by the template engine and shown with `visible`.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.model.issues import Issues, Level
from converter.model.submissions import Outcome
from converter.report import charts, issue_text, page
from converter.report.issue_text import RenderedIssue
from converter.report.page_summary import PageSummary, ShownGroup, ShownIssue, ShownNotes
from converter.report.terminal import SHOWN, address
from converter.statistics.figure import Chart, Figure, StatisticsTable

TEMPLATE = "report.html.j2"


def render(outcomes: Sequence[Outcome], form: Form, show_ids: bool = False) -> str:
    """The whole page as text."""
    totals = issue_text.count(outcomes)
    common = issue_text.common(outcomes, form, charts.TOP)
    return (
        page.environment()
        .get_template(TEMPLATE)
        .render(
            form=form,
            totals=totals,
            statuses=issue_text.STATUSES,
            common=common,
            chart=_chart(common) if len(outcomes) > 1 else "",
            lead=message("report_page_lead", **totals),
            advice=message("report_page_made_full" if show_ids else "report_page_made"),
            files=[
                {"outcome": outcome, "summary": summarize(outcome, form, show_ids=show_ids)}
                for outcome in outcomes
            ],
        )
    )


def _chart(common: StatisticsTable) -> Markup:
    """Drawn by us from an element tree, so every text in it is escaped."""
    figure = Figure(common, Chart.BARS, ("files",))
    return Markup(charts.svg(figure) if figure.is_drawn else "")


def summarize(outcome: Outcome, form: Form, *, show_ids: bool) -> PageSummary:
    """What the macros of `findings.html.j2` show of one submission."""
    renderer = issue_text.IssueRenderer(form, show_ids=show_ids)
    by_level: dict[Level, list[Issues]] = {level: [] for level in issue_text.LEVELS}
    for group in issue_text.grouped(issue_text.ordered(outcome, form), form):
        by_level[group[0].level].append(group)
    serious = by_level[Level.ERROR] + by_level[Level.WARNING]
    return PageSummary(
        status=outcome.status,
        counts=tuple(sum(map(len, by_level[level])) for level in issue_text.LEVELS),
        groups=tuple(_group(group, renderer) for group in serious),
        notes=tuple(_notes(group, renderer) for group in by_level[Level.NOTE]),
    )


def _group(group: Issues, renderer: issue_text.IssueRenderer) -> ShownGroup:
    if block := issue_text.in_one_block(group, renderer):
        return ShownGroup(str(block.level), block.code, (_shown(block),), 0, "")
    rest = group[SHOWN:]
    return ShownGroup(
        level=str(group[0].level),
        code=group[0].code,
        shown=tuple(_shown(renderer.render(issue)) for issue in group[:SHOWN]),
        more=len(rest),
        cells=issue_text.listed(rest.places),
    )


def _shown(one: RenderedIssue) -> ShownIssue:
    return ShownIssue(
        where=address(one.place),
        title=one.title,
        message=one.message,
        value=one.value,
        related="、".join(map(address, one.related)),
        fix=one.fix,
    )


def _notes(group: Issues, renderer: issue_text.IssueRenderer) -> ShownNotes:
    return ShownNotes(
        code=group[0].code,
        example=issue_text.titled(renderer.render(group[0])),
        count=len(group),
        sheet=group[0].place.sheet,
        cells=issue_text.listed(group.places),
    )
