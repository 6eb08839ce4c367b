"""Remedies about several levels of unions, done by a machine: what was refused holds afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from converter import identity
from converter.forms.loading import form_dir
from converter.identity import keys, passphrases, subordinates
from converter.identity.elements import IdentityRefused
from converter.identity.files import Public
from converter.identity.passphrases import OpenedSecrets
from converter.messages.catalogue import catalogue
from converter.usecases.convert import convert_for_page
from converter.workers.pool import Worker
from tests.commands import run
from tests.identity import test_commands
from tests.identity.chain import COUNTY, UnionDesk, Unions, unions
from tests.identity.test_chains import LATER, signed_unit
from tests.identity.test_commands import Desk
from tests.identity.test_remedies import REMEDIES as WITH_A_FILE
from tests.identity.unions import TODAY, UNTIL
from tests.sheets import FORM, UNIT_SHEET, put, unit_cell

WORD = "示例密码"
FOLDER = form_dir().resolve()
ALONE = {"I110", "I111", "I145", "I167", "I201"}  # followed by a test each
LAST = "2026-02-02T01:00:00Z"
FIRST_DAYS = date(2026, 3, 1)
AFTER = date(2026, 3, 2)


desk = test_commands.desk  # a fixture


@pytest.fixture
def four(tmp_path: Path) -> Unions:
    return unions(tmp_path)


def codes(union: UnionDesk, document: bytes | Public, today: date = TODAY) -> list[str]:
    try:
        return union.codes(document, today)
    except IdentityRefused as refused:
        return [refused.code]


# --- a unit's file, as the union above the county sees it ------------------------------------------


def of_another_county(four: Unions) -> Public:
    """The county typed a code of its neighbour's."""
    public = identity.parse(four.county.issue())
    holder = replace(public.identity, unit_code="130103-0001")
    return signed_unit(replace(public, identity=holder), four.county)


def expired(four: Unions) -> Public:
    four.city.endorse(four.county, until=FIRST_DAYS)
    public = identity.parse(four.county.issue(until=FIRST_DAYS))
    longer = replace(public.identity, valid_until=UNTIL.isoformat())
    return signed_unit(replace(public, identity=longer), four.county)


def superseded(four: Unions) -> bytes:
    """The county lost its keys and has new ones; the unit's file is of the old ones."""
    document = four.county.issue()
    shutil.move(four.county.keys, four.folder / "old")
    fresh = UnionDesk.new(four.folder, COUNTY)
    four.city.endorse(fresh, now=LATER)
    return document


def withdrawn(four: Unions) -> bytes:
    document = four.county.issue()
    subordinates.withdraw(four.city.keys, COUNTY.code, LATER)
    return document


def with_the_units_key_as_its_own(four: Unions) -> Public:
    public = identity.parse(four.town.issue())
    reused = replace(public.keys, unit_signing=public.chain[0].signing)
    return signed_unit(replace(public, keys=reused), four.town)


def without_a_level(four: Unions) -> Public:
    public = identity.parse(four.town.issue())
    return replace(public, chain=(public.chain[0], public.chain[2]))


def renewed(four: Unions) -> bytes:
    """The county asks its superior for another identity, puts it in, and issues again."""
    four.city.endorse(four.county, now=LAST)
    return four.county.issue()


def issued_again(four: Unions) -> bytes:
    return UnionDesk(COUNTY, four.folder / COUNTY.code).issue()


def with_new_keys(four: Unions) -> bytes:
    shutil.move(four.town.keys, four.folder / "old")
    town = UnionDesk.new(four.folder, four.town.union)
    four.county.endorse(town, now=LATER)
    return town.issue()


Document = Callable[[Unions], bytes | Public]
CHAINS: dict[str, tuple[Document, Document, date]] = {
    "I109": (lambda four: (four.county.keys / "superior.xml").read_bytes(), issued_again, TODAY),
    "I161": (without_a_level, lambda four: four.town.issue(), TODAY),
    "I162": (of_another_county, issued_again, TODAY),
    "I163": (expired, renewed, AFTER),
    "I164": (superseded, issued_again, TODAY),
    "I165": (withdrawn, renewed, TODAY),
    "I166": (with_the_units_key_as_its_own, with_new_keys, TODAY),
}


@pytest.mark.parametrize("code", CHAINS)
def test_what_the_remedy_says_makes_the_chain_hold(code: str, four: Unions) -> None:
    fault, remedy, today = CHAINS[code]
    above = (four.city, four.province)
    faulty = fault(four)
    assert code in [found for one in above for found in codes(one, faulty, today)]
    sound = remedy(four)
    assert [found for one in above for found in codes(one, sound, today)] == []


def test_an_identity_for_a_union_is_put_into_its_keys(four: Unions) -> None:
    """I110: the other file, that the superior sent back."""
    with pytest.raises(IdentityRefused) as caught:
        subordinates.join(four.county.keys, four.county.issue())
    assert caught.value.code == "I110"
    (own, *_) = four.city.endorse(four.county, now=LATER)
    assert own.name == COUNTY.name


def test_a_request_that_is_written_again_is_endorsed(four: Unions) -> None:
    """I111"""
    altered = four.county.request().replace("示例县".encode(), "示例乡".encode())
    with pytest.raises(IdentityRefused) as caught:
        subordinates.parse_request(altered)
    assert caught.value.code == "I111"
    assert subordinates.parse_request(four.county.request()).union == COUNTY
    assert codes(four.city, renewed(four)) == []


def test_a_fingerprint_that_was_asked_for_by_telephone_is_the_tops(
    four: Unions, tmp_path: Path
) -> None:
    """I167"""
    file = tmp_path / "标识.xml"
    file.write_bytes(four.county.issue())
    right = keys.public(four.province.keys).fingerprint
    done = run("identity", "verify", file, "--fingerprint", "0000" + right[4:])
    assert (done.returncode, "I167" in done.stdout) == (1, True)
    assert run("identity", "verify", file, "--fingerprint", right).returncode == 0


# --- a unit that converts -------------------------------------------------------------------------


def others_file(desk: Desk) -> Path:
    (other,) = desk.file.parent.glob("130102-0002-*.xml")
    return other


def test_the_units_own_file_or_the_right_name_is_taken(desk: Desk, tmp_path: Path) -> None:
    """I201"""
    target = tmp_path / "a.zip"
    done = run("convert", desk.book, "--identity", others_file(desk), "-o", target)
    assert (done.returncode, "I201" in done.stdout) == (1, True)
    assert run("convert", desk.book, "--identity", desk.file, "-o", target).returncode == 0
    book = openpyxl.load_workbook(desk.book)
    cell = unit_cell(book, "单位工会名称")
    right = book[UNIT_SHEET][cell].value
    put(book[UNIT_SHEET], cell, "写错的工会委员会")
    book.save(tmp_path / "写错.xlsx")
    done = run("convert", tmp_path / "写错.xlsx", "--identity", desk.file, "-o", tmp_path / "b.zip")
    assert (done.returncode, "I201" in done.stdout, str(right) in done.stdout) == (1, True, True)
    put(book[UNIT_SHEET], cell, right)
    book.save(tmp_path / "改好.xlsx")
    again = ["--identity", desk.file, "-o", tmp_path / "b.zip"]
    assert run("convert", tmp_path / "改好.xlsx", *again).returncode == 0


def test_a_package_made_anew_with_the_identity_is_signed(desk: Desk, tmp_path: Path) -> None:
    """P137"""
    plain, signed = tmp_path / "a.zip", tmp_path / "b.zip"
    assert run("convert", desk.book, "-o", plain).returncode == 0
    done = run("identity", "verify", plain, "--keys", desk.keys)
    assert (done.returncode, "P137" in done.stdout) == (1, True)
    assert run("convert", desk.book, "--identity", desk.file, "-o", signed).returncode == 0
    assert run("identity", "verify", signed, "--keys", desk.keys).returncode == 0


def test_the_workbook_of_a_sealed_package_can_be_checked(desk: Desk, tmp_path: Path) -> None:
    """P141: nothing is to be done; who wants to check again checks what it was made of."""
    sealed = tmp_path / "封.zip"
    options = ["--identity", desk.file, "--seal", "-o", sealed]
    assert run("convert", desk.book, *options).returncode == 0
    assert "P141" in run("check", sealed).stdout
    done = run("check", desk.book)
    assert (done.returncode, "P141" in done.stdout) == (0, False)


def test_a_page_that_was_started_with_the_passphrase_signs(desk: Desk, tmp_path: Path) -> None:
    """I145: the page is started with the passphrase, or the unit converts on its own machine."""
    file = Path(shutil.copy(desk.file, tmp_path / "标识.xml"))
    passphrases.change(file, "", WORD)

    def on_a_page(secrets: OpenedSecrets | None) -> tuple[set[str], Path | None]:
        target = tmp_path / "网页.zip"
        with Worker() as worker:
            done = convert_for_page([desk.book], FOLDER, target, file, worker, secrets=secrets)
        assert done
        assert done.summary
        return {group.code for group in done.summary.groups}, done.converted.package

    assert on_a_page(None) == ({"I145"}, None)
    found, package = on_a_page(OpenedSecrets([file], WORD))
    assert found == set()
    assert package
    (tmp_path / "密码.txt").write_text(WORD, "utf-8")
    own = ["--identity", file, "--passphrase-file", tmp_path / "密码.txt", "-o", tmp_path / "a.zip"]
    assert run("convert", desk.book, *own).returncode == 0


def test_every_code_of_identities_has_its_remedy_followed() -> None:
    followed = {name.partition("-")[0] for name in WITH_A_FILE} | CHAINS.keys() | ALONE
    assert {code for code in catalogue(FORM) if code.startswith("I")} == followed
