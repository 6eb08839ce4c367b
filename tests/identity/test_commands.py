"""From the union's keys to the tables that it opens, by commands alone; and where secrets go."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import openpyxl
import pytest

from converter import cli, identity, package
from converter.identity import keys
from converter.workers import pool, protocol
from tests.commands import run
from tests.people import UNIT
from tests.roster.test_reading import GOOD, changed, filled
from tests.sheets import FORM, UNIT_SHEET, fill, put, unit_cell

ANSWERS = {k: v for k, v in UNIT.items() if k not in ("所属上级工会组织", "单位工会名称")}


@dataclass(frozen=True)
class Desk:
    """What the officer has issued, and what one unit has made of it."""

    folder: Path
    keys: Path
    file: Path  # the first unit's identity file
    book: Path  # its workbook, filled in
    secret: bytes


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    own = folder / "密钥"
    assert run("identity", "init", "--keys", own).returncode == 0
    roster = filled(folder, GOOD)
    done = run("identity", "issue", roster, "--keys", own, "-o", folder / "标识")
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = (folder / "标识").glob("130102-0001-*.xml")
    book = folder / "填报.xlsx"
    assert run("template", "--identity", file, "-o", book, "--rows", "30").returncode == 0
    opened = openpyxl.load_workbook(book)
    cell = opened[UNIT_SHEET][unit_cell(opened, "单位工会名称")]
    assert (cell.value, cell.protection.locked) == (GOOD[0][1], True)
    fill(opened, ANSWERS).save(book)
    text = re.search(r"<secret[^>]*>([^<]+)<", file.read_text("utf-8"))
    assert text
    return Desk(folder, own, file, book, base64.b64decode(text[1]))


def test_from_the_keys_to_the_opened_tables(desk: Desk, tmp_path: Path) -> None:
    plain, sealed = tmp_path / "明.zip", tmp_path / "封.zip"
    for target, options in ((plain, []), (sealed, ["--seal"])):
        done = run("convert", desk.book, "--identity", desk.file, *options, "-o", target)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "已签名" in done.stdout
        assert ("已加密封存" in done.stdout) == bool(options)
    union, opener = identity.union_of(desk.keys), keys.opener(desk.keys)
    first = package.examine(plain, FORM, union=union)
    second = package.examine(sealed, FORM, union=union, opener=opener)
    assert (first.submission.issues, second.submission.issues) == ((), ())
    assert (first.signed, second.signed, second.sealed) == (True, True, True)
    assert first.submission.sheets["unit"] == second.submission.sheets["unit"]
    assert first.submission.sheets["member"] == second.submission.sheets["member"]
    assert second.submission.sheets["member"] is not None
    assert len(second.submission.sheets["member"]) == 12


def test_a_sealed_package_is_fine_to_check_and_tells_nothing_more(
    desk: Desk, tmp_path: Path
) -> None:
    sealed = tmp_path / "封.zip"
    run("convert", desk.book, "--identity", desk.file, "--seal", "-o", sealed)
    done = run("check", sealed, "--format", "json")
    (file,) = json.loads(done.stdout)["files"]
    assert (done.returncode, file["status"]) == (0, "warnings")
    assert [(i["code"], i["level"]) for i in file["issues"]] == [("P141", "warning")]
    assert "12" in file["issues"][0]["message"]
    for arguments in (["show", sealed], ["stats", sealed]):
        done = run(*arguments)
        assert (done.returncode, "P141" in done.stdout) == (1, True)
    target = tmp_path / "again.xlsx"
    assert run("template", "--from", sealed, "-o", target).returncode == 1
    assert not target.exists()
    done = run("convert", desk.book, "--since", sealed, "-o", tmp_path / "new.zip")
    assert (done.returncode, "P141" in done.stdout) == (1, True)


def test_sealing_wants_an_identity_with_a_key(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    assert run("convert", desk.book, "--seal", "-o", target).returncode == 2
    public = identity.parse(desk.file.read_bytes())
    bare = tmp_path / "bare.xml"
    bare.write_bytes(identity.compose(public.identity))
    done = run("convert", desk.book, "--identity", bare, "--seal", "-o", target)
    assert (done.returncode, "I151" in done.stdout) == (1, True)
    assert not target.exists()
    done = run("convert", desk.book, "--identity", bare, "-o", target)
    assert (done.returncode, "已签名" in done.stdout) == (0, False)


def test_an_identity_without_its_secret_makes_an_unsigned_package(
    desk: Desk, tmp_path: Path
) -> None:
    bare, target = tmp_path / "bare.xml", tmp_path / "a.zip"
    bare.write_bytes(identity.public_document(desk.file))
    done = run("convert", desk.book, "--identity", bare, "-o", target)
    assert (done.returncode, "提示[I142]" in done.stdout) == (0, True)
    assert "提示[P134]" in run("check", target).stdout


def test_an_altered_or_expired_identity_converts_nothing(desk: Desk, tmp_path: Path) -> None:
    altered, target = tmp_path / "altered.xml", tmp_path / "a.zip"
    altered.write_bytes(desk.file.read_bytes().replace("示例县".encode(), "示例市".encode()))
    done = run("convert", desk.book, "--identity", altered, "-o", target)
    assert (done.returncode, "错误[I131]" in done.stdout) == (1, True)
    later = {"SOURCE_DATE_EPOCH": "4102444800"}  # 2100
    done = run("convert", desk.book, "--identity", desk.file, "-o", target, env=later)
    assert (done.returncode, "错误[I121]" in done.stdout) == (1, True)
    assert not target.exists()


def test_another_units_identity_converts_nothing(desk: Desk, tmp_path: Path) -> None:
    (other,) = desk.file.parent.glob("130102-0002-*.xml")
    done = run("convert", desk.book, "--identity", other, "-o", tmp_path / "a.zip")
    assert (done.returncode, "错误[I201]" in done.stdout) == (1, True)


def test_a_package_signed_again_is_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    made = []
    for name in ("1.zip", "2.zip"):
        when = {"SOURCE_DATE_EPOCH": "1803826800"}
        run("convert", desk.book, "--identity", desk.file, "-o", tmp_path / name, env=when)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


# --- where secrets go ------------------------------------------------------------------------


def spellings(secret: bytes) -> list[bytes]:
    """Raw, hexadecimal, and base64 wherever in a longer text it may begin."""
    found = [secret, secret.hex().encode(), secret.hex().upper().encode()]
    for lead in range(3):
        text = base64.b64encode(b"\0" * lead + secret)
        inside = text[4 if lead else 0 : len(text) // 4 * 4 - 4]
        found += [inside, inside.replace(b"+", b"-").replace(b"/", b"_")]
    return found


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and what is in every zip among them."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield str(path), path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield f"{path}!{name}", archive.read(name)


def leaks(data: bytes, secret: bytes) -> bool:
    return any(spelling in data for spelling in spellings(secret))


def test_the_search_finds_what_it_searches_for(desk: Desk) -> None:
    assert leaks(desk.file.read_bytes(), desk.secret)
    for lead in (b"", b"x", b"xy"):
        assert leaks(base64.b64encode(lead + desk.secret + b"yz"), desk.secret)
    assert leaks(b"." + desk.secret.hex().encode(), desk.secret)
    assert not leaks(base64.b64encode(desk.secret[::-1]), desk.secret)


def test_no_output_and_no_temporary_file_holds_the_secret(desk: Desk, tmp_path: Path) -> None:
    temporary, outputs = tmp_path / "tmp", tmp_path / "out"
    temporary.mkdir()
    outputs.mkdir()
    wrong = tmp_path / "错.xlsx"
    book = openpyxl.load_workbook(desk.book)
    put(book[UNIT_SHEET], unit_cell(book, "驻地邮政编码"), "x")
    book.save(wrong)
    output = []
    for arguments in (
        ["convert", desk.book, "--identity", desk.file, "-o", outputs / "a.zip"],
        ["convert", desk.book, "--identity", desk.file, "--seal", "-o", outputs / "b.zip"],
        ["convert", wrong, "--identity", desk.file, "-o", outputs / "c.zip"],
        ["convert", desk.book, "--identity", desk.file, "-o", desk.file / "d.zip"],
        ["template", "--identity", desk.file, "-o", outputs / "a.xlsx", "--rows", "5"],
        ["template", "--identities", desk.file.parent, "-o", outputs / "books", "--rows", "5"],
        ["identity", "show", desk.file],
        ["identity", "verify", desk.file, "--keys", desk.keys],
        ["check", desk.file],
        ["show", desk.file],
    ):
        done = run(*arguments, env={"TMPDIR": str(temporary), "TEMP": str(temporary)})
        output += [done.stdout.encode(), done.stderr.encode()]
    assert (outputs / "a.zip").exists()
    assert (outputs / "b.zip").exists()
    assert len(list((outputs / "books").iterdir())) == len(GOOD)
    assert not any(leaks(text, desk.secret) for text in output)
    assert [name for name, data in contents(tmp_path) if leaks(data, desk.secret)] == []
    issued = [n for n, data in contents(desk.folder) if leaks(data, desk.secret)]
    assert issued == [str(desk.file)]


def test_no_worker_is_told_the_secret(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []

    def overheard(stream: IO[bytes], *messages: object) -> None:
        sent.append(protocol.pack(*messages))
        protocol.send(stream, *messages)

    listening = SimpleNamespace(**vars(protocol) | {"send": overheard})
    monkeypatch.setattr(pool, "protocol", listening)
    target = tmp_path / "a.zip"
    assert (
        cli.run(["convert", str(desk.book), "--identity", str(desk.file), "-o", str(target)]) == 0
    )
    assert len(sent) >= 2
    assert not any(leaks(data, desk.secret) for data in sent)


def test_a_crash_note_does_not_hold_the_secret(
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(self: keys.Signer, data: bytes) -> bytes:
        raise RuntimeError(f"cannot sign with {self!r}")

    monkeypatch.setattr(keys.Signer, "sign", broken)
    arguments = ["convert", str(desk.book), "--identity", str(desk.file)]
    assert cli.run([*arguments, "-o", str(tmp_path / "a.zip")]) == 101
    output = capsys.readouterr()
    note = Path(output.err.strip().rpartition("：")[2])
    data = note.read_bytes()
    note.unlink()
    assert b"cannot sign with Signer()" in data
    assert not leaks(data + (output.out + output.err).encode(), desk.secret)


# --- the officer's commands --------------------------------------------------------------------


def test_keys_are_made_once(desk: Desk) -> None:
    before = {p.name: p.read_bytes() for p in desk.keys.iterdir()}
    done = run("identity", "init", "--keys", desk.keys)
    assert done.returncode == 2
    assert "signing.key" in done.stderr
    assert {p.name: p.read_bytes() for p in desk.keys.iterdir()} == before


def test_show_and_verify_tell_of_the_unit_and_the_fingerprint(desk: Desk) -> None:
    shown = run("identity", "show", desk.file)
    assert shown.returncode == 0
    for text in (GOOD[0][1], "示例县总工会", "2026", keys.public(desk.keys).fingerprint):
        assert text in shown.stdout
    verified = run("identity", "verify", desk.file, "--keys", desk.keys)
    assert (verified.returncode, GOOD[0][1] in verified.stdout) == (0, True)


def test_verify_works_with_the_public_part_alone(desk: Desk, tmp_path: Path) -> None:
    for name in (keys.SIGNING_PUBLIC, keys.SEALING_PUBLIC):
        (tmp_path / name).write_bytes((desk.keys / name).read_bytes())
    done = run("identity", "verify", desk.file, "--keys", tmp_path)
    assert done.returncode == 0
    assert "issued.csv" in done.stderr  # what could not be told without a ledger


def test_verify_refuses_another_unions_file(desk: Desk, tmp_path: Path) -> None:
    run("identity", "init", "--keys", tmp_path / "k")
    done = run("identity", "verify", desk.file, "--keys", tmp_path / "k")
    assert (done.returncode, "错误[I133]" in done.stdout) == (1, True)
    assert "有效：" not in done.stdout


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no xml", "I103"),
        (b"x" * 70_000, "I102"),
        (b'<!DOCTYPE identity [<!ENTITY a "aaaa">]><identity>&a;</identity>', "I104"),
        (b"<html/>", "I105"),
    ],
)
def test_what_is_no_identity_file_is_refused(
    data: bytes, code: str, desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "x.xml").write_bytes(data)
    for extra in (["show"], ["verify", "--keys", desk.keys]):
        done = run("identity", *extra, tmp_path / "x.xml")
        assert (done.returncode, f"错误[{code}]" in done.stdout) == (1, True), done.stderr


def test_a_roster_with_faults_issues_nothing(desk: Desk, tmp_path: Path) -> None:
    before = (desk.keys / "issued.csv").read_bytes()
    roster = filled(tmp_path, changed(1, 0, GOOD[0][0]))
    done = run("identity", "issue", roster, "--keys", desk.keys, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "错误[C801]" in done.stdout
    assert "单位名册!A5 单位代码" in done.stdout
    assert not (tmp_path / "out").exists()
    assert (desk.keys / "issued.csv").read_bytes() == before


@pytest.mark.parametrize("value", ["2026-13-01", "明年", "2020-01-01"])
def test_a_day_that_cannot_be_is_wrong_usage(value: str, desk: Desk, tmp_path: Path) -> None:
    roster = filled(tmp_path, GOOD)
    arguments = ["identity", "issue", roster, "--keys", desk.keys, "-o", tmp_path / "out"]
    done = run(*arguments, "--valid-until", value)
    assert (done.returncode, value in done.stderr) == (2, True)


def test_without_keys_the_way_to_them_is_told(tmp_path: Path) -> None:
    roster = filled(tmp_path, GOOD)
    done = run("identity", "issue", roster, "--keys", tmp_path, "-o", tmp_path / "out")
    assert (done.returncode, "converter identity init" in done.stderr) == (2, True)


def test_period_and_last_day_are_the_officers(desk: Desk, tmp_path: Path) -> None:
    keys_ = tmp_path / "k"
    run("identity", "init", "--keys", keys_)
    roster = filled(tmp_path, GOOD[:1])
    extra = ["--period", "2030 年度", "--valid-until", "2099-12-31"]
    run("identity", "issue", roster, "--keys", keys_, "-o", tmp_path / "out", *extra)
    (path,) = (tmp_path / "out").glob("*.xml")
    holder = identity.parse(path.read_bytes()).identity
    assert (holder.period, holder.valid_until) == ("2030 年度", "2099-12-31")


def test_one_bad_identity_file_does_not_stop_the_others(desk: Desk, tmp_path: Path) -> None:
    files = tmp_path / "标识"
    files.mkdir()
    for path in desk.file.parent.glob("*.xml"):
        (files / path.name).write_bytes(path.read_bytes())
    (files / "坏.xml").write_bytes(b"no xml")
    done = run("template", "--identities", files, "-o", tmp_path / "表", "--rows", "5")
    assert (done.returncode, "错误[I103]" in done.stdout) == (1, True)
    assert len(list((tmp_path / "表").iterdir())) == len(GOOD)
    for path in (tmp_path / "表").iterdir():
        assert run("check", path).returncode == 1  # blank, but read


@pytest.mark.parametrize(
    "arguments",
    [
        ["template", "--identities", "."],
        ["template", "--identities", ".", "-o", "x"],
        ["template", "--identities", ".", "--roster"],
        ["template", "--roster", "--rows", "5"],
        ["identity"],
        ["identity", "isue"],
        ["identity", "init"],
    ],
)
def test_wrong_usage_is_told_in_chinese(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    output = done.stdout + done.stderr
    assert done.returncode == 2
    assert "Traceback" not in output
    assert any("\u4e00" <= c <= "\u9fff" for c in output)
    assert list(tmp_path.iterdir()) == []


def test_help_brings_no_cryptography() -> None:
    script = (
        "import sys; from converter import cli; code = cli.run(['identity', 'issue', '--help']);"
        "heavy = {'pandas', 'cryptography', 'pyrage', 'openpyxl', 'defusedxml'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    import sys

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stderr.strip() == "[]"
