"""Pages in a real browser: axe finds nothing, nothing overflows a telephone, keys reach all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from converter.model.forms import Form
from converter.report import html, summary
from converter.report.page import tables_page
from converter.report.table import Table
from converter.statistics.figure import Chart, Column, Figure, Row, StatisticsTable
from tests import tools
from tests.watching import objections

from .conftest import id_issue, note, outcome, unreadable

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TELEPHONE, DESK = 390, 1366

pytestmark = tools.needs("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = tools.path("chromium")
        started = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield started
        started.close()


def check_page(form: Form) -> str:
    many = [id_issue(row) for row in range(3, 30)]
    outcomes = [outcome(*many, note(4), file="甲/" + "很长的文件名" * 12 + ".xlsx"), unreadable()]
    return html.render([*outcomes, outcome(file="好.xlsx")], form)


def figure(
    key: str, titles: str, rows: tuple[Row, ...], chart: Chart = Chart.NONE, *series: int
) -> Figure:
    """A figure whose columns go by their numbers."""
    columns = tuple(Column(str(number), title) for number, title in enumerate(titles.split()))
    total = chart is Chart.STACKED
    table = StatisticsTable(key, titles.split()[0], columns, rows, total)
    return Figure(table, chart, tuple(map(str, series)))


def summary_page(form: Form) -> str:
    rows = tuple((f"示例县第{n}总工会", 10, 5, 1, 2, 3, 50.0) for n in range(12))
    three = tuple((f"2026-03-{n:02}", n, n) for n in range(1, 20))
    four = tuple(("示例县总工会", f"示例{n}工会", f"13-{n}", "没有收到") for n in range(90))
    return summary.html(
        [
            figure("overview", "总览 数值", (("应报", 10), ("已报", 5)), Chart.TILES),
            figure(
                "progress",
                "上级工会 应报 已报 其中有提示 只有退回的 未报 完成率（%）",
                rows,
                Chart.STACKED,
                *(2, 4, 5),
            ),
            figure("daily", "每天 当天 累计", three, Chart.LINE, 2),
            figure("ages", "年龄 男 女", three, Chart.PYRAMID, 1, 2),
            figure("faults", "问题 级别 文件 处数", four, Chart.BARS),
            figure("missing", "上级 单位 代码 情况", four),
        ],
        "汇总（2026）",
        "登记库发布于今天",
    )


def table_page(form: Form) -> str:
    rows: list[list[str | int | float]] = [
        [n, "示例一", "130102********1X", "2010-05-01"] for n in range(40)
    ]
    return tables_page([Table("会员", ["序号", "姓名", "身份证号", "入会"], rows)], "示例工会")


PAGES = {"check": check_page, "summary": summary_page, "table": table_page}


@pytest.fixture(params=[TELEPHONE, DESK])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=PAGES)
def page(
    request: pytest.FixtureRequest, browser: Browser, width: int, form: Form, tmp_path: Path
) -> Iterator[Page]:
    path = tmp_path / "page.html"
    path.write_text(PAGES[request.param](form), encoding="utf-8")
    # No network, and no scripts but the test's own.
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    opened = context.new_page()
    opened.goto(path.as_uri())
    yield opened
    context.close()


def test_axe_finds_nothing(page: Page) -> None:
    assert objections(page) == []


def test_the_page_itself_never_scrolls_sideways(page: Page) -> None:
    wide, seen = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= seen


def test_the_first_key_leads_past_the_heading(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"


def test_what_scrolls_can_be_reached_by_keys(page: Page) -> None:
    stuck = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1"
        " && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0).length"
    )
    assert stuck == 0


def test_files_are_filtered_by_how_they_ended(browser: Browser, form: Form) -> None:
    page = browser.new_page()
    page.set_content(check_page(form))
    shown = "[...document.querySelectorAll('section.file')].filter(e => e.offsetParent).length"
    assert page.evaluate(shown) == 3
    page.get_by_label("读不了（1）").check()
    assert page.evaluate(shown) == 1
    page.get_by_label("全部（3）").check()
    assert page.evaluate(shown) == 3
    page.close()


def test_what_is_folded_is_printed(browser: Browser, form: Form) -> None:
    page = browser.new_page()
    page.set_content(summary_page(form))
    page.emulate_media(media="print")
    last = page.get_by_text("示例89工会").last
    assert last.bounding_box()
    page.close()
