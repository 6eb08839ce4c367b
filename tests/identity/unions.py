"""An invented upper union with its keys, and the files that it issues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from converter.identity import issuing, keys, loading
from converter.identity.issuing import Issued
from converter.model.submissions import Unit

ISSUED, UNTIL = date(2026, 1, 5), date(2026, 12, 31)
TODAY = date(2026, 2, 25)
UNIT = Unit("130102-0001", "示例机械有限公司工会委员会", "示例县总工会", "130102", "王示例")
OTHER = Unit("130102-0002", "示例纺织厂工会委员会", "示例县总工会", "130102")


@dataclass(frozen=True)
class Office:
    """An upper union's desk: its folder of keys, the folder of issued files."""

    keys: Path
    files: Path

    def issue(self, *units: Unit, issued: date = ISSUED, until: date = UNTIL) -> Issued:
        return issuing.issue(
            units or (UNIT,),
            self.keys,
            self.files,
            period="2026",
            issued=issued,
            valid_until=until,
        )

    def file(self, unit: Unit = UNIT) -> Path:
        """A unit's identity file, newly issued."""
        (path,) = self.issue(unit).files
        return path


def office(folder: Path, name: str = "县") -> Office:
    keys.create(folder / name / "keys")
    return Office(folder / name / "keys", folder / name / "files")


def held(path: Path, today: date = TODAY) -> loading.LoadedIdentity:
    found, issues = loading.load_private(path, today)
    assert issues == []
    assert found is not None
    return found
