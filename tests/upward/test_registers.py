"""A union's register folder is received like its forward, told as unsigned; a backup of it likewise."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from converter.register import RosterEntry
from converter.usecases import backup
from converter.usecases.receive.inbox import scan
from tests.identity.chain import CITY, COUNTY
from tests.upward.conftest import NOW, Chain, Office
from tests.upward.test_decided import decide
from tests.usecases.receive.collection import zipped

DAY = 86_400
ROSTER = [RosterEntry(COUNTY.code, COUNTY.name, CITY.code, CITY.name)]


def copied(chain: Chain, name: str = "县登记库") -> Path:
    chain.city.inbox.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copytree(chain.county.store, chain.city.inbox / name))


@pytest.mark.parametrize("part", ["", "published"])
def test_a_register_counts_as_unsigned_with_the_countys_figures(part: str, chain: Chain) -> None:
    city, folder = chain.city, copied(chain)
    if part:
        shutil.move(folder / part, city.inbox / "发布")
        shutil.rmtree(folder)
    done = city.receive(ROSTER)
    assert [(one.forward.state, one.forward.signer) for one in done.forwards] == [
        ("unconfirmed", "")
    ]
    (issue,) = [one for one in done.findings if one.code == "C124"]
    assert "没有签名" in str(issue.params["why"])
    assert done.results == {}
    assert city.breakdowns("130102") == chain.county.breakdowns()
    assert city.receive(now=NOW + DAY).forwards == ()


def test_a_signed_forward_takes_its_place_and_not_the_other_way_round(chain: Chain) -> None:
    city, folder = chain.city, copied(chain)
    city.receive(ROSTER)
    city.put(chain.county.folder / "130102.zip")
    city.receive(now=NOW + DAY)
    assert city.states() == {"县登记库": "superseded", "130102.zip": "current"}
    (folder / "published" / "more").write_bytes(b"another state of it")
    city.receive(now=NOW + 2 * DAY)
    assert sorted(city.states().values()) == ["current", "held"]


def test_a_register_of_a_union_that_nobody_knows_is_held(chain: Chain) -> None:
    copied(chain)
    city = chain.city
    city.receive([RosterEntry("130199", "示例丁县总工会", CITY.code, CITY.name)], keys=False)
    assert city.states() == {"县登记库": "held"}
    decide(city, "accept", "县登记库")
    assert city.tables("130102") == chain.county.tables()


def test_nobody_receives_her_own_register(chain: Chain) -> None:
    store = chain.county.store
    assert [item for item in scan(store, [store]) if item.forward] == []
    assert [item.name for item in scan(store) if item.forward] == [store.name]


def test_a_damaged_register_is_named(chain: Chain) -> None:
    city, folder = chain.city, copied(chain)
    for path in folder.rglob("answers.parquet"):
        path.write_bytes(path.read_bytes()[:-20])
    done = city.receive(ROSTER)
    assert [one.forward.reason for one in done.forwards] == ["P201"]


@pytest.mark.parametrize("inside", [False, True])
def test_a_backup_is_received_like_the_register_in_it(
    inside: bool, chain: Chain, tmp_path: Path
) -> None:
    """With what else lies in it; in another zip, too."""
    city, made = chain.city, tmp_path / "备份.zip"
    (tmp_path / "收件").mkdir()
    (tmp_path / "收件" / "state.json").write_text("{}")
    backup.backup([tmp_path / "收件", chain.county.store], made, when=NOW)
    if inside:
        outer = tmp_path / "邮件.zip"
        with zipfile.ZipFile(outer, "w") as archive:
            archive.write(made, "附件/备份.zip")
        made = outer
    city.put(made)
    done = city.receive(ROSTER)
    assert [(one.forward.state, one.forward.signer) for one in done.forwards] == [
        ("unconfirmed", "")
    ]
    assert [one.code for one in done.findings if one.code == "C124"] == ["C124"]
    assert done.results == {}
    assert city.tables("130102") == chain.county.tables()
    assert city.receive(now=NOW + DAY).forwards == ()
    kept = [path.name for path in (city.store / "published" / "forwards").rglob("*")]
    assert "backup" not in kept


def test_a_damaged_backup_is_named(chain: Chain, tmp_path: Path) -> None:
    made = tmp_path / "备份.zip"
    backup.backup([chain.county.store], made, when=NOW)
    with zipfile.ZipFile(made) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    (answers,) = [name for name in members if name.endswith("/answers.parquet")]
    members[answers] = members[answers][:-4] + b"PAR2"
    chain.city.put(zipped(list(members.items())), "备份.zip")
    done = chain.city.receive(ROSTER)
    assert [(one.forward.state, one.forward.reason) for one in done.forwards] == [
        ("rejected", "P201")
    ]


def test_a_backup_of_several_registers_is_restored_and_then_received(
    chain: Chain, tmp_path: Path
) -> None:
    """As its remedy says."""
    city: Office = chain.city
    made = tmp_path / "备份.zip"
    backup.backup([chain.county.store, chain.other.store], made, when=NOW)
    city.put(made)
    done = city.receive(ROSTER)
    assert [(one.forward.state, one.forward.reason) for one in done.forwards] == [
        ("rejected", "P211")
    ]
    backup.restore(made, tmp_path / "恢复")
    (city.inbox / "备份.zip").unlink()
    shutil.copytree(tmp_path / "恢复" / "store", city.inbox / "县登记库")
    done = city.receive(ROSTER, now=NOW + DAY)
    assert [one.forward.state for one in done.forwards] == ["unconfirmed"]
    assert city.tables("130102") == chain.county.tables()


def test_a_sealed_backup_is_restored_and_then_received(chain: Chain, tmp_path: Path) -> None:
    """As its remedy says."""
    city = chain.city
    made = tmp_path / "备份.zip"
    seal = backup.BackupSeal(passphrase="correct horse")
    backup.backup([chain.county.store], made, when=NOW, seal=seal)
    city.put(made)
    done = city.receive(ROSTER)
    assert [one.codes for one in done.refused] == [("F123",)]
    with backup.opened(made, "correct horse", None, tmp_path / "恢复") as opened:
        backup.restore(opened, tmp_path / "恢复")
    (city.inbox / "备份.zip").unlink()
    shutil.copytree(tmp_path / "恢复" / "store", city.inbox / "县登记库")
    done = city.receive(ROSTER, now=NOW + DAY)
    assert [one.forward.state for one in done.forwards] == ["unconfirmed"]
    assert city.tables("130102") == chain.county.tables()
