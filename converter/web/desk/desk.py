"""What the pages of the desk share, and what the worker does for them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from converter.files.opening import open_file
from converter.identity.files import Public
from converter.messages.catalogue import message
from converter.model.errors import WorkerDied
from converter.model.issues import Issues
from converter.model.submissions import Outcome, SigningUnit
from converter.report import html
from converter.report.page_summary import PageSummary
from converter.text import file_names
from converter.text.characters import plain_name
from converter.usecases import identities
from converter.usecases.common import signing_unit, unread
from converter.usecases.form_choice import named_form
from converter.web.desk import corrections
from converter.web.desk.access import Access, same
from converter.web.desk.corrections import Correction
from converter.web.desk.desk_forms import DeskForms
from converter.web.desk.documents import Document, Documents, suffixed
from converter.web.desk.place import ClerkFolder, Shelf
from converter.web.desk.presence import Presence
from converter.web.followed_form import LoadedForm
from converter.workers import warm
from converter.workers.pool import Shared
from converter.workers.requests.page_check import CheckForPageRequest, PageCheck

FIELDS, FIELD = 200, 4096  # fields of a form, bytes of one
LARGEST = 128 << 20  # bytes of a file: as much as a worker would read
FILES = 20  # dropped together
T = TypeVar("T")


@dataclass
class Desk:
    """One clerk at one machine. `unit` is whose place is open, '' before anybody is known."""

    forms_known: DeskForms
    place: ClerkFolder
    access: Access
    worker: Shared
    private: Path  # deleted when the desk ends
    unfinished: Path  # corrections that are not written into a form yet; they outlive the desk
    opener: Callable[[Path], None] = open_file
    borrowed: Callable[[], None] = lambda: None  # a command has used the worker
    unit: str = ""
    documents: Documents = field(default_factory=Documents)
    presence: Presence = field(default_factory=Presence)
    loaded: LoadedForm = field(init=False)  # the current form
    fingerprint: str = field(init=False)  # of program and form as they were when both were loaded

    def __post_init__(self) -> None:
        self.follow()

    def follow(self) -> None:
        """Check by the forms that are installed by now."""
        self.forms_known.follow()
        self._take_current()

    def use(self, form: str) -> None:
        """Make a form the current one. Raises UsageError, FormError, OSError."""
        self.forms_known.use(form)
        self._take_current()

    def _take_current(self) -> None:
        loaded = self.forms_known.current
        if loaded is not getattr(self, "loaded", None):
            self.loaded, self.fingerprint = loaded, warm.fingerprint(loaded.folder)
            self.place.year = str(loaded.form.prose.get("period") or "")

    def form_of(self, document: Document) -> LoadedForm:
        """The form that a document's files name as they are now, else the current one. Raises
        UsageError, FormError, OSError."""
        version = document.version()
        if version and (document.named is None or document.named[0] != version):
            document.named = version, named_form(document.paths)
        form = document.named[1] if document.named else ""
        return self.forms_known.known(form) if form else self.loaded

    @property
    def shelf(self) -> Shelf:
        return self.place.shelf(self.unit)

    def identity(self) -> tuple[Path, Public] | None:
        """The identity file of the unit, where there is a good one."""
        path = self.place.identity(self.unit) if self.unit else None
        if path is None:
            return None
        report = identities.show(path)
        wrong = Outcome(str(path), Issues.of(report.issues)).status == "errors"
        return (path, report.public) if report.public is not None and not wrong else None

    def forms(self) -> list[Path]:
        """Her forms of this year, newest first; those that were begun before the unit was known
        are among them."""
        own = self.shelf.forms()
        return own + self.place.shelf("").forms() if self.unit else own

    def summary(self, path: Path, issues: Issues, *, readable: bool = True) -> PageSummary:
        return html.summarize(
            Outcome(str(path), issues, readable=readable), self.loaded.form, show_ids=False
        )

    # --- corrections ------------------------------------------------------------------------

    def correction(self, document: Document) -> Correction | None:
        """The corrections of a document under way, also those of an earlier run."""
        if document.correction is None:
            document.correction = corrections.resume(
                self.unfinished / document.key, self.forms_known.of
            )
        return document.correction

    def typed(self, document: Document) -> int:
        """How many cells were corrected without being written into a form."""
        found = self.correction(document)
        return len(found.edits.all) if found else 0

    def orphaned(self) -> list[Document]:
        """Documents that are away while what was corrected in them is still here."""
        found = corrections.orphaned(self.unfinished, self.forms_known.of)
        return [self.documents.of(*one.originals) for one in found]

    def begin_correction(self, document: Document) -> Correction:
        """The corrections under way, or new ones of the document as it is. Raises OSError."""
        begun, version = self.correction(document), document.version()
        if begun is not None and (begun.edits.all or begun.version == version):
            return begun
        if version is None:
            raise FileNotFoundError(str(document.path))
        folder = self.unfinished / document.key
        document.correction = corrections.begin(folder, document.paths, version)
        return document.correction

    def end_correction(self, document: Document) -> None:
        """Forget the corrections: they are written, or not wanted."""
        document.correction = None
        shutil.rmtree(self.unfinished / document.key, ignore_errors=True)

    # --- with a worker ----------------------------------------------------------------------

    def check(self, document: Document) -> PageCheck | None:
        """The result of a document as it is now; None where its files are two submissions, or away.
        It is checked once a save, and again by another form or for another unit."""
        version = document.version()
        if version is None:
            return None
        unit = self._unit_of(document)
        known = version, self.form_of(document).folder, unit
        if document.checked is None or document.checked[:3] != known:
            document.checked = *known, self._check(document, unit, None)
        return document.checked[3]

    def _unit_of(self, document: Document) -> SigningUnit:
        """What the identity file says of the unit that a form is to be of, as when it is exported;
        packages may be of others."""
        found = self.identity() if file_names.suffix(document.path) != ".zip" else None
        return signing_unit(found[0] if found else None, to_sign=False)

    def marked_copy(self, document: Document) -> Path | None:
        """A copy in which the mistakes are marked, in her place; None where there is none to
        mark."""
        with tempfile.TemporaryDirectory(dir=self.private) as folder:
            made = Path(folder, "marked.xlsx")
            found = self._check(document, self._unit_of(document), made)
            if found is None or not found.annotated:
                return None
            return self.shelf.keep(made, suffixed(document, "annotated_suffix"))

    def _check(
        self, document: Document, unit: SigningUnit, annotated: Path | None
    ) -> PageCheck | None:
        loaded = self.form_of(document)
        try:
            request = CheckForPageRequest(
                loaded.folder, document.paths, annotated, None, unit.document, unit.issues
            )
            return self.worker.run(request).submission
        except WorkerDied as died:
            outcome = unread(str(document.path), died)
            return PageCheck(outcome, html.summarize(outcome, loaded.form, show_ids=False), False)

    def other_unit(self, checked: PageCheck) -> str:
        """The key of the message about a form that names another unit than the one whose place
        is open; '' where it names none, or this one."""
        name = checked.outcome.unit_name
        if not (self.unit and name) or plain_name(name) == plain_name(self.unit):
            return ""
        return "desk_other_unit" if self.identity() else "desk_other_folder"


def desk_of(request: Request) -> Desk:
    return cast(Desk, request.app.state.desk)


def show(request: Request, template: str, status: int = 200, /, **values: Any) -> Response:
    desk, document = desk_of(request), values.get("document")
    loaded = desk.form_of(document) if isinstance(document, Document) else desk.loaded
    return loaded.templates.show(
        f"desk_{template}", status, token=desk.access.form_token, unit=desk.unit, **values
    )


def problem(
    request: Request,
    key: str,
    status: int = 409,
    *,
    summary: PageSummary | None = None,
    **values: Any,
) -> Response:
    """A page that names a problem and its remedy; `summary` is shown below, as what was found."""
    title, text = message(f"desk_{key}_title"), message(f"desk_{key}", **values)
    return show(request, "problem", status, title=title, text=text, summary=summary)


def away(request: Request, document: Document) -> Response:
    """The page for a file that is no longer where it was."""
    desk = desk_of(request)
    title, text = message("desk_away_title"), message("desk_away", file=document.name)
    typed = desk.typed(document)
    values = {"title": title, "text": text, "summary": None}
    return show(request, "problem", 409, document=document, typed=typed, **values)


def document_of(request: Request) -> Document:
    """The document that an address names. Raises HTTPException."""
    documents = desk_of(request).documents
    found = documents.find(request.path_params["key"])
    if found is None:
        raise HTTPException(404)
    documents.current = found.key
    return found


async def sent(
    request: Request, *, files: int = 0, fields: int = FIELDS, field: int = FIELD
) -> FormData:
    """A form that a page of ours sent. Raises HTTPException."""
    try:
        form = await request.form(max_files=files, max_fields=fields, max_part_size=field)
    except (ValueError, LookupError):  # bytes that no browser sends
        raise HTTPException(400) from None
    token = form.get("token")
    if not (isinstance(token, str) and same(desk_of(request).access.form_token, token)):
        await form.close()
        raise HTTPException(403)
    return form
