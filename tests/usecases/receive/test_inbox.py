"""The list of an inbox's files."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from converter.usecases.receive import inbox
from converter.usecases.receive.inbox import InboxFile, InboxFiles, scan


def listed(*items: InboxFile) -> InboxFiles:
    return InboxFiles(items)


def test_files_come_in_the_order_of_their_times_then_of_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    early, late = 1 << 50, 1 << 60
    items = [
        InboxFile("乙.xlsx", Path("in/乙.xlsx"), "b", saved=late, state=(1, late)),
        InboxFile("甲.xlsx", Path("in/甲.xlsx"), "a", saved=late),
        InboxFile("z.xlsx", Path("in/z.xlsx"), "z", saved=early),
        InboxFile("𠀀.xlsx", Path("in/𠀀.xlsx"), "z", saved=early),
        InboxFile("～.xlsx", Path("in/～.xlsx"), "z", saved=early),
        InboxFile("下级", Path("in/下级"), "f", forward=True, register=True),
        InboxFile("未来.xlsx", Path("in/未来.xlsx"), "f", saved=1 << 70, state=(1, 1 << 70)),
    ]
    for at_once in (100, 2):
        monkeypatch.setattr(inbox, "FILES_IN_MEMORY", at_once)
        found = InboxFiles(items)
        assert list(found) == list(found) == sorted(items, key=lambda i: (i.saved, i.name))
        assert (len(found), bool(listed())) == (7, False)
        assert [item.name for item in found.forwards()] == ["下级"]


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_a_name_that_is_no_text_keeps_its_path(tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff.xlsx"))
    path.write_bytes(b"x")
    (found,) = scan(tmp_path)
    assert (found.path, found.name) == (path, "\\udcff.xlsx")
    assert found.is_unchanged()


def test_what_is_done_is_left_out_and_what_was_forwarded() -> None:
    items = [InboxFile(f"{n}.xlsx", Path(f"{n}.xlsx"), f"c{n}", saved=n) for n in range(5)]
    forward = InboxFile("县.zip", Path("县.zip"), "f", forward=True)
    found = listed(*items, forward).without(lambda files: {files[1], ("2.xlsx", "other")})
    assert list(found) == [items[0], *items[2:]]


def test_a_file_is_found_with_the_zips_that_it_may_have_come_out_of() -> None:
    def item(name: str, content: str = "c", container: bool = False) -> InboxFile:
        return InboxFile(name, Path(name), content, container)

    zipped, other = item("县/批.zip", "z", container=True), item("乙.zip", "z", container=True)
    one, again = item("一.xlsx"), item("二.xlsx", "changed")
    found = listed(zipped, other, one, again, InboxFile("三", Path("三"), "c", forward=True))
    wanted = [("县/批.zip/里.zip/表.xlsx", "c"), ("一.xlsx", "c"), ("二.xlsx", "c"), ("三", "c")]
    assert found.holding(wanted) == [one, zipped]
    assert found.named(["三", "没有"]) == found.forwards()


def test_few_files_of_a_long_list_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "FILES_IN_MEMORY", 100)
    monkeypatch.setattr(inbox, "FILES_A_BLOCK", 5)

    def many() -> Iterator[InboxFile]:
        for n in range(3_000):
            yield InboxFile(f"{n}.xlsx", Path("x"), f"{n:064x}", saved=n * 7 % 3_000)

    def alive() -> int:
        return sum(isinstance(one, InboxFile) for one in gc.get_objects())

    before = alive()
    found = InboxFiles(many()).without(lambda files: set())
    times, most = [], 0
    for number, item in enumerate(found):
        times.append(item.saved)
        if number % 1_000 == 500:
            most = max(most, alive() - before)
    assert times == list(range(3_000))
    assert most <= 400
