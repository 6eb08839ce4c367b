"""Pictures of the clerk's program, at the size of a small screen."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.web import world
from tests.web.desk.at_work import at_work

SIZE = {"width": 1100, "height": 620}


def picture(browser: Any, name: str) -> bytes:
    """The first page (`home`) with an identity file, or a form with a fault (`check`)."""
    page = browser.new_page(viewport=SIZE, device_scale_factor=1, locale="zh-CN")
    page.set_default_timeout(90_000)
    with tempfile.TemporaryDirectory() as folder:
        union = world.build(Path(folder, "union"), 1)
        form = Path(folder, "填报表.xlsx")
        form.write_bytes(world.workbook(1, fault=True))
        # The page shows where its folder lies, seen from the user's own: no path of this machine.
        home = patch.dict(os.environ, HOME=folder)
        with home, at_work(Path(folder, "文档", "基层工会填报")) as desk:
            page.goto(desk.access.address())
            for path in (next(union.issued.glob("*.xml")), form):
                page.goto(desk.url)
                with page.expect_navigation():
                    page.set_input_files("#file", str(path))
            if name == "home":
                page.goto(desk.url)
            data: bytes = page.screenshot()
    page.close()
    return data
