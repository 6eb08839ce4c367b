"""The pages of checks and fields as Markdown. They follow from the form and the message catalogue;
`docs/build.py` writes them, a test keeps them fresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from converter.messages import catalogue
from converter.messages.catalogue import CatalogueEntry, message
from converter.model.forms import Form
from converter.report import reference

TITLES = 4  # items of a check that are named in a table


def checks_page(form: Form) -> str:
    """Every check with its texts, as Markdown."""
    entries, checked = catalogue.catalogue(form), reference.checked_fields(form)
    head = [
        message(f"report_column_{c}")
        for c in ("code", "level", "check", "says", "fix", "where", "mark")
    ]
    lines = _page_head("checks")
    for stage in reference.STAGES:
        of_stage = [e for e in entries.values() if e.code.startswith(stage)]
        if not of_stage:
            continue
        rows = [
            (
                entry.code,
                reference.level_text(entry.level),
                reference.filled(entry.title, entry, form, checked),
                reference.filled(entry.sentence, entry, form, checked),
                reference.filled(entry.fix, entry, form, checked),
                _some(reference.titles_of(entry, form, checked)),
                "、".join(_marks(entry)),
            )
            for entry in of_stage
        ]
        lines += ["", f"## {stage} {message(f'report_stage_{stage}')}", "", *markdown(head, rows)]
    return "\n".join(lines) + "\n"


def fields_page(form: Form) -> str:
    """Every item of the form, as Markdown."""
    head = [
        message(f"report_column_{column}")
        for column in ("number", "title", "key", "kind", "required", "values", "note")
    ]
    lines = _page_head("fields")
    for sheet in form.sheets:
        rows = [
            (
                *row,
                field.note + (message("report_source", source=field.source) * bool(field.source)),
            )
            for row, field in zip(reference.field_rows(sheet, form), sheet, strict=True)
        ]
        lines += ["", f"## {sheet.title}", "", *markdown(head, rows)]
    return "\n".join(lines) + "\n"


def _some(titles: Sequence[str]) -> str:
    shown = "、".join(titles[:TITLES])
    if len(titles) <= TITLES:
        return shown
    return message("report_titles_more", titles=shown, count=len(titles))


def _marks(entry: CatalogueEntry) -> Iterator[str]:
    if entry.explainable:
        yield message("report_mark_explainable")
    if entry.pipeline_only:
        yield message("report_mark_pipeline")
    if entry.basis:
        yield message("report_mark_basis", basis=entry.basis)


def _page_head(page: str) -> list[str]:
    return [
        f"# {message(f'report_{page}_title')}",
        "",
        message(f"report_{page}_lead"),
        "",
        f"> {message('report_generated')}",
    ]


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for row in rows:
        cells = (cell.replace("|", "\\|").replace("\n", "<br>") for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return lines
