"""form edit, form build: what they write, what they never write over."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from converter.files import writing
from converter.forms import loading
from tests.commands import run
from tests.form_editor.books import Edited


@pytest.fixture(scope="module")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(loading.form_dir("fenbiao"), folder / "我的表")
    (folder / "我的表" / "说明.txt").write_text("不是卡片", "utf-8")
    done = run("form", "edit", "我的表", "-o", "表单.xlsx", cwd=folder)
    assert (done.returncode, "form build 表单.xlsx -o 我的表" in done.stdout) == (0, True)
    return folder


@pytest.fixture
def desk(_desk: Path, tmp_path: Path) -> Path:
    """A folder with a form and its workbook."""
    return Path(shutil.copytree(_desk, tmp_path, dirs_exist_ok=True))


def change(desk: Path) -> None:
    edit = Edited(desk / "表单.xlsx")
    edit.put("项目", edit.row("项目", "key", "staff"), title="职工人数")
    edit.put("名单", edit.free("名单"), list="colour", code="1", label="红")
    edit.save()


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def strays(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir() if one.name.startswith(writing.PREFIX)]


def test_a_second_workbook_replaces_none(desk: Path) -> None:
    change(desk)
    before = (desk / "表单.xlsx").read_bytes()
    done = run("form", "edit", "我的表", "-o", "表单.xlsx", cwd=desk)
    assert "表单-2.xlsx" in done.stdout
    assert (desk / "表单.xlsx").read_bytes() == before


def test_changes_are_built_named_and_checked(desk: Path) -> None:
    change(desk)
    before = files(desk / "我的表")
    done = run("form", "build", "表单.xlsx", "-o", "我的表", cwd=desk)
    assert done.returncode == 0, done.stdout
    assert "改了：unit.toml" in done.stdout
    assert "新加：codes/colour.csv" in done.stdout
    assert "没有用到的名单：codes/colour.csv" in done.stdout
    after = files(desk / "我的表")
    assert {name for name in after if after[name] != before.get(name)} == {
        "unit.toml", str(Path("codes", "colour.csv"))
    }  # fmt: skip
    assert not strays(desk)
    again = run("form", "build", "表单.xlsx", "-o", "我的表", cwd=desk)
    assert (again.returncode, "改了" in again.stdout) == (0, False)


def test_a_new_folder_gets_the_cards(desk: Path) -> None:
    done = run("form", "build", "表单.xlsx", "-o", "另一处/新表", cwd=desk)
    assert done.returncode == 0
    before = files(desk / "我的表")
    del before["说明.txt"]
    assert files(desk / "另一处" / "新表") == before


def test_with_faults_nothing_is_written(desk: Path) -> None:
    change(desk)
    edit = Edited(desk / "表单.xlsx")
    edit.put("项目", edit.row("项目", "key", "staff"), kind="数")
    edit.save()
    before = files(desk)
    done = run("form", "build", "表单.xlsx", "-o", "我的表", cwd=desk)
    assert done.returncode == 2
    assert '现在写的是："数"' in done.stdout
    assert "还有 1 处要改" in done.stderr
    assert files(desk) == before


def test_cards_changed_since_are_never_replaced_without_a_word(desk: Path) -> None:
    change(desk)
    card = desk / "我的表" / "member.toml"
    card.write_text(card.read_text("utf-8") + "# later\n", "utf-8")
    before = files(desk)
    done = run("form", "build", "表单.xlsx", "-o", "我的表", cwd=desk)
    assert done.returncode == 2
    assert "member.toml" in done.stderr
    assert files(desk) == before
    done = run("form", "build", "表单.xlsx", "-o", "我的表", "--force", cwd=desk)
    assert (done.returncode, "我的表-原来的" in done.stdout) == (0, True)
    assert (desk / "我的表-原来的" / "member.toml").read_bytes() == before[
        str(Path("我的表", "member.toml"))
    ]
    assert "# later" not in card.read_text("utf-8")


def test_another_form_is_never_replaced_without_a_word(desk: Path) -> None:
    shutil.copytree(loading.form_dir("jiceng"), desk / "别的")
    before = files(desk)
    done = run("form", "build", "表单.xlsx", "-o", "别的", cwd=desk)
    assert (done.returncode, "已经有别的表单" in done.stderr) == (2, True)
    assert run("form", "build", "表单.xlsx", "-o", "别的/form.toml", cwd=desk).returncode == 2
    assert files(desk) == before


def test_a_broken_form_can_be_set_right_in_the_workbook(desk: Path) -> None:
    card = desk / "我的表" / "unit.toml"
    good = card.read_bytes()
    card.write_bytes(good.replace(b'kind = "date"', b'kind = "dat"'))
    done = run("form", "edit", "我的表", "-o", "坏.xlsx", cwd=desk)
    assert done.returncode == 0
    edit = Edited(desk / "坏.xlsx")
    edit.put("项目", edit.row("项目", "kind", "dat"), kind="日期")
    edit.save()
    done = run("form", "build", "坏.xlsx", "-o", "我的表", cwd=desk)
    assert done.returncode == 0, done.stdout
    assert card.read_bytes() == good


def test_what_is_no_toml_is_refused_with_its_place(desk: Path) -> None:
    (desk / "我的表" / "unit.toml").write_text("[sheet\n", "utf-8")
    done = run("form", "edit", "我的表", "-o", "新.xlsx", cwd=desk)
    assert (done.returncode, "unit.toml" in done.stderr) == (2, True)
    assert not (desk / "新.xlsx").exists()
