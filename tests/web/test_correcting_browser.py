"""Correcting in a real browser: with the keyboard alone, on a small screen and a wide one, and
without a script."""

from __future__ import annotations

import random
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

from tests.people import UNIT, id_number
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, blank, fill, member_cell, put, unit_cell
from tests.tools import needs
from tests.watching import Watched, objections
from tests.web import running
from tests.web.walking import follow, upload
from tests.web.world import World, unit

pytestmark = needs("chromium")

ROWS = 500
MOST_PRESSES = 12  # of keys a fault, beyond the value itself
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def person(number: int) -> tuple[str, str, date]:
    born = f"{1960 + number % 40}-{1 + number % 12:02d}-{1 + number % 28:02d}"
    return (
        f"示例{chr(0x4E00 + number)}",
        id_number("130102", born, 2 * number + 1),
        date(2020, 1, 5),
    )


@cache
def case() -> tuple[bytes, dict[str, str]]:
    """A workbook of 500 members with twenty faults; and by what stands in each faulty cell, what
    belongs there."""
    people = [person(number) for number in range(ROWS)]
    answers = UNIT | {
        "单位工会名称": unit(1).name,
        "职工总数": ROWS + 10,
        "会员总数": ROWS,
        "女职工人数": 6,
        "女职工会员数": 0,
    }
    book = fill(blank(ROWS + 10), answers, people)
    sheet, corrected = book[MEMBER_SHEET], {}
    chosen = random.Random(5).sample(range(ROWS), 17)
    for number in chosen[:8]:  # a digit is missing
        right = people[number][1]
        put(sheet, member_cell(book, number + 1, "身份证号"), right[:-1])
        corrected[right[:-1]] = right
    for number in chosen[8:12]:  # two digits changed places: the check character is wrong
        right = people[number][1]
        wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
        put(sheet, member_cell(book, number + 1, "身份证号"), wrong)
        corrected[wrong] = right
    for number in chosen[12:15]:
        put(sheet, member_cell(book, number + 1, "加入工会时间"), f"入会第{number}天")
        corrected[f"入会第{number}天"] = "２０20.1.5"
    for number in chosen[15:]:
        put(sheet, member_cell(book, number + 1, "会员姓名"), f"示例{number}")
        corrected[f"示例{number}"] = "示例人"
    for title, wrong, right in (
        ("单位类别", "私人的", "私营企业"),
        ("驻地邮政编码", "5000", "050000"),
        ("兼职工会工作人员数", "三", "3"),
    ):
        put(book[UNIT_SHEET], unit_cell(book, title), wrong)
        corrected[wrong] = right
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue(), corrected


def started_correcting(page: Any, inside: running.Inside, data: bytes) -> None:
    page.goto(f"{inside.url}/check")
    upload(page, data)
    follow(page, page.get_by_role("link", name="在这里改"))


class Keyboard:
    """The keyboard, counting what is pressed beside values."""

    def __init__(self, page: Any) -> None:
        self._page, self.presses = page, 0

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)
        self.presses += 1

    def value(self, text: str) -> None:
        self._page.keyboard.type(text)


def focused(page: Any) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(
        "(() => { const it = document.activeElement;"
        " return {tag: it.tagName, value: it.value ?? '', was: it.dataset.was ?? '', name: it.name ?? '',"
        " fault: it.dataset.fault ?? ''}; })()"
    )
    return found


def test_twenty_faults_in_500_rows_are_corrected_with_the_keyboard(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    _, inside = served
    data, corrected = case()
    assert len(corrected) == 20
    watched = Watched(browser, viewport={"width": 1366, "height": 768})
    page, keyboard = watched.page, Keyboard(watched.page)
    started_correcting(page, inside, data)
    assert page.locator("#correcting-status").inner_text() == "还剩 20 处错误、0 处提示。"
    assert objections(page) == []
    assert not page.evaluate(WIDE)
    left = dict(corrected)
    worst = 0
    while left:
        before = keyboard.presses
        cell = focused(page)
        right = left.pop(cell["was"])
        if cell["tag"] == "SELECT":
            texts = page.evaluate("[...document.activeElement.options].map((one) => one.value)")
            at = texts.index(cell["value"])
            for _ in range(abs(texts.index(right) - at)):
                keyboard.press("ArrowDown" if texts.index(right) > at else "ArrowUp")
        else:
            keyboard.value(right)
        keyboard.press("Enter")
        worst = max(worst, keyboard.presses - before)
    assert worst <= MOST_PRESSES
    page.get_by_text("没有要改的了").wait_for()
    assert focused(page)["value"] == "finish"  # the last Enter led there
    assert objections(page) == []
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_role("heading", name="检查结果：通过").is_visible()
    assert watched.complaints == []
    assert watched.elsewhere == []


def test_a_cell_is_checked_when_it_is_left_and_what_is_typed_meanwhile_stays(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    _, inside = served
    data, corrected = case()
    watched = Watched(browser, viewport={"width": 1366, "height": 768})
    page = watched.page
    started_correcting(page, inside, data)
    wrong = next(text for text in corrected if text.startswith("入会第"))
    date_cell = page.locator(f'input[data-was="{wrong}"]')
    name = date_cell.get_attribute("name")
    date_cell.fill("２０20.1.5")
    held: list[Any] = []
    page.route("**/correct", lambda route: held.append(route))
    with page.expect_request("**/correct"):
        date_cell.press("Tab")
    other = page.locator("input[data-fault=error]").first
    other.focus()
    other_name = other.get_attribute("name")
    page.keyboard.type("123")  # while the answer is on its way
    held[0].continue_()
    page.unroute("**/correct")
    page.locator(f'input[name="{name}"][data-was="2020-01-05"]').wait_for()
    assert (focused(page)["value"], focused(page)["name"]) == ("123", other_name)
    page.keyboard.type("4")
    assert focused(page)["value"] == "1234"
    assert page.locator("#correcting-status").inner_text() == "还剩 19 处错误、0 处提示。"


def test_an_answer_that_does_not_come_is_told_and_sent_again(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    _, inside = served
    data, corrected = case()
    page = Watched(browser).page
    started_correcting(page, inside, data)
    first, second = [text for text in corrected if text.startswith("入会第")][:2]
    page.route("**/correct", lambda route: route.abort())
    page.locator(f'input[data-was="{first}"]').fill("2020-01-05")
    page.keyboard.press("Tab")
    page.get_by_text("刚才改的还没有送到").wait_for()
    page.unroute("**/correct")
    page.locator(f'input[data-was="{second}"]').fill("2020-01-05")
    page.keyboard.press("Tab")
    page.get_by_text("还剩 18 处错误").wait_for()


def test_on_a_telephone_and_without_a_script(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    _, inside = served
    data, corrected = case()
    settings: dict[str, Any] = {"viewport": {"width": 390, "height": 780}}
    page = Watched(browser, **settings).page
    started_correcting(page, inside, data)
    assert not page.evaluate(WIDE)
    assert objections(page) == []
    plain = Watched(browser, java_script_enabled=False, **settings).page
    started_correcting(plain, inside, data)
    for wrong, right in corrected.items():
        cell = plain.locator(f'[data-was="{wrong}"]')
        if cell.evaluate("it => it.tagName") == "SELECT":
            cell.select_option(right)
        else:
            cell.fill(right)
    follow(plain, plain.get_by_role("button", name="重新检查"))
    assert "没有要改的了" in plain.locator("#correcting-status").inner_text()
    follow(plain, plain.get_by_role("button", name="改好了，继续"))
    assert plain.get_by_role("heading", name="检查结果：通过").is_visible()


def test_a_list_shows_all_its_choices_and_gives_back_what_stood_there(
    browser: Any, served: tuple[World, running.Inside]
) -> None:
    _, inside = served
    data, _ = case()
    page = Watched(browser).page
    started_correcting(page, inside, data)
    cell = page.locator('input[data-was="私人的"]')
    name = cell.get_attribute("name")
    cell.focus()
    assert cell.input_value() == ""  # a browser lists only what fits the text
    page.keyboard.press("Tab")
    assert cell.input_value() == "私人的"
    assert "还剩 20 处错误" in page.locator("#correcting-status").inner_text()
    cell.focus()
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    page.locator(f'input[name="{name}"][data-was=""]').wait_for()  # now it is blank on purpose
