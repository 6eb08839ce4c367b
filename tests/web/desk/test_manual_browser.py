"""The manual's steps, one by one, in a real browser on a small screen; LibreOffice saves what is
typed. The keyboard does all of it; axe objects to no page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.parity import office
from tests.people import MEMBERS, UNIT
from tests.sheets import MEMBER_SHEET, fill, member_cell, put
from tests.tools import needs
from tests.watching import Watched, objections
from tests.web.desk.at_work import AtWork, at_work
from tests.web.world import unit

pytestmark = needs("chromium", "libreoffice")

WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
NAMED = ("所属上级工会组织", "单位工会名称")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[AtWork]:
    with at_work(tmp_path / "文档" / "基层工会填报") as made:
        yield made


class Clerk:
    """Works with the keyboard alone."""

    def __init__(self, browser: Any, desk: AtWork) -> None:
        self.watched = Watched(browser, viewport={"width": 1366, "height": 768})
        self.page, self.desk = self.watched.page, desk
        # From the start: a dialog that opens before it is listened to is lost.
        self.page.on("filechooser", lambda _: None)
        self.objections: dict[str, list[str]] = {}
        self.page.goto(desk.access.address())
        self.look()

    def look(self) -> None:
        """What axe objects to, and whether anything is wider than the screen."""
        path = self.page.url.removeprefix(self.desk.url)
        found = objections(self.page)
        if self.page.evaluate(WIDE):
            found.append("wider than the screen")
        self.objections |= {path: found} if found else {}

    def focus(self, role: str, name: str) -> None:
        """Reach something by Tab, as far as it takes."""
        wanted = self.page.get_by_role(role, name=name, exact=True).first
        wanted.wait_for()
        for _ in range(80):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {name}")

    def press(self, role: str, name: str) -> None:
        self.focus(role, name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.look()

    def choose(self, *files: Path) -> None:
        """Choose files in the dialog that the key opens."""
        for _ in range(80):
            if self.page.evaluate("document.activeElement.id") == "file":
                break
            self.page.keyboard.press("Tab")
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Enter")
        with self.page.expect_navigation():
            chooser.value.set_files(list(map(str, files)))
        self.look()

    def countdown(self, text: str) -> None:
        self.page.locator(".countdown", has_text=text).wait_for()
        self.look()

    def says(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()


def save(path: Path, change: Any, folder: Path) -> None:
    """As a spreadsheet program saves: LibreOffice computes and writes all of it anew."""
    book = openpyxl.load_workbook(BytesIO(path.read_bytes()))
    change(book)
    typed = folder / path.name
    book.save(typed)
    (saved,) = office.recalculated([typed], folder)
    shutil.copyfile(saved, path.with_name(".saving"))
    path.with_name(".saving").replace(path)


def answers(book: Any) -> None:
    fill(book, {title: value for title, value in UNIT.items() if title not in NAMED})
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])


def corrected(book: Any) -> None:
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1])


def test_the_manuals_steps_with_the_keyboard_alone(
    browser: Any, own: AtWork, identity: Path, tmp_path: Path
) -> None:
    clerk = Clerk(browser, own)
    # Load the identity file; it says so, and whose it is.
    clerk.choose(identity)
    clerk.says("标识文件加载成功")
    clerk.says(unit(1).superior_name)
    # Fetch a form: the names are written in.
    clerk.press("link", "下一步：领一张填报表")
    clerk.press("button", "领空白填报表")
    clerk.press("button", "打开填报表")
    (form,) = own.opened
    assert form.name == "填报表.xlsx"
    # Fill in; the page follows each save without being touched.
    save(form, answers, tmp_path)
    clerk.countdown("还剩 1 处错误")
    clerk.says("身份证号应为 18 位")
    save(form, corrected, tmp_path)
    clerk.countdown("可以上报")
    # Statistics, print preview, look up.
    clerk.press("link", "统计")
    clerk.says("职工与会员人数")
    clerk.press("link", "打印")
    clerk.press("link", "显示完整的身份证号")
    clerk.says(MEMBERS[0][1])
    clerk.press("link", "查询")
    clerk.focus("textbox", "姓名或身份证号")
    clerk.page.keyboard.type(MEMBERS[5][0])
    with clerk.page.expect_navigation():
        clerk.page.keyboard.press("Enter")
    clerk.says(MEMBERS[5][0])
    clerk.look()
    # Export under a name of her own.
    clerk.press("link", "基层工会信息、会员信息采集表")
    clerk.press("link", "生成上报文件 没有错误以后，交给上级工会")
    clerk.focus("textbox", "上报文件的名字（可以自己取）")
    clerk.page.keyboard.press("Control+A")
    clerk.page.keyboard.type("示例工会的上报")
    with clerk.page.expect_navigation():
        clerk.page.keyboard.press("Enter")
    clerk.look()
    clerk.says("上报文件做好了")
    clerk.says("已用标识文件签名")
    assert form.with_name("示例工会的上报.zip").is_file()
    # A backup was made; it is restored beside what is there.
    clerk.press("link", "备份和恢复")
    (saved,) = (form.parent / "备份").glob("*.zip")
    clerk.press("button", f"恢复 {saved.name}")
    clerk.says("已恢复到")
    (restored,) = form.parent.glob("恢复-*")
    assert (restored / "填报表.xlsx").read_bytes() == form.read_bytes()
    assert clerk.objections == {}
    assert clerk.watched.complaints == []
    assert clerk.watched.elsewhere == []


def test_correcting_on_the_page_with_the_keyboard_alone(
    browser: Any, own: AtWork, tmp_path: Path
) -> None:
    from tests.web.world import workbook

    bad = tmp_path / "填报.xlsx"
    bad.write_bytes(workbook(1, fault=True))
    clerk = Clerk(browser, own)
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


def test_files_dropped_anywhere_on_the_page(browser: Any, own: AtWork, identity: Path) -> None:
    clerk = Clerk(browser, own)
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
    clerk = Clerk(browser, own)
    clerk.page.clock.install()
    clerk.page.goto(own.url)
    own.stop()
    for _ in range(8):
        clerk.page.clock.run_for(11_000)
        clerk.page.wait_for_timeout(50)
    assert clerk.page.locator("#gone").is_visible()
