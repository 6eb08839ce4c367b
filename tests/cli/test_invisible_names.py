"""Invisible characters in file names: they decide nothing, and no output carries them on."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl.workbook import Workbook

from converter.cli.path_types import TARGET
from tests.commands import run
from tests.corpus.test_foreign_sheets import own
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, saved

pytestmark = pytest.mark.posix("Windows takes no blank at the end of a name")

UNSEEN = ["\u200b", "\u202c", "\u200e", "\ufeff", "\u2060", "\u00ad", "\ufe0f", "\u180e"]
AT_ENDS = [*UNSEEN, " ", "\u00a0", "\u3000", "\u2028", "\u3164"]
NAMES = "甲乙丙丁戊己庚辛壬癸子丑寅"


def test_packages_are_named_after_what_can_be_seen(tmp_path: Path) -> None:
    names = {f"{one}示例{one}厂{n}.xlsx": f"示例厂{n}.zip" for n, one in enumerate(UNSEEN)}
    books = [saved(own(), tmp_path, name) for name in names]
    (tmp_path / "上报").mkdir()
    done = run("convert", *books, "-o", tmp_path / "上报")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "上报").iterdir()} == {*names.values()}


@pytest.mark.parametrize("character", AT_ENDS)
def test_the_name_of_an_output_is_what_can_be_seen_of_it(character: str, tmp_path: Path) -> None:
    given = str(tmp_path / f"上报.zip{character}")
    assert TARGET.convert(given, None, None) == tmp_path / "上报.zip"


def test_a_package_gets_the_name_that_can_be_seen(tmp_path: Path) -> None:
    book = saved(own(), tmp_path)
    done = run("convert", book, "-o", tmp_path / f"上报.zip{UNSEEN[0]}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "上报.zip").is_file()


def test_two_files_that_look_alike_make_two_packages(tmp_path: Path) -> None:
    books = [saved(own(), tmp_path, name) for name in ("表.xlsx", "表\u200b.xlsx", "表 .xlsx")]
    done = run("convert", *books, "-o", tmp_path / "上报")
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "上报").iterdir()}
    assert names == {"表.zip", "表-2.zip", "表-3.zip"}


def test_marked_copies_open_and_are_named_cleanly(tmp_path: Path) -> None:
    book = own()
    book[MEMBER_SHEET]["C2"] = "1"
    path = saved(book, tmp_path)
    for n, one in enumerate(AT_ENDS):
        shutil.copy(path, tmp_path / f"表{n}{one}.xlsx{one}")
    path.unlink()
    run("check", *sorted(tmp_path.iterdir()), "--annotate", tmp_path / "批注")
    names = {path.name for path in (tmp_path / "批注").iterdir()}
    assert names == {f"表{n}-批注.xlsx" for n, _ in enumerate(AT_ENDS)}


def received(inbox: Path) -> dict[str, Any]:
    done = run("receive", inbox, "--store", inbox.with_name("库"), "--format", "json")
    found: dict[str, Any] = json.loads(done.stdout)["summary"]
    return found


def test_zips_of_submissions_are_opened_whatever_follows_their_suffix(tmp_path: Path) -> None:
    inbox = tmp_path / "收件"
    inbox.mkdir()
    for name, one in zip(NAMES, AT_ENDS, strict=True):
        with zipfile.ZipFile(inbox / f"{name}.zip{one}", "w") as archive:
            archive.write(saved(of_unit(f"{name}厂工会"), tmp_path), "甲.xlsx")
    assert received(inbox)["accepted"] == len(AT_ENDS)


def of_unit(name: str) -> Workbook:
    book = own()
    cell = next(row[1] for row in book[UNIT_SHEET].iter_rows() if row[0].value == "单位工会名称")
    cell.value = name
    book[MEMBER_SHEET]["B2"].value = f"赵示例{name[:2]}"  # no two lists are the same file
    return book


def half(sheet: str, unit: str, path: Path) -> None:
    book = of_unit(unit)
    book.remove(book[sheet])
    book.save(path)


def test_halves_find_each_other_by_what_can_be_seen_of_their_names(tmp_path: Path) -> None:
    inbox = tmp_path / "收件"
    inbox.mkdir()
    for name, one in zip(NAMES, AT_ENDS, strict=True):
        unit = f"{name}厂工会"
        half(UNIT_SHEET, unit, inbox / f"{name}{one}厂工会-会员.xlsx{one}")
        half(MEMBER_SHEET, unit, inbox / f"{unit}-单位.xlsx")
    assert received(inbox)["accepted"] == len(AT_ENDS)
