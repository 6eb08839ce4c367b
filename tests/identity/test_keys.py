"""Keys: made once, readable by their owner alone, understood by openssl and age."""

from __future__ import annotations

import os
import pickle
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.identity import keys
from converter.messages import errors
from converter.model.errors import KeysError
from tests.tools import needs


@pytest.mark.posix("Windows has no such modes")
def test_private_files_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys.create(tmp_path / "k")
    finally:
        os.umask(before)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "k").iterdir()}
    assert set(modes) == {"signing.key", "signing.pub", "sealing.key", "sealing.pub"}
    assert set(modes.values()) == {0o600}


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("signing.key", "broken"),
        ("sealing.key", "broken"),
        ("signing.pub", "exists"),
        ("sealing.pub", "exists"),
    ],
)
def test_what_is_there_is_never_written_over(name: str, how: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(KeysError) as caught:
        keys.create(tmp_path)
    assert (caught.value.how, caught.value.path) == (how, tmp_path / name)
    assert files(tmp_path) == {name: b"mine"}


def test_keys_are_made_once(tmp_path: Path) -> None:
    keys.create(tmp_path)
    before = files(tmp_path)
    with pytest.raises(KeysError, match="exists"):
        keys.create(tmp_path)
    assert files(tmp_path) == before


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_what_a_killed_process_had_not_made_is_made_the_next_time(
    kept: int, tmp_path: Path
) -> None:
    """In the order of making: secrets first, then what is derived from them."""
    keys.create(tmp_path)
    order = [keys.SIGNING, keys.SEALING, keys.SIGNING_PUBLIC, keys.SEALING_PUBLIC]
    for name in order[kept:]:
        (tmp_path / name).unlink()
    before = files(tmp_path)
    made = keys.create(tmp_path)
    assert {name: data for name, data in files(tmp_path).items() if name in before} == before
    assert keys.signer(tmp_path).public == made.signing
    assert keys.opener(tmp_path).public == made.sealing


def test_public_keys_are_read_without_the_private_ones(tmp_path: Path) -> None:
    made = keys.create(tmp_path)
    for name in (keys.SIGNING, keys.SEALING):
        (tmp_path / name).unlink()
    assert keys.public(tmp_path) == made
    with pytest.raises(KeysError, match="missing"):
        keys.signer(tmp_path)
    with pytest.raises(KeysError, match="missing"):
        keys.opener(tmp_path)


@pytest.mark.parametrize("name", ["signing.key", "sealing.key", "signing.pub", "sealing.pub"])
@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"AGE-SECRET-KEY-1", b"x" * 20_000])
def test_broken_files_are_named_and_not_quoted(name: str, data: bytes, tmp_path: Path) -> None:
    keys.create(tmp_path)
    (tmp_path / name).write_bytes(data)
    readers: dict[str, Callable[[Path], object]] = {
        "signing.key": keys.signer,
        "sealing.key": keys.opener,
        "signing.pub": keys.public,
        "sealing.pub": keys.public,
    }
    with pytest.raises(KeysError) as caught:
        readers[name](tmp_path)
    assert (caught.value.how, caught.value.path) == ("broken", tmp_path / name)
    assert str(tmp_path / name) in errors.text(caught.value)


def test_a_private_key_of_another_union_is_refused(tmp_path: Path) -> None:
    keys.create(tmp_path / "a")
    keys.create(tmp_path / "b")
    shutil.copy(tmp_path / "a" / keys.SIGNING, tmp_path / "b" / keys.SIGNING)
    with pytest.raises(KeysError, match="broken"):
        keys.signer(tmp_path / "b")


def test_secrets_tell_nothing_and_do_not_travel(tmp_path: Path) -> None:
    keys.create(tmp_path)
    secret, _ = keys.new_pair()
    for holder in (keys.Signer.of(secret), keys.opener(tmp_path)):
        assert repr(holder) in ("Signer()", "Opener()")
        assert not hasattr(holder, "__dict__")
        with pytest.raises(TypeError):
            pickle.dumps(holder)


@given(st.text(max_size=50))
def test_what_is_no_secret_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^no Ed25519 secret key$"):
        keys.Signer.of(text)


@given(st.text(max_size=50), st.binary(max_size=70))
def test_no_key_and_no_signature_raises(public: str, signature: bytes) -> None:
    assert not keys.fits(public, signature, b"data")


def test_a_base64_text_means_one_key_only() -> None:
    """The last character before = carries two unused bits."""
    _, public = keys.new_pair()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = public[:-2] + alphabet[alphabet.index(public[-2]) ^ 1] + "="
    signer = keys.Signer.of(keys.new_pair()[0])
    assert keys._raw(public)
    assert not keys.fits(twin, signer.sign(b"x"), b"x")
    assert keys._raw(twin) == b""


@needs("openssl", "age")
def test_openssl_verifies_and_age_opens(tmp_path: Path) -> None:
    public = keys.create(tmp_path)
    (tmp_path / "data").write_bytes(b"2026")
    (tmp_path / "signature").write_bytes(keys.signer(tmp_path).sign(b"2026"))
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "signing.pub", "-rawin"]
    verify += ["-in", "data", "-sigfile", "signature"]
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "data").write_bytes(b"2027")
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True, check=False).returncode == 1
    sealed = keys.seal(b"members", public.sealing)
    opened = subprocess.run(
        ["age", "-d", "-i", "sealing.key"],
        input=sealed,
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert opened.stdout == b"members"
    sealed = subprocess.run(
        ["age", "-r", public.sealing], input=b"back", cwd=tmp_path, capture_output=True, check=True
    ).stdout
    assert keys.opener(tmp_path).open(sealed) == b"back"


def test_what_was_sealed_opens_whole_or_not_at_all(tmp_path: Path) -> None:
    public = keys.create(tmp_path)
    opener = keys.opener(tmp_path)
    plain = b"x" * 200_000  # several of age's chunks of 64 kB
    sealed = keys.seal(plain, public.sealing)
    assert opener.open(sealed) == plain
    for position in (0, 30, 150, 70_000, len(sealed) - 1):
        flipped = bytearray(sealed)
        flipped[position] ^= 1
        assert opener.open(bytes(flipped)) is None
    for length in (0, 100, 65_000, len(sealed) - 16, len(sealed) - 1):
        assert opener.open(sealed[:length]) is None
    assert opener.open(sealed + b"x") is None


def test_another_unions_key_opens_nothing(tmp_path: Path) -> None:
    sealed = keys.seal(b"x", keys.create(tmp_path / "a").sealing)
    keys.create(tmp_path / "b")
    assert keys.opener(tmp_path / "b").open(sealed) is None


@pytest.mark.parametrize("recipient", ["", "age1", "age1" + "q" * 58, "ssh-ed25519 AAAA"])
def test_nothing_is_sealed_for_what_is_no_key(recipient: str) -> None:
    assert not keys.is_recipient(recipient)
    with pytest.raises(ValueError, match="no age recipient"):
        keys.seal(b"x", recipient)


def test_fingerprints_tell_both_keys_apart() -> None:
    one, other = keys.new_pair()[1], keys.new_pair()[1]
    prints = {keys.fingerprint(a, b) for a in (one, other) for b in (one, other)}
    assert len(prints) == 4
    assert all(len(text.split("-")) == 8 for text in prints)
