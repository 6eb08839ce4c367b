"""A desk a module, an identity file, and a client that has come in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.web.desk.at_work import AtWork, at_work, entered
from tests.web.world import World


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtWork]:
    with at_work(tmp_path_factory.mktemp("desk") / "基层工会填报") as made:
        yield made


@pytest.fixture
def client(desk: AtWork) -> Iterator[httpx2.Client]:
    with entered(desk) as made:
        yield made


@pytest.fixture
def identity(original: World) -> Path:
    """The identity file of the first unit."""
    return next(original.issued.glob("*0001*.xml"))
