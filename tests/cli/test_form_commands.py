"""form amend and form install as people use them, from the officer's desk to the clerk's."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.commands import Done, run
from tests.identity.unions import UNIT, Office, office
from tests.usecases.receive.collection import workbook

REASON = "派遣人员不算职工"
AMEND = ("form", "amend", "--keys", "密钥", "-o", "规则调整.zip", "--reason", REASON)


class Desk:
    """A person's computer: a folder to work in, and a place for what programs keep."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder / "desk", folder / "state"
        self.folder.mkdir(parents=True)

    def run(self, *arguments: object) -> Done:
        state = {name: str(self.state) for name in ("XDG_STATE_HOME", "LOCALAPPDATA")}
        return run(*arguments, cwd=self.folder, env=state)


@pytest.fixture
def union(tmp_path: Path) -> Office:
    return office(tmp_path)


@pytest.fixture
def officer(union: Office, tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "officer")
    shutil.copytree(union.keys, desk.folder / "密钥")
    return desk


@pytest.fixture
def clerk(union: Office, tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "clerk")
    day = date.today()
    (issued,) = union.issue(UNIT, issued=day, until=day + timedelta(days=30)).files
    shutil.copy(issued, desk.folder / "标识.xml")
    (desk.folder / "表.xlsx").write_bytes(workbook(1, 职工总数=3))
    return desk


def sent(officer: Desk, clerk: Desk, *arguments: str) -> None:
    """An amendment that the officer makes and the clerk gets."""
    done = officer.run(*AMEND, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.copy(officer.folder / "规则调整.zip", clerk.folder)


def codes(desk: Desk, file: str = "表.xlsx") -> dict[str, str]:
    found = json.loads(desk.run("check", file, "--format", "json").stdout)
    return {one["code"]: one["level"] for one in found["files"][0]["issues"]}


def test_a_form_that_still_says_error_converts_and_says_why(officer: Desk, clerk: Desk) -> None:
    assert codes(clerk) == {"X101": "error"}
    sent(officer, clerk, "--off", "x101")
    done = clerk.run("form", "install", "规则调整.zip", "--identity", "标识.xml")
    assert done.returncode == 0, done.stderr
    assert REASON in done.stdout
    assert codes(clerk) == {"X101": "note"}
    done = clerk.run("convert", "表.xlsx", "-o", "上报.zip")
    assert done.returncode == 0
    assert f"原因：{REASON}" in done.stdout
    assert "核对" in done.stdout
    assert "规则调整" in done.stderr  # every command says that it is used
    assert codes(clerk, "上报.zip") == {"X101": "note"}
    assert REASON in clerk.run("explain", "X101").stdout


@pytest.mark.parametrize("level", ["warning", "note"])
def test_a_rule_gets_another_level(level: str, officer: Desk, clerk: Desk) -> None:
    sent(officer, clerk, "--level", f"X101={level}")
    assert clerk.run("form", "install", "规则调整.zip", "--identity", "标识.xml").returncode == 0
    assert codes(clerk) == {"X101": level}
    assert clerk.run("convert", "表.xlsx", "-o", "上报.zip").returncode == 0


def test_a_new_form_of_the_clerk_no_longer_says_it(officer: Desk, clerk: Desk) -> None:
    sent(officer, clerk, "--off", "X101")
    clerk.run("form", "install", "规则调整.zip", "--identity", "标识.xml")
    clerk.run("template", "--from", "表.xlsx", "-o", "新.xlsx")
    done = clerk.run("check", "新.xlsx", "--annotate", "批注")
    assert done.returncode == 0
    with zipfile.ZipFile(clerk.folder / "新.xlsx") as archive:
        parts = [archive.read(name) for name in archive.namelist() if "worksheets" in name]
    assert not any(b"X101" in part for part in parts)
    assert any(b"X102" in part for part in parts)


def test_the_officer_takes_it_at_once(officer: Desk, clerk: Desk) -> None:
    (officer.folder / "收件").mkdir()
    shutil.copy(clerk.folder / "表.xlsx", officer.folder / "收件")
    receive = ("receive", "收件", "--store", "登记库", "--reply", "回复")
    assert officer.run(*receive).returncode == 1
    assert officer.run(*AMEND, "--off", "X101").returncode == 0
    done = officer.run(*receive, "--rejudge")
    assert done.returncode == 0, done.stderr
    assert "现在接收 1 份" in done.stderr
    page = (officer.folder / "回复" / "回执-表.xlsx.html").read_text("utf-8")
    assert REASON in page
    assert REASON in officer.run("show", "回复/回执-表.xlsx.json").stdout


def test_dropped_with_the_identity_file_it_is_installed(officer: Desk, clerk: Desk) -> None:
    sent(officer, clerk, "--off", "X101")
    done = clerk.run("规则调整.zip", "标识.xml")
    assert done.returncode == 0, done.stderr
    assert codes(clerk) == {"X101": "note"}


def test_a_stranger_is_not_trusted(officer: Desk, clerk: Desk, tmp_path: Path) -> None:
    stranger = office(tmp_path / "stranger")
    shutil.rmtree(officer.folder / "密钥")
    shutil.copytree(stranger.keys, officer.folder / "密钥")
    sent(officer, clerk, "--off", "X101")
    for further in (["--identity", "标识.xml"], [], ["--fingerprint", "1234-5678"]):
        done = clerk.run("form", "install", "规则调整.zip", *further)
        assert done.returncode == 1, further
        assert "没有安装" in done.stderr
    assert clerk.run("规则调整.zip", "标识.xml").returncode == 1
    assert codes(clerk) == {"X101": "error"}


def test_a_fingerprint_is_asked_for_once(union: Office, officer: Desk, clerk: Desk) -> None:
    from converter.identity import keys

    sent(officer, clerk, "--off", "X101")
    own = keys.public(union.keys).fingerprint
    (clerk.folder / "标识.xml").unlink()
    assert clerk.run("form", "install", "规则调整.zip").returncode == 1
    done = clerk.run("form", "install", "规则调整.zip", "--fingerprint", own)
    assert done.returncode == 0, done.stderr
    officer.run(*AMEND[:5], "第二次.zip", *AMEND[6:], "--restore", "X101")
    shutil.copy(officer.folder / "第二次.zip", clerk.folder)
    assert clerk.run("form", "install", "第二次.zip").returncode == 0
    assert codes(clerk) == {"X101": "error"}


def test_what_is_no_amendment_is_said(officer: Desk, clerk: Desk) -> None:
    for arguments in (
        ["--off", "K002"],
        ["--off", "F001"],
        ["--level", "X101"],
        ["--level", "X101=off"],
        [],
    ):
        done = officer.run(*AMEND, *arguments)
        assert done.returncode == 2, arguments
        assert not (officer.folder / "规则调整.zip").exists()
    assert clerk.run("form", "install", "表.xlsx").returncode == 1
