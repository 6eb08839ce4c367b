"""Identity files that carry a passphrase: the portal asks for it before it serves, or not at all."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from converter.identity import issuing, passphrases
from converter.identity.passphrases import OpenedSecrets
from converter.web import app as application
from tests.commands import run
from tests.web.running import running
from tests.web.visitors import Visitor
from tests.web.world import World, workbook

WORD, OTHER = "示例 密码 1", "另一个"


def path_of(union: World, number: int = 1) -> Path:
    return union.issued / issuing.file_name(union.units[number - 1])


def portal(union: World, *more: object) -> subprocess.CompletedProcess[str]:
    return run(
        "portal", "--keys", union.keys, "--issued", union.issued, "--inbox", union.inbox,
        "--published", union.store, "--port", 0, *more,
    )  # fmt: skip


def written(path: Path, text: str) -> Path:
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


@pytest.fixture
def locked(union: World) -> World:
    passphrases.change(path_of(union), "", WORD)
    return union


def test_without_it_the_portal_says_how_before_it_serves(locked: World, tmp_path: Path) -> None:
    done = portal(locked)
    assert done.returncode == 2
    assert path_of(locked).name in done.stderr
    assert "--passphrase-file" in done.stderr
    assert "网页地址" not in done.stdout
    done = portal(locked, "--passphrase-file", written(tmp_path / "错.txt", OTHER))
    assert (done.returncode, "打不开" in done.stderr) == (2, True), done.stderr
    assert "网页地址" not in done.stdout


def test_files_of_several_passphrases_are_named(locked: World, tmp_path: Path) -> None:
    passphrases.change(path_of(locked, 2), "", OTHER)
    done = portal(locked, "--passphrase-file", written(tmp_path / "密码.txt", WORD))
    assert done.returncode == 2
    assert path_of(locked, 2).name in done.stderr


def test_with_it_units_submit_signed_packages(locked: World, tmp_path: Path) -> None:
    word = written(tmp_path / "密码.txt", WORD)
    with running(locked, "--passphrase-file", word) as started:
        assert httpx2.get(started.url, follow_redirects=True).status_code == 200
        assert WORD not in "".join(started.output + started.log)
    app = application.build(locked.settings(secrets=OpenedSecrets([path_of(locked)], WORD)))
    with TestClient(app):
        clerk = Visitor(app).enter(locked)
        page = clerk.upload(("填报.xlsx", workbook(1)))
        assert "提交上报</button>" in page.text
        clerk.post(f"{page.url.path}/submit")
        passphrases.change(path_of(locked), WORD, OTHER)  # while the portal runs
        page = clerk.upload(("填报.xlsx", workbook(1)))
        assert "提交上报</button>" not in page.text
        assert "重新启动" in page.text
        assert "--passphrase-file" not in page.text
    (package,) = locked.inbox.rglob("*.zip")
    with zipfile.ZipFile(package) as members:
        assert "signature" in members.namelist()
    done = run("receive", package, "--store", locked.store, "--keys", locked.keys)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
def test_on_a_terminal_it_is_asked_for_and_not_shown(locked: World) -> None:
    master, slave = os.openpty()
    command = [
        sys.executable, "-m", "converter", "portal", "--keys", locked.keys, "--issued",
        locked.issued, "--inbox", locked.inbox, "--published", locked.store, "--port", 0,
    ]  # fmt: skip
    process = subprocess.Popen(
        list(map(str, command)), stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    shown = b""
    try:
        while "密码".encode() not in shown.rpartition(b"\n")[2]:
            shown += os.read(master, 4096)
        os.write(master, f"{WORD}\n".encode())
        while "网页地址".encode() not in shown:
            shown += os.read(master, 4096)
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert WORD.encode() not in shown


def test_opened_secrets_tell_nothing(locked: World) -> None:
    opened = OpenedSecrets([path_of(locked)], WORD)
    assert opened.closed == []
    secret = passphrases.secret_of(path_of(locked).read_bytes(), WORD)
    assert secret
    assert secret == passphrases.secret_of(path_of(locked).read_bytes(), opened)
    assert secret not in repr(opened) + repr(locked.settings(secrets=opened))
    with pytest.raises(TypeError):
        pickle.dumps(opened)
