"""Packed issues are the issues that were packed, in any order, and take little memory."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.model import issues
from converter.model.clock import today
from converter.model.issues import Issue, IssueGroup, Issues, Level, Place
from converter.model.submissions import Outcome, RawColumn, RawSheet, Stamp, Submission
from converter.report import as_json, terminal
from converter.validation import checking
from tests.canonical import FORM
from tests.people import id_number

FEW = st.sampled_from(["", "a", "b", "\ud800", "工会"])
PLACES = st.builds(Place, FEW, FEW, st.integers(0, 3), st.integers(0, 2), FEW)
ISSUES = st.builds(
    Issue,
    st.sampled_from(["K001", "X101"]),
    st.sampled_from(Level),
    PLACES,
    st.text(max_size=3),
    st.dictionaries(FEW, FEW | st.integers(-(2**40), 2**40), max_size=2),
    st.lists(PLACES, max_size=2).map(tuple),
)
LISTS = st.lists(ISSUES, max_size=9)


def column(head: IssueGroup) -> tuple[int, str]:
    return head.place.column, head.code


@pytest.fixture(scope="module")
def small_pieces() -> Iterator[None]:
    """Several pieces even of a few issues, and more of them than are kept open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issues, "A_PIECE", 2)
        patch.setattr(issues, "PIECES_OPEN", 2)
        yield


@pytest.mark.usefixtures("small_pieces")
@given(LISTS)
def test_what_is_packed_comes_out_as_it_went_in(given: list[Issue]) -> None:
    packed = Issues.of(given)
    assert packed == given
    assert [packed[n] for n in range(len(given))] == given
    assert packed[1:] == given[1:]
    assert [*packed.places] == [issue.place for issue in given]
    assert Issues.unpacked(*packed.packed()) == given
    part = packed[::2]
    assert Issues.unpacked(*part.packed()) == given[::2]


@pytest.mark.usefixtures("small_pieces")
@given(LISTS)
def test_order_groups_and_counts_are_those_of_the_issues(given: list[Issue]) -> None:
    packed = Issues.of(given)
    by_level = packed.ordered(lambda head: head.level, column)
    expected = sorted(given, key=lambda i: (i.level, i.place.row, i.place.column, i.code))
    assert by_level == expected
    groups: dict[str, list[Issue]] = {}
    for issue in expected:
        groups.setdefault(issue.place.sheet, []).append(issue)
    assert by_level.grouped(lambda head: head.place.sheet) == [*groups.values()]
    assert packed.counted(lambda head: head.level) == Counter(i.level for i in given)
    assert packed[1:].counted(lambda head: head.code) == Counter(i.code for i in given[1:])


@given(LISTS, LISTS)
def test_issues_are_put_in_front_of_others(first: list[Issue], others: list[Issue]) -> None:
    outcome = Outcome("a.xlsx", Issues.of(others))
    assert outcome.after(first).issues == [*first, *others]


# --- memory: what Python takes, which does not depend on the machine ---------------------------

ROWS = 2_000
SHARE = 400  # bytes a finding may take at its peak; as objects they took a kilobyte and more


@contextmanager
def peak() -> Iterator[Callable[[], int]]:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        yield lambda: tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def wrong(rows: int) -> Submission:
    """Three faults a row, no two alike."""
    numbers = [id_number("130102", "1990-01-01", n % 999) + str(n) for n in range(rows)]
    columns = {
        "name": RawColumn([""] * rows, bytes(rows)),
        "id_number": RawColumn(numbers, bytes([1]) * rows),
        "joined_on": RawColumn([f"二{n}" for n in range(rows)], bytes([1]) * rows),
    }
    at = {key: (0, n) for n, key in enumerate(columns, 2)}
    sheet = RawSheet(FORM.main_table.title, columns, range(5, rows + 5), at, {})
    return Submission("填报.xlsx", {"member": sheet}, Stamp())


@pytest.fixture(scope="module")
def validated() -> Outcome:
    return checking.check([wrong(ROWS)], FORM, today())[0].outcome


def test_judging_a_sheet_full_of_faults_takes_little_memory(validated: Outcome) -> None:
    given = wrong(ROWS)
    with peak() as taken:
        (found,) = checking.check([given], FORM, today())
        assert taken() < SHARE * 3 * ROWS
    assert found.outcome.issues == validated.issues
    assert len(validated.issues) >= 3 * ROWS


@pytest.mark.parametrize("written", [as_json.pieces, terminal.render])
def test_reports_put_one_finding_after_another_into_words(validated: Outcome, written: Any) -> None:
    for _ in written([validated], FORM):  # what is made once for all
        break
    with peak() as taken:
        length = sum(map(len, written([validated], FORM)))
        assert taken() < 150 * 3 * ROWS
    assert length > 500
