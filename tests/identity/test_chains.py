"""Chains of unions: what holds from a unit up to the top, and forgeries of every shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from converter import identity
from converter.identity import keys, links, standing, subordinates
from converter.identity.elements import IdentityRefused
from converter.identity.files import Public, public_bytes
from converter.identity.links import UnionIdentity
from converter.identity.subordinates import UnionName
from converter.model.errors import UsageError
from converter.model.issues import Place
from tests.identity.chain import COUNTY, UnionDesk, Unions, unions
from tests.identity.unions import UNTIL

LATER = "2026-02-01T01:00:00Z"


@pytest.fixture
def four(tmp_path: Path) -> Unions:
    return unions(tmp_path)


def signed(one: UnionIdentity, by: UnionDesk) -> UnionIdentity:
    signature = keys.signer(by.keys).sign(links.signed_bytes(one))
    return replace(one, signature=keys.signature_text(signature))


def signed_unit(public: Public, by: UnionDesk) -> Public:
    signature = keys.signer(by.keys).sign(public_bytes(public.identity, public.keys))
    return replace(public, signature=keys.signature_text(signature))


def test_a_chain_of_four_levels_holds_at_every_level(four: Unions) -> None:
    data = four.town.issue()
    public = identity.parse(data)
    assert [one.code for one in public.chain] == ["130102-T1", "130102", "1301"]
    for desk in (four.town, four.county, four.city, four.province):
        assert desk.codes(data) == []
    assert four.other.codes(data) == ["I133"]
    assert identity.inspect(data, Place("x"))[1] == []


def test_one_level_has_no_chain_in_its_file(tmp_path: Path) -> None:
    desk = UnionDesk.new(tmp_path, COUNTY)
    data = desk.issue()
    assert b"chain" not in data
    assert desk.codes(data) == []


def test_the_document_without_the_secret_keeps_its_chain(four: Unions) -> None:
    data = four.county.issue()
    document = identity.public_document(data)
    assert b"secret" not in document
    assert identity.parse(document) == identity.parse(data)


Forge = Callable[[Unions, Public], Public]


def _with(public: Public, *chain: UnionIdentity) -> Public:
    return replace(public, chain=chain)


def _self_signed_middle(four: Unions, public: Public) -> Public:
    town, county, city = public.chain
    own = replace(county, superior_signing=county.signing, superior_sealing=county.sealing)
    return _with(public, town, signed(own, four.county), city)


def _other_county_in_between(four: Unions, public: Public) -> Public:
    town, _, city = public.chain
    return _with(public, town, subordinates.superior(four.other.keys)[0], city)


def _other_county_signs_the_town(four: Unions, public: Public) -> Public:
    town, _, city = public.chain
    other = subordinates.superior(four.other.keys)[0]
    theirs = replace(town, superior_signing=other.signing, superior_sealing=other.sealing)
    return _with(public, signed(theirs, four.other), other, city)


def _county_widens_its_scope(four: Unions, public: Public) -> Public:
    town, county, city = public.chain
    return _with(public, town, replace(county, scope=("13",)), city)


def _county_signs_its_own_scope(four: Unions, public: Public) -> Public:
    town, county, city = public.chain
    return _with(public, town, signed(replace(county, scope=("13",)), four.county), city)


def _serial_altered(four: Unions, public: Public) -> Public:
    town, county, city = public.chain
    return _with(public, town, replace(county, serial=9), city)


FORGERIES: dict[str, tuple[Forge, str]] = {
    "missing link": (lambda _, p: _with(p, p.chain[0], p.chain[2]), "I161"),
    "first link missing": (lambda _, p: _with(p, *p.chain[1:]), "I161"),
    "cut tail": (lambda _, p: _with(p, *p.chain[:2]), "I133"),
    "swapped order": (lambda _, p: _with(p, p.chain[1], p.chain[0], p.chain[2]), "I161"),
    "reversed": (lambda _, p: _with(p, *p.chain[::-1]), "I161"),
    "doubled link": (lambda _, p: _with(p, p.chain[0], *p.chain), "I161"),
    "doubled last link": (lambda _, p: _with(p, *p.chain, p.chain[-1]), "I161"),
    "self-signed middle": (_self_signed_middle, "I161"),
    "other county's link": (_other_county_in_between, "I161"),
    "other county signs": (_other_county_signs_the_town, "I161"),
    "wider scope": (_county_widens_its_scope, "I161"),
    "wider scope, signed by itself": (_county_signs_its_own_scope, "I161"),
    "serial altered": (_serial_altered, "I161"),
    "no chain": (lambda _, p: _with(p), "I133"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_chain_is_refused(name: str, four: Unions) -> None:
    forge, code = FORGERIES[name]
    public = identity.parse(four.town.issue())
    assert four.province.codes(forge(four, public))[:1] == [code]


def test_a_chain_that_goes_on_beyond_the_top_is_refused(four: Unions, tmp_path: Path) -> None:
    above = UnionDesk.new(tmp_path / "above", UnionName("1", "示例全国工会"))
    public = identity.parse(four.county.issue())
    extra = above.endorse(four.province, joins=False)
    assert four.province.codes(_with(public, *public.chain, *extra)) == ["I161"]


def test_a_county_cannot_issue_for_another_countys_unit(four: Unions) -> None:
    with pytest.raises(UsageError) as caught:
        four.county.issue("130103-0001")
    assert caught.value.message_key == "union_unit_outside"
    public = identity.parse(four.county.issue())
    holder = replace(public.identity, unit_code="130103-0001")
    forged = signed_unit(replace(public, identity=holder), four.county)
    assert four.city.codes(forged) == ["I162"]
    assert four.province.codes(forged) == ["I162"]


def test_a_county_cannot_endorse_beyond_its_scope(four: Unions, tmp_path: Path) -> None:
    stranger = UnionDesk.new(tmp_path / "more", UnionName("130104", "示例丙县总工会"))
    with pytest.raises(UsageError) as caught:
        four.county.endorse(stranger)
    assert caught.value.message_key == "union_scope"
    with pytest.raises(UsageError) as caught:
        four.city.endorse(stranger, scope=["130103-9"])
    assert caught.value.message_key == "union_overlap"


def test_a_forged_link_outside_the_scope_is_refused(four: Unions, tmp_path: Path) -> None:
    town, county, city = identity.parse(four.town.issue()).chain
    wide = signed(replace(town, scope=("130103",)), four.county)
    public = identity.parse(four.town.issue())
    holder = replace(public.identity, unit_code="130103-0001")
    forged = signed_unit(replace(public, identity=holder), four.town)
    assert four.province.codes(_with(forged, wide, county, city)) == ["I162"]


@pytest.mark.parametrize("which", ["town", "county", "city"])
def test_the_key_of_another_level_is_never_used_twice(which: str, four: Unions) -> None:
    public = identity.parse(four.town.issue())
    link = {"town": 0, "county": 1, "city": 2}[which]
    reused = replace(public.keys, unit_signing=public.chain[link].signing)
    forged = signed_unit(replace(public, keys=reused), four.town)
    assert four.province.codes(forged) == ["I166"]


def test_a_union_does_not_stand_twice_in_a_chain(four: Unions) -> None:
    town, county, city = identity.parse(four.town.issue()).chain
    again = signed(replace(town, code=county.code), four.county)
    public = identity.parse(four.town.issue())
    assert "I166" in four.province.codes(_with(public, again, county, city))


def test_an_expired_middle_is_refused_at_levels_above_it(tmp_path: Path) -> None:
    made = unions(tmp_path)
    made.city.endorse(made.county, until=date(2026, 3, 1))
    data = made.county.issue(until=date(2026, 3, 1))
    public = identity.parse(data)
    longer = replace(public.identity, valid_until=UNTIL.isoformat())
    forged = signed_unit(replace(public, identity=longer), made.county)
    assert made.city.codes(forged, date(2026, 3, 1)) == []
    assert made.city.codes(forged, date(2026, 3, 2)) == ["I163"]
    assert made.province.codes(forged, date(2026, 3, 2)) == ["I163"]


def test_nobody_issues_beyond_the_day_of_its_own_identity(tmp_path: Path) -> None:
    made = unions(tmp_path)
    made.city.endorse(made.county, until=date(2026, 3, 1))
    for issue in (made.county.issue, lambda: made.county.endorse(made.town)):
        with pytest.raises(UsageError) as caught:
            issue()
        assert caught.value.message_key == "union_outlives"


def test_a_renewal_for_the_same_keys_supersedes_nothing(four: Unions) -> None:
    data = four.county.issue()
    four.city.endorse(four.county, now=LATER)
    assert four.city.codes(data) == []
    assert identity.parse(four.county.issue("130102-0002")).chain[0].serial == 2


def test_new_keys_supersede_the_old_identity_and_what_it_issued(
    four: Unions, tmp_path: Path
) -> None:
    data = four.county.issue()
    fresh = UnionDesk.new(tmp_path / "new", COUNTY)
    four.city.endorse(fresh, now=LATER)
    assert four.city.codes(data) == ["I164"]
    assert four.city.codes(fresh.issue()) == []


def test_an_old_link_is_not_replayed_with_a_wider_scope(four: Unions) -> None:
    four.city.endorse(four.county, scope=["130102", "130105"], now=LATER)
    wide = four.county.issue("130105-0001")
    assert four.city.codes(wide) == []
    four.city.endorse(four.county, scope=["130102"], now="2026-02-02T01:00:00Z")
    assert four.city.codes(wide) == ["I164"]


def test_two_identities_under_one_serial_are_noticed(four: Unions) -> None:
    public = identity.parse(four.county.issue())
    again = replace(public.chain[0], valid_until="2026-12-30")
    forged = _with(public, signed(again, four.city), public.chain[1])
    assert four.city.codes(forged) == ["I136"]
    list_ = (four.city.keys / standing.NAME).read_bytes()
    learned = standing.read(list_)
    assert learned
    standing.learn(four.province.keys, "1301", learned)
    assert four.province.codes(forged) == ["I164"]


def test_an_identity_that_the_ledger_does_not_know_is_not_vouched_for(four: Unions) -> None:
    """A stolen key of the city makes a serial that the ledger lacks."""
    public = identity.parse(four.county.issue())
    later = signed(replace(public.chain[0], serial=7), four.city)
    assert four.city.codes(_with(public, later, public.chain[1])) == ["I135"]


def test_a_withdrawn_union_is_refused_and_may_come_back(four: Unions) -> None:
    data, town = four.county.issue(), four.town.issue()
    subordinates.withdraw(four.city.keys, "130102", LATER)
    assert four.city.codes(data) == ["I165"]
    assert four.city.codes(town) == ["I165"]
    assert four.province.codes(data) == []  # nobody told the province
    learned = standing.read((four.city.keys / standing.NAME).read_bytes())
    assert learned
    assert standing.learn(four.province.keys, "1301", learned)
    assert four.province.codes(data) == ["I165"]
    assert four.province.codes(town) == ["I165"]
    four.city.endorse(four.county, now="2026-02-02T01:00:00Z")
    assert four.city.codes(data) == ["I164"]
    assert four.city.codes(four.county.issue()) == []


def test_an_old_or_altered_list_does_not_bring_a_union_back(four: Unions) -> None:
    before = standing.read((four.city.keys / standing.NAME).read_bytes())
    subordinates.withdraw(four.city.keys, "130102", LATER)
    data = (four.city.keys / standing.NAME).read_bytes()
    after = standing.read(data)
    assert before
    assert after
    standing.learn(four.province.keys, "1301", after)
    assert not standing.learn(four.province.keys, "1301", before)
    assert standing.read(data.replace(b'"withdrawn": true', b'"withdrawn": false')) is None


def test_a_list_counts_for_the_unions_of_its_signer_alone(four: Unions) -> None:
    """Another county cannot withdraw what the city issued."""
    entries = [standing.Standing("130102", 9, "", 9, withdrawn=True)]
    signer = keys.signer(four.other.keys)
    made = standing.read(standing.make(entries, signer, LATER))
    assert made
    standing.learn(four.city.keys, "130103", made)
    assert four.city.codes(four.county.issue()) == []


def test_a_units_identity_is_no_link_and_a_link_is_no_units(four: Unions) -> None:
    with pytest.raises(IdentityRefused) as caught:
        identity.parse((four.county.keys / subordinates.SUPERIOR).read_bytes())
    assert caught.value.code == "I109"
    with pytest.raises(IdentityRefused) as caught:
        subordinates.join(four.county.keys, four.county.issue())
    assert caught.value.code == "I110"


def test_a_request_that_was_altered_or_names_other_keys_is_refused(four: Unions) -> None:
    data = four.county.request()
    for old, new in (
        (b"130102", b"130109"),
        (keys.public(four.county.keys).signing.encode(),
         keys.public(four.other.keys).signing.encode()),
        (keys.public(four.county.keys).sealing.encode(),
         keys.public(four.other.keys).sealing.encode()),
    ):  # fmt: skip
        with pytest.raises(IdentityRefused) as caught:
            subordinates.parse_request(data.replace(old, new))
        assert caught.value.code == "I111"


def test_two_unions_do_not_share_their_keys(four: Unions) -> None:
    asked = subordinates.request(four.county.keys, UnionName("130107", "示例丁县总工会"))
    with pytest.raises(UsageError) as caught:
        subordinates.endorse(
            subordinates.parse_request(asked), four.city.keys, scope=(),
            issued=date(2026, 1, 5), valid_until=UNTIL, now=LATER,
        )  # fmt: skip
    assert caught.value.message_key == "union_same_keys"


def test_an_identity_for_other_keys_is_not_joined(four: Unions) -> None:
    document = (four.other.keys / subordinates.SUPERIOR).read_bytes()
    with pytest.raises(UsageError) as caught:
        subordinates.join(four.county.keys, document)
    assert caught.value.message_key == "union_other_keys"


def test_an_older_identity_is_not_joined_over_a_newer_one(four: Unions) -> None:
    old = (four.county.keys / subordinates.SUPERIOR).read_bytes()
    four.city.endorse(four.county, now=LATER)
    with pytest.raises(UsageError) as caught:
        subordinates.join(four.county.keys, old)
    assert caught.value.message_key == "union_older"


def test_every_byte_of_a_chain_counts(four: Unions) -> None:
    """Flip each byte: whatever still reads as an identity file is the same one, or is refused."""
    data = identity.public_document(four.county.issue())
    sound = identity.parse(data)
    for position in range(data.index(b"<chain>"), len(data), 3):
        flipped = bytearray(data)
        flipped[position] ^= 1
        try:
            public = identity.parse(bytes(flipped))
        except IdentityRefused:
            continue
        assert public == sound or four.province.codes(public), position
