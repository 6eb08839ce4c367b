"""Zips from strangers: what comes out, under which names, and what is refused."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.workbook import unzipping
from converter.workbook.unzipping import Member, UnusableMember, safe_name, unpack


def zipped(*members: tuple[str, bytes], **settings: int) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", settings.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def taken(data: bytes, folder: Path) -> list[Member | UnusableMember]:
    path = folder / "包.zip"
    path.write_bytes(data)
    (folder / "out").mkdir(exist_ok=True)
    return list(unpack(path, "sha", "包.zip", folder / "out"))


def names(found: list[Member | UnusableMember]) -> list[str]:
    return [one.name for one in found if isinstance(one, Member)]


def codes(found: list[Member | UnusableMember]) -> list[str]:
    return [one.code for one in found if isinstance(one, UnusableMember)]


def test_members_lie_under_numbers_and_tell_their_names(tmp_path: Path) -> None:
    found = taken(zipped(("一县/表.xlsx", b"one"), ("b.csv", b"two")), tmp_path)
    assert names(found) == ["包.zip/一县/表.xlsx", "包.zip/b.csv"]
    assert [m.path.name for m in found if isinstance(m, Member)] == ["1.xlsx", "2.csv"]
    assert [m.path.read_bytes() for m in found if isinstance(m, Member)] == [b"one", b"two"]


def test_nested_zips_are_taken_apart_down_to_a_depth(tmp_path: Path) -> None:
    data = zipped(("表.xlsx", b"x"))
    for depth in range(unzipping.DEEPEST - 1):
        data = zipped((f"{depth}.zip", data))
    assert names(taken(data, tmp_path)) == ["包.zip/1.zip/0.zip/表.xlsx"]
    (tmp_path / "deep").mkdir()
    assert codes(taken(zipped(("d.zip", data)), tmp_path / "deep")) == ["F606"]


def test_names_that_climb_stay_below_their_zip(tmp_path: Path) -> None:
    data = zipped(("../../etc/a.xlsx", b"1"), ("/abs.xlsx", b"2"), ("C:\\x\\b.xlsx", b"3"))
    assert names(taken(data, tmp_path)) == [
        "包.zip/etc/a.xlsx",
        "包.zip/abs.xlsx",
        "包.zip/C_/x/b.xlsx",
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "包.zip"]


def test_names_that_differ_by_case_are_told_apart(tmp_path: Path) -> None:
    assert names(taken(zipped(("A.xlsx", b"1"), ("a.xlsx", b"2")), tmp_path)) == [
        "包.zip/A.xlsx",
        "包.zip/a-2.xlsx",
    ]


def test_gbk_names_without_a_mark_are_read(tmp_path: Path) -> None:
    # What Chinese Windows writes: GBK bytes, no UTF-8 flag.
    data = zipped(("AAAA.xlsx", b"x")).replace(b"AAAA", "填报".encode("gbk"))
    assert names(taken(data, tmp_path)) == ["包.zip/填报.xlsx"]


def test_droppings_are_passed_over(tmp_path: Path) -> None:
    data = zipped(("~$a.xlsx", b"1"), ("__MACOSX/._a.xlsx", b"2"), ("a.xlsx", b"3"))
    assert names(taken(data, tmp_path)) == ["包.zip/a.xlsx"]


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    assert codes(taken(zipped(("a.xlsx", b"\0" * (100 << 20))), tmp_path)) == ["F603"]
    assert not list((tmp_path / "out").iterdir())


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unzipping, "MOST_MEMBERS", 3)
    data = zipped(*((f"{n}.xlsx", b"x") for n in range(4)))
    path = tmp_path / "包.zip"
    path.write_bytes(data)
    budget = unzipping._Budget(members=3)
    found = list(unzipping._unpack(path, "sha", "包.zip", tmp_path, 1, budget))
    assert codes(found) == ["F602"]


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    data = bytearray(
        zipped(("a.xlsx", b"12345678"), ("b.xlsx", b"12345678"), method=zipfile.ZIP_STORED)
    )
    second = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, second + 42, 0)  # b's bytes are said to be a's
    assert codes(taken(bytes(data), tmp_path)) == ["F607"]


def test_a_damaged_member_is_refused_and_the_others_are_not(tmp_path: Path) -> None:
    data = zipped(("a.xlsx", b"12345678"), ("b.xlsx", b"abcdefgh"), method=zipfile.ZIP_STORED)
    found = taken(data.replace(b"12345678", b"1234567X"), tmp_path)
    assert (names(found), codes(found)) == (["包.zip/b.xlsx"], ["F604"])


def test_a_locked_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped(("a.xlsx", b"1")))
    data[6] |= 1
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    assert codes(taken(bytes(data), tmp_path)) == ["F605"]


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", zipped(("a", b"b"))[:-10]],
    ids=["nothing", "a beginning", "the end is missing"],
)
def test_what_is_no_whole_zip_is_refused(data: bytes, tmp_path: Path) -> None:
    assert codes(taken(data, tmp_path)) == ["F601"]


def test_an_empty_zip_is_refused(tmp_path: Path) -> None:
    assert codes(taken(zipped(), tmp_path)) == ["F608"]


@given(st.text(max_size=60))
def test_every_name_becomes_one_that_every_system_takes(name: str) -> None:
    made = safe_name(name)
    assert made
    for part in made.split("/"):
        assert part not in ("", ".", "..")
        assert len(part) <= unzipping.LONGEST_NAME + 1
        assert not set(part) & set('<>:"|?*\\\0\n')
        assert part == part.rstrip(". ")
    assert safe_name(made) == made


def unflagged(*raw: bytes, extra: bytes = b"") -> bytes:
    """A zip whose names are bytes that no flag tells the encoding of."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number, name in enumerate(raw):
            info = zipfile.ZipInfo(f"{number}".ljust(len(name), "_"))
            info.extra = extra
            archive.writestr(info, f"{number}")
    data = stream.getvalue()
    for number, name in enumerate(raw):
        data = data.replace(f"{number}".ljust(len(name), "_").encode(), name)
    return data


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
@pytest.mark.parametrize(
    "name",
    [
        "张示例/填报.xlsx",
        "一.xlsx",
        "一县/丁村/填报.xlsx",
        "李·示例.xlsx",
        "联通.xlsx",
        "é.xlsx",
        "𠮷野.xlsx",
    ],
)
def test_names_without_a_flag_are_told_by_what_is_valid(
    name: str, encoding: str, tmp_path: Path
) -> None:
    """Finder writes UTF-8 and sets no flag, Chinese Windows writes GBK."""
    try:
        raw = name.encode(encoding)
    except UnicodeEncodeError:
        raw = name.encode("gb18030")
    if name == "é.xlsx" and encoding == "utf-8":
        name = "茅.xlsx"  # two bytes that are both: in China it is Chinese
    assert names(taken(unflagged(raw), tmp_path)) == [f"包.zip/{name}"]


def test_all_names_of_a_zip_are_of_one_encoding(tmp_path: Path) -> None:
    """Alone, the second could be read as GBK as well."""
    raw = [name.encode() for name in ("张示例.xlsx", "é.xlsx")]
    assert names(taken(unflagged(*raw), tmp_path)) == ["包.zip/张示例.xlsx", "包.zip/é.xlsx"]


def test_a_unicode_field_beside_a_name_counts_where_it_belongs_to_it(tmp_path: Path) -> None:
    raw = "一.xlsx".encode("gbk")
    for checksum, expected in ((zlib.crc32(raw), "壹.xlsx"), (1, "一.xlsx")):
        field = struct.pack("<BL", 1, checksum) + "壹.xlsx".encode()
        extra = struct.pack("<HH", 0x7075, len(field)) + field
        folder = tmp_path / expected
        folder.mkdir()
        assert names(taken(unflagged(raw, extra=extra), folder)) == [f"包.zip/{expected}"]
