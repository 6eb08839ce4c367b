"""When a package says that it was made: a time, or an error; and expiry by the day of receipt."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from converter import identity, package
from converter.package.origin import GRACE
from tests.canonical import FORM
from tests.identity.unions import UNTIL, held, office
from tests.package.members import zipped
from tests.package.test_signed import signed

EXPIRED = 1_800_000_000  # 2027-01-15, after the identity file's last day


def codes(path: Path, union: Path, received: date | None = None) -> list[str]:
    found = package.examine(path, FORM, union=identity.union_of(union), received=received)
    return [issue.code for issue in found.submission.issues]


@pytest.mark.parametrize(
    "created", ["zzz", "", "２０２６-０２-２５T06:13:20Z", "2026-02-30T00:00:00Z", "2026-02-25"]
)
def test_a_signed_time_that_is_none_is_an_error(created: str, tmp_path: Path) -> None:
    """It would else switch expiry off."""
    union = office(tmp_path)
    file = union.file()
    members = dict(signed(file, EXPIRED))
    described = json.loads(members[FORM.package.descriptor]) | {"created": created}
    data = json.dumps(described, ensure_ascii=False).encode()
    signer = held(file).signer
    assert signer is not None
    members |= {FORM.package.descriptor: data, FORM.package.signature: signer.sign(data)}
    assert "P135" in codes(zipped(members, tmp_path), union.keys)


def test_a_clock_that_was_set_back_does_not_outlive_the_grace(tmp_path: Path) -> None:
    union = office(tmp_path)
    path = zipped(signed(union.file()), tmp_path)
    last = UNTIL + timedelta(days=GRACE)
    assert codes(path, union.keys, last) == []
    assert codes(path, union.keys, last + timedelta(days=1)) == ["P136"]
