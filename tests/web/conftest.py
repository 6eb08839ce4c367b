"""One union for all tests of the pages, and an application over it a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from converter.web import app as application
from tests.web import running, world
from tests.web.visitors import Visitor
from tests.web.world import World


class Clock:
    """A clock that tests can put forward."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Treat as read-only, or copy it."""
    return world.build(tmp_path_factory.mktemp("union"))


@pytest.fixture
def union(original: World, tmp_path: Path) -> World:
    return original.copied(tmp_path / "union")


@pytest.fixture
def quick(union: World) -> Callable[..., Any]:
    """An application without workers: for pages that check no file."""

    def made(**changed: Any) -> Any:
        return application.build(union.settings(**changed))

    return made


@pytest.fixture(scope="module")
def site(original: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Any]]:
    """A union and an application with a warm worker, for a whole module."""
    own = original.copied(tmp_path_factory.mktemp("site") / "union")
    app = application.build(own.settings(largest=1 << 20))
    with TestClient(app):  # the workers live as long
        yield own, app


@pytest.fixture
def clerk(site: tuple[World, Any]) -> Visitor:
    """A unit that is signed in."""
    own, app = site
    return Visitor(app).enter(own)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running.browser() as started:
        yield started


@pytest.fixture(scope="module")
def served(
    original: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, running.Inside]]:
    """A union and its portal, which a browser reaches over a connection."""
    own = original.copied(tmp_path_factory.mktemp("served") / "union")
    with running.inside(own, largest=1 << 20) as inside:
        yield own, inside
