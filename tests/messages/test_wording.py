"""Every Chinese text is short and spoken: words nobody at a clerk's desk uses stay out, one thing
has one name, punctuation has one form. What holds by a rule is held here; the rest is read aloud."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from converter.forms.loading import form_dir, load
from converter.messages import catalogue
from tests.sheets import blank

ROOT = Path(__file__).parents[2]
MESSAGES = sorted((ROOT / "converter" / "messages").glob("*.zh.toml"))
PAGES = sorted((ROOT / "converter").rglob("*.j2"))
CARDS = sorted((ROOT / "templates").rglob("*.toml"))
HANDBOOKS = sorted([*(ROOT / "docs").glob("*.zh-CN.md"), ROOT / "README.zh-CN.md"])
# Whoever reads these sits at a command line or looks after the program.
TECHNICAL = {"form", "options", "cluster", "help", "identity"}
OFFICERS = ("officer", "base.html", "macros.html")

HAN = r"[\u4e00-\u9fff]"
# One name for one thing, whoever reads it.
OTHER_NAMES = ("数据包", "上报包", "文件包", "批注过的副本", "改法", "怎样改", "读回")
# Words of programmers, in what a clerk reads.
JARGON = (
    "解析", "字段", "读取失败", "参数", "JSON", "部件", "校验", "编码异常", "字节", "控制符", "非法",
    "无效", "异常", "格式错误", "操作失败", "SHA", "DTD", "预备行", "缓存", "读取超时", "即可", "确实如此",
)  # fmt: skip


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """(where, text) of each text of a file of messages or cards."""

    def walk(where: str, value: object) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield where, value
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(f"{where} {key}", inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(where, inner)

    yield from walk(path.name, tomllib.loads(path.read_text(encoding="utf-8")))


def page_texts(path: Path) -> Iterator[tuple[str, str]]:
    """(where, text) of each piece of text between the tags and statements of a page."""
    source = re.sub(r"(?s)<style>.*?</style>|\{#.*?#\}|\{%.*?%\}", "\n", path.read_text("utf-8"))
    source = re.sub(r"\{\{.*?\}\}", "…", source)
    for piece in re.split(r"<[^>]*>|\n", source):
        if re.search(HAN, piece):
            yield path.name, piece


def handbook_texts(path: Path) -> Iterator[tuple[str, str]]:
    """(where, line) of a handbook, without commands, links and code."""
    source = re.sub(r"(?ms)^ *```.*?^ *```", "", path.read_text(encoding="utf-8"))
    source = re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->", "…", source)
    for number, line in enumerate(source.splitlines(), 1):
        yield f"{path.name}:{number}", line


SAID = [t for p in MESSAGES for t in texts(p)] + [t for p in CARDS for t in texts(p)]
SHOWN = [t for p in PAGES for t in page_texts(p)]
WRITTEN = [t for p in HANDBOOKS for t in handbook_texts(p)]
# The card of a member's sheet lists words that strangers' headings and foot lines use.
FOREIGN = re.compile(
    r" (aliases|near|doubtful|remarks|further_remarks|other_people|half_sheet_words)$"
)
# Keys of what the clerk's web pages say.
CLERKS_PAGES = re.compile(
    r"^portal\S* messages (home|check|identity|step|result|submission|unit|correcting)_"
)
# These quote how cards, commands and lists of codes are written.
NOTATION = re.compile(r"^(help|form|options)\.zh|^maintainer|^fields")
OURS = [(w, t) for w, t in SAID if not FOREIGN.search(w)]


def clerks() -> Iterator[tuple[str, str]]:
    """What a clerk may come to read: findings of her file, the workbook, the web pages."""
    for where, text in OURS:
        file, _, key = where.partition(" ")
        officers = re.match(
            r"C\d{3} |messages (summary|backup|restore|store|decide|period|officer)_"
            r"|messages portal_(quest|order|decided|calls|officer)",
            key,
        )
        if file.partition(".")[0] in TECHNICAL and not re.match(r"[PI]\d{3} ", key):
            continue
        if not officers and not re.match(r"messages portal_(needs|not_ins|private|at)", key):
            yield where, text
    yield from ((w, t) for w, t in SHOWN if not w.startswith(OFFICERS))


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_one_thing_has_one_name(name: str) -> None:
    assert [(w, t) for w, t in [*OURS, *SHOWN, *WRITTEN] if name in t] == []


@pytest.mark.parametrize("word", JARGON)
def test_a_clerk_reads_no_programmers_words(word: str) -> None:
    assert [(w, t) for w, t in clerks() if word in t] == []


def test_remedies_of_a_file_name_no_command() -> None:
    """A file may have been dropped on the icon or uploaded: there is nowhere to type."""
    entries = catalogue.catalogue(load(form_dir())).values()
    officers = re.compile(r"C|I13|P21")  # found where the upper union receives and verifies
    found = [(e.code, e.fix) for e in entries if "converter" in e.sentence + e.fix]
    assert [one for one in found if not officers.match(one[0])] == []


def test_what_the_icon_and_the_pages_say_names_no_command() -> None:
    spoken = [
        (w, t)
        for w, t in [*OURS, *SHOWN]
        if re.search(r" (dropped_|here_\w*window|here_drag|workbook_)", w) or CLERKS_PAGES.search(w)
    ]
    assert len(spoken) > 40
    assert [(w, t) for w, t in spoken if "converter " in t] == []


def test_no_cell_of_the_workbook_names_a_command() -> None:
    cells = [
        (sheet.title, cell.coordinate, cell.value)
        for sheet in blank()
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and "converter" in cell.value.lower()
    ]
    assert cells == []


@pytest.mark.parametrize(
    "form",
    [
        r"\d位|\}位",  # 18 位, with a blank
        r"\}[个字岁年]|[超过早于有至]\{\w*(count|length|min|max|limit|years|earliest)\}",
        rf"{HAN}[,;:?!](?![/\\\w|])",  # full-width marks behind Chinese
        rf"[,;]{HAN}",
        rf"{HAN}:\{{",
        rf"{HAN}\(\{{|{HAN}\({HAN}",  # （…）
        rf"[\"'「」『』]{HAN}|{HAN}[\"「」『』]",  # “…”
        r"。；|；。|，，|。。|：：",
    ],
)
def test_punctuation_has_one_form(form: str) -> None:
    found = [
        (where, text)
        for where, text in [*OURS, *SHOWN, *WRITTEN]
        if re.search(form, text) and not NOTATION.search(where)
    ]
    assert found == []


def test_sentences_of_findings_end_without_a_full_stop() -> None:
    """They stand in tables and cells, one behind another, joined by marks."""
    entries = catalogue.catalogue(load(form_dir())).values()
    assert [e.code for e in entries if (e.brief + e.sentence).endswith("。")] == []
    assert [e.code for e in entries if e.fix.endswith("。")] == []


def test_the_next_step_is_announced_in_one_way() -> None:
    assert [(w, t) for w, t in OURS if "下一步，" in t] == []


def test_each_entry_and_message_is_found_in_its_file_without_parsing_the_others() -> None:
    for path in MESSAGES:
        if path.name != "help.zh.toml":
            parsed = tomllib.loads(path.read_text(encoding="utf-8"))
            for name in (*parsed.pop("messages", {}), *parsed):
                assert catalogue._places()[name] == path.name, name
