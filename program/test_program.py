"""The stand-alone program in an empty environment: `make dist-test`, after `make dist`.

No Python, no PATH, another folder to stand in; on Linux, where we may, nothing else of the disk
either. Not part of `make test`: building takes minutes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import openpyxl
import pytest

from program.editions import EDITIONS, Edition
from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, blank, fill, member_cell, put, saved
from tests.web.desk.at_work import browsing, countdown, key_of

WINDOWS = sys.platform == "win32"
BUILT = Path(__file__).parent.parent / "dist" / "program"
ADDRESS = re.compile(rb"(http://127\.0\.0\.1:\d+)(/enter\?token=[\w-]+)")


@pytest.fixture(scope="module", params=EDITIONS)
def edition(request: pytest.FixtureRequest) -> Edition:
    return EDITIONS[request.param]


@pytest.fixture(scope="module")
def program(edition: Edition, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, moved to a folder with a blank and Chinese in its name."""
    assert (BUILT / edition.folder).is_dir(), "run: make dist"
    target = tmp_path_factory.mktemp("program") / "填报 程序 🙂"
    shutil.copytree(BUILT / edition.folder, target, symlinks=True)
    return target / (f"{edition.program}.exe" if WINDOWS else edition.program)


def empty(**extra: str) -> dict[str, str]:
    """An environment without anything (Windows itself needs to know where it is)."""
    kept = {"SystemRoot": os.environ["SystemRoot"]} if WINDOWS else {}  # noqa: SIM112
    return kept | extra


class Desk:
    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(self.program), *arguments],
            cwd=self.folder,
            env=empty(**extra),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )

    def told(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")
        return done.stdout.decode("gbk" if WINDOWS else "utf-8", "replace")


@pytest.fixture
def desk(program: Path, tmp_path: Path) -> Desk:
    return Desk(program, tmp_path)


def test_from_template_to_package(desk: Desk) -> None:
    desk.told("template", "-o", "填报.xlsx", "--rows", "40")
    book = fill(openpyxl.load_workbook(desk.folder / "填报.xlsx"))
    saved(book, desk.folder)
    assert "通过" in desk.told("check", "填报.xlsx")
    desk.told("convert", "填报.xlsx", "-o", "上报.zip")
    assert "datapackage.json" in zipfile.ZipFile(desk.folder / "上报.zip").namelist()
    assert MEMBERS[0][0] in desk.told("show", "上报.zip")
    desk.told("stats", "上报.zip", "-o", "统计.xlsx")
    desk.told("template", "--from", "上报.zip", "-o", "今年.xlsx")


def test_faults_are_found_and_marked(desk: Desk) -> None:
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    saved(book, desk.folder)
    done = desk.run("check", "填报.xlsx", "--format", "json", "--annotate", "批注")
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)["files"]
    assert [i["code"] for i in found["issues"] if i["level"] == "error"] == ["K112"]
    assert (desk.folder / "批注" / "填报-批注.xlsx").is_file()
    page = desk.run("check", "填报.xlsx", "--format", "html").stdout
    assert page.startswith(b"<!DOCTYPE html>")


def test_a_hostile_file_kills_a_worker_not_the_program(desk: Desk) -> None:
    saved(fill(blank()), desk.folder, "好.xlsx")
    (desk.folder / "坏.xlsx").write_bytes(b"PK\x03\x04" + b"\xff" * 1000)
    done = desk.run("check", "好.xlsx", "坏.xlsx", "--format", "json")
    states = {f["file"]: f["status"] for f in json.loads(done.stdout)["files"]}
    assert states == {"好.xlsx": "ok", "坏.xlsx": "unreadable"}


def test_the_officers_round(edition: Edition, desk: Desk) -> None:
    if edition.leaves_out:
        refused = desk.run("receive", ".", "--store", "登记库")
        assert refused.returncode == 2
        assert "给填报单位用的" in refused.stderr.decode("gbk" if WINDOWS else "utf-8")
        return
    inbox = desk.folder / "收件"
    inbox.mkdir()
    saved(fill(blank()), inbox)
    desk.told("template", "--roster", "-o", "名册.xlsx")
    desk.told("identity", "init", "--keys", "密钥")
    desk.told("receive", "收件", "--store", "登记库", "--reply", "回复", "--keys", "密钥")
    desk.told("stats", "--store", "登记库", "-o", "汇总.xlsx")
    desk.told("stats", "--store", "登记库", "-o", "汇总.html")
    assert b"<svg" in (desk.folder / "汇总.html").read_bytes()  # the charts came along
    desk.told("backup", "-o", "备份.zip", "--store", "登记库")
    desk.told("restore", "备份.zip", "-o", "恢复")


def test_dropped_files_and_a_bare_start(desk: Desk) -> None:
    saved(fill(blank()), desk.folder)
    desk.told("填报.xlsx")
    assert (desk.folder / "填报.zip").is_file()
    assert len(desk.told().splitlines()) == 3


def test_every_command_is_in_it(desk: Desk) -> None:
    named = set(re.findall(r"^  ([a-z]+) ", desk.told("--help"), re.MULTILINE))
    assert {"template", "check", "convert", "receive", "identity", "backup"} <= named
    for name in named:
        desk.told(name, "--help")
    assert "K112" in desk.told("explain", "K112")
    assert "身份证号" in desk.told("fields")


def test_licences_come_along(edition: Edition, program: Path) -> None:
    assert "Apache License" in (program.parent / "LICENSE.txt").read_text("utf-8")
    listed = (program.parent / "third-party-licences.txt").read_text("utf-8")
    assert all(f"- {name} " in listed for name in ("Python", "pandas", "pyinstaller"))
    assert ("- duckdb " in listed) is not bool(edition.leaves_out)


def test_the_page_leads_to_a_package(desk: Desk) -> None:
    workbook = saved(fill(blank()), desk.folder).read_bytes()
    process = subprocess.Popen(
        [str(desk.program), "desk", "--no-browser", "--place", "文档"],
        cwd=desk.folder, env=empty(HOME=str(desk.folder)),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    with contextlib.closing(process.stdout), ending(process):
        (found,) = filter(None, map(ADDRESS.search, [process.stdout.readline()]))
        url, ticket = (part.decode() for part in found.groups())
        with browsing(url, ticket) as client:
            first = client.get("/")
            scripts = re.findall(r'(?:src|href)="(/static/[^"]+)"', first.text)
            assert {client.get(path).status_code for path in scripts} == {200}
            form = {"token": token(first), "purpose": ""}
            page = client.post(
                "/drop", data=form, files=[("file", ("填报.xlsx", workbook))], follow_redirects=True
            )
            assert countdown(page) == "可以上报"
            form = {"token": token(page), "name": "上报"}
            done = client.post(f"/export/{key_of(page)}", data=form)
            assert "上报文件做好了" in done.text
        if not WINDOWS:  # there the state of a user without a home is kept nowhere
            _commands_beside(desk)
    assert list(desk.folder.rglob("文档/*/*/上报.zip"))


def _commands_beside(desk: Desk) -> None:
    """While the page is open, a command prints the same: by itself, with the page's worker, handed
    over to the process that the page starts then."""
    runs = []
    for home in ("none", "", ""):
        done = desk.run("check", "填报.xlsx", HOME=str(desk.folder / home))
        runs.append((done.returncode, done.stdout, done.stderr))
        if len(runs) == 2:
            (known,) = desk.folder.rglob("desk-*.json")
            until = time.monotonic() + 60
            while "commands" not in json.loads(known.read_bytes()) and time.monotonic() < until:
                time.sleep(0.1)
            assert "commands" in json.loads(known.read_bytes())
    assert runs[0] == runs[1] == runs[2]


def token(page: httpx2.Response) -> str:
    """The token of a page's forms."""
    return page.text.partition('name="token" value="')[2].partition('"')[0]


@contextlib.contextmanager
def ending(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(WINDOWS, reason="there the console tells")
def test_a_double_click_opens_a_browser(desk: Desk) -> None:
    """As a file manager starts it: a display, no terminal."""
    home, opened = desk.folder / "home", desk.folder / "opened"
    (home / "bin").mkdir(parents=True)
    opener = home / "bin" / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$@" > "{opened}.new"; mv "{opened}.new" "{opened}"\n')
    opener.chmod(0o755)
    environment = empty(HOME=str(home), PATH=f"{opener.parent}:/usr/bin:/bin", DISPLAY=":99")
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        [str(desk.program)], cwd=home, env=environment, stdin=quiet, stdout=quiet, stderr=quiet
    )
    with ending(process):
        for _ in range(1_000):
            if opened.exists():
                break
            time.sleep(0.1)
        assert ADDRESS.match(opened.read_bytes())


def test_no_worker_stays_behind(desk: Desk) -> None:
    saved(fill(blank()), desk.folder)
    desk.told("check", "填报.xlsx")
    if WINDOWS:
        return
    for _ in range(50):
        alive = [p for p in Path("/proc").glob("[0-9]*/exe") if _runs(p, desk.program)]
        if not alive:
            return
        time.sleep(0.1)
    raise AssertionError(alive)


def _runs(link: Path, program: Path) -> bool:
    try:
        return link.resolve() == program.resolve()
    except OSError:
        return False


@pytest.mark.skipif(WINDOWS or not shutil.which("unshare"), reason="needs Linux namespaces")
def test_nothing_else_of_the_disk_is_needed(program: Path, tmp_path: Path) -> None:
    """In a root of its own: the program, the C library it was built against, a place to write."""
    root = tmp_path / "root"
    shutil.copytree(program.parent, root / "app", symlinks=True)
    for folder in ("tmp", "desk", "dev", "proc"):
        (root / folder).mkdir()
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True)
    needed = set(re.findall(r"(/\S+)", listed.stdout))
    extra = ("libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1")
    libraries = next(Path(path).parent for path in needed if path.endswith("libc.so.6"))
    for path in (*needed, *(str(libraries / name) for name in extra)):
        if Path(path).exists():
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])
    (root / "dev" / "null").touch()
    saved(fill(blank()), root / "desk")
    command = [
        "unshare",
        "--user",
        "--map-root-user",
        "--net",
        "--root",
        str(root),
        "--wd",
        "/desk",
    ]
    inside = [*command, f"/app/{program.name}"]
    probe = subprocess.run([*inside, "--version"], env=empty(), capture_output=True, check=False)
    if b"unshare" in probe.stderr:
        pytest.skip("no namespaces allowed here")
    for arguments in (["check", "填报.xlsx"], ["convert", "填报.xlsx", "-o", "上报.zip"]):
        done = subprocess.run([*inside, *arguments], env=empty(), capture_output=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")
    assert (root / "desk" / "上报.zip").is_file()
