"""Secrets that carry a passphrase: who asks for it, and what a wrong one says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from converter import api
from converter.identity import keys, loading, passphrases, sealed_files, verifying
from converter.model.errors import KeysError
from converter.model.submissions import SigningUnit
from tests import light_passphrases
from tests.commands import run
from tests.identity.unions import TODAY, UNIT, Office, office
from tests.roster.test_reading import GOOD, filled
from tests.tools import needs

WORD, OTHER = "示例 密码 1", "另一个"


@pytest.fixture
def union(tmp_path: Path) -> Office:
    return office(tmp_path)


def written(path: Path, text: str) -> Path:
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


def codes(unit: SigningUnit) -> list[str]:
    return [issue.code for issue in unit.issues]


def test_a_signing_key_opens_with_its_passphrase_only(union: Office) -> None:
    before, public = keys.signer(union.keys).public, keys.public(union.keys)
    passphrases.change(union.keys, "", WORD)
    assert b"PRIVATE" not in (union.keys / keys.SIGNING).read_bytes()
    assert (union.keys / keys.SIGNING).stat().st_mode & 0o777 == 0o600
    for given, how in (("", "locked"), (OTHER, "passphrase")):
        with pytest.raises(KeysError) as caught:
            keys.signer(union.keys, given)
        assert (caught.value.how, caught.value.path) == (how, union.keys / keys.SIGNING)
    assert keys.signer(union.keys, WORD).public == before
    assert keys.public(union.keys) == public
    with pytest.raises(KeysError):
        passphrases.change(union.keys, OTHER, "")
    passphrases.change(union.keys, WORD, "")
    assert keys.signer(union.keys).public == before


def test_keys_may_carry_one_from_the_start(tmp_path: Path) -> None:
    keys.create(tmp_path, WORD)
    (tmp_path / keys.SIGNING_PUBLIC).unlink()  # killed before it was made
    with pytest.raises(KeysError) as caught:
        keys.create(tmp_path)
    assert caught.value.how == "locked"
    assert keys.create(tmp_path, WORD) == keys.public(tmp_path)


@needs("openssl")
def test_a_key_that_openssl_encrypted_is_read(union: Office) -> None:
    path, before = union.keys / keys.SIGNING, keys.signer(union.keys).public
    data = subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-scrypt", "-in", path, "-passout", f"pass:{OTHER}"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    path.write_bytes(data)
    assert passphrases.is_locked(union.keys)
    assert keys.signer(union.keys, OTHER).public == before
    with pytest.raises(KeysError):
        keys.signer(union.keys, WORD)


def test_an_identity_file_signs_with_its_passphrase_only(union: Office) -> None:
    path = union.file(UNIT)
    plain, before = path.read_bytes(), loading.load_private(path, TODAY)[0]
    assert before is not None
    assert before.signer is not None
    passphrases.change(path, "", WORD)
    assert passphrases.is_locked(path)
    assert plain[plain.index(b"<secret") + 30 :][:40] not in path.read_bytes()
    assert codes(loading.signing_unit(path, TODAY)) == ["I143"]
    assert codes(loading.signing_unit(path, TODAY, to_sign=False)) == []
    assert codes(loading.signing_unit(path, TODAY, passphrase=OTHER)) == ["I144"]
    opened, issues = loading.load_private(path, TODAY, WORD)
    assert issues == []
    assert opened is not None
    assert opened.signer is not None
    assert opened.signer.public == before.signer.public
    assert opened.document == before.document  # what travels is what travelled
    assert verifying.read(path, TODAY, verifying.union_of(union.keys))[1] == []
    passphrases.change(path, WORD, "")
    assert path.read_bytes() == plain


def test_what_holds_no_secret_takes_none(union: Office, tmp_path: Path) -> None:
    public = tmp_path / "公开.xml"
    found, _ = loading.load_private(union.file(UNIT), TODAY)
    assert found is not None
    public.write_bytes(found.document)
    with pytest.raises(KeysError) as caught:
        passphrases.change(public, "", WORD)
    assert caught.value.how == "no_secret"
    assert public.read_bytes() == found.document


@pytest.mark.parametrize("text", ["", "!!!", "YWJj", "A" * 200])
def test_a_damaged_secret_is_no_secret(text: str, union: Office) -> None:
    path = union.file(UNIT)
    data = path.read_bytes()
    start, end = data.index(b"<secret"), data.index(b"</secret>")
    path.write_bytes(data[:start] + f'<secret algorithm="age-scrypt">{text}'.encode() + data[end:])
    assert loading.load_private(path, TODAY, WORD)[0] is None


def test_commands_ask_for_it_and_say_what_is_wrong(tmp_path: Path) -> None:
    word, other = written(tmp_path / "密码.txt", WORD), written(tmp_path / "错.txt", OTHER)
    ours, roster = tmp_path / "密钥", filled(tmp_path, GOOD)
    blank = written(tmp_path / "空.txt", "")
    assert run("identity", "init", "--keys", ours, "--passphrase-file", blank).returncode == 2
    assert not ours.exists()
    done = run("identity", "init", "--keys", ours, "--passphrase-file", word)
    assert done.returncode == 0, done.stderr
    issue = ("identity", "issue", roster, "--keys", ours, "-o", tmp_path / "标识")
    for more, reason in (((), "加了密码"), (("--passphrase-file", other), "密码不对")):
        done = run(*issue, *more, env={"PASSPHRASE": WORD, "AGE_PASSPHRASE": WORD})
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
        assert not list((tmp_path / "标识").glob("*.xml"))
    assert run(*issue, "--passphrase-file", word).returncode == 0
    file = min((tmp_path / "标识").glob("*.xml"))
    change = ("identity", "passphrase", file)
    assert run(*change).returncode == 2  # nobody to type it
    assert run(*change, "--new-passphrase-file", other).returncode == 0
    done = run("identity", "show", file)
    assert (done.returncode, "加了密码" in done.stdout) == (0, True)
    receive = ("receive", tmp_path / "标识", "--store", tmp_path / "S", "--keys", ours)
    done = run(*receive)
    assert (done.returncode, "加了密码" in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "S" / "register.duckdb").exists()
    done = run(*receive, "--passphrase-file", word)
    assert (tmp_path / "S" / "register.duckdb").exists(), done.stderr


def test_a_package_is_signed_with_it_and_refused_without(union: Office, tmp_path: Path) -> None:
    from tests.usecases.receive.collection import workbook

    file, form = union.file(UNIT), api.load_form()
    passphrases.change(file, "", WORD)
    book = tmp_path / "表.xlsx"
    book.write_bytes(workbook(1, 单位工会名称=UNIT.name))
    word, other = written(tmp_path / "密码.txt", WORD), written(tmp_path / "错.txt", OTHER)
    convert = ("convert", book, "--identity", file, "-o", tmp_path / "上报.zip")
    for more, code in (((), "I143"), (("--passphrase-file", other), "I144")):
        done = run(*convert, *more)
        assert (done.returncode, f"[{code}]" in done.stdout) == (1, True), done.stdout
        assert not (tmp_path / "上报.zip").exists()
    done = run(*convert, "--passphrase-file", word)
    assert (done.returncode, "签名" in done.stdout) == (0, True), done.stdout + done.stderr
    (checked,) = api.check([api.read(book, form)], form)
    path = api.write_package(tmp_path / "又.zip", checked, form, identity=file, passphrase=WORD)
    assert path.is_file()


def test_guessing_what_the_product_seals_with_costs_a_second() -> None:
    sealed = light_passphrases.shipped(b"secret", WORD)
    name, _, rounds = sealed.splitlines()[1].removeprefix(b"-> ").split()
    assert (name, int(rounds) >= 15) == (b"scrypt", True)  # N = 2**rounds
    assert sealed_files.opened_bytes(sealed, WORD) == b"secret"


def test_sealed_bytes_open_whole_or_not_at_all() -> None:
    sealed = sealed_files.sealed_bytes(b"secret", WORD)
    assert sealed_files.opened_bytes(sealed, WORD) == b"secret"
    assert sealed_files.opened_bytes(sealed[:-1], WORD) is None
    assert sealed_files.opened_bytes(b"", WORD) is None
