"""Visitors of the pages: what a person does with a browser, done with requests."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient

from converter.web.services import Services
from tests.web.running import hidden
from tests.web.world import World


class Visitor:
    """One browser before an application that runs in this process."""

    def __init__(self, app: Starlette, address: str = "192.0.2.1") -> None:
        self.app = app
        self.services: Services = app.state.services
        self.client = TestClient(
            app, base_url="http://127.0.0.1", client=(address, 1), raise_server_exceptions=False
        )

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def token(self, path: str = "/check") -> str:
        return hidden(self.client.get(path).text, "token")

    def post(self, path: str, **fields: str) -> Any:
        return self.client.post(path, data={"token": self.token(), **fields})

    def sign_in(self, name: str, password: str) -> Any:
        page = self.client.get("/identity").text
        fields = {"token": hidden(page, "token"), "name": name, "password": password}
        return self.client.post("/identity", data=fields)

    def enter(self, world: World, number: int = 1) -> Visitor:
        """Sign in as a unit, as it should be done."""
        unit = world.units[number - 1]
        done = self.sign_in(unit.name, world.passwords[unit.code])
        assert done.url.path == "/unit", done.text
        return self

    def officer(self, password: str) -> Any:
        token = self.token("/officer/sign-in")
        return self.client.post("/officer/sign-in", data={"token": token, "password": password})

    def upload(self, *files: tuple[str, bytes]) -> Any:
        sent = [("file", file) for file in files]
        return self.client.post("/check", data={"token": self.token()}, files=sent)
