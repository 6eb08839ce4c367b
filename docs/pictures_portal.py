"""Pictures of the web pages, in the order in which the handbook walks through them.

`portal_pictures(page, folder)` is called with a Playwright page; alone it draws them at a
desktop's and a telephone's width:

    python -m docs.pictures_portal FOLDER
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.web import running, walking, world

SIZES = {"": (1100, 760), "-phone": (390, 780)}
COUNT = 24  # units of the invented union


def portal_pictures(page: Any, folder: Path) -> list[Path]:
    """Draw every page of the portal, by walking through it as the manual does."""
    made: list[Path] = []

    def picture(name: str) -> None:
        path = folder / f"portal-{name}.png"
        page.screenshot(path=path, full_page=True)
        made.append(path)

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        union = world.build(Path(home), COUNT)
        _collected(union)
        with running.inside(union) as portal:
            walking.walk(page, portal, union, picture)
    return made


def _collected(union: world.World) -> None:
    """Half of the units have reported, some of them with faults."""
    mail = union.inbox / "邮件"
    mail.mkdir(parents=True)
    for number in range(2, COUNT // 2):
        faulty = number % 4 == 0
        (mail / f"{number}.xlsx").write_bytes(world.workbook(number, fault=faulty))
    walking.collect(union)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    with running.browser() as started:
        for suffix, (width, height) in SIZES.items():
            size = {"width": width, "height": height}
            page = started.new_page(viewport=size, device_scale_factor=1, locale="zh-CN")
            for path in portal_pictures(page, target / f"wide{suffix}"):
                print(path)
            page.close()
