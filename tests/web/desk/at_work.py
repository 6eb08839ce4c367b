"""A desk in a thread of this process, and what it opened."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from converter.web import server
from converter.web.desk import app as application
from converter.web.desk.access import Access
from converter.web.desk.desk import Desk
from converter.web.desk.running import LISTENING
from converter.workers.pool import Shared, Worker
from tests.web.world import FOLDER


class AtWork:
    """One desk; `opened` are the files it opened in other programs."""

    def __init__(self, root: Path, worker: Worker, form: str | None = str(FOLDER)) -> None:
        self.root = root
        self.opened: list[Path] = []
        self.ended = threading.Event()
        self._socket = server.bind(LISTENING)
        self.port: int = self._socket.getsockname()[1]
        self.access = Access(self.port)
        app = application.build(
            form,
            root,
            root.with_name(f"{root.name}-state"),
            self.access,
            Shared([worker]),
            opener=self.opened.append,
            ended=self.ended.set,
        )
        self.desk: Desk = app.state.desk
        self._server = server.prepared(app, LISTENING)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return self.access.origin

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=30)
        self._socket.close()


@contextmanager
def at_work(root: Path) -> Iterator[AtWork]:
    with Worker() as worker:
        desk = AtWork(root, worker)
        try:
            yield desk
        finally:
            desk.stop()


@contextmanager
def entered(desk: AtWork) -> Iterator[httpx2.Client]:
    """A browser that came with a one-time token; it names its origin, as browsers do."""
    with browsing(desk.url, desk.access.address().removeprefix(desk.url)) as client:
        yield client


@contextmanager
def browsing(url: str, ticket: str) -> Iterator[httpx2.Client]:
    """The same at any desk; `ticket` is the path with the one-time token."""
    headers = {"origin": url}
    with httpx2.Client(base_url=url, headers=headers, timeout=60) as client:
        client.get(ticket, follow_redirects=True)
        yield client


def drop(
    client: httpx2.Client, desk: AtWork, *files: tuple[str, bytes], purpose: str = ""
) -> httpx2.Response:
    """Drop files on the page."""
    return client.post(
        "/drop",
        data={"token": desk.access.form_token, "purpose": purpose},
        files=[("file", file) for file in files],
        follow_redirects=True,
    )


def press(client: httpx2.Client, desk: AtWork, address: str, **fields: str) -> httpx2.Response:
    """Press a button."""
    data = {"token": desk.access.form_token, **fields}
    return client.post(address, data=data, follow_redirects=True)


def countdown(answer: httpx2.Response) -> str:
    found = re.search(r'class="countdown[^>]*>([^<]*)<', answer.text)
    return found[1] if found else ""


def key_of(answer: httpx2.Response) -> str:
    """Of the document that a page shows."""
    return answer.url.path.split("/")[2]
