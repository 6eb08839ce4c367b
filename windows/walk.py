"""A clerk's day with the packed program for Windows: the manual's steps in a real browser outside,
then what goes wrong. The pictures of each page are kept (`build/windows/bare/film`)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.people import MEMBERS
from tests.web import world
from tests.web.desk.clerk import Clerk, the_manuals_steps
from tests.web.running import browser
from windows.page import ADDRESS, PLACE, served
from windows.wine import Wine

HERE = Path(__file__).parent
DROPPED = "拖进来 的"


def walk(wine: Wine, *program: str) -> None:
    """`program`: how it is started there."""
    place, film = wine.drive / PLACE, wine.folder / "film"
    for folder in (place, film):
        shutil.rmtree(folder, ignore_errors=True)
    film.mkdir()
    with tempfile.TemporaryDirectory() as made, browser() as chromium:
        folder = Path(made)
        identity = next(world.build(folder / "union", 1).issued.glob("*.xml"))
        faulty = folder / "填报.xlsx"
        faulty.write_bytes(world.workbook(1, fault=True))
        with served(wine, *program) as address:
            clerk = Clerk(chromium, address, film)
            form = the_manuals_steps(clerk, place, identity, folder)
            clerk.press("link", "帮助")
            clerk.page.goto(_second_start(wine, address, *program))
            _held(wine, clerk, form)
            clerk.page.goto(clerk.url)
            clerk.choose(faulty)
            clerk.press("link", "在这里改")
            clerk.page.locator("[data-fault=error]:focus").wait_for()
            clerk.page.keyboard.type(MEMBERS[2][1])
            clerk.page.keyboard.press("Enter")
            clerk.says("没有要改的了")
            _complain(clerk)
            clerk.page.close()
        # It was killed: what was typed is there.
        with served(wine, *program) as address:
            clerk = Clerk(chromium, address, film)
            clerk.press("link", "检查 填报.xlsx")
            clerk.press("link", "接着改，改好另存")
            clerk.says("前面改的 1 格都记着")
            clerk.press("button", "改好了，继续")
            clerk.countdown("可以上报")
            _complain(clerk)
        _dropped_on_the_icon(wine, faulty, *program)
    wine.say("the manual's steps on the page; a second start, a held form, an end in the middle")


def _complain(clerk: Clerk) -> None:
    """What axe, the policy or a script objected to."""
    watched = clerk.watched
    found: Any = clerk.objections, watched.complaints, watched.elsewhere
    assert not any(found), found


def _second_start(wine: Wine, address: str, *program: str) -> str:
    """The address that a second start prints while the first is open: of the same page."""
    done = wine.run(*program, "desk", "--no-browser", "--place", rf"C:\{PLACE}", cwd=wine.drive)
    found = ADDRESS.search(done.stdout)
    assert found, done.stdout + done.stderr
    again = found[0].decode("ascii")
    assert done.returncode == 0
    assert again.partition("?")[0] == address.partition("?")[0]
    return again


@contextmanager
def held(wine: Wine, path: Path, sharing: int) -> Iterator[None]:
    """Another program has a file of the prefix open; see `hold.c`."""
    program = wine.folder / "hold.exe"
    compiler = ("x86_64-w64-mingw32-gcc", "-municode", "-o", str(program))
    subprocess.run([*compiler, str(HERE / "hold.c")], check=True)
    inside = "C:\\" + str(path.relative_to(wine.drive)).replace("/", "\\")
    process = subprocess.Popen(
        ["wine", str(program), str(sharing), inside],
        env=wine.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout
    try:
        assert process.stdout.readline().strip() == b"held"
        yield
    finally:
        process.kill()
        process.wait()


def _held(wine: Wine, clerk: Clerk, form: Path) -> None:
    """The form is open as Excel opens it: it is checked and packed. Open for another program alone:
    the page says so, and goes on as soon as it is let go."""
    good = form.read_bytes()
    clerk.page.goto(clerk.url)
    clerk.press("link", f"检查 {form.name}")
    with held(wine, form, 1):
        form.write_bytes(world.workbook(1, fault=True))
        clerk.countdown("还剩 1 处错误")
    with held(wine, form, 0):
        form.write_bytes(good)
        clerk.countdown("打不开这份表")
        clerk.says("可能正开着，或者没有权限")
    clerk.countdown("可以上报")


def _dropped_on_the_icon(wine: Wine, faulty: Path, *program: str) -> None:
    """A form with a fault; then it and its marked copy together, of which the one saved last goes
    on."""
    desk = wine.drive / DROPPED
    shutil.rmtree(desk, ignore_errors=True)
    desk.mkdir()
    original, copy = desk / "填报 表.xlsx", desk / "填报 表-批注.xlsx"
    shutil.copyfile(faulty, original)
    inside = [rf"C:\{DROPPED}\{path.name}" for path in (original, copy)]
    done = wine.run(*program, inside[0], cwd=wine.drive)
    assert (done.returncode, copy.is_file()) == (1, True), done.stderr.decode("gbk", "replace")
    original.write_bytes(world.workbook(1))
    os.utime(original, (time.time() + 60,) * 2)
    done = wine.run(*program, *inside, cwd=wine.drive)
    told = (done.stdout + done.stderr).decode("gbk", "replace")
    assert done.returncode == 0, told
    assert re.search(rf"用了后保存的 {original.name}", told), told
    assert {path.name for path in desk.iterdir()} == {"填报 表.xlsx", copy.name, "填报 表.zip"}
