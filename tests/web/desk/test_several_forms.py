"""Files of another form than the page's own are checked by theirs, and worked on to the package."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from converter.files import writing
from converter.forms import loading
from converter.usecases import form_packages
from converter.usecases.form_choice import named_form
from converter.workers.pool import Worker
from converter.workers.requests.template import TemplateRequest
from tests.cli.test_next_steps import FILLED, SAMPLES
from tests.web.desk.at_work import AtWork, at_work, countdown, drop, key_of, press
from tests.web.desk.test_handing import people_list
from tests.web.running import heading
from tests.web.world import World

OTHERS = sorted({*FILLED} - {loading.DEFAULT_FORM})


def filled(form: str) -> bytes:
    return (SAMPLES / FILLED[form] / "input" / "填报.xlsx").read_bytes()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AtWork]:
    with at_work(tmp_path / "基层工会填报") as made:
        yield made


@pytest.mark.parametrize("form", OTHERS)
def test_a_workbook_of_another_form_goes_all_the_way(
    form: str, desk: AtWork, client: httpx2.Client
) -> None:
    page = drop(client, desk, ("填报.xlsx", filled(form)))
    assert countdown(page) == "可以上报"
    title = loading.title_of(form)
    assert f"填报.xlsx · {title}</title>" in page.text
    key = key_of(page)
    for address in ("statistics", "print", "find", "export"):
        assert title in client.get(f"/{address}/{key}").text
    assert client.get(f"/check/{key}/correct").status_code == 200
    press(client, desk, f"/export/{key}", name="上报")
    (package,) = desk.root.rglob("上报.zip")
    assert named_form([package]) == form
    page = drop(client, desk, ("收到的.zip", package.read_bytes()))
    assert heading(page) == "收到的.zip"
    assert "S011" not in page.text
    assert "填报表做好了" in press(client, desk, "/form", source=key_of(page)).text
    made = max(desk.root.rglob("填报表*.xlsx"), key=lambda path: path.stat().st_mtime_ns)
    assert named_form([made]) == form


def test_two_forms_are_open_at_once(desk: AtWork, client: httpx2.Client) -> None:
    pages = {form: drop(client, desk, (f"{form}.xlsx", filled(form))) for form in FILLED}
    for form, page in pages.items():
        again = client.get(f"/check/{key_of(page)}")
        assert countdown(again) == "可以上报"
        assert loading.title_of(form) in again.text


def test_new_forms_and_lists_are_of_the_form_that_was_chosen(
    desk: AtWork, client: httpx2.Client
) -> None:
    assert "现在领的是" not in client.get("/form").text
    drop(client, desk, ("填报.xlsx", filled("shiming")))
    page = client.get("/form")
    assert re.findall(r'name="use" value="([^"]*)"', page.text) == ["jiceng"]
    page = drop(client, desk, ("名单.xlsx", people_list()))
    assert loading.title_of("shiming") in page.text
    press(client, desk, "/form", use="jiceng")
    press(client, desk, "/form")
    (made,) = desk.root.rglob("填报表.xlsx")
    assert named_form([made]) == "jiceng"
    assert press(client, desk, "/form", use="nobody").status_code == 400


def test_the_next_start_goes_on_with_the_form_of_the_last_one(tmp_path: Path) -> None:
    folder = tmp_path / "基层工会填报" / "某工会" / "2026"
    writing.private_folder(folder)
    shutil.copy(SAMPLES / FILLED["shiming"] / "input" / "填报.xlsx", folder)
    with Worker() as worker:
        desk = AtWork(tmp_path / "基层工会填报", worker, form=None)
        desk.stop()
    assert desk.desk.loaded.form.id == "shiming"


def test_a_form_that_nobody_installed_is_asked_for_and_used(
    client: httpx2.Client, desk: AtWork, original: World, tmp_path: Path, identity: Path
) -> None:
    folder = shutil.copytree(loading.form_dir("shiming"), tmp_path / "own")
    card = folder / "form.toml"
    text = card.read_text(encoding="utf-8").replace('id = "shiming"', 'id = "own"')
    card.write_text(text, encoding="utf-8")
    with Worker() as worker:
        blank = tmp_path / "空表.xlsx"
        worker.run(TemplateRequest(folder, blank, 0))
    page = drop(client, desk, ("空表.xlsx", blank.read_bytes()))
    assert heading(page) == "这是另一种表"
    assert "表格定义" in page.text
    package = form_packages.pack(folder, original.keys, tmp_path / "定义.zip", 0).path
    drop(client, desk, (identity.name, identity.read_bytes()))
    assert heading(drop(client, desk, (package.name, package.read_bytes()))) == "装好了"
    page = drop(client, desk, ("空表.xlsx", blank.read_bytes()))
    assert "S011" not in page.text
    assert heading(page) == "空表.xlsx"
