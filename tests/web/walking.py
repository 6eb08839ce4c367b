"""Walking through the pages with a browser, as the manual does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from converter.forms import loading
from converter.register import RosterEntry
from converter.usecases.receive import Plan, receive
from converter.workers.pool import Worker
from tests.web import running, world


def walk(
    page: Any, portal: running.Inside, union: world.World, picture: Callable[[str], None]
) -> None:
    """From the password to the receipt, then the officer's pages; `picture` is called at each."""
    unit = union.units[0]
    page.goto(portal.url + "/")
    picture("01-home")
    follow(page, page.get_by_role("link", name="领取标识文件").first)
    sign_in(page, unit.name, "AAAA-BBBB-CCCC")
    picture("02-wrong-password")
    sign_in(page, unit.name, union.passwords[unit.code])
    picture("03-unit")
    with page.expect_download():
        page.get_by_role("button", name="没有错，下载标识文件").click()
    with page.expect_download() as got:
        page.get_by_role("button", name="下载填报表").click()
    blank = Path(got.value.path()).read_bytes()
    page.reload()
    picture("04-downloaded")
    follow(page, page.get_by_role("link", name="检查和上报", exact=True))
    picture("05-check")
    upload(page, world.workbook(1, fault=True))
    picture("06-faults")
    follow(page, page.get_by_role("link", name="再传一份"))
    upload(page, world.filled(blank))
    picture("07-clean")
    follow(page, page.get_by_role("button", name="提交上报"))
    picture("08-submitted")
    collect(union)
    page.reload()
    picture("09-receipt")
    follow(page, page.get_by_role("link", name="本单位", exact=True))
    picture("10-unit-again")
    follow(page, page.get_by_role("button", name="退出"))
    follow(page, page.get_by_role("link", name="上级工会登录"))
    picture("11-officer-door")
    page.get_by_label("登录口令").fill(portal.password)
    follow(page, page.get_by_role("button", name="登录"))
    picture("12-officer")
    for number, name in ((13, "单位"), (14, "常见问题"), (15, "统计")):
        follow(page, page.get_by_role("navigation", name="主导航").get_by_role("link", name=name))
        for image in page.locator("img").all():  # drawn when they come into sight
            image.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        picture(f"{number}-{page.url.rpartition('/')[2]}")


def follow(page: Any, what: Any) -> None:
    """Press a link or a button that leads to another page, and wait until that is there."""
    with page.expect_navigation():
        what.click()


def sign_in(page: Any, name: str, password: str) -> None:
    """Fill in the way in and send it."""
    page.get_by_label("单位名称").fill(name)
    page.get_by_label("单位密码").fill(password)
    follow(page, page.get_by_role("button", name="下一步"))


def upload(page: Any, data: bytes, name: str = "填报.xlsx") -> None:
    """Choose a file and send it."""
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )
    follow(page, page.get_by_role("button", name="上传检查"))


def collect(union: world.World) -> None:
    """What the officer does with `receive`."""
    from converter.identity import keys

    definition = loading.read(world.FOLDER)
    signer = keys.signer(union.keys)
    now = int(union.settings().clock())
    plan = Plan(world.FOLDER, definition, union.reply, union.keys, signer, 1, now)
    roster = [RosterEntry(u.code, u.name, u.superior_code, u.superior_name) for u in union.units]
    with Worker() as worker:
        receive(union.inbox, union.store, plan, worker, roster=roster, due=date.today())
