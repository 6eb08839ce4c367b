"""Workbooks with passwords, and those that only look like it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import msoffcrypto
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from converter.workbook import decryption, detect_type
from tests.workbook.books import codes, members, names, only_code, parts_of, read, rezip, save


def lock(path: Path, password: str) -> Path:
    plain, locked = BytesIO(path.read_bytes()), BytesIO()
    OOXMLFile(plain).encrypt(password, locked)
    path.write_bytes(locked.getvalue())
    return path


def test_password_is_told(tmp_path: Path) -> None:
    path = lock(save(tmp_path), "geheim")
    assert detect_type(path) == "encrypted"
    assert only_code(path) == "F201"


def test_workbook_that_opens_without_a_prompt_is_read(tmp_path: Path) -> None:
    submission = read(lock(save(tmp_path), decryption.UNPROMPTED))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)


def test_what_is_inside_is_vetted_like_any_file(tmp_path: Path) -> None:
    path = save(tmp_path)
    rezip(path, {**parts_of(path), "xl/vbaProject.bin": b"x"})
    assert only_code(lock(path, decryption.UNPROMPTED)) == "F101"


def test_endless_key_derivation_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lock(save(tmp_path), decryption.UNPROMPTED)
    data = path.read_bytes()
    assert b'spinCount="100000"' in data
    path.write_bytes(data.replace(b'spinCount="100000"', b'spinCount="9999999"'))

    def begun(*_: object, **__: object) -> None:
        raise AssertionError("the key was derived")

    monkeypatch.setattr(msoffcrypto, "OfficeFile", begun)
    assert only_code(path) == "F201"


def test_damaged_encryption(tmp_path: Path) -> None:
    path = lock(save(tmp_path), "geheim")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"<encryption", b"<nonsense__"))
    assert only_code(path) == "F201"
