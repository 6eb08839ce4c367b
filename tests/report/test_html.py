from __future__ import annotations

from html.parser import HTMLParser

from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.report import html

from .conftest import FILE, ID, MEMBER, UNIT, id_issue, note, outcome, unreadable


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


def tags(page: str) -> _Tags:
    parser = _Tags()
    parser.feed(page)
    return parser


def test_page_needs_nothing_from_elsewhere(form: Form) -> None:
    found = tags(html.render([outcome(id_issue(3)), unreadable()], form))
    assert not {"script", "link", "img", "iframe"} & set(found.names)
    links = [value for name, value in found.attributes if name in ("href", "src")]
    assert all(value and value.startswith("#") for value in links)


def test_texts_from_files_are_escaped(form: Form) -> None:
    place = Place("<script>.xlsx", '"><img src=x>', 3, 2, "name")
    issue = Issue("K112", Level.ERROR, place, "<b>&\x1b", {"length": "<i>"})
    page = html.render([outcome(issue, file=place.file)], form)
    assert not {"script", "img", "b", "i"} & set(tags(page).names)
    assert "\x1b" not in page


def test_finding_tells_place_value_fault_and_remedy(form: Form) -> None:
    first = Place(FILE, UNIT, 9, 2, "staff")
    place = Place(FILE, UNIT, 20, 2, "members")
    params: dict[str, str | int] = {"value": 35, "limits": "职工总数(30)"}
    page = html.render([outcome(Issue("X101", Level.WARNING, place, "35", params, (first,)))], form)
    for text in (
        "基层单位信息表!B20",
        "会员总数",
        "(35)大于职工总数(30)",
        "核对人数",
        "基层单位信息表!B9",
    ):
        assert text in page


def test_repeated_fault_is_grouped(form: Form) -> None:
    page = html.render([outcome(*[id_issue(row) for row in range(3, 103)])], form)
    assert page.count('class="one"') == 3
    assert "另有 97 处：C6:C102" in page


def test_ids_are_masked_unless_asked_for(form: Form) -> None:
    checked = outcome(id_issue(3, ID, length=ID), note(4))
    assert ID not in html.render([checked], form)
    assert ID in html.render([checked], form, show_ids=True)


def test_clean_file_says_so(form: Form) -> None:
    assert "没有发现问题" in html.render([outcome()], form)


def test_several_files_have_a_table_of_contents(form: Form) -> None:
    page = html.render([outcome(), unreadable()], form)
    assert 'href="#f2"' in page
    assert 'id="f2"' in page
    assert MEMBER not in page
