"""Make the pictures of the handbooks anew: `make pictures`, or with names only some of them.

Everything shown is made by the program itself, of invented people: workbooks are drawn by
LibreOffice, pages and terminal output by a headless Chromium. Needs both, and pdftoppm.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

import openpyxl
from PIL import Image, ImageChops

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import invented  # noqa: E402

from tests.sheets import FORM, member_cell, put, unit_cell  # noqa: E402

PICTURES = HERE / "pictures"
COLOURS = 96  # of a picture: text and flat areas need no more
CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--force-device-scale-factor=1", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
COLUMNS = 92  # of the terminal
DOTS = 100  # an inch, of a workbook's page
TODAY = "1774000000"  # 2026-03-20: ages and expiry do not depend on when pictures are made
WEB_PAGES = (
    "portal-01-home", "portal-03-unit", "portal-06-faults", "portal-08-submitted",
    "portal-12-officer",
)  # fmt: skip
PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>
body {{ margin: 0; background: #1b2227; width: max-content; }}
pre {{ margin: 0; padding: 16px 20px; color: #e6edf0;
  font: 15px/1.5 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace; }}
</style><pre>{code}</pre>"""


def main(names: list[str]) -> None:
    """Make all pictures, or those that are named (without suffix)."""
    os.environ |= {"SOURCE_DATE_EPOCH": TODAY, "TZ": "Asia/Shanghai"}
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in names or MAKERS:
            data = small(MAKERS[name]())
            (PICTURES / f"{name}.png").write_bytes(data)
            print(f"{name}.png  {len(data) / 1000:.0f} kB")
        if not names:
            web_pages(Path(folder))


def web_pages(folder: Path) -> None:
    """Pictures of the self-service pages, taken on a walk through them."""
    import pictures_portal as portal

    del os.environ["SOURCE_DATE_EPOCH"]  # the files that are issued on the walk are of today
    with portal.running.browser() as started:
        size = {"width": 900, "height": 640}
        page = started.new_page(viewport=size, device_scale_factor=1, locale="zh-CN")
        for path in portal.portal_pictures(page, folder / "portal"):
            if path.stem in WEB_PAGES:
                with Image.open(path) as picture:
                    (PICTURES / path.name).write_bytes(small(picture))
                print(path.name)


# --- how a picture is taken --------------------------------------------------------------------


def small(picture: Image.Image) -> bytes:
    """A PNG of few colours."""
    stream = BytesIO()
    flat = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=0)
    flat.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def terminal(*lines: str) -> Image.Image:
    """Commands and what they say, as on a terminal with colours."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    for line in lines:
        console.print(Text(f"> {line}", style="bold #8fd3f4"))
        console.print(Text.from_ansi(said(line)))
    code = console.export_html(theme=theme(), inline_styles=True, code_format="{code}")
    return browser(PAGE.format(code=code.strip()), width=600, full=True)


def theme() -> object:
    """Colours that are told apart on a dark ground."""
    from rich.terminal_theme import TerminalTheme

    ground, ink = (27, 34, 39), (230, 237, 240)
    red, green, amber, blue = (255, 123, 114), (126, 211, 143), (240, 196, 92), (143, 211, 244)
    grey = (139, 152, 160)
    return TerminalTheme(
        ground, ink, [ground, red, green, amber, blue, blue, blue, ink], [grey] * 8
    )


def said(line: str) -> str:
    """What a command says on a terminal of its own (POSIX)."""
    import pty

    master, slave = pty.openpty()
    command = [sys.executable, "-m", "converter", *line.split()[1:]]
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "NO_COLOR": ""}
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        shown += piece
    os.close(master)
    process.wait()
    text = shown.decode().replace("\r\n", "\n").replace(f"{Path.cwd()}/", "")
    return text.rpartition("\x1b[2K")[2].rstrip("\n")  # a bar that was cleared away


def browser(page: str, width: int = 1100, height: int = 900, *, full: bool = False) -> Image.Image:
    """A page as Chromium shows it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        opened = started.new_page(viewport={"width": width, "height": height})
        opened.set_content(page)
        taken = opened.locator("body").screenshot() if full else opened.screenshot()
        started.close()
    return Image.open(BytesIO(taken))


def workbook(path: Path, text: str, rows: float = 1.0) -> Image.Image:
    """The first printed page of a workbook that has this text, without margins; `rows`: how
    much of it from the top."""
    profile = f"-env:UserInstallation={Path.cwd().as_uri()}/office"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    pdf = path.with_suffix(".pdf").name
    read = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True).stdout.decode()
    number = next(n for n, page in enumerate(read.split("\f"), 1) if text in page)
    chosen = ["-f", str(number), "-l", str(number), "-r", str(DOTS), "-singlefile"]
    subprocess.run(["pdftoppm", *chosen, "-png", pdf, "page"], check=True)
    picture = trimmed(Image.open("page.png").convert("RGB"))
    return picture.crop((0, 0, picture.width, int(picture.height * rows)))


def trimmed(picture: Image.Image, edge: int = 12) -> Image.Image:
    blank = Image.new("RGB", picture.size, "white")
    box = ImageChops.difference(picture, blank).getbbox() or (0, 0, *picture.size)
    left, top, right, bottom = box
    room = (max(left - edge, 0), max(top - edge, 0), right + edge, bottom + edge)
    return picture.crop(
        (room[0], room[1], min(room[2], picture.width), min(room[3], picture.height))
    )


# --- what is shown -----------------------------------------------------------------------------


@cache
def template() -> Path:
    run("template", "-o", "填报表.xlsx", "--rows", "30")
    return Path("填报表.xlsx")


@cache
def filled() -> Path:
    """A workbook that a clerk filled in, with a few faults."""
    source = HERE.parent / "samples" / "01-correct" / "input" / "填报.xlsx"
    run("template", "--from", str(source), "-o", "好.xlsx")
    book = openpyxl.load_workbook("好.xlsx")
    unit, member = book[FORM.record.title], book[FORM.main_table.title]
    put(unit, unit_cell(book, "单位工会联系电话"), "85550100")
    for row in (3, 5):
        cell = member_cell(book, row, "身份证号")
        put(member, cell, str(member[cell].value)[:-1])
    put(member, member_cell(book, 4, "会员姓名"), "示3乙")
    book.save("填报表.xlsx")
    return Path("填报表.xlsx")


def run(*arguments: str) -> None:
    command = [sys.executable, "-m", "converter", *arguments]
    subprocess.run(command, check=False, capture_output=True)


@cache
def collection() -> Path:
    return invented.collected(Path.cwd())


def page(*arguments: str) -> str:
    command = [sys.executable, "-m", "converter", *arguments]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(command, check=False, capture_output=True, env=environment)
    return done.stdout.decode()


def summary_page() -> str:
    collection()
    run("stats", "--store", "登记库", "-o", "汇总.html")
    return Path("汇总.html").read_text(encoding="utf-8")


def clerk_check() -> Image.Image:
    filled()
    return terminal("converter check 填报表.xlsx")


def clerk_copy() -> Image.Image:
    filled()
    run("check", "填报表.xlsx", "--annotate", "批注")
    return workbook(next(Path("批注").iterdir()), "问题清单")


def clerk_convert() -> Image.Image:
    filled()
    shutil.copy("好.xlsx", "填报表.xlsx")
    try:
        return terminal("converter check 填报表.xlsx", "converter convert 填报表.xlsx -o 上报.zip")
    finally:
        filled.cache_clear()


def here() -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        try:
            os.chdir(folder)
            first = "converter", "converter template -o 填报表.xlsx", "converter"
            return terminal(*first)
        finally:
            os.chdir(before)


def desk_page(name: str) -> Image.Image:
    """A page of the clerk's program, with a form that has a fault."""
    import pictures_desk as desk

    from tests.web import running

    with running.browser() as started:
        return Image.open(BytesIO(desk.picture(started, name)))


def receiving() -> Image.Image:
    collection()
    shutil.rmtree("再来", ignore_errors=True)
    shutil.copytree("收件", "再来")
    return terminal("converter receive 再来 --store 又一个库 --reply 退回")


def summary_book() -> Image.Image:
    collection()
    run("stats", "--store", "登记库", "-o", "汇总.xlsx")
    return workbook(Path("汇总.xlsx"), "20 岁以下", 0.72)


def many_checked() -> Image.Image:
    folder = Path("收到的表")
    folder.mkdir(exist_ok=True)
    for number, sample in enumerate(("01-correct", "02-every-common-fault", "03-joint-union"), 1):
        source = next((HERE.parent / "samples" / sample / "input").iterdir())
        shutil.copy(source, folder / f"{number}.xlsx")
    shutil.copy(filled(), folder / "4.xlsx")
    return browser(page("check", "收到的表", "--format", "html"), height=1000)


@cache
def three_levels() -> Path:
    """The folder of two counties, a city and a province, as `make demo-chain` makes it."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = HERE.parent / "samples" / "demo-chain.sh"
    environment = {**os.environ, "PATH": tools}
    subprocess.run([script, "三级"], check=True, capture_output=True, env=environment)
    return Path("三级").resolve()


def county_to_city() -> Image.Image:
    """A county's forward, and the city that receives it with the other county's."""
    os.chdir(three_levels())
    shutil.rmtree("再收", ignore_errors=True)
    return terminal(
        "converter forward --store 甲县登记库 --keys 甲县密钥 -o 给市.zip",
        "converter receive 市收件 --store 再收 --keys 市密钥",
    )


def province() -> Image.Image:
    os.chdir(three_levels())
    run("stats", "--store", "省登记库", "-o", "省汇总.html", "--force")
    return browser(Path("省汇总.html").read_text(encoding="utf-8"), height=1100)


def broken_card() -> Image.Image:
    shutil.copytree(HERE.parent / "templates" / "jiceng", "我的表", dirs_exist_ok=True)
    card = Path("我的表/unit.toml")
    card.write_text(card.read_text("utf-8").replace('kind = "count"', 'kind = "cuont"', 1), "utf-8")
    return terminal("converter --form 我的表 template -o 填报表.xlsx", "converter explain X101")


MAKERS: dict[str, Callable[[], Image.Image]] = {
    "desk-home": lambda: desk_page("home"),
    "desk-check": lambda: desk_page("check"),
    "here": here,
    "clerk-guide": lambda: workbook(template(), "怎样填写", 0.52),
    "clerk-unit": lambda: workbook(filled(), "涵盖法人单位数", 0.575),
    "clerk-members": lambda: workbook(filled(), "加入工会时间", 0.5),
    "clerk-check": clerk_check,
    "clerk-copy": clerk_copy,
    "clerk-convert": clerk_convert,
    "officer-receive": receiving,
    "officer-summary": lambda: browser(summary_page(), height=1240),
    "officer-phone": lambda: browser(summary_page(), width=390, height=1000),
    "officer-workbook": summary_book,
    "officer-check": many_checked,
    "chain-county": county_to_city,
    "chain-province": province,
    "maintainer-form": broken_card,
}

if __name__ == "__main__":
    main(sys.argv[1:])
