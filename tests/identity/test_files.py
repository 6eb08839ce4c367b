"""Identity files: read strictly, written in one way, never with the secret."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter import identity
from converter.forms import loading
from converter.identity import Keys, keys, verifying
from converter.messages import catalogue
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import Identity
from tests.canonical import FORM, IDENTITY
from tests.identity.chain import CITY, PROVINCE, UnionDesk

TODAY = date(2026, 3, 1)
UNION = keys.Signer.of(base64.b64encode(b"u" * 32).decode())
SECRET = base64.b64encode(b"SECRETSECRETSECRETSECRETSECRET!!").decode()
KEY, SEALING = UNION.public, "age1" + "q" * 58
KEYS = Keys(KEY, SEALING, keys.Signer.of(SECRET).public)
SIGNATURE = keys.signature_text(UNION.sign(identity.public_bytes(IDENTITY, KEYS)))
XSD = loading.templates_dir() / "identity.xsd"


def whole(**changes: str) -> bytes:
    """An identity file as its unit holds it, with the secret; `changes` replace text in it."""
    text = identity.compose(IDENTITY, KEYS, SIGNATURE).decode()
    secret = f'  <secret algorithm="Ed25519">{SECRET}</secret>\n</identity>'
    text = text.replace("</identity>", secret)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def changed(old: str, new: str) -> bytes:
    return whole(**{old: new})


def read(data: bytes, folder: Path, today: date = TODAY) -> tuple[Identity | None, list[Issue]]:
    path = folder / "标识.xml"
    path.write_bytes(data)
    public, issues = identity.read(path, today)
    return (public.identity if public else None), issues


def codes(data: bytes, folder: Path) -> list[str]:
    holder, issues = read(data, folder)
    assert (holder is None) == bool(issues)
    return [issue.code for issue in issues]


def test_the_holder_is_read(tmp_path: Path) -> None:
    holder, issues = read(whole(), tmp_path)
    assert issues == []
    assert holder is not None
    assert replace(holder, digest="") == IDENTITY
    assert holder.digest.startswith("sha256:")


def test_a_file_without_keys_signature_and_secret_is_read(tmp_path: Path) -> None:
    assert codes(identity.compose(IDENTITY), tmp_path) == []


def test_white_space_comments_and_utf_16_change_nothing(tmp_path: Path) -> None:
    text = whole().decode().replace("\n", "\r\n\t").replace(">2026<", ">\n 2026 <!-- year -->\n<")
    sixteen = text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    expected = read(whole(), tmp_path)[0]
    assert read(text.encode(), tmp_path) == (expected, [])
    assert read(sixteen, tmp_path) == (expected, [])


def test_the_secret_is_nowhere_in_what_is_read(tmp_path: Path) -> None:
    public, _ = identity.inspect(whole(), Place("x"))
    holder, _ = read(whole(), tmp_path)
    document = identity.public_document(whole())
    assert SECRET not in repr(public) + repr(holder) + document.decode()
    assert not any("secret" in f.name for kind in (Identity, identity.Public) for f in fields(kind))


def test_the_public_document_keeps_keys_and_signature() -> None:
    assert identity.public_document(whole()) == identity.compose(IDENTITY, KEYS, SIGNATURE)


def test_the_public_document_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="I103"):
        identity.public_document(b"no xml")
    with pytest.raises(ValueError, match="I101"):
        identity.public_document(tmp_path / "none.xml")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "I103"),
        (b"PK\x03\x04", "I103"),
        (b"\xff\xfe\x00", "I103"),
        (whole()[:-20], "I103"),
        (whole().replace(b"UTF-8", b"klingon"), "I103"),
        (whole() + b" " * identity.LARGEST, "I102"),
        (b"<html/>", "I105"),
        (whole().replace(b"identity:1", b"identity:2"), "I105"),
        (whole().replace(b' xmlns="urn:gonghui:identity:1"', b""), "I105"),
        (changed("    <period>2026</period>\n", ""), "I106"),
        (changed("    <period>2026</period>\n", "<period/>"), "I106"),
        (changed("<serial>3</serial>", "<serial>3</serial><serial>3</serial>"), "I106"),
        (changed("<serial>3</serial>", "<serial>3</serial><role>admin</role>"), "I106"),
        (changed("<serial>3</serial>", "<serial>3</serial>stray text"), "I106"),
        (changed("<serial>3</serial>", "<serial note='1'>3</serial>"), "I106"),
        (changed(' code="130102-0001"', ""), "I106"),
        (changed("<public>", "<public lang='zh'>"), "I106"),
        (changed("130102-0001", "../../etc"), "I107"),
        (changed("2026-01-05", "2026-02-30"), "I107"),
        (changed("2026-01-05", "20260105"), "I107"),
        (changed("2026-01-05", "2027-01-05"), "I107"),
        (changed(SIGNATURE, "c2hvcnQ="), "I107"),
        (changed(SEALING, "age1x"), "I107"),
        (changed("示例县总工会", "示" * 201), "I107"),
        (changed("<keys>", f"<superior-contact>{'示' * 101}</superior-contact><keys>"), "I107"),
        (changed("<keys>", "<superior-contact/><keys>"), "I106"),
        (changed('"X25519"', '"RSA"'), "I107"),
        (changed("<serial>3", "<serial>0"), "I108"),
        (changed("<serial>3", "<serial>-3"), "I108"),
        (changed("<serial>3", "<serial>三"), "I108"),
        (changed("<serial>3", "<serial>１"), "I108"),
    ],
)
def test_each_fault_has_its_code(data: bytes, code: str, tmp_path: Path) -> None:
    assert codes(data, tmp_path) == [code]


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE identity>",
        '<!DOCTYPE identity SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE identity [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE identity [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE identity [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
    ],
)
def test_every_dtd_is_refused(doctype: str, tmp_path: Path) -> None:
    text = whole().decode().replace("?>", f"?>{doctype}", 1)
    assert codes(text.encode(), tmp_path) == ["I104"]
    utf16 = text.replace("UTF-8", "UTF-16").encode("utf-16")
    assert codes(utf16, tmp_path) == ["I104"]


def test_an_undeclared_entity_is_refused(tmp_path: Path) -> None:
    assert codes(changed("示例县总工会", "&x;"), tmp_path) == ["I103"]


def test_missing_files_and_folders_are_issues(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xml", tmp_path):
        public, issues = identity.read(path, TODAY)
        assert public is None
        assert [issue.code for issue in issues] == ["I101"]


def test_an_identity_is_good_on_its_last_day_and_expired_on_the_next(tmp_path: Path) -> None:
    assert read(whole(), tmp_path, date(2026, 12, 31))[1] == []
    holder, issues = read(whole(), tmp_path, date(2027, 1, 1))
    assert holder is not None
    assert [(i.code, i.params["valid_until"]) for i in issues] == [("I121", "2026-12-31")]


def test_the_canonical_bytes_are_these() -> None:
    expected = (
        "gonghui-identity 1\n"
        "unit-code=130102-0001\n"
        "unit-name=示例机械有限公司工会委员会\n"
        "superior-code=130102\n"
        "superior-name=示例县总工会\n"
        "period=2026\n"
        "serial=3\n"
        "issued=2026-01-05\n"
        "valid-until=2026-12-31\n"
        f"union-signing={KEY}\n"
        f"union-sealing={SEALING}\n"
        "unit-signing=\n"
    ).encode()
    named = Keys(KEY, SEALING)
    assert identity.public_bytes(IDENTITY, named) == expected
    public, _ = identity.inspect(identity.compose(IDENTITY, named), Place("x"))
    assert public is not None
    assert public.identity.digest == "sha256:" + hashlib.sha256(expected).hexdigest()


def test_whom_to_ask_is_read_and_signed() -> None:
    """The bytes without it stay what they were: earlier signatures hold."""
    asked = replace(IDENTITY, superior_contact="王示例 0311-85550990")
    last = "superior-contact=王示例 0311-85550990\n".encode()
    assert identity.public_bytes(asked, KEYS) == identity.public_bytes(IDENTITY, KEYS) + last
    public = identity.parse(identity.compose(asked, KEYS, SIGNATURE))
    assert public.identity.superior_contact == "王示例 0311-85550990"
    issues = verifying.validate(public, Place("x"), TODAY)
    assert [issue.code for issue in issues] == ["I131"]  # signed without it


LINE = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
NAMES = st.text(LINE, min_size=1, max_size=30).map(str.strip).filter(bool)
CODES = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}", fullmatch=True)
DATES = st.dates().map(date.isoformat)
IDENTITIES = st.builds(
    Identity,
    CODES,
    NAMES,
    CODES,
    NAMES,
    NAMES,
    st.integers(1, 999_999_999),
    DATES,
    DATES,
    st.one_of(st.just(""), NAMES),
).map(lambda i: replace(i, issued=min(i.issued, i.valid_until)))


@given(IDENTITIES, st.sampled_from([Keys(), KEYS, Keys(KEY)]), st.sampled_from(["", SIGNATURE]))
def test_what_is_composed_reads_back(holder: Identity, named: Keys, signature: str) -> None:
    public = identity.parse(identity.compose(holder, named, signature))
    assert replace(public.identity, digest="") == holder
    assert (public.keys, public.signature) == (named, signature)


@given(IDENTITIES, IDENTITIES)
def test_different_identities_have_different_bytes(one: Identity, other: Identity) -> None:
    assert (identity.public_bytes(one) == identity.public_bytes(other)) == (one == other)


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    public, issues = identity.inspect(data, Place("x"))
    assert public is None
    assert len(issues) == 1


@pytest.mark.parametrize(
    "holder",
    [
        replace(IDENTITY, unit_name="甲\n乙"),
        replace(IDENTITY, unit_name=""),
        replace(IDENTITY, unit_code="a b"),
        replace(IDENTITY, serial=0),
        replace(IDENTITY, valid_until="2025-12-31"),
    ],
)
def test_what_could_not_be_read_is_not_written(holder: Identity) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        identity.compose(holder)


def test_levels_are_the_catalogues() -> None:
    for code in catalogue.catalogue(FORM):
        if code.startswith("I"):
            asks = code in {*verifying.WARNINGS, "I142"}
            assert catalogue.entry(code, FORM).level is (Level.WARNING if asks else Level.ERROR)


def test_the_xsd_knows_the_elements_that_are_written(tmp_path: Path) -> None:
    """In the same order, and optional where a file may lack them."""
    asked = replace(IDENTITY, superior_contact="王示例 0311-85550990")
    full = identity.compose(asked, KEYS, SIGNATURE).replace(
        b"</identity>", f'<secret algorithm="Ed25519">{SECRET}</secret></identity>'.encode()
    )
    schema = ElementTree.parse(XSD).getroot()
    prefix = "{http://www.w3.org/2001/XMLSchema}"
    assert schema.get("targetNamespace") == identity.NAMESPACE
    declared = [e.get("name") for e in schema.iter(f"{prefix}element")]
    optional = {e.get("name") for e in schema.iter(f"{prefix}element") if e.get("minOccurs") == "0"}
    written = [e.tag.rpartition("}")[2] for e in ElementTree.fromstring(full).iter()]
    bare = {
        e.tag.rpartition("}")[2] for e in ElementTree.fromstring(identity.compose(IDENTITY)).iter()
    }
    chain = declared.index("chain")
    union = declared.index("secret") + 1  # the identity of a union follows, in a type of its own
    assert [*declared[:chain], *declared[union - 1 : union]] == written
    assert set(written) - bare == optional - {"chain"}
    link = UnionDesk.new(tmp_path, CITY)
    UnionDesk.new(tmp_path, PROVINCE).endorse(link)
    issued = [e.tag.rpartition("}")[2] for e in ElementTree.fromstring(link.issue()).iter()]
    at = issued.index("chain")
    one = issued[at + 3 : -2]
    assert issued[at : at + 3] == declared[chain : chain + 3]
    assert one == declared[union:]
