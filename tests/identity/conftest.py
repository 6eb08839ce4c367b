from __future__ import annotations

from pathlib import Path

import pytest

from tests.identity.unions import Office, office


@pytest.fixture
def union(tmp_path: Path) -> Office:
    return office(tmp_path)
