"""Readers fed with what nobody meant: they answer, and they never raise.

Bounded here; `make fuzz` runs the same for long. What was once found lies in `corpus/`, with the
outcome that it must have in `corpus/expected.csv`.
"""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converter import identity, package, workbook
from converter.forms import loading
from converter.model.errors import FormError
from converter.model.issues import Level
from tests.safety import making
from tests.safety.mutating import sent
from tests.sheets import FORM
from tests.workbook.xls import test_book

EXAMPLES = int(os.environ.get("EXAMPLES", "40"))
CORPUS = Path(__file__).parent / "corpus"
FOLDER = loading.form_dir().resolve()
fuzzed = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)

places = st.floats(0, 1, exclude_max=True)
edits = st.lists(
    st.tuples(
        places,
        st.integers(0, 30),
        st.one_of(
            st.binary(max_size=6),
            st.sampled_from(
                [b"\xff\xff\xff\xff", b"\x00" * 8, b"\x7f\xff", b"<!--", b"]]>", b"&#0;"]
            ),
        ),
    ),
    min_size=1,
    max_size=6,
)


def edited(data: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """Some bytes taken out, others put in their place."""
    for where, length, new in changes:
        at = int(where * len(data))
        data = data[:at] + new + data[at + length :]
    return data


@cache
def old_workbook() -> bytes:
    with TemporaryDirectory() as folder:
        return test_book.make(Path(folder, "a.xls")).read_bytes()


def answered(data: bytes, suffix: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        path.write_bytes(data)
        found = workbook.read(path, FORM)
    if any(issue.code[0] == "F" and issue.level is Level.ERROR for issue in found.issues):
        assert "unit" not in found.sheets
        assert "member" not in found.sheets


@fuzzed
@given(edits)
def test_old_workbooks(changes: list[tuple[float, int, bytes]]) -> None:
    answered(edited(old_workbook(), changes), ".xls")


@fuzzed
@given(st.sampled_from(sorted(making.parts())), edits)
def test_parts_of_workbooks(part: str, changes: list[tuple[float, int, bytes]]) -> None:
    with TemporaryDirectory() as folder:
        path = making.write(Path(folder, "a.xlsx"), {part: edited(making.parts()[part], changes)})
        answered(path.read_bytes(), ".xlsx")


@fuzzed
@given(st.binary(max_size=300))
def test_anything_at_all(data: bytes) -> None:
    for head in (b"", b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1"), b"<?xml ", b"\xff\xfe"):
        answered(head + data, ".xlsx")


@fuzzed
@given(st.integers(0, 5), edits)
def test_members_of_packages(which: int, changes: list[tuple[float, int, bytes]]) -> None:
    members = dict(sent().members)
    name = sorted(members)[which % len(members)]
    from tests.usecases.receive.collection import zipped

    with TemporaryDirectory() as folder:
        path = Path(folder, "a.zip")
        changed = members | {name: edited(members[name], changes)}
        path.write_bytes(zipped(list(changed.items())))
        found = package.examine(path, FORM, union=sent().union, opener=sent().opener)
    assert same_content(changed, members) or not found.signed or found.submission.issues


def same_content(changed: dict[str, bytes], members: dict[str, bytes]) -> bool:
    """Whether only white space of the identity file differs, which means nothing."""
    name = FORM.package.identity
    if changed == members | {name: changed[name]}:
        with contextlib.suppress(identity.IdentityRefused):
            return identity.parse(changed[name]) == identity.parse(members[name])
    return False


@fuzzed
@given(edits)
def test_identity_files(changes: list[tuple[float, int, bytes]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.xml")
        path.write_bytes(edited(sent().identity, changes))
        identity.read(path, date(2026, 3, 1), sent().union)


@settings(fuzzed, max_examples=max(EXAMPLES // 2, 1))
@given(st.sampled_from(sorted(p.name for p in FOLDER.glob("*.toml"))), edits)
def test_form_definitions(card: str, changes: list[tuple[float, int, bytes]]) -> None:
    """A broken card is refused with its file and key, or it is read."""
    with TemporaryDirectory() as folder:
        copy = Path(folder, "form")
        shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.xlsx"))
        (copy / card).write_bytes(edited((FOLDER / card).read_bytes(), changes))
        with contextlib.suppress(FormError):
            loading.load(copy)


@pytest.mark.parametrize(
    ("name", "expected"),
    list(csv.reader((CORPUS / "expected.csv").read_text(encoding="utf-8").splitlines())),
)
def test_what_was_once_found_stays_fixed(name: str, expected: str) -> None:
    found = workbook.read(CORPUS / name, FORM)
    assert " ".join(issue.code for issue in found.issues) == expected
