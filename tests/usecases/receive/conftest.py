"""One inbox, received once: most tests only look at what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from converter.forms import loading
from converter.usecases.receive import Plan, Summary, receive
from converter.workers.pool import Worker
from tests.commands import near_workers
from tests.usecases.receive.collection import CREATED, Inbox, build, roster

FOLDER = loading.form_dir().resolve()
NOW = CREATED + 10 * 86_400  # 2026-03-07


def plan(reply: Path | None, keys: Path | None = None) -> Plan:
    signer = None
    if keys:
        from converter.identity import keys as folder_of_keys

        signer = folder_of_keys.signer(keys)
    return Plan(FOLDER, loading.read(FOLDER), reply, keys, signer, 2, NOW)


@dataclass
class Collection:
    """An inbox and everything that was made of it."""

    inbox: Inbox
    store: Path
    reply: Path
    worker: Worker
    first: Summary

    def again(self, **settings: Any) -> Summary:
        return receive(self.inbox.folder, self.store, plan(self.reply), self.worker, **settings)


@pytest.fixture(autouse=True)
def _near(near_workers: None) -> None:
    """Each run of `receive` starts two workers and stops them."""


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory, worker: Worker) -> Collection:
    """Treat as read-only, or copy it."""
    root = tmp_path_factory.mktemp("collection")
    inbox = build(root / "inbox")
    store, reply = root / "store", root / "reply"
    with near_workers():
        done = receive(
            inbox.folder, store, plan(reply), worker, roster=roster(), due=date(2026, 2, 24)
        )
    return Collection(inbox, store, reply, worker, done)
