"""Invisible characters in file names: they decide nothing, and no output carries them on."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run
from tests.corpus.test_foreign_sheets import own
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, saved

pytestmark = pytest.mark.posix("Windows takes no blank at the end of a name")

UNSEEN = ["\u200b", "\u202c", "\u200e", "\ufeff", "\u2060", "\u00ad", "\ufe0f", "\u180e"]
AT_ENDS = [*UNSEEN, " ", "\u00a0", "\u3000", "\u2028", "\u3164"]


@pytest.mark.parametrize("character", UNSEEN)
def test_a_package_is_named_after_what_can_be_seen(character: str, tmp_path: Path) -> None:
    book = saved(own(), tmp_path, f"{character}示例{character}厂.xlsx")
    (tmp_path / "上报").mkdir()
    done = run("convert", book, "-o", tmp_path / "上报")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "上报").iterdir()] == ["示例厂.zip"]


@pytest.mark.parametrize("character", AT_ENDS)
def test_the_name_of_an_output_is_what_can_be_seen_of_it(character: str, tmp_path: Path) -> None:
    book = saved(own(), tmp_path)
    done = run("convert", book, "-o", tmp_path / f"上报.zip{character}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "上报.zip").is_file()


def test_two_files_that_look_alike_make_two_packages(tmp_path: Path) -> None:
    books = [saved(own(), tmp_path, name) for name in ("表.xlsx", "表\u200b.xlsx", "表 .xlsx")]
    done = run("convert", *books, "-o", tmp_path / "上报")
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "上报").iterdir()}
    assert names == {"表.zip", "表-2.zip", "表-3.zip"}


@pytest.mark.parametrize("character", AT_ENDS)
def test_a_marked_copy_opens_and_is_named_cleanly(character: str, tmp_path: Path) -> None:
    book = own()
    book[MEMBER_SHEET]["C2"] = "1"
    path = saved(book, tmp_path)
    path.rename(tmp_path / f"表{character}.xlsx{character}")
    run("check", tmp_path / f"表{character}.xlsx{character}", "--annotate", tmp_path / "批注")
    assert [path.name for path in (tmp_path / "批注").iterdir()] == ["表-批注.xlsx"]


def received(inbox: Path) -> dict[str, Any]:
    done = run("receive", inbox, "--store", inbox.with_name("库"), "--format", "json")
    found: dict[str, Any] = json.loads(done.stdout)["summary"]
    return found


@pytest.mark.parametrize("character", AT_ENDS)
def test_a_zip_of_submissions_is_opened_whatever_follows_its_suffix(
    character: str, tmp_path: Path
) -> None:
    inbox = tmp_path / "收件"
    inbox.mkdir()
    with zipfile.ZipFile(inbox / f"一批.zip{character}", "w") as archive:
        archive.write(saved(own(), tmp_path), "甲.xlsx")
    assert received(inbox)["accepted"] == 1


def half(sheet: str, unit: str, path: Path) -> None:
    book = own()
    cell = next(row[1] for row in book[UNIT_SHEET].iter_rows() if row[0].value == "单位工会名称")
    cell.value = unit
    book[MEMBER_SHEET]["B2"].value = f"赵示例{unit[0]}"  # no two lists are the same file
    book.remove(book[sheet])
    book.save(path)


@pytest.mark.parametrize("character", AT_ENDS)
def test_halves_find_each_other_by_what_can_be_seen_of_their_names(
    character: str, tmp_path: Path
) -> None:
    inbox = tmp_path / "收件"
    inbox.mkdir()
    for unit in ("甲厂工会", "乙厂工会"):
        half(UNIT_SHEET, unit, inbox / f"{unit[0]}{character}{unit[1:]}-会员.xlsx{character}")
        half(MEMBER_SHEET, unit, inbox / f"{unit}-单位.xlsx")
    assert received(inbox)["accepted"] == 2
