"""What the handbooks and the help tell is so: every command they show is run, every picture is
there, every card can be used.

A page's commands are run in order in one folder that holds what such a desk holds; what a command
makes is filled in where a person would. The commands that serve until they are stopped, and those
that need another machine, are only held against their options.
"""

from __future__ import annotations

import glob
import json
import re
import shlex
import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import click
import openpyxl
import pytest

from converter import cli, roster
from converter.forms import loading
from converter.identity import links, subordinates
from converter.messages import help
from tests.commands import run
from tests.forms.small import TINY
from tests.identity.chain import CITY, COUNTY, PROVINCE, UnionDesk
from tests.identity.unions import UNIT as WHOSE
from tests.identity.unions import office
from tests.people import MEMBERS, UNIT
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, blank, fill, saved
from tests.usecases.receive.collection import name_of, people, workbook

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    page for page in (*ROOT.glob("README*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("samples/*.md"))
)
SERVERS = {"portal", "desk"}
MACHINES = ("tcp://", "http://", "https://")

_context = click.Context(cli.cli)
COMMANDS = {name: cli.cli.get_command(_context, name) for name in cli.cli.list_commands(_context)}


def blocks(page: Path) -> list[str]:
    return re.findall(
        r"^ *```[a-z]*\n(.*?)^ *```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def commands(text: str) -> list[str]:
    """Lines that begin with the program's name, without the remark behind two blanks."""
    lines = re.findall(r"^[ >$]*(converter(?: .*)?)$", text, re.MULTILINE)
    return [re.split(r" {2,}", line)[0].strip() for line in lines]


PAGE_COMMANDS = {page: [c for b in blocks(page) for c in commands(b)] for page in PAGES}
HELP = {
    name: commands(help.of(name, "long"))
    for name in help.commands()
    if name.partition(" ")[0] not in SERVERS
}
ON_PAGES = {line for lines in PAGE_COMMANDS.values() for line in lines}


# --- desks -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything a handbook speaks of, all of it sound."""
    folder = tmp_path_factory.mktemp("stock")
    whole = fill(blank())
    for name in ("填报表", "填报", "去年", "去年的表"):
        saved(whole, folder, f"{name}.xlsx")
    unit, member = fill(blank()), fill(blank())
    del unit[MEMBER_SHEET]
    del member[UNIT_SHEET]
    saved(unit, folder, "单位.xlsx")
    saved(member, folder, "会员.xlsx")
    saved(member, folder, "名单.xlsx")
    staff = openpyxl.Workbook()
    for row in (["员工姓名", "证件号", "入职日期"], *MEMBERS):
        staff.active.append(row)
    staff.save(folder / "花名册.xlsx")
    union = office(folder / "发放")
    today = date.today()
    (issued,) = union.issue(WHOSE, issued=today, until=today + timedelta(days=365)).files
    shutil.copy(issued, folder / "标识.xml")
    shutil.copytree(union.keys, folder / "密钥")
    _unions(folder)
    named = {k: v for k, v in UNIT.items() if k not in ("所属上级工会组织", "单位工会名称")}
    signed = ["--identity", str(folder / "标识.xml")]
    book = folder / "写好名称.xlsx"
    assert cli.run(["template", *signed, "-o", str(book)]) == 0
    fill(openpyxl.load_workbook(book), named).save(book)
    assert cli.run(["convert", str(book), *signed, "-o", str(folder / "签名的上报.zip")]) == 0
    assert cli.run(["convert", str(folder / "填报表.xlsx"), "-o", str(folder / "上报.zip")]) == 0
    for name in ("去年的上报", "去年上报"):
        shutil.copy(folder / "上报.zip", folder / f"{name}.zip")
    for inbox in ("收件", "收到的表", "各单位", "工作文件夹"):
        (folder / inbox).mkdir()
        for number in (1, 2):
            (folder / inbox / f"{number}.xlsx").write_bytes(workbook(number, people(number)))
    (folder / "收件" / "一县").mkdir()  # of a unit that is on no roster: it waits for the officer
    (folder / "收件" / "一县" / "单位1.xlsx").write_bytes(workbook(3, people(3)))
    (folder / "收件.portal" / "decisions").mkdir(parents=True)  # what the web pages remember
    for form in ("去年的表", "我的表"):
        shutil.copytree(TINY, folder / form)
    assert cli.run(["form", "edit", str(folder / "我的表"), "-o", str(folder / "表单.xlsx")]) == 0
    return folder


def _unions(folder: Path) -> None:
    """A union below that asks, one that was let in, and what the union above has issued."""
    today = date.today()
    own = UnionDesk(CITY, folder / "密钥")
    subordinates.keep_name(own.keys, CITY)
    below = UnionDesk.new(folder / "下级", COUNTY)
    (folder / "申请.xml").write_bytes(below.request())
    until = today + timedelta(days=300)
    own.endorse(below, until=until, joins=False)
    above = UnionDesk.new(folder / "上级", PROVINCE)
    issued = above.endorse(own, until=until, joins=False)
    (folder / "上级标识.xml").write_bytes(links.compose(issued))


class Desk:
    """`earlier` holds what an earlier page made, by the name of what was asked for."""

    def __init__(self, stock: Path, earlier: Path, folder: Path) -> None:
        self.folder = Path(shutil.copytree(stock, folder / "desk"))
        self.earlier = earlier

    def run(self, line: str) -> None:
        command, _, target = (part.strip() for part in line.partition(" > "))
        arguments = [a for word in shlex.split(command)[1:] for a in self._expanded(word)]
        self._prepare(arguments)
        done = run(*arguments, cwd=self.folder)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if target:
            (self.folder / target).write_text(done.stdout, encoding="utf-8")
        self._as_a_person_would(arguments)

    def _expanded(self, word: str) -> list[str]:
        if word in ("张三", "机械"):  # what the reader looks for; here something that is there
            return ["示例"]
        if "*" not in word:
            return [word]
        return sorted(glob.glob(word, root_dir=self.folder))  # noqa: PTH207

    def _prepare(self, arguments: list[str]) -> None:
        """What an earlier page made: keys, a roster, identities, a register, a receipt."""
        before = {
            "名册.xlsx": "template --roster -o 名册.xlsx",
            "标识": "identity issue 名册.xlsx --keys 密钥 -o 标识",
            "登记库": "receive 收件 --store 登记库 --reply 回复 --roster 名册.xlsx",
            "备份.zip": "backup -o 备份.zip 工作文件夹",
            "密钥备份.zip": "backup -o 密钥备份.zip 密钥 --passphrase-file 密码.txt",
            "规则调整.zip": "form amend --keys 密钥 --off X105 --reason 口径 -o 规则调整.zip",
            "表单-2026.2.zip": "form pack 我的表 --keys 密钥 -o 表单-2026.2.zip",
            "回执-填报表.xlsx.json": "receive 收件 --store 登记库 --reply 回复",
        }
        makes = {
            "amend": ("规则调整.zip",), "pack": ("表单-2026.2.zip",),
            "issue": ("标识",), "receive": ("登记库",), "backup": ("备份.zip", "密钥备份.zip"),
        }  # fmt: skip
        for option in {"--passphrase-file", "--new-passphrase-file"} & set(arguments):
            phrase = self.folder / arguments[arguments.index(option) + 1]
            phrase.write_text("一句很长的话\n", encoding="utf-8")
        made = {name for word in arguments for name in makes.get(word, ())}
        if "--roster" in arguments and "template" in arguments:
            made.add("名册.xlsx")
        for name, line in before.items():
            wanted = any(a.rstrip("/") == name for a in arguments)
            if not wanted or name in made or (self.folder / name).exists():
                continue
            self._make(name, line)
        if "init" in arguments:
            folder = arguments[arguments.index("--keys") + 1]
            shutil.rmtree(self.folder / folder, ignore_errors=True)
        target = arguments[arguments.index("-o") + 1] if "-o" in arguments else ""
        anew = arguments[0] in ("backup", "restore") or "--roster" in arguments[:2]
        if anew and (self.folder / target).exists():
            path = self.folder / target  # no command writes over anything
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _make(self, name: str, line: str) -> None:
        """By its command, at the first desk that needs it; what changes the keys at each."""
        kept = self.earlier / name
        if not kept.exists() or name == "标识":
            there = {path.name for path in self.folder.iterdir()}
            self.run(f"converter {line}")
            if name.startswith("回执"):
                shutil.copy(self.folder / "回复" / "回执-1.xlsx.json", self.folder / name)
            made = [path for path in self.folder.iterdir() if path.name not in there]
            _copy(made, kept)
        else:
            _copy(
                [one for one in kept.iterdir() if not (self.folder / one.name).exists()],
                self.folder,
            )

    def _as_a_person_would(self, arguments: list[str]) -> None:
        if arguments[:2] == ["template", "--roster"]:
            self._list_units(self.folder / arguments[-1])
        elif arguments[:1] == ["template"] and arguments[-1].endswith(".xlsx"):
            path = self.folder / arguments[-1]
            if "--from" not in arguments and "--identity" not in arguments:
                fill(openpyxl.load_workbook(path)).save(path)

    def _list_units(self, path: Path) -> None:
        book = openpyxl.load_workbook(path)
        units = [WHOSE, replace(WHOSE, code="130102-0002", name="示例纺织厂工会委员会")]
        for number in (1, 2):  # those whose files came
            units.append(replace(WHOSE, code=f"130102-100{number}", name=name_of(number)))
        table = roster.definition(loading.read(loading.form_dir()), loading.form_dir())
        entries = {"unit_code": "code", "unit_name": "name", "superior_name": "superior_name"}
        for row, unit in enumerate(units, book.active.max_row + 1):
            for column, field in enumerate(table.main_table, 1):
                if field.identity in entries:
                    book.active.cell(row, column, getattr(unit, entries[field.identity]))
        book.save(path)


def _copy(paths: Iterable[Path], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path in paths:
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, folder / path.name)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("earlier")


@pytest.fixture
def desk(stock: Path, earlier: Path, tmp_path: Path) -> Desk:
    return Desk(stock, earlier, tmp_path)


def runs(line: str) -> bool:
    name = line.removeprefix("converter").split()
    return not any(word in line for word in MACHINES) and not (name and name[0] in SERVERS)


@pytest.mark.parametrize(
    "page", [p for p in PAGES if any(map(runs, PAGE_COMMANDS[p]))], ids=lambda p: p.name
)
def test_every_command_of_a_page_does_what_it_says(page: Path, desk: Desk) -> None:
    for line in filter(runs, PAGE_COMMANDS[page]):
        desk.run(line)


@pytest.mark.parametrize("name", [n for n, lines in HELP.items() if any(map(runs, lines))])
def test_every_example_of_the_help_works(name: str, desk: Desk) -> None:
    """Up to the last that no page shows."""
    lines = [line for line in HELP[name] if runs(line)]
    while lines and lines[-1] in ON_PAGES:
        lines.pop()
    for line in lines:
        desk.run(line)


# --- what is not run ---------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_and_options_exist(page: Path) -> None:
    """Also those inside sentences."""
    text = page.read_text(encoding="utf-8")
    inline = re.findall(r"`(converter [^`\n]*)`", text)
    for line in [*inline, *PAGE_COMMANDS[page]]:
        texts = re.sub(r"^converter( --form \S+)?", "", line).split()
        if not texts or texts[0].startswith(("-", "…", "<")):
            continue
        command = COMMANDS.get(texts[0])
        assert command is not None, line
        if isinstance(command, click.Group) and texts[1:2]:
            command = command.get_command(_context, texts[1])
            assert command is not None, line
        known = {option for parameter in command.params for option in parameter.opts}
        assert {w for w in texts if re.fullmatch(r"--?[a-z][a-z-]*", w)} <= known | {"--help"}, line


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_goals_of_make_exist(page: Path) -> None:
    goals = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+)", text, re.MULTILINE)
    for line in named:
        assert set(line.split()) <= goals or line.split()[0] in goals, line


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name for name in COMMANDS if f"converter {name}" not in text} == set()


def test_findings_that_a_page_quotes_are_printed() -> None:
    """An example of what `check` prints is what it printed of a sample."""
    printed = [path.read_text("utf-8") for path in ROOT.glob("samples/*/expected/output.txt")]
    quoted = {
        (page.name, found)
        for page in PAGES
        for found in re.findall(
            r"^(?:错误|提示)\[[A-Z]\d+\].*\n(?:  .*\n)*", page.read_text("utf-8"), re.MULTILINE
        )
    }
    assert quoted
    assert {one for one in quoted if not any(one[1] in text for text in printed)} == set()


# --- pictures ----------------------------------------------------------------------------------


def pictures() -> dict[str, list[str]]:
    """Picture → the pages that show it."""
    shown: dict[str, list[str]] = {}
    for page in PAGES:
        for target in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text("utf-8")):
            path = (page.parent / target).resolve()
            shown.setdefault(str(path.relative_to(ROOT)), []).append(page.name)
    return shown


def test_every_picture_is_there_and_every_one_is_shown() -> None:
    there = {str(p.relative_to(ROOT)) for p in (ROOT / "docs" / "pictures").iterdir()}
    assert set(pictures()) == there


def test_pictures_are_small() -> None:
    sizes = {p.name: p.stat().st_size for p in (ROOT / "docs" / "pictures").glob("*.png")}
    assert {name: size for name, size in sizes.items() if size > 150_000} == {}
    assert sum(sizes.values()) <= 3_000_000


def test_every_picture_of_the_handbooks_can_be_made_anew() -> None:
    source = (ROOT / "docs" / "pictures.py").read_text(encoding="utf-8")
    made = set(re.findall(r'^    "([a-z-]+)": ', source, re.MULTILINE))
    drawn = {Path(p).stem for p in pictures() if p.endswith(".png")}
    assert {name for name in drawn if not name.startswith(("performance", "portal"))} == made


# --- formats -----------------------------------------------------------------------------------


def test_the_package_page_names_all_that_a_package_holds(stock: Path) -> None:
    page = (ROOT / "docs" / "package-format.md").read_text(encoding="utf-8")
    with zipfile.ZipFile(stock / "上报.zip") as archive:
        descriptor = json.loads(archive.read("datapackage.json"))
        named = set(archive.namelist()) | set(descriptor)
    named |= {key for resource in descriptor["resources"] for key in resource}
    assert {name for name in named if f"`{name}`" not in page} == set()


def test_the_identity_page_names_all_that_an_identity_file_holds(stock: Path) -> None:
    page = (ROOT / "docs" / "identity-format.md").read_text(encoding="utf-8")
    elements = set(re.findall(r"<([a-z-]+)", (stock / "标识.xml").read_text("utf-8")))
    assert {name for name in elements if name not in page} == set()
