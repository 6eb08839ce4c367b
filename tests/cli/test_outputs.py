"""No command replaces a file that it did not just make.

The commands are found by asking click: an option that names an output fails here until it has a
run in `RUNS` or a reason in `OWN`.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import openpyxl
import pytest

from converter.cli.common import COMMAND_MODULES, cli
from converter.cli.path_types import TARGET
from converter.files import writing
from converter.forms.loading import form_dir
from tests.commands import run
from tests.people import MEMBERS
from tests.roster.test_reading import GOOD
from tests.roster.test_reading import filled as filled_roster
from tests.sheets import MEMBER_SHEET, blank, correct, fill, member_cell, put, saved
from tests.usecases.receive.collection import packed, records

# What these options name is the program's own: registers, receipts, the portal's state,
# the clerk's own place (tests/web/desk/test_place.py).
OWN = {
    ("receive", "--store"),
    ("period", "--store"),
    ("receive", "--reply"),
    ("portal", "--inbox"),
    ("portal", "--published"),
    ("portal", "--reply"),
    ("portal", "--state"),
    ("desk", "--place"),
    ("identity request", "--keys"),
}


@dataclass(frozen=True)
class Run:
    """A command that writes to `output`; the other arguments name files of the desk."""

    command: str
    option: str
    output: str
    arguments: tuple[str, ...] = ()


RUNS = [
    Run("template", "-o", "空表.xlsx"),
    Run("template", "-o", "带出.xlsx", ("--from", "填报.xlsx")),
    Run("template", "-o", "名册二.xlsx", ("--roster",)),
    Run("template", "-o", "各单位", ("--identities", "标识")),
    Run("check", "--annotate", "批注", ("有错.xlsx",)),
    Run("check", "--fix", "修正", ("有错.xlsx",)),
    Run("convert", "-o", "上报.zip", ("填报.xlsx",)),
    Run("convert", "-o", "数据包", ("填报.xlsx", "又一份.xlsx", "三.xlsx")),
    Run("stats", "-o", "统计.xlsx", ("填报.xlsx",)),
    Run("stats", "-o", "统计.html", ("填报.xlsx",)),
    Run("stats", "-o", "汇总.csv", ("--store", "登记库")),
    Run("decide", "-o", "待处理.xlsx", ("--store", "登记库")),
    Run("remind", "-o", "催报.xlsx", ("--store", "登记库")),
    Run("export", "-o", "全部.xlsx", ("--store", "登记库")),
    Run("export", "-o", "全部.csv", ("--store", "登记库")),
    Run("identity init", "--keys", "新密钥"),
    Run("identity issue", "-o", "标识二", ("名册.xlsx", "--keys", "密钥")),
    Run(
        "identity request",
        "-o",
        "申请二.xml",
        ("--keys", "密钥", "--name", "示例县总工会", "--code", "130102"),
    ),
    Run(
        "identity endorse",
        "-o",
        "发给下级",
        ("申请.xml", "--keys", "密钥", "--name", "示例市总工会", "--code", "1301"),
    ),
    Run(
        "forward",
        "-o",
        "给市.zip",
        (
            "--store",
            "登记库",
            "--keys",
            "密钥",
            "--interim",
            "--name",
            "示例县总工会",
            "--code",
            "130102",
        ),
    ),
    Run("form edit", "-o", "表单.xlsx", (str(form_dir()),)),
    Run("form build", "-o", "表单", ("表单册.xlsx",)),
    Run("form export", "-o", "表结构.json", (str(form_dir()), "--as", "table-schema")),
    Run("form export", "-o", "结构.json", (str(form_dir()), "--as", "json-schema")),
    Run("form export", "-o", "问卷.xlsx", (str(form_dir()), "--as", "xlsform")),
    Run("form diff", "-o", "变化.toml", (str(form_dir()), "shiming")),
    Run("form pack", "-o", "表单.zip", (str(form_dir()), "--keys", "密钥")),
    Run(
        "form amend",
        "-o",
        "调整.zip",
        ("--keys", "密钥", "--off", "X103", "--reason", "口径"),
    ),
    Run("backup", "-o", "备份.zip", ("填报.xlsx",)),
    Run("restore", "-o", "恢复", ("旧备份.zip",)),
]


def options() -> Iterator[tuple[str, str]]:
    def of(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
        for param in command.params:
            if isinstance(param, click.Option) and param.type is TARGET:
                yield name, param.opts[0]
        if isinstance(command, click.Group):
            for child, found in command.commands.items():
                yield from of(found, f"{name} {child}")

    context = click.Context(cli)
    for name in COMMAND_MODULES:
        found = cli.get_command(context, name)
        assert found
        yield from of(found, name)


def test_every_option_that_names_an_output_is_tried() -> None:
    assert set(options()) == {(one.command, one.option) for one in RUNS} | OWN


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    filled_roster(folder, GOOD)
    correct(folder, "填报.xlsx")
    for name in ("又一份.xlsx", "三.xlsx"):
        shutil.copy(folder / "填报.xlsx", folder / name)
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 2, "会员姓名"), f"{MEMBERS[1][0]} ")
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    saved(book, folder, "有错.xlsx")
    (folder / "收件").mkdir()
    (folder / "收件" / "1.zip").write_bytes(packed(records(1)))
    for arguments in (
        "identity init --keys 密钥",
        "identity issue 名册.xlsx --keys 密钥 -o 标识",
        "identity request --keys 县密钥 --name 示例县总工会 --code 130102 -o 申请.xml",
        "receive 收件 --store 登记库",
        "backup 填报.xlsx -o 旧备份.zip",
        f"form edit {form_dir()} -o 表单册.xlsx",
    ):
        done = run(*arguments.split(), cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def files(path: Path) -> dict[Path, bytes]:
    found = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
    return {p: p.read_bytes() for p in found if p.exists()}


def typed_into(path: Path) -> None:
    """One cell more than the command wrote; in a file without cells, a line more."""
    if path.suffix != ".xlsx":
        path.write_bytes(path.read_bytes() + "随手记".encode())
        return
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    row = max(map(int, re.findall(rb'<row r="(\d+)"', parts[sheet])), default=0) + 1
    cell = (
        f'<row r="{row}"><c r="Z{row}" t="inlineStr"><is><t>随手记</t></is></c></row></sheetData>'
    )
    changed = parts[sheet].replace(b"</sheetData>", cell.encode())
    assert changed != parts[sheet]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (parts | {sheet: changed}).items():
            archive.writestr(name, data)


@pytest.mark.parametrize("one", RUNS, ids=lambda one: f"{one.command} {one.output}")
def test_what_stands_there_is_left_alone(one: Run, desk: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(desk, folder)
    line = [*one.command.split(), *one.arguments, one.option, one.output]
    assert run(*line, cwd=folder).returncode in (0, 1)
    made = [*folder.glob(f"{Path(one.output).stem}*")]  # 全部.csv: 全部-单位.csv, 全部-会员.csv
    written = {path for place in made for path in files(place)}
    assert written
    for path in written:
        typed_into(path)
    before = {path: path.read_bytes() for path in written}
    done = run(*line, cwd=folder)
    assert {path: path.read_bytes() for path in before} == before
    assert done.returncode in (0, 1, 2), done.stdout + done.stderr


SINGLE = [one for one in RUNS if Path(one.output).suffix and one.command != "backup"]  # it stops
FILES = {one.command: one for one in SINGLE}.values()
LINKS = {Path(one.output).suffix: one for one in FILES}.values()  # what writes files sees to them


@pytest.mark.parametrize(
    ("one", "link"),
    [*((one, False) for one in FILES), *((one, True) for one in LINKS)],
    ids=lambda one: (
        f"{one.command} {one.output}" if isinstance(one, Run) else ("file", "link")[one]
    ),
)
def test_a_filled_workbook_under_the_name_is_named_and_kept(
    one: Run, link: bool, desk: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(desk, folder)
    taken = folder / one.output
    kept = folder / "填好的"
    shutil.copy(folder / "填报.xlsx", kept)
    if one.output == "全部.csv":
        taken = folder / "全部-会员.csv"
    if link:
        taken.symlink_to(kept)
    else:
        shutil.copy(kept, taken)
    before = kept.read_bytes()
    done = run(*one.command.split(), *one.arguments, one.option, one.output, cwd=folder)
    assert done.returncode in (0, 1)
    assert kept.read_bytes() == taken.read_bytes() == before
    assert f"已有 {taken.name}，填了会员 {len(MEMBERS)} 人，没有动它" in done.stdout


def test_the_message_says_what_stands_there(desk: Path, tmp_path: Path) -> None:
    shutil.copy(desk / "填报.xlsx", tmp_path / "填报表.xlsx")
    done = run("template", "-o", "填报表.xlsx", cwd=tmp_path)
    assert f"已有 填报表.xlsx，填了会员 {len(MEMBERS)} 人，没有动它" in done.stdout
    assert "新的写成 填报表-2.xlsx" in done.stdout
    assert (tmp_path / "填报表-2.xlsx").is_file()


def test_a_blank_of_the_same_form_is_replaced_once_nobody_typed(tmp_path: Path) -> None:
    for rows in ("30", "40"):
        assert run("template", "-o", "填报表", "--rows", rows, cwd=tmp_path).returncode == 0
    path = tmp_path / "填报表.xlsx"
    typed_into(path)
    assert run("template", "-o", "填报表.xlsx", cwd=tmp_path).returncode == 0
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["填报表-2.xlsx", "填报表-3.xlsx", "填报表.xlsx"]
    assert run("template", "--force", "-o", "填报表.xlsx", cwd=tmp_path).returncode == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    assert path.read_bytes() == (tmp_path / "填报表-3.xlsx").read_bytes()


def test_a_corrected_package_says_which_to_send(desk: Path, tmp_path: Path) -> None:
    shutil.copy(desk / "填报.xlsx", tmp_path)
    assert run("convert", "填报.xlsx", "-o", "上报", cwd=tmp_path).returncode == 0
    first = (tmp_path / "上报.zip").read_bytes()
    again = run("convert", "填报.xlsx", "-o", "上报.zip", cwd=tmp_path)
    assert (again.returncode, "内容没有变化" in again.stdout) == (0, True)
    assert [p.name for p in tmp_path.glob("*.zip")] == ["上报.zip"]
    book = openpyxl.load_workbook(tmp_path / "填报.xlsx")
    put(book[MEMBER_SHEET], member_cell(book, 1, "会员姓名"), "示例改名")
    book.save(tmp_path / "填报.xlsx")
    done = run("convert", "填报.xlsx", "-o", "上报.zip", cwd=tmp_path)
    assert "把 上报-2.zip 交给上级工会" in done.stderr
    assert "原来的 上报.zip 不要再交" in done.stderr
    assert (tmp_path / "上报.zip").read_bytes() == first
    assert run("convert", "填报.xlsx", "--force", "-o", "上报.zip", cwd=tmp_path).returncode == 0
    assert (tmp_path / "上报.zip").read_bytes() != first


@pytest.mark.parametrize(
    ("arguments", "better"),
    [
        (("template", "-o", "填报表.et"), "填报表.xlsx"),
        (("template", "--roster", "-o", "名册.xls"), "名册.xlsx"),
        (("convert", "填报.xlsx", "-o", "上报.rar"), "上报.zip"),
    ],
)
def test_another_suffix_is_refused_with_the_right_one(
    arguments: tuple[str, ...], better: str, desk: Path
) -> None:
    before = {p.name for p in desk.iterdir()}
    done = run(*arguments, cwd=desk)
    assert (done.returncode, better in done.stderr) == (2, True)
    assert {p.name for p in desk.iterdir()} == before


def test_two_writers_never_share_a_name(tmp_path: Path) -> None:
    """Another program takes the name while ours is written."""
    path = tmp_path / "统计.csv"

    def write(private: Path) -> None:
        path.write_bytes(b"theirs")
        private.write_bytes(b"ours")

    assert writing.write_beside(path, write).read_bytes() == b"ours"
    assert path.read_bytes() == b"theirs"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["统计-2.csv", "统计.csv"]
