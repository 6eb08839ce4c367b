"""The summary as a page, as a workbook and as text: the same figures, charts that fit them."""

from __future__ import annotations

import zipfile
from datetime import date
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter.register import Collection as RegisterCollection
from converter.register import Register, RosterEntry, Snapshot
from converter.report import charts, spreadsheet, summary, table_export
from converter.report.spreadsheet import FIRST
from converter.statistics import collection as statistics
from converter.statistics import progress
from converter.statistics.figure import Chart, Column, Figure, StatisticsTable
from converter.usecases import deciding
from tests.sheets import FORM
from tests.usecases.receive.conftest import Collection

DAY = 1_767_225_600  # 2026-01-01

BY = statistics.groups(FORM)


@pytest.fixture(scope="module")
def found(collection: Collection) -> list[Figure]:
    with Snapshot(collection.store) as register:
        return statistics.figures(register, FORM, date(2026, 3, 7), by=BY)


@pytest.fixture(scope="module")
def book(found: list[Figure]) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(summary.xlsx(found, "汇总 & 表", "说明")))


class _Page(HTMLParser):
    """Headings, and the cells of the table or the tiles below each."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[str, list[str]] = {}
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("h2", "td", "dd", "dt", "svg") or (tag == "th" and ("scope", "row") in attrs):
            self._inside = tag
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("", "svg"):
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag != self._inside:
            return
        if tag == "h2":
            self.parts[self._text] = []
        elif tag != "svg":
            list(self.parts.values())[-1].append(self._text)
        self._inside = ""


def _plain(value: str | int | float) -> str | float:
    """A cell's figure, however it is written."""
    text = str(value).replace(",", "")
    try:
        return float(text)
    except ValueError:
        return text


def test_page_and_workbook_say_the_same(found: list[Figure], book: openpyxl.Workbook) -> None:
    page = _Page()
    page.feed(summary.html(found, "汇总"))
    assert [sheet["A1"].value for sheet in book] == list(page.parts)
    for sheet, figure in zip(book, found, strict=True):
        wide = len(figure.table.header)
        rows = [[c.value for c in row[:wide]] for row in sheet.iter_rows(min_row=4)]
        cells = [value for row in rows[: len(figure.table.rows)] for value in row]
        reported = page.parts[figure.table.title]
        assert list(map(_plain, reported)) == ["" if v is None else _plain(v) for v in cells]
        assert rows[: len(figure.table.rows)] == [
            [None if value == "" else value for value in row] for row in figure.table.rows
        ]


def test_every_chart_is_native_and_points_at_its_lines(
    found: list[Figure], book: openpyxl.Workbook
) -> None:
    for sheet, figure in zip(book, found, strict=True):
        lines = len(figure.table.rows) - figure.table.total
        assert len(sheet._charts) == bool(figure.chart.has_axes and lines)
        for chart in sheet._charts:
            for series in chart.series:
                assert series.cat.numRef or series.cat.strRef
                assert series.val.numRef.f.endswith(f"${3 + min(lines, charts.DRAWN)}")


def test_every_sheet_is_ready_to_print(book: openpyxl.Workbook) -> None:
    for sheet in book:
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$3:$3"
        assert sheet.oddHeader.left.text == "汇总 && 表"  # one ampersand when printed
        assert sheet.oddFooter.right.text == "第 &P 页，共 &N 页"
        assert "负责人" in sheet.oddFooter.left.text
        assert str(sheet.page_setup.paperSize) == sheet.PAPERSIZE_A4


def test_the_first_sheet_leads_to_the_others_and_back(book: openpyxl.Workbook) -> None:
    first, *others = book.worksheets
    links = [c.hyperlink.location for row in first for c in row if c.hyperlink]
    assert links == [f"'{sheet.title}'!A1" for sheet in others]
    assert all(s["A2"].hyperlink.location == f"'{first.title}'!A1" for s in others)


def test_the_page_needs_nothing_from_outside(found: list[Figure]) -> None:
    page = summary.html(found, "汇总")
    assert page.count("<svg") == sum(f.chart.has_axes and bool(charts.drawn(f)[0]) for f in found)
    for word in ("<script", "src=", "@import", "url(", "<link"):
        assert word not in page


def test_a_drawing_says_what_it_shows(found: list[Figure]) -> None:
    page = summary.html(found, "汇总")
    assert page.count('role="img"') == page.count("<svg")
    assert "Pygal" not in page
    assert 'aria-label="图：收集进度（2026）。数字见表。"' in page


COLUMNS = (Column("name", "名称"), Column("first", "甲"), Column("second", "乙"))


def bars(rows: Any, chart: Chart = Chart.BARS, total: bool = True) -> Figure:
    table = StatisticsTable("invented", "t", COLUMNS, rows, total)
    return Figure(table, chart, ("first", "second"))


def test_names_cannot_break_out_of_page_or_workbook() -> None:
    evil = '<script>alert("x")</script>=1+1'
    one = bars(((evil, 1, 2), ("=1+1", 1, 1), ("合计", 2, 3)))
    assert "<script" not in summary.html([one], evil)
    book = openpyxl.load_workbook(BytesIO(summary.xlsx([one], "t")))
    assert book.worksheets[0]["A5"].data_type == "s"


def test_a_chart_of_hundreds_says_what_it_leaves_out() -> None:
    rows = (*((f"工会{n}", n, n) for n in range(100)), ("合计", 1, 1))
    page = summary.html([bars(rows)], "t")
    assert page.count("工会99") == 1  # in the table
    assert str(charts.DRAWN) in page.partition("<figcaption>")[2].partition("</figcaption>")[0]


def test_a_list_of_thousands_is_cut_on_the_page_and_whole_in_the_workbook() -> None:
    rows = tuple((f"单位{n:05}", "甲", "乙") for n in range(3_000))
    one = Figure(StatisticsTable("missing", "没报的", COLUMNS, rows))
    page = summary.html([one], "t")
    assert "单位00999" in page
    assert "单位01000" not in page
    assert "另有 2000 行" in page
    assert "单位02999" not in summary.text([one])
    sheet = openpyxl.load_workbook(BytesIO(summary.xlsx([one], "t"))).worksheets[0]
    assert sheet["A3003"].value == "单位02999"


def test_of_a_long_time_the_last_days_are_drawn() -> None:
    rows = tuple((f"2026-{1 + n // 28:02}-{1 + n % 28:02}", n, n) for n in range(100))
    one = bars(rows, Chart.LINE, total=False)
    lines, of = charts.drawn(one)
    assert (lines[-1], of, len(lines)) == (rows[-1], 100, charts.LINES)
    sheet = openpyxl.load_workbook(BytesIO(summary.xlsx([one], "t"))).worksheets[0]
    (series, _) = sheet._charts[0].series
    first = spreadsheet.FIRST + 100 - charts.LINES
    assert series.val.numRef.f == f"'t'!$B${first}:$B$103"


def test_a_collection_of_which_nothing_came_has_a_summary() -> None:
    nothing = [bars((), Chart.BARS, total=False), bars((("合计", 0, 0),), Chart.STACKED)]
    page = summary.html(nothing, "t")
    assert "没有。" in page
    assert "<svg" not in page
    book = openpyxl.load_workbook(BytesIO(summary.xlsx(nothing, "t")))
    assert not any(sheet._charts for sheet in book)


def test_the_same_figures_give_the_same_bytes_on_every_day(
    found: list[Figure], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every workbook of tables, and every page: what `stats` and the officer's pages write."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772000000")

    def written() -> list[bytes]:
        return [
            summary.xlsx(found, "汇总"),
            table_export.document(found, ".xlsx", "一个单位"),
            summary.html(found, "汇总").encode(),
            *(summary.drawing(figure).encode() for figure in found),
        ]

    first = written()
    assert written() == first
    today = date.today().isoformat().encode()
    assert not any(today in data for data in first[2:])
    for data in first[:2]:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            assert {info.date_time for info in archive.infolist()} == {(2026, 2, 25, 6, 13, 20)}
            assert not any(today in archive.read(name) for name in archive.namelist())
        properties = openpyxl.load_workbook(BytesIO(data)).properties
        assert str(properties.created) == str(properties.modified) == "2026-02-25 06:13:20"


# --- unions and their parts --------------------------------------------------------------------


def _tree(depths: tuple[int, ...]) -> Figure:
    rows = tuple((f"{progress.INDENT * d}工会{n}", n + 1, 1) for n, d in enumerate(depths))
    columns = (Column("group", "工会"), Column("staff", "职工"), Column("members", "会员"))
    table = StatisticsTable("by_union", "按工会", columns, (*rows, ("合计", 9, 9)), total=True)
    return Figure(table, Chart.BARS, ("staff", "members"), progress.depths_of(rows))


@pytest.mark.parametrize(
    ("depths", "drawn"),
    [
        ((0, 1, 2, 2, 1, 2), [1, 4]),  # a city, its counties, their towns
        ((0, 1, 2, 2, 2), [2, 3, 4]),  # one county
        ((0, 0, 1, 1), [0, 1]),
        ((0, 1, 2), [2]),
        ((0, 0), [0, 1]),
    ],
)
def test_a_union_is_never_drawn_beside_its_parts(depths: tuple[int, ...], drawn: list[int]) -> None:
    figure = _tree(depths)
    assert figure.drawn_rows == drawn
    labels = [str(row[0]).strip(progress.INDENT) for row in charts.drawn(figure)[0]]
    picture = summary.drawing(figure)
    for n in range(len(depths)):
        assert (f">工会{n}<" in picture) == (f"工会{n}" in labels)


def test_the_workbook_draws_the_same_unions_and_follows_corrections() -> None:
    sheet = openpyxl.load_workbook(
        BytesIO(summary.xlsx([_tree((0, 1, 2, 2, 1, 2))], "汇总"))
    ).active
    (chart,) = sheet._charts
    assert [s.val.numRef.f.rpartition("!")[2] for s in chart.series] == ["$F$5:$F$6", "$G$5:$G$6"]
    assert [sheet[cell].value for cell in ("E5", "E6", "F5", "F6", "G6")] == [
        "=A5", "=A8", "=B5", "=B8", "=C8",
    ]  # fmt: skip
    assert sheet.column_dimensions["E"].hidden


@pytest.mark.parametrize("longest", [1, 7, 10, 40, 99, 100, 638, 99_999])
def test_the_axis_ends_beyond_the_longest_bar(longest: int) -> None:
    columns = (Column("a", "a"), Column("b", "b"))
    figure = Figure(StatisticsTable("x", "x", columns, (("甲", longest),)), Chart.BARS, ("b",))
    start, end = charts.axis(figure, figure.table.rows)
    assert start == 0
    assert longest < end <= max(2 * longest, 2)


def test_a_chart_that_does_not_fit_below_its_table_begins_a_page() -> None:
    rows = tuple((f"项{n}", n) for n in range(25))
    columns = (Column("a", "a"), Column("b", "b"))
    long = Figure(StatisticsTable("x", "长表", columns, rows), Chart.BARS, ("b",))
    short = Figure(StatisticsTable("y", "短表", columns, rows[:3]), Chart.BARS, ("b",))
    book = openpyxl.load_workbook(BytesIO(summary.xlsx([long, short], "汇总")))
    assert [b.id for b in book["长表"].row_breaks.brk] == [FIRST + 25]
    assert not book["短表"].row_breaks.brk


def test_unions_stand_in_the_order_of_the_roster(tmp_path: Path) -> None:
    entries = [
        RosterEntry("9", "乙镇总工会", "", "示例县总工会"),
        RosterEntry("1", "某厂工会", "", "乙镇总工会"),
        RosterEntry("8", "甲镇总工会", "", "示例县总工会"),
        RosterEntry("2", "某店工会", "", "甲镇总工会"),
    ]
    with Register(tmp_path / "S", FORM) as register:
        register.collect(RegisterCollection("2026"), "2026-01-01T00:00:00Z")
        register.set_roster(entries, "2026")
        register.publish("2026", 1_772_000_000)
    with Snapshot(tmp_path / "S") as snapshot:
        found = {f.key: f for f in statistics.figures(snapshot, FORM, date(2026, 3, 7))}
        heading = statistics.heading(snapshot, "2026")
    assert [str(row[0]).strip() for row in found["progress"].table.rows] == [
        "示例县总工会", "乙镇总工会", "甲镇总工会", "合计",
    ]  # fmt: skip
    assert [row[1] for row in found["missing"].table.rows] == ["某厂工会", "某店工会"]
    assert (heading.union, heading.state) == ("示例县总工会", "collected")


def test_a_period_is_as_it_was_put_last_whatever_the_clock_says(tmp_path: Path) -> None:
    """Two steps within a second; a clock that was set back."""
    store = tmp_path / "S"
    with Register(store, FORM) as register:
        register.collect(RegisterCollection("2026"), "2026-01-01T00:00:00Z")
        register.publish("2026", DAY)
    for state, when in (("closed", DAY), ("open", DAY - 3600), ("closed", DAY - 3600)):
        deciding.set_period(store, FORM, "2026", state, "王示例", when)
        with Snapshot(store) as snapshot:
            assert statistics.heading(snapshot, "2026").state == state
