"""The manual's flow in a real browser: every page as a person meets it, with a script and
without, and nothing that axe objects to."""

from __future__ import annotations

import re
from typing import Any

from converter.web.attempts import ONE_NAME
from tests.tools import needs
from tests.watching import Watched, objections
from tests.web import running, world
from tests.web.walking import collect, follow, sign_in, upload, walk
from tests.web.world import World

pytestmark = needs("chromium")


def test_the_checker_has_teeth(browser: Any, served: tuple[World, running.Inside]) -> None:
    _, inside = served
    page = Watched(browser).page
    page.goto(inside.url)
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert any(found.startswith("label:") for found in objections(page))


def test_from_the_password_to_the_receipt_and_no_page_that_axe_objects_to(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    own, inside = served
    watched = Watched(browser, viewport={"width": 1100, "height": 760})
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found[name] = objections(watched.page)

    walk(watched.page, inside, own, look)
    assert len(found) == 15
    assert {name: what for name, what in found.items() if what} == {}
    assert watched.complaints == []
    assert watched.elsewhere == []


def test_the_same_without_a_script(browser: Any, served: tuple[World, running.Inside]) -> None:
    own, inside = served
    watched = Watched(browser, java_script_enabled=False, viewport={"width": 390, "height": 780})
    page, unit = watched.page, own.units[1]
    page.goto(f"{inside.url}/identity")
    sign_in(page, unit.name, own.passwords[unit.code])
    assert page.get_by_role("heading", name="单位信息验证").is_visible()
    follow(page, page.get_by_role("link", name="检查和上报", exact=True))
    upload(page, world.workbook(2))
    follow(page, page.get_by_role("button", name="提交上报"))
    number = page.url.rpartition("/")[2]
    assert (own.inbox / "web" / f"{number}.zip").is_file()
    collect(own)
    page.reload()
    assert page.get_by_role("heading", name="回执").is_visible()
    assert watched.elsewhere == []


def test_wrong_passwords_lock_the_way_in_and_keep_what_was_typed(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    own, inside = served
    watched = Watched(browser)
    page, unit = watched.page, own.units[2]
    page.goto(f"{inside.url}/identity")
    for _ in range(ONE_NAME.free):
        sign_in(page, unit.name, "AAAA-BBBB-CCCC")
        assert "单位名称或单位密码不对" in page.get_by_role("alert").inner_text()
        assert page.get_by_label("单位名称").input_value() == unit.name
    sign_in(page, unit.name, own.passwords[unit.code])
    assert re.search("请过 [0-9]+ 分钟再试", page.get_by_role("alert").inner_text())
    assert objections(page) == []


def test_a_narrow_screen_never_scrolls_sideways(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    own, inside = served
    watched = Watched(browser, viewport={"width": 320, "height": 700})
    page, unit = watched.page, own.units[0]
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    for path in ("/", "/identity", "/officer/sign-in", "/nowhere"):
        page.goto(inside.url + path)
        assert not page.evaluate(wide), path
        assert objections(page) == []
    page.goto(f"{inside.url}/identity")
    sign_in(page, unit.name, own.passwords[unit.code])
    assert not page.evaluate(wide)
    page.goto(f"{inside.url}/check")
    upload(page, world.workbook(1, fault=True), "很" * 60 + ".xlsx")
    assert not page.evaluate(wide)


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    _, inside = served
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{inside.url}/check")
    page.locator("input[type=file]").set_input_files(
        {"name": "大.xlsx", "mimeType": "application/zip", "buffer": bytes(2 << 20)}
    )
    assert "最大 1 MB" in page.locator("#busy").inner_text()
    page.get_by_role("button", name="上传检查").click()
    assert page.url.endswith("/check")
    # Without the script's help the server says it, and the browser shows that page.
    page.evaluate("document.getElementById('file').setCustomValidity('')")
    follow(page, page.get_by_role("button", name="上传检查"))
    assert page.get_by_role("heading", name="文件太大").is_visible()


def test_the_keyboard_alone_leads_in(browser: Any, served: tuple[World, running.Inside]) -> None:
    own, inside = served
    watched = Watched(browser)
    page, unit = watched.page, own.units[0]
    page.goto(f"{inside.url}/identity")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.get_by_label("单位名称").focus()
    page.keyboard.type(unit.name)
    page.keyboard.press("Tab")
    page.keyboard.type(own.passwords[unit.code])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/unit")


def test_on_a_telephone_the_officer_sees_what_matters(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    own, inside = served
    own.inbox.mkdir(exist_ok=True)
    (own.inbox / "二.xlsx").write_bytes(world.workbook(2))
    collect(own)
    page = Watched(browser, viewport={"width": 390, "height": 780}).page
    page.goto(f"{inside.url}/officer/sign-in")
    assert page.get_by_label("用户名").get_attribute("autocomplete") == "username"
    page.get_by_label("登录口令").fill(inside.password)
    follow(page, page.get_by_role("button", name="登录"))
    for label in ("完成率（%）", "未报"):
        cell = page.locator(f'td[data-label="{label}"]').first
        box = cell.bounding_box()
        assert box
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
    assert objections(page) == []
    page.goto(f"{inside.url}/officer/figures")
    chart = page.locator("img.chart").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    assert box["width"] >= 600  # not shrunk until nobody can read it
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    assert objections(page) == []
