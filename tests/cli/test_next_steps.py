"""The command that a message names is typed as it stands there, and works: whatever the form."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import openpyxl
import pytest

from converter.forms.loading import form_dir
from converter.usecases.form_choice import named_form
from tests.commands import Done, run
from tests.workbook.own_list.test_reading import A, B

SAMPLES = Path(__file__).parents[2] / "samples"
FILLED = {"jiceng": "01-correct", "shiming": "09-real-names", "fenbiao": "10-several-tables"}
COMMAND = re.compile(r"运行 ?(converter .+)$|：(converter \S.*)$", re.MULTILINE)
MOST = 4  # commands of a chain: faults that stay are marked for ever


def followed(done: Done, folder: Path) -> list[list[str]]:
    """The commands typed one after another, each as the one before named it; none may be refused,
    nor take what it is given for another form."""
    typed: list[list[str]] = []
    while len(typed) < MOST and (found := COMMAND.search(done.stdout + done.stderr)):
        command = shlex.split(found[1] or found[2])[1:]
        typed.append(command)
        done = run(*command, cwd=folder)
        assert done.returncode in (0, 1), done.stderr
        assert "S011" not in done.stdout, done.stdout
    return typed


@pytest.fixture(params=[*FILLED, "own"])
def form(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of a form, or the folder of one that nobody has installed."""
    if request.param in FILLED:
        return str(request.param)
    folder = shutil.copytree(form_dir("shiming"), tmp_path / "我的 表")
    card = folder / "form.toml"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace('id = "shiming"', 'id = "own"'), encoding="utf-8")
    return str(folder)


def test_from_a_blank_workbook_on(form: str, tmp_path: Path) -> None:
    done = run("--form", form, "template", "-o", "填 报's.xlsx", cwd=tmp_path)
    typed = followed(done, tmp_path)
    ends = [command[-1] for command in typed]
    assert ends == ["填 报's.xlsx", "批注", "批注/填 报's-批注.xlsx", "批注"]


def test_from_a_list_on(form: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["姓名", "身份证号"], ["示甲", A], ["示乙", B]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "花 名册.xlsx")
    typed = followed(run("--form", form, "check", "花 名册.xlsx", cwd=tmp_path), tmp_path)
    assert len(typed) >= 3  # made into a form, checked, marked
    assert (tmp_path / "填报表.xlsx").is_file()


@pytest.mark.parametrize("name", FILLED)
def test_a_workbook_says_itself_which_form_it_is_of(name: str, tmp_path: Path) -> None:
    source = SAMPLES / FILLED[name] / "input" / "填报.xlsx"
    shutil.copy(source, tmp_path / "填报.xlsx")
    typed = followed(run("check", "填报.xlsx", cwd=tmp_path), tmp_path)
    assert typed == [["convert", "填报.xlsx", "-o", "上报.zip"]]
    assert named_form([tmp_path / "上报.zip"]) == name
    for command in (["show", "上报.zip"], ["stats", "上报.zip"], ["check", "."], []):
        done = run(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        followed(done, tmp_path)
    assert run("template", "--from", "上报.zip", "-o", "新.xlsx", cwd=tmp_path).returncode == 0
    assert named_form([tmp_path / "新.xlsx"]) == name
    (tmp_path / "收件").mkdir()
    shutil.move(tmp_path / "上报.zip", tmp_path / "收件")
    received = run("--form", name, "receive", "收件", "--store", "登记 库", cwd=tmp_path)
    assert followed(received, tmp_path)
    assert run("stats", "--store", "登记 库", cwd=tmp_path).returncode == 0
    assert named_form([tmp_path / "登记 库"]) == name


def test_files_dropped_on_the_icon_too(tmp_path: Path) -> None:
    for name, sample in FILLED.items():
        shutil.copy(SAMPLES / sample / "input" / "填报.xlsx", tmp_path / f"{name}.xlsx")
    assert run(*(f"{name}.xlsx" for name in FILLED), cwd=tmp_path).returncode == 0
    for name in FILLED:
        assert named_form([tmp_path / f"{name}.zip"]) == name


def test_files_of_several_forms_name_none(tmp_path: Path) -> None:
    for name, sample in FILLED.items():
        shutil.copy(SAMPLES / sample / "input" / "填报.xlsx", tmp_path / f"{name}.xlsx")
    assert named_form([tmp_path]) == ""
    assert named_form([tmp_path / "jiceng.xlsx", tmp_path / "nothing.txt"]) == "jiceng"


def test_who_has_no_keys_yet_is_told_how_to_make_them(tmp_path: Path) -> None:
    missing = run("identity", "issue", ".", "--keys", "密 钥", "-o", "标识", cwd=tmp_path)
    assert missing.returncode == 2
    made = re.search("运行 (converter identity init .+)$", missing.stderr, re.MULTILINE)
    assert made
    assert run(*shlex.split(made[1])[1:], cwd=tmp_path).returncode == 0
    assert (tmp_path / "密 钥").is_dir()
