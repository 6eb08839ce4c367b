"""A new form: blank, with what stood in an earlier one or in a package, from a list of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from converter.messages.catalogue import message
from converter.model.forms import Form, Sheet
from converter.model.issues import Issues
from converter.model.own_list import KNOWN, ListColumn, ListReport
from converter.report import own_list_text
from converter.usecases import own_list
from converter.usecases.template import TemplateResult, write_template
from converter.web.desk.desk import Desk, desk_of, sent, show
from converter.web.desk.documents import Document
from converter.web.followed_form import LoadedForm
from converter.web.pages import in_thread, redirect
from converter.workers.requests.template import TemplateAnswer

MAP = "map:"  # how the name of a field begins that says what a column is


async def start(request: Request) -> Response:
    """What a form can begin with."""
    desk = desk_of(request)
    earlier = (
        [desk.documents.of(path) for path in desk.place.earlier(desk.unit)] if desk.unit else []
    )
    return show(
        request,
        "form",
        earlier=earlier,
        years=_years(earlier),
        identity=desk.identity(),
        others=[(other.id, other.title) for other in desk.forms_known.others()],
    )


def _years(documents: Sequence[Document]) -> dict[str, str]:
    return {one.key: one.path.parent.name for one in documents}


async def sources(request: Request) -> Response:
    """How the sources of a form were read, with a choice for each column of a list."""
    desk, documents = desk_of(request), _documents(request, request.query_params.getlist("source"))
    choices = _remembered(desk, documents)
    result = await in_thread(_write, desk, documents, choices, True)
    if recalled := own_list.recalled(result.answer.lists, _table(desk, documents)):
        result = await in_thread(_write, desk, documents, recalled | choices, True)
    return _ask(request, documents, result)


async def make(request: Request) -> Response:
    """Write the form into her place, or choose another one first."""
    desk, form = desk_of(request), await sent(request)
    if other := form.get("use"):
        if other not in [one.id for one in desk.forms_known.others()]:
            raise HTTPException(400)
        desk.use(str(other))
        return redirect("/form")
    keys = [key for key in form.getlist("source") if isinstance(key, str)]
    documents = _documents(request, keys)
    chosen = {
        name.removeprefix(MAP): field
        for name, field in form.multi_items()
        if name.startswith(MAP) and isinstance(field, str)
    }
    fields = {one.key for one in _table(desk, documents) if not one.derive} | {""}
    if not set(chosen.values()) <= fields:
        raise HTTPException(400)
    choices = await in_thread(_remembered, desk, documents) | chosen
    result = await in_thread(_write, desk, documents, choices, False)
    if result.answer.written is None:
        return _ask(request, documents, result, 409)
    if chosen:
        await in_thread(own_list.remember, result.answer.lists, choices)
    made = desk.documents.of(result.answer.written.path)
    made.notes = (
        message("desk_form_made", file=made.name),
        *_lines(_form(desk, documents).form, result.answer),
    )
    return redirect(f"/check/{made.key}")


def _documents(request: Request, keys: Sequence[str]) -> list[Document]:
    found = [desk_of(request).documents.find(key) for key in keys]
    if None in found:
        raise HTTPException(404)
    return [one for one in found if one is not None]


def _form(desk: Desk, documents: Sequence[Document]) -> LoadedForm:
    """The form that is made of these sources: the one that they name."""
    return desk.forms_known.of([path for one in documents for path in one.paths])


def _table(desk: Desk, documents: Sequence[Document]) -> Sheet:
    return _form(desk, documents).form.main_table


def _remembered(desk: Desk, documents: Sequence[Document]) -> dict[str, str]:
    return own_list.remembered([one.path for one in documents], _table(desk, documents))


def _write(
    desk: Desk, documents: Sequence[Document], choices: Mapping[str, str], preview: bool
) -> TemplateResult:
    identity = desk.identity()
    return write_template(
        _form(desk, documents).folder,
        desk.shelf.free(message("desk_form_name")),
        0,
        identity[0] if identity else None,
        [one.path for one in documents],
        desk.worker,
        choices=choices,
        preview=preview,
    )


def _ask(
    request: Request, documents: Sequence[Document], result: TemplateResult, status: int = 200
) -> Response:
    desk, answer = desk_of(request), result.answer
    form = _form(desk, documents).form
    summary = desk.summary(documents[0].path, Issues.of(answer.issues)) if answer.issues else None
    return show(
        request,
        "sources",
        status,
        documents=documents,
        summary=summary,
        refused=summary is not None and summary.status == "errors",
        lines=_lines(form, answer),
        columns=[
            (own_list.column_name(one), one, one.heading or own_list_text.place_text(one.letters))
            for one in _columns(answer.lists)
        ],
        titles=[(one.key, one.title) for one in form.main_table if not one.derive],
    )


def _columns(lists: Sequence[ListReport]) -> list[ListColumn]:
    """The columns that somebody may say something about, each heading once."""
    found: dict[str, ListColumn] = {}
    for one in lists:
        for column in one.columns:
            if column.how != KNOWN and column.filled:
                found.setdefault(own_list.column_name(column), column)
    return list(found.values())


def _lines(form: Form, answer: TemplateAnswer) -> list[str]:
    """How lists were read, and who joined or left."""
    lines = [line for one in answer.lists for line in own_list_text.lines(one, form, guesses=False)]
    if written := answer.written:
        lines += own_list_text.numbers(written.unnumbered, written.rounded, answer.lists, form)
    for one in answer.compared:
        for key, names in (("list_joined", one.joined), ("list_gone", one.left)):
            if names:
                shown = own_list_text.listed(names)
                lines.append(message(key, file=Path(one.file).name, count=len(names), names=shown))
    if written:
        lines += own_list_text.left_out(written.leftovers, written.comments)
    return lines
