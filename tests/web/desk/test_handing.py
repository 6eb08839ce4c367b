"""Whatever is dropped is recognised and answered, and nothing that lies there is replaced."""

from __future__ import annotations

import errno
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pytest

from converter.files import backup_zip, writing
from converter.forms import loading
from converter.identity.files import compose, parse
from converter.usecases import backup, form_packages
from converter.usecases.form_packages import Amending
from converter.web.desk.desk import Desk
from converter.web.desk.documents import Document
from tests.people import MEMBERS, UNIT
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, blank, fill
from tests.web.desk.at_work import AtWork, at_work, countdown, drop, entered, key_of, press
from tests.web.running import alert, heading
from tests.web.world import World, unit, workbook


@pytest.fixture
def desk(tmp_path: Path, desk: AtWork) -> Iterator[AtWork]:
    """The same worker and page, with an empty place."""
    place, unit_before = desk.desk.place.root, desk.desk.unit
    desk.desk.place.root, desk.desk.unit = tmp_path / "基层工会填报", ""
    desk.root, desk.opened[:] = tmp_path / "基层工会填报", []
    yield desk
    desk.desk.place.root, desk.desk.unit, desk.root = place, unit_before, place


def saved(book: openpyxl.Workbook) -> bytes:
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def people_list() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["员工姓名", "证件", "入职日期", "部门"])
    for name, number, *_ in MEMBERS:
        sheet.append([name, number, "2010-5-1", "车间"])
    return saved(book)


def files(desk: AtWork) -> list[str]:
    found = (p for p in desk.root.rglob("*") if p.is_file() and not p.name.startswith("."))
    return sorted(path.relative_to(desk.root).as_posix() for path in found)


def half(kept: str) -> bytes:
    book = openpyxl.load_workbook(BytesIO(workbook(1)))
    for name in (MEMBER_SHEET, UNIT_SHEET):
        if name != kept:
            del book[name]
    return saved(book)


def packed(client: httpx2.Client, desk: AtWork) -> bytes:
    """A package that was made here."""
    key = key_of(drop(client, desk, ("好的.xlsx", workbook(1))))
    press(client, desk, f"/export/{key}", name="去年的")
    found = next(desk.root.rglob("去年的.zip"))
    return found.read_bytes()


def test_an_identity_file_is_loaded(desk: AtWork, client: httpx2.Client, identity: Path) -> None:
    answer = drop(client, desk, (identity.name, identity.read_bytes()))
    assert "标识文件加载成功" in answer.text
    assert unit(1).name in answer.text
    assert unit(1).superior_name in answer.text
    assert files(desk) == [f"{unit(1).name}/2026/{identity.name}"]


def test_a_broken_identity_file_is_refused_with_the_reason(
    desk: AtWork, client: httpx2.Client, identity: Path
) -> None:
    broken = identity.read_bytes().replace(b"130102-0001", b"130102-0009")
    answer = drop(client, desk, ("标识.xml", broken))
    assert (answer.status_code, heading(answer)) == (409, "标识文件没有加载")
    assert "I131" in answer.text
    assert files(desk) == []


def test_a_workbook_is_checked_and_kept(desk: AtWork, client: httpx2.Client) -> None:
    assert f"复制一份到 {desk.root}" in client.get("/").text
    answer = drop(client, desk, ("填报.xlsx", workbook(1, fault=True)))
    assert countdown(answer) == "还剩 1 处错误"
    assert "K112" in answer.text
    folder = next(desk.root.rglob("填报.xlsx")).parent
    assert f"已复制一份到 {folder}" in answer.text
    again = drop(client, desk, ("填报.xlsx", workbook(1)))
    assert countdown(again) == "可以上报"
    assert [name.rpartition("/")[2] for name in files(desk)] == ["填报-2.xlsx", "填报.xlsx"]


def test_a_package_is_shown_and_carried_over(desk: AtWork, client: httpx2.Client) -> None:
    data = packed(client, desk)
    answer = drop(client, desk, ("收到的.zip", data))
    assert answer.url.path.startswith("/package/")
    key = key_of(answer)
    assert (
        "会员基本信息表" in client.get(f"/print/{key}").text
        or "会员" in client.get(f"/print/{key}").text
    )
    form = press(client, desk, "/form", source=key)
    assert "会员 12 人" in form.text
    assert any(name.endswith("填报表.xlsx") for name in files(desk))


def test_a_list_of_people_is_mapped_into_a_form(desk: AtWork, client: httpx2.Client) -> None:
    answer = drop(client, desk, ("花名册.xlsx", people_list()))
    assert heading(answer) == "这样带进填报表，对吗？"
    assert "--map" not in answer.text
    source = answer.url.params["source"]
    fields = {"map:员工姓名": "name", "map:证件": "id_number", "map:入职日期": "joined"}
    names = {field.title: field.key for field in desk.desk.loaded.form.main_table}
    wanted = dict(
        zip(fields, (names["会员姓名"], names["身份证号"], names["加入工会时间"]), strict=True)
    )
    made = press(client, desk, "/form", source=source, **wanted)
    assert "会员 12 人" in made.text
    book = openpyxl.load_workbook(next(desk.root.rglob("填报表.xlsx")))
    assert any("2010" in str(cell.value) for row in book[MEMBER_SHEET].iter_rows() for cell in row)


def test_what_the_columns_are_is_known_next_month(desk: AtWork, client: httpx2.Client) -> None:
    answer = drop(client, desk, ("花名册.xlsx", people_list()))
    joined = next(f.key for f in desk.desk.loaded.form.main_table if f.title == "加入工会时间")
    chosen = re.compile(f'value="{joined}" selected')
    assert not chosen.search(answer.text)
    press(client, desk, "/form", source=answer.url.params["source"], **{"map:入职日期": joined})
    later = drop(client, desk, ("下月.xlsx", people_list()))
    assert chosen.search(later.text)


def test_a_choice_that_names_no_field_is_refused(desk: AtWork, client: httpx2.Client) -> None:
    answer = drop(client, desk, ("花名册.xlsx", people_list()))
    refused = press(client, desk, "/form", source=answer.url.params["source"], **{"map:证件": "x"})
    assert refused.status_code == 400


def test_halves_are_one_submission(desk: AtWork, client: httpx2.Client) -> None:
    answer = drop(client, desk, ("单位.xlsx", half(UNIT_SHEET)), ("会员.xlsx", half(MEMBER_SHEET)))
    assert countdown(answer) == "可以上报"
    made = press(client, desk, f"/export/{key_of(answer)}", name="两半")
    assert heading(made) == "上报文件做好了"


def test_a_form_and_its_marked_copy_are_told_apart(desk: AtWork, client: httpx2.Client) -> None:
    first = drop(client, desk, ("填报.xlsx", workbook(1, fault=True)))
    marked = press(client, desk, f"/check/{key_of(first)}/marked")
    assert "标出错误的表做好了" in marked.text
    (copy,) = desk.opened
    answer = drop(
        client, desk, ("填报.xlsx", workbook(1, fault=True)), (copy.name, copy.read_bytes())
    )
    assert heading(answer) == "用哪一份？"
    assert answer.text.count("标出错误的表</td>") == 1
    assert answer.text.count("填报表</td>") == 1


def test_two_submissions_are_not_mixed(desk: AtWork, client: httpx2.Client) -> None:
    answer = drop(client, desk, ("一.xlsx", workbook(1)), ("二.xlsx", workbook(2)))
    assert heading(answer) == "用哪一份？"


def test_an_identity_file_beside_a_form_is_loaded_first(
    desk: AtWork, client: httpx2.Client, identity: Path
) -> None:
    answer = drop(client, desk, ("填报.xlsx", workbook(1)), (identity.name, identity.read_bytes()))
    assert countdown(answer) == "可以上报"
    assert "标识文件加载成功" in answer.text
    assert "标识文件加载成功" not in client.get(str(answer.url)).text  # it is told once
    assert {name.split("/")[0] for name in files(desk)} == {unit(1).name}


def test_a_backup_is_restored_beside_what_is_there(desk: AtWork, client: httpx2.Client) -> None:
    packed(client, desk)
    data = next(desk.root.rglob("备份-*.zip")).read_bytes()
    before = {path: path.read_bytes() for path in desk.root.rglob("*") if path.is_file()}
    answer = drop(client, desk, ("旧备份.zip", data))
    assert heading(answer) == "备份和恢复"
    key = next(
        one.key
        for one in _documents(desk)
        if one.name == "旧备份.zip" or "备份" in one.path.parent.name
    )
    restored = press(client, desk, f"/backups/{key}/restore")
    assert "已恢复到" in restored.text
    assert all(path.read_bytes() == was for path, was in before.items())
    found = [path for path in desk.root.rglob("*") if "恢复" in path.parent.name]
    assert {path.name for path in found} == {"好的.xlsx", "去年的.zip"}


def test_what_was_restored_is_found_again(desk: AtWork, client: httpx2.Client) -> None:
    drop(client, desk, ("填报.xlsx", workbook(1)))
    page = press(client, desk, "/backups")
    (address,) = re.findall(r'action="(/backups/\w+/restore)"', page.text)
    for count in (1, 2):
        page = press(client, desk, address)
        assert len(re.findall(r"<h3>恢复-", page.text)) == count
    links = set(re.findall(r'href="(/check/\w+)"', client.get("/backups").text))
    assert len(links) == 2
    assert {countdown(client.get(link)) for link in links} == {"可以上报"}


def test_a_form_from_before_the_unit_was_known_is_backed_up(
    desk: AtWork, client: httpx2.Client
) -> None:
    press(client, desk, "/form")
    (begun,) = desk.root.rglob("填报表.xlsx")
    drop(client, desk, ("填报表.xlsx", workbook(1)))
    press(client, desk, "/backups")
    (saved,) = desk.root.rglob("备份-*.zip")
    with zipfile.ZipFile(saved) as archive:
        assert set(archive.namelist()) == {
            "files/填报表.xlsx",
            "files/填报表-2.xlsx",
            "manifest.json",
        }
        assert archive.read("files/填报表-2.xlsx") == begun.read_bytes()


@pytest.mark.parametrize("where", ["form", "drop", "backups", "finish", "export"])
def test_a_full_disk_is_named_and_loses_nothing(
    where: str, desk: AtWork, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = key_of(drop(client, desk, ("填报.xlsx", workbook(1))))
    before = {path: path.read_bytes() for path in desk.root.rglob("*") if path.is_file()}
    other = workbook(2)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name in ("replace", "_name", "private_folder"):
        monkeypatch.setattr(writing, name, full)
    monkeypatch.setattr(shutil, "copyfileobj", full)
    if where == "drop":
        answer = drop(client, desk, ("乙.xlsx", other))
    elif where == "finish":
        answer = press(client, desk, f"/check/{key}/correct", do="finish")
    elif where == "export":
        answer = press(client, desk, f"/export/{key}", name="上报")
    else:
        answer = press(client, desk, f"/{where}")
    assert "磁盘满了，请腾出空间再试" in answer.text
    assert "写不了 ：" not in answer.text
    assert {path: path.read_bytes() for path in desk.root.rglob("*") if path.is_file()} == before


def _documents(desk: AtWork) -> list[Document]:
    return list(desk.desk.documents._known.values())


def test_the_identity_file_stays_out_of_backups(
    desk: AtWork, client: httpx2.Client, identity: Path
) -> None:
    drop(client, desk, (identity.name, identity.read_bytes()))
    packed(client, desk)
    for path in desk.root.rglob("备份-*.zip"):
        backup_zip.verify(path)
        with zipfile.ZipFile(path) as archive:
            assert not any(name.endswith(".xml") for name in archive.namelist())
            assert not any(b"<secret" in archive.read(name) for name in archive.namelist())


def word() -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    return stream.getvalue()


def empty_book() -> bytes:
    return saved(openpyxl.Workbook())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("照片.jpg", b"\xff\xd8\xff\xe0" + bytes(200)),
        ("通知.docx", word()),
        ("通知.pdf", b"%PDF-1.7\n" + bytes(200)),
        ("空.xlsx", b""),
        ("别的表.xlsx", empty_book()),
        ("坏的.zip", b"PK\x03\x04" + bytes(100)),
        ("说明.txt", "说明".encode()),
        ("网页.xml", b"<html/>"),
        ("没有后缀", bytes(10)),
    ],
)
def test_a_wrong_thing_is_named(
    desk: AtWork, client: httpx2.Client, name: str, data: bytes
) -> None:
    answer = drop(client, desk, (name, data))
    assert (answer.status_code, heading(answer)) == (409, "这里用不上这个文件")
    assert name in answer.text
    assert files(desk) == []


def test_a_wrong_thing_keeps_nothing_else_away(
    desk: AtWork, client: httpx2.Client, tmp_path: Path
) -> None:
    """What was dropped with it is kept and offered; each is named for what it is."""
    elsewhere = tmp_path / "别处的备份.zip"
    (tmp_path / "旧表.xlsx").write_bytes(workbook(1))
    backup.backup([tmp_path / "旧表.xlsx"], elsewhere, when=0)
    both = ("填报.xlsx", workbook(1)), ("通知.docx", b"PK"), ("花名册.xlsx", people_list())
    answer = drop(client, desk, *both, (elsewhere.name, elsewhere.read_bytes()))
    kinds = re.findall('<th scope="row">([^<]*)</th><td>([^<]*)</td>', answer.text)
    assert dict(kinds) == {
        "填报.xlsx": "填报表",
        "花名册.xlsx": "人员名单",
        "别处的备份.zip": "备份",
        "通知.docx": "别的文件，这里用不上",
    }
    links = re.findall('<td><a href="([^"]*)"', answer.text)
    assert [client.get(link).status_code for link in links] == [200, 200, 200]
    assert "别处的备份.zip" in client.get("/backups").text
    assert len(files(desk)) == 3


def test_several_wrong_things_are_all_named(desk: AtWork, client: httpx2.Client) -> None:
    answer = drop(client, desk, ("通知.docx", b"PK"), ("照片.jpg", b"\xff\xd8"))
    assert {"通知.docx", "照片.jpg"} <= set(re.findall("[^<>]*", answer.text))
    assert files(desk) == []


def test_a_blank_form_twice_is_two_forms(desk: AtWork, client: httpx2.Client) -> None:
    for _ in range(2):
        press(client, desk, "/form")
    assert [name.rpartition("/")[2] for name in files(desk)] == ["填报表-2.xlsx", "填报表.xlsx"]


def test_the_locked_names_stand_in_a_new_form(
    desk: AtWork, client: httpx2.Client, identity: Path
) -> None:
    drop(client, desk, (identity.name, identity.read_bytes()))
    press(client, desk, "/form")
    book = openpyxl.load_workbook(next(desk.root.rglob("填报表.xlsx")))
    values = {cell.value for row in book[UNIT_SHEET].iter_rows() for cell in row}
    assert {unit(1).name, unit(1).superior_name} <= values


def test_last_years_people_come_from_her_place(desk: AtWork, client: httpx2.Client) -> None:
    drop(client, desk, ("填报.xlsx", workbook(1)))
    (old,) = desk.root.rglob("填报.xlsx")
    target = old.parent.with_name("2025") / old.name
    target.parent.mkdir()
    old.rename(target)
    page = client.get("/form")
    assert "2025 填报.xlsx" in page.text
    made = press(client, desk, "/form", source=desk.desk.documents.of(target).key)
    assert "会员 12 人" in made.text
    assert target.is_file()


def test_a_name_of_her_own_and_never_over_another(desk: AtWork, client: httpx2.Client) -> None:
    key = key_of(drop(client, desk, ("填报.xlsx", workbook(1))))
    for name in ("我的上报", "../../外面", "con", "a" * 300):
        made = press(client, desk, f"/export/{key}", name=name)
        assert heading(made) == "上报文件做好了", name
    packages = [path for path in desk.root.rglob("*.zip") if path.parent.name == "2026"]
    assert all(path.is_relative_to(desk.root) for path in packages)
    assert {"我的上报.zip", "_con.zip"} <= {path.name for path in packages}
    was = {path: path.read_bytes() for path in packages}
    other = fill(blank(15), UNIT | {"单位工会名称": unit(1).name, "职工总数": 16})
    second = key_of(drop(client, desk, ("又一份.xlsx", saved(other))))
    made = press(client, desk, f"/export/{second}", name="我的上报")
    assert "我的上报-2.zip" in made.text
    assert all(path.read_bytes() == data for path, data in was.items())


def test_errors_stand_in_the_way_of_a_package(desk: AtWork, client: httpx2.Client) -> None:
    key = key_of(drop(client, desk, ("填报.xlsx", workbook(1, fault=True))))
    assert "还有 1 处错误" in alert(client.get(f"/export/{key}"))
    press(client, desk, f"/export/{key}", name="硬来")
    assert not list(desk.root.rglob("*.zip"))


def test_a_second_desk_finds_the_unit_again(
    desk: AtWork, client: httpx2.Client, identity: Path
) -> None:
    drop(client, desk, (identity.name, identity.read_bytes()))
    with at_work(desk.root) as again, entered(again) as other:
        assert unit(1).name in other.get("/").text


def test_help_names_whom_to_ask(desk: AtWork, client: httpx2.Client, identity: Path) -> None:
    """As her identity file says; without one nobody is named."""
    whole = parse(identity.read_bytes()).identity
    asked = replace(whole, superior_contact="王示例<b> 0311-85550990")
    assert "有问题请联系上级工会" not in client.get("/help").text
    drop(client, desk, ("标识.xml", compose(asked)))
    page = client.get("/help").text
    assert "有问题请联系上级工会" in page
    assert "王示例&lt;b&gt; 0311-85550990" in page


def more_than_staff() -> bytes:
    fewer = UNIT | {"单位工会名称": unit(1).name, "职工总数": 11, "女职工人数": 6, "农民工人数": 4}
    return saved(fill(blank(15), fewer))


def switch_off(original: World, output: Path) -> None:
    """What `form amend` does in a program beside the desk."""
    changes = Amending({"X101": None}, (), "派遣人员不算职工")
    form_packages.amend(loading.form_dir(), original.keys, output, changes, 0)


def test_an_amendment_of_the_own_union_is_installed_and_used_at_once(
    desk: AtWork,
    client: httpx2.Client,
    identity: Path,
    original: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = more_than_staff()
    changes = Amending({"X101": None}, (), "派遣人员不算职工")
    path = tmp_path / "规则调整.zip"
    with monkeypatch.context() as officer:  # another person's computer
        for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
            officer.setenv(name, str(tmp_path / "officer"))
        form_packages.amend(loading.form_dir(), original.keys, path, changes, 0)
    amendment = (path.name, path.read_bytes())
    answer = drop(client, desk, amendment)
    assert "请先把本单位的标识文件拖进来" in answer.text
    drop(client, desk, (identity.name, identity.read_bytes()))
    assert countdown(drop(client, desk, ("填报.xlsx", refused))) == "还剩 1 处错误"
    assert heading(drop(client, desk, amendment)) == "装好了"
    answer = drop(client, desk, ("填报.xlsx", refused))
    assert countdown(answer) == "可以上报"
    assert "派遣人员不算职工" in answer.text


def test_an_open_page_follows_what_another_program_installs(
    desk: AtWork, client: httpx2.Client, original: World, tmp_path: Path
) -> None:
    page = drop(client, desk, ("填报.xlsx", more_than_staff()))
    assert countdown(page) == "还剩 1 处错误"
    seen = page.text.partition('data-version="')[2].partition('"')[0]
    ask = f"/check/{key_of(page)}/verdict?seen={seen}"
    assert client.get(ask).status_code == 204
    switch_off(original, tmp_path / "规则调整.zip")
    assert countdown(client.get(ask)) == "可以上报"


def test_a_check_under_way_ends_with_the_form_it_began_with(
    desk: AtWork,
    client: httpx2.Client,
    original: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = Desk._check

    def beside(*given: Any) -> Any:
        switch_off(original, tmp_path / "规则调整.zip")
        assert client.get("/alive").status_code == 204  # a request that begins meanwhile
        return check(*given)

    with monkeypatch.context() as during:
        during.setattr(Desk, "_check", beside)
        page = drop(client, desk, ("填报.xlsx", more_than_staff()))
    assert countdown(page) == "还剩 1 处错误"
    assert countdown(client.get(f"/check/{key_of(page)}")) == "可以上报"
