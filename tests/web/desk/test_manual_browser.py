"""The manual's steps, one by one, in a real browser on a small screen; LibreOffice saves what is
typed. The keyboard does all of it; axe objects to no page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.people import MEMBERS
from tests.tools import needs
from tests.web.desk.at_work import AtWork, at_work
from tests.web.desk.clerk import Clerk, the_manuals_steps
from tests.web.world import workbook

pytestmark = needs("chromium", "libreoffice")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[AtWork]:
    with at_work(tmp_path / "文档" / "基层工会填报") as made:
        yield made


def test_the_manuals_steps_with_the_keyboard_alone(
    browser: Any, own: AtWork, identity: Path, tmp_path: Path
) -> None:
    clerk = Clerk(browser, own.access.address())
    the_manuals_steps(clerk, own.root, identity, tmp_path)
    assert [path.name for path in own.opened] == ["填报表.xlsx"]
    assert clerk.objections == {}
    assert clerk.watched.complaints == []
    assert clerk.watched.elsewhere == []


def test_correcting_on_the_page_with_the_keyboard_alone(
    browser: Any, own: AtWork, tmp_path: Path
) -> None:
    bad = tmp_path / "填报.xlsx"
    bad.write_bytes(workbook(1, fault=True))
    clerk = Clerk(browser, own.access.address())
    clerk.choose(bad)
    clerk.countdown("还剩 1 处错误")
    clerk.press("link", "在这里改")
    clerk.page.locator("[data-fault=error]:focus").wait_for()  # where the fault is
    clerk.page.keyboard.type(MEMBERS[2][1])
    clerk.page.keyboard.press("Enter")
    clerk.says("没有要改的了")
    clerk.press("button", "改好了，继续")
    clerk.countdown("可以上报")
    assert (next(own.root.rglob("填报.xlsx"))).read_bytes() == workbook(1, fault=True)
    assert clerk.objections == {}
    assert clerk.watched.complaints == []


def test_what_was_typed_into_a_cell_that_was_never_left_is_there_again(
    browser: Any, own: AtWork, tmp_path: Path
) -> None:
    """The page is closed in the middle of a cell; then the corrections are written, or not wanted,
    and nothing of them comes back."""
    bad = tmp_path / "填报.xlsx"
    bad.write_bytes(workbook(1, fault=True))
    clerk = Clerk(browser, own.access.address())
    clerk.choose(bad)
    clerk.press("link", "在这里改")
    correcting = clerk.page.url
    for button in ("不要这些改动，从头再改", "改好了，继续"):
        clerk.page.goto(correcting)
        clerk.page.locator("[data-fault=error]:focus").wait_for()
        clerk.page.keyboard.type(MEMBERS[2][1])
        clerk.page.goto("about:blank")
        clerk.page.goto(correcting)
        clerk.says("前面改的 1 格都记着")
        clerk.press("button", button)
        assert not clerk.page.get_by_text("还没有存进填报表").is_visible()
    assert own.desk.orphaned() == []
    clerk.page.goto(correcting)
    assert not clerk.page.get_by_text("都记着").is_visible()


def test_files_dropped_anywhere_on_the_page(browser: Any, own: AtWork, identity: Path) -> None:
    clerk = Clerk(browser, own.access.address())
    for target in ("footer", ".drop"):
        clerk.page.goto(own.url)
        transfer = clerk.page.evaluate_handle(
            """([name, text]) => { const made = new DataTransfer();
               made.items.add(new File([text], name)); return made; }""",
            [identity.name, identity.read_text("utf-8")],
        )
        with clerk.page.expect_navigation():
            clerk.page.dispatch_event(target, "drop", {"dataTransfer": transfer})
        clerk.says("标识文件加载成功")


def test_a_program_that_has_ended_is_told(browser: Any, own: AtWork) -> None:
    clerk = Clerk(browser, own.access.address())
    clerk.page.clock.install()
    clerk.page.goto(own.url)
    own.stop()
    for _ in range(8):
        clerk.page.clock.run_for(11_000)
        clerk.page.wait_for_timeout(50)
    assert clerk.page.locator("#gone").is_visible()
