"""What several rooms of the tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import commands


@pytest.fixture
def near_workers() -> Iterator[None]:
    """Commands that run in this process fork their workers from it: see `commands`."""
    with commands.near_workers():
        yield
