"""A page in a browser, with all that the browser and axe object to."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe


class Watched:
    """A page whose complaints are kept: what the policy blocks, scripts that fail, what is not
    found."""

    def __init__(self, browser: Any, **settings: Any) -> None:
        self.context = browser.new_context(locale="zh-CN", **settings)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        # A refused form is told by its page; the browser says so, too.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.elsewhere.append(request.url)


def objections(page: Any) -> list[str]:
    """What axe finds on a page."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:120]}" for v in found for node in v["nodes"]]
