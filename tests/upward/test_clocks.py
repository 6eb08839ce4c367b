"""What a union's clock says about its forwards."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.upward.conftest import NOW, Chain
from tests.usecases.receive.collection import packed, people, records

DAY = 86_400


def _packed_anew(path: Path, target: Path) -> Path:
    """The same members, signatures included, in another file."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for info in source.infolist():
            copy.writestr(zipfile.ZipInfo(info.filename, info.date_time), source.read(info))
    return target


def test_a_clock_ahead_does_not_bring_a_superseded_forward_back(chain: Chain) -> None:
    city, county = chain.city, chain.county
    ahead = county.forward(NOW + 400 * DAY, name="ahead").path
    city.put(ahead)
    city.receive()
    assert city.states() == {"ahead.zip": "current"}
    county.put(packed(records(2, people(2, 9), superior_union=county.desk.union.name)), "2.zip")
    county.receive(keys=False, now=NOW + DAY)
    city.put(county.forward(NOW + 2 * DAY, name="true").path)
    city.receive(now=NOW + 3 * DAY)
    assert city.states() == {"ahead.zip": "superseded", "true.zip": "current"}
    before = city.tables()
    city.put(ahead, "renamed.zip")
    city.put(_packed_anew(ahead, county.folder / "anew.zip"))
    city.receive(now=NOW + 4 * DAY)
    assert city.states() == {
        "ahead.zip": "superseded", "true.zip": "current",
        "renamed.zip": "older", "anew.zip": "older",
    }  # fmt: skip
    assert city.tables() == before
