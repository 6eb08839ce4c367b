"""One fault each: what makes an identity file not count has a code of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from converter import identity
from converter.identity import keys, ledger, loading
from converter.messages import catalogue
from converter.model.issues import Level
from tests.canonical import FORM
from tests.identity.unions import OTHER, TODAY, UNIT, Office, held, office


def codes(path: Path, union: Office | None = None, today: date = TODAY) -> list[str]:
    known = identity.union_of(union.keys) if union else None
    return [issue.code for issue in identity.read(path, today, known)[1]]


def rewritten(path: Path, old: str, new: str) -> Path:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def without(path: Path, element: str) -> Path:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if f"<{element} " not in line]
    assert len(kept) == len(lines) - 1
    path.write_text("".join(kept), "utf-8")
    return path


def test_a_sound_file_has_no_issue_with_and_without_the_unions_keys(union: Office) -> None:
    path = union.file()
    assert codes(path) == []
    assert codes(path, union) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("示例机械", "示例纺织"),
        ("130102-0001", "130102-0002"),
        ("示例县总工会", "示例市总工会"),
        (">2026<", ">2027<"),
        ("<serial>1<", "<serial>9<"),
        ("2026-01-05", "2026-01-04"),
        ("2026-12-31", "2027-12-31"),
    ],
)
def test_every_entry_that_is_altered_is_noticed(old: str, new: str, union: Office) -> None:
    path = rewritten(union.file(), old, new)
    assert codes(path) == ["I131"]
    assert codes(path, union) == ["I131"]


def test_a_unit_key_that_was_exchanged_is_noticed(union: Office) -> None:
    path = union.file()
    _, public = keys.new_pair()
    rewritten(path, held(path).public.keys.unit_signing, public)
    assert codes(path) == ["I131"]


def test_every_byte_of_the_public_part_counts(union: Office) -> None:
    """Flip each byte: whatever still reads as an identity file is the same one, or is refused."""
    path = union.file()
    data = path.read_bytes()
    sound = held(path).public
    end = data.index(b"  <secret")
    passed = 0
    for position in range(end):
        flipped = bytearray(data)
        flipped[position] ^= 1
        path.write_bytes(flipped)
        public, issues = identity.read(path, TODAY, None)
        if not issues:
            assert public == sound
            passed += 1
    assert passed < 60  # white space between elements, at the most


def test_an_unsigned_file_is_nobodys(union: Office) -> None:
    path = without(union.file(), "signature")
    assert codes(path) == []
    assert codes(path, union) == ["I132"]


def test_another_unions_file_is_refused(union: Office, tmp_path: Path) -> None:
    path = office(tmp_path, "邻县").file()
    assert codes(path) == []
    assert codes(path, union) == ["I133"]


def test_a_forger_who_names_our_key_is_found_out(union: Office, tmp_path: Path) -> None:
    forged = office(tmp_path, "冒名").file()
    own_ones = keys.public(union.keys).signing
    rewritten(forged, held(forged).public.keys.union_signing, own_ones)
    assert codes(forged, union) == ["I131"]
    forged = without(office(tmp_path, "匿名").file(), "union-signing")
    assert codes(forged, union) == ["I131"]
    assert codes(forged) == ["I131"]


def test_dates_bind_from_the_first_to_the_last_day(union: Office) -> None:
    path = union.file()
    days = [date(2026, 1, 4), date(2026, 1, 5), date(2026, 12, 31), date(2027, 1, 1)]
    assert [codes(path, union, day) for day in days] == [["I122"], [], [], ["I121"]]
    (issue,) = identity.read(path, days[0])[1]
    assert issue.level is Level.WARNING  # the computer's clock, most likely


def test_a_superseded_file_names_the_serial_that_counts(union: Office) -> None:
    first = union.file().read_bytes()
    second = union.file()
    assert codes(second, union) == []
    second.write_bytes(first)
    (issue,) = identity.read(second, TODAY, identity.union_of(union.keys))[1]
    assert (issue.code, issue.params["serial"], issue.params["current"]) == ("I134", 1, 2)
    assert "第 2 号" in catalogue.sentence(issue, FORM)


def test_a_file_that_the_ledger_lacks_is_told_of(union: Office) -> None:
    path = union.file()
    old = (union.keys / ledger.NAME).read_bytes()
    union.issue(OTHER)
    later = union.file()
    assert codes(later, union) == []
    (union.keys / ledger.NAME).write_bytes(old)
    assert codes(later, union) == ["I135"]
    assert codes(union.files / path.name, union) == ["I135"]
    (union.keys / ledger.NAME).unlink()
    assert codes(path, union) == []  # nothing to tell by


def test_two_files_under_one_serial_are_told_apart(union: Office) -> None:
    path = union.file()
    (union.keys / ledger.NAME).unlink()
    first = path.read_bytes()
    path = union.file()
    assert codes(path, union) == []
    path.write_bytes(first)
    assert codes(path, union) == ["I136"]


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("", "I141"),
        ("c2hvcnQ=", "I141"),
        ("not base64!", "I141"),
        ("A" * 43 + "=", "I141"),
    ],
)
def test_a_secret_that_does_not_fit_is_refused_and_not_quoted(
    secret: str, code: str, union: Office
) -> None:
    path = union.file()
    text = path.read_text("utf-8")
    own = text.partition('<secret algorithm="Ed25519">')[2].partition("<")[0]
    path.write_text(text.replace(own, secret), "utf-8")
    found, (issue,) = loading.load_private(path, TODAY)
    assert (found, issue.code) == (None, code)
    assert not secret or secret not in repr(issue)


def test_a_file_without_the_secret_is_held_without_signing(union: Office) -> None:
    found = held(without(union.file(), "secret"))
    assert found.signer is None


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace('<secret algorithm="Ed25519">', "<secret>"),
        lambda t: t.replace('<secret algorithm="Ed25519">', '<secret algorithm="RSA">'),
        lambda t: t.replace("</secret>", "<x/></secret>"),
    ],
)
def test_a_secret_of_another_make_is_refused(change: Callable[[str], str], union: Office) -> None:
    path = union.file()
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    assert [i.code for i in loading.load_private(path, TODAY)[1]] == ["I141"]


def test_what_is_held_tells_nothing_of_the_secret(union: Office) -> None:
    path = union.file(UNIT)
    secret = path.read_text("utf-8").partition('<secret algorithm="Ed25519">')[2].partition("<")[0]
    found = held(path)
    assert secret not in repr(found)
    assert secret.encode() not in found.document
    assert b"secret" not in found.document


def test_levels_are_what_verifying_says() -> None:
    shown = {code for code in catalogue.catalogue(FORM) if code.startswith("I13")}
    assert shown == {"I131", "I132", "I133", "I134", "I135", "I136"}
