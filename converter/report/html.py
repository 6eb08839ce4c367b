"""Outcomes as one self-contained page: readable on a telephone, in print, without scripts.

Every text from a file is escaped by the template engine and shown with `visible`.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment
from markupsafe import Markup

from converter.messages import say
from converter.model import Form, Level, Outcome
from converter.report import charts, page, tables
from converter.report.tables import Group
from converter.report.terminal import SHOWN, address
from converter.statistics.cards import Table
from converter.statistics.figure import BARS, Figure

TEMPLATE = "report.html.j2"


def render(outcomes: Sequence[Outcome], form: Form, show_ids: bool = False) -> str:
    """The whole page as text."""
    totals = tables.count(outcomes)
    common = tables.common(outcomes, form, charts.TOP)
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            form=form,
            totals=totals,
            statuses=tables.STATUSES,
            common=common,
            chart=_chart(common) if len(outcomes) > 1 else "",
            lead=say("report_page_lead", **totals),
            advice=say("report_page_made_full" if show_ids else "report_page_made"),
            files=[_file(outcome, form, show_ids) for outcome in outcomes],
        )
    )


def _environment() -> Environment:
    made = page.environment()
    made.globals.update(shown_in_full=SHOWN)
    made.filters.update(address=address, cells=tables.listed)
    return made


def _chart(common: Table) -> Markup:
    """Drawn by us from an element tree, so every text in it is escaped."""
    figure = Figure(common, BARS, (2,))
    return Markup(charts.svg(figure) if charts.drawn(figure)[0] else "")


def _file(outcome: Outcome, form: Form, show_ids: bool) -> dict[str, object]:
    found = tables.groups(tables.findings(outcome, form, show_ids=show_ids))
    by_level = {level: [g for g in found if g.first.level is level] for level in tables.LEVELS}
    return {
        "outcome": outcome,
        "counts": [sum(map(len, by_level[level])) for level in tables.LEVELS],
        "groups": by_level[Level.ERROR] + by_level[Level.WARNING],
        "notes": [(g, _example(g)) for g in by_level[Level.NOTE]],
    }


def _example(group: Group) -> str:
    return tables.titled(group.first)
