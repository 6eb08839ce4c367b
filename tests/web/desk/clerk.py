"""A clerk at the page, on Linux or on Windows: the manual's steps, with the keyboard alone."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl

from tests.parity import office
from tests.people import MEMBERS, UNIT
from tests.sheets import MEMBER_SHEET, fill, member_cell, put
from tests.watching import Watched, objections
from tests.web.world import unit

WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
PATIENCE = 300_000  # milliseconds: under Wine pages take their time
NAMED = ("所属上级工会组织", "单位工会名称")


class Clerk:
    """Works with the keyboard alone. `film`: a folder for a picture of each page she comes to."""

    def __init__(self, browser: Any, address: str, film: Path | None = None) -> None:
        self.watched = Watched(browser, viewport={"width": 1366, "height": 768})
        self.page, self.url, self._film = self.watched.page, address.partition("/enter")[0], film
        self.page.set_default_timeout(PATIENCE)
        # From the start: a dialog that opens before it is listened to is lost.
        self.page.on("filechooser", lambda _: None)
        self.objections: dict[str, list[str]] = {}
        self.page.goto(address)
        self.look()

    def look(self) -> None:
        """What axe objects to, and whether anything is wider than the screen."""
        path = self.page.url.removeprefix(self.url)
        if self._film:
            taken = len(list(self._film.iterdir())) + 1
            self.page.screenshot(path=self._film / f"{taken:02}{path.replace('/', '-')[:20]}.png")
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


def the_manuals_steps(clerk: Clerk, place: Path, identity: Path, folder: Path) -> Path:
    """From the identity file to the package and a restored backup; the form that was filled in.
    `place`: where the page keeps her files; LibreOffice saves what is typed, by way of `folder`."""
    # Load the identity file; it says so, and whose it is.
    clerk.choose(identity)
    clerk.says("标识文件加载成功")
    clerk.says(unit(1).superior_name)
    # Fetch a form: the names are written in.
    clerk.press("link", "下一步：领一张填报表")
    clerk.press("button", "领空白填报表")
    clerk.press("button", "打开填报表")
    (form,) = place.rglob("填报表.xlsx")
    # Fill in; the page follows each save without being touched.
    save(form, answers, folder)
    clerk.countdown("还剩 1 处错误")
    clerk.says("身份证号应为 18 位")
    save(form, corrected, folder)
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
    return form
