"""Pages made from templates. Everything is escaped; outside texts are shown with `visible`."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from converter.forms import texts
from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.model.forms import Form
from converter.report import page
from converter.web.correcting import name_of
from converter.web.sessions import Sessions
from converter.web.upload_names import safe_name

FOLDER = Path(__file__).parent
STATIC = {
    "portal.css": "text/css",
    "portal.js": "text/javascript",
    "correcting.js": "text/javascript",
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
CHINA = 8 * 3600  # seconds east of Greenwich
T = TypeVar("T")


@dataclass(frozen=True)
class PageTemplates:
    """The templates and the files beside them: for the portal's pages and the desk's."""

    environment: Environment
    files: Mapping[str, bytes]
    contacts: Mapping[str, Any]  # heading and lines, of which none is blank

    @classmethod
    def of(cls, form: Form) -> PageTemplates:
        files = {name: (FOLDER / "static" / name).read_bytes() for name in STATIC}
        version = hashlib.sha256(b"".join(files.values())).hexdigest()[:12]
        environment = page.environment(FOLDER / "templates")
        environment.globals.update(form=form, version=version, name_of=name_of)
        environment.filters.update(moment=moment, in_china=in_china)
        return cls(environment, files, contacts_of(form))

    def show(self, template: str, status: int = 200, /, **values: Any) -> Response:
        """A page as an answer."""
        body = self.environment.get_template(f"{template}.html.j2").render(
            {"contacts": self.contacts} | values, template=template
        )
        return HTMLResponse(body, status)

    def static(self, name: str) -> Response:
        """A static file; its address changes with its content."""
        keep = {"cache-control": "public, max-age=86400"}
        return Response(self.files[name], media_type=STATIC[name], headers=keep)


def contacts_of(form: Form, own: str = "") -> Mapping[str, Any]:
    """Whom to ask, as pages show it. `own`: the upper union's line; lines that it has not filled in
    are left out."""
    section = texts.contact_section(form, own)
    return {**section, "lines": texts.filled_lines(section)}


@dataclass(frozen=True)
class Pages:
    """The portal's pages, each for a session."""

    templates: PageTemplates
    sessions: Sessions

    def show(
        self, request: Request, template: str, status: int = 200, /, **values: Any
    ) -> Response:
        """A page as an answer."""
        session = request.state.session
        token = self.sessions.token(session)
        return self.templates.show(template, status, session=session, token=token, **values)

    def problem(
        self, request: Request, key: str, status: int, wait: float = 0, **values: Any
    ) -> Response:
        """A page that names a problem and its remedy; `wait`: come back in so many seconds."""
        title, text = message(f"portal_{key}_title"), message(f"portal_{key}", **values)
        answer = self.show(request, "problem", status, title=title, text=text)
        if wait:
            answer.headers["retry-after"] = str(math.ceil(wait))
        return answer


def attachment(data: bytes, name: str, media_type: str) -> Response:
    """Bytes to be saved under a name in any language."""
    safe = safe_name(name)
    suffix = Path(safe).suffix
    plain = f"file{suffix}" if suffix.isascii() else "file"
    header = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
    return Response(data, media_type=media_type, headers={"content-disposition": header})


def day(seconds: float) -> date:
    """Seconds since 1970 as a day in China.

    >>> day(1772000000)
    datetime.date(2026, 2, 25)
    """
    return datetime.fromtimestamp(seconds + CHINA, UTC).date()


def moment(seconds: float) -> str:
    """Seconds since 1970 as a time in China.

    >>> moment(1772000000)
    '2026-02-25 14:13'
    """
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds + CHINA))


def redirect(path: str) -> RedirectResponse:
    """To another page, which is fetched with GET."""
    return RedirectResponse(path, 303)


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    return await run_in_threadpool(function, *arguments)
