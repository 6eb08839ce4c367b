"""Whose form it is: the unit of the identity file, another one, several at one machine."""

from __future__ import annotations

import zipfile
from pathlib import Path

import httpx2
import pytest

from converter.identity import passphrases
from tests.web.desk.at_work import AtWork, at_work, countdown, drop, entered, key_of, press
from tests.web.running import alert, heading
from tests.web.world import World, unit, workbook

PASSPHRASE = "旧时王谢堂前燕"


@pytest.fixture
def desk(desk: AtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AtWork:
    """The same worker and page, with an empty place."""
    for thing, name, value in (
        (desk.desk.place, "root", tmp_path), (desk.desk, "unit", ""), (desk, "root", tmp_path),
        (desk.desk.documents, "current", ""),
    ):  # fmt: skip
        monkeypatch.setattr(thing, name, value)
    return desk


def load(client: httpx2.Client, desk: AtWork, path: Path) -> httpx2.Response:
    return drop(client, desk, (path.name, path.read_bytes()))


@pytest.fixture
def other_identity(original: World) -> Path:
    """The identity file of the second unit."""
    return next(original.issued.glob("*0002*.xml"))


def test_what_the_identity_file_would_refuse_is_an_error_at_once(
    desk: AtWork, client: httpx2.Client, identity: Path
) -> None:
    """Not only when the package is made: the page would lead there and back."""
    load(client, desk, identity)
    answer = drop(client, desk, ("别人的.xlsx", workbook(2)))
    assert countdown(answer) == "还剩 1 处错误"
    assert "I201" in answer.text
    assert "拿错了表" in alert(answer)
    assert "/export/" not in answer.text


def test_a_form_is_checked_again_for_another_unit(
    desk: AtWork, client: httpx2.Client, identity: Path, other_identity: Path
) -> None:
    load(client, desk, identity)
    page = drop(client, desk, ("乙.xlsx", workbook(2)))
    load(client, desk, other_identity)
    assert countdown(client.get(page.url)) == "可以上报"


def test_without_an_identity_file_the_folder_is_named(desk: AtWork, client: httpx2.Client) -> None:
    drop(client, desk, ("填报.xlsx", workbook(1)))
    answer = drop(client, desk, ("别人的.xlsx", workbook(2)))
    assert countdown(answer) == "可以上报"
    assert f"现在打开的是“{unit(1).name}”的文件夹" in alert(answer)
    assert "标识文件" not in alert(answer)


def test_a_form_of_the_unit_before_is_not_gone_on_with(
    desk: AtWork, client: httpx2.Client, identity: Path, other_identity: Path
) -> None:
    load(client, desk, identity)
    drop(client, desk, ("填报.xlsx", workbook(1)))
    load(client, desk, other_identity)
    for path in ("/export", "/statistics", "/print", "/find"):
        assert client.get(path, follow_redirects=True).url.path == "/check"


def test_the_unit_that_was_chosen_last_is_found_again(
    desk: AtWork, client: httpx2.Client, identity: Path, other_identity: Path
) -> None:
    for path in (identity, other_identity, identity):
        load(client, desk, path)
    with at_work(desk.root) as again, entered(again) as later:
        assert unit(1).name in later.get("/").text
        press(later, again, "/unit", unit=unit(2).name)
    assert desk.desk.place.latest_unit() == unit(2).name


def test_the_passphrase_of_an_identity_file_is_asked_for(
    desk: AtWork, client: httpx2.Client, identity: Path, tmp_path: Path
) -> None:
    locked = tmp_path / "标识.xml"
    locked.write_bytes(identity.read_bytes())
    passphrases.change(locked, "", PASSPHRASE)
    load(client, desk, locked)
    key = key_of(drop(client, desk, ("填报.xlsx", workbook(1))))
    assert 'type="password"' in client.get(f"/export/{key}").text
    refused = press(client, desk, f"/export/{key}", name="上报", passphrase="不对")
    assert heading(refused) == "没有生成上报文件"
    assert "密码不对" in refused.text
    assert not list(desk.root.rglob("上报*.zip"))
    made = press(client, desk, f"/export/{key}", name="上报", passphrase=PASSPHRASE)
    assert heading(made) == "上报文件做好了"
    with zipfile.ZipFile(next(desk.root.rglob("上报.zip"))) as package:
        assert "signature" in package.namelist()
    assert PASSPHRASE.encode() not in b"".join(
        path.read_bytes() for path in desk.root.rglob("*") if path.is_file()
    )
