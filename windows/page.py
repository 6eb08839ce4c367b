"""The clerk's page, served under Wine, in a real browser outside: from a workbook to its package."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.web.running import browser
from windows.wine import Wine

ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+/enter\?token=[\w-]+")
GOOD, EXPORT, EXPORTED = "可以上报", "生成上报文件", "上报文件做好了"
PLACE = "我的 文档"


def try_page(wine: Wine, workbook: Path, *program: str, **environment: str) -> bytes:
    """Hand a workbook in and export it; the package. `program`: how the product is started there."""
    place = wine.drive / PLACE
    shutil.rmtree(place, ignore_errors=True)  # of an earlier run
    began = time.monotonic()
    with served(wine, *program, **environment) as address, browser() as chromium:
        page = chromium.new_page()
        page.set_default_timeout(120_000)
        page.goto(address)
        page.locator("#upload").wait_for()
        wine.say(
            f"the page answers a browser outside, {time.monotonic() - began:.1f} s after its start"
        )
        page.locator("#file").set_input_files(workbook)
        page.locator(".countdown", has_text=GOOD).wait_for()
        page.get_by_role("link", name=EXPORT, exact=True).first.click()
        page.get_by_role("button", name=EXPORT, exact=True).click()
        page.get_by_text(EXPORTED).first.wait_for()
    (package,) = (path for path in place.rglob("*.zip") if path.parent.name != "备份")
    return package.read_bytes()


@contextmanager
def served(wine: Wine, *program: str, **environment: str) -> Iterator[str]:
    """The address of the page while it is served."""
    process = subprocess.Popen(
        ["wine", *program, "desk", "--no-browser", "--place", rf"C:\{PLACE}"],
        cwd=wine.drive, env=wine.environment(**environment), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout
    try:
        found = next(filter(None, map(ADDRESS.search, process.stdout)), None)
        if found is None:
            raise SystemExit("the page was not served")
        yield found[0].decode("ascii")
    finally:
        process.kill()
        wine.stop()
        process.wait()
