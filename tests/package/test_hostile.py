"""Packages from strangers: nothing raises, nothing is extracted, nothing passes for other data."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter import package
from converter.files import zip_writing
from converter.model.issues import Level
from converter.package import archive
from tests.canonical import CREATED, FORM
from tests.package.members import (
    built,
    codes,
    described,
    edited,
    read,
    read_bytes,
    zipped,
)


def raw_zip(path: Path, write: Callable[[zipfile.ZipFile], None]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped_:
        write(zipped_)
    return path


def test_what_is_no_zip_is_no_package(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    for data, code in ((b"", "P102"), (b"%PDF-1.7", "P102"), (b"PK\x03\x04 cut off", "P106")):
        path.write_bytes(data)
        assert codes(package.read(path, FORM)) == [code]


def test_missing_files_and_folders_are_issues(tmp_path: Path) -> None:
    assert codes(package.read(tmp_path / "none.zip", FORM)) == ["P101"]
    assert codes(package.read(tmp_path, FORM)) == ["P101"]


@pytest.mark.posix("no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.zip")
    assert codes(package.read(tmp_path / "a.zip", FORM)) == ["P101"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_given_twice_are_refused(tmp_path: Path) -> None:
    def write(zipped_: zipfile.ZipFile) -> None:
        for name, data in (*built().items(), ("unit.csv", b"another")):
            zipped_.writestr(name, data)

    found = package.read(raw_zip(tmp_path / "a.zip", write), FORM)
    assert codes(found) == ["P105"]
    assert "unit" not in found.sheets


@pytest.mark.parametrize("count", [archive.MOST_MEMBERS + 1, 2_000])
def test_too_many_members_are_refused(count: int, tmp_path: Path) -> None:
    def write(zipped_: zipfile.ZipFile) -> None:
        for number in range(count):
            zipped_.writestr(f"{number}.csv", b"")

    assert codes(package.read(raw_zip(tmp_path / "a.zip", write), FORM)) == ["P103"]


def test_inflated_bytes_are_counted_whatever_the_zip_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LARGEST_INFLATED", 100_000)
    path = zipped(built() | {"members.csv": b"0" * 100_000}, tmp_path)
    assert codes(package.read(path, FORM)) == ["P104"]


def test_a_file_beyond_the_limit_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LARGEST_FILE", 1000)
    assert codes(read(built(), tmp_path)) == ["P104"]


def test_encrypted_members_are_named(tmp_path: Path) -> None:
    path = zipped(built(), tmp_path)
    data = bytearray(path.read_bytes())
    position = data.find(b"PK\x01\x02")
    data[position + 8] |= 1  # the flag of the first member in the list
    path.write_bytes(data)
    assert codes(package.read(path, FORM)) == ["P107"]


def test_foreign_compression_is_damage(tmp_path: Path) -> None:
    def write(zipped_: zipfile.ZipFile) -> None:
        for name, data in built().items():
            zipped_.writestr(name, data, zipfile.ZIP_LZMA)

    assert codes(package.read(raw_zip(tmp_path / "a.zip", write), FORM)) == ["P106"]


def test_climbing_names_are_never_extracted(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    found = read(built() | {"../evil.csv": b"x", "/etc/evil": b"x"}, folder)
    assert codes(found) == ["P108"]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert [path.name for path in folder.iterdir()] == ["上报.zip"]


SOUND = BytesIO()
zip_writing.pack(SOUND, built().items(), when=CREATED)


@given(
    st.lists(st.tuples(st.integers(0, len(SOUND.getvalue()) - 1), st.integers(0, 255)), max_size=4)
)
def test_flipped_bytes_never_raise_and_never_pass_for_other_data(
    flips: list[tuple[int, int]],
) -> None:
    data = bytearray(SOUND.getvalue())
    for position, value in flips:
        data[position] = value
    found = read_bytes(bytes(data))
    if not any(issue.level is Level.ERROR for issue in found.issues):
        sound = read_bytes(SOUND.getvalue())
        assert (found.sheets["unit"], found.sheets["member"], found.stamp) == (
            sound.sheets["unit"],
            sound.sheets["member"],
            sound.stamp,
        )


@given(st.integers(0, len(SOUND.getvalue()) - 1))
def test_a_file_cut_short_is_damage(length: int) -> None:
    found = read_bytes(SOUND.getvalue()[:length])
    assert [code in ("P102", "P106") for code in codes(found)] == [True]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.sampled_from(sorted(described(built()))), JSON)
def test_no_descriptor_raises(key: str, value: Any) -> None:
    members = edited(**{key: value})(built())
    stream = BytesIO()
    zip_writing.pack(stream, members.items(), when=CREATED)
    read_bytes(stream.getvalue())
