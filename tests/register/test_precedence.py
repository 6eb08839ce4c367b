"""Which of a unit's submissions counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from converter.register.precedence import PriorSubmission, settle


def states(*past: PriorSubmission) -> list[str]:
    return [state for state, _ in settle(past).values()]


def test_a_later_one_takes_the_place_of_the_earlier() -> None:
    assert settle([PriorSubmission(1, "c1", "d1"), PriorSubmission(2, "c2", "d2")]) == {
        1: ("superseded", 2),
        2: ("current", 0),
    }


def test_the_same_tables_again_are_identical_whatever_the_file() -> None:
    assert settle([PriorSubmission(1, "workbook", "d"), PriorSubmission(2, "sealed package", "d")])[
        2
    ] == ("identical", 1)


def test_the_very_same_file_does_not_undo_a_correction() -> None:
    first, corrected = PriorSubmission(1, "c1", "d1"), PriorSubmission(2, "c2", "d2")
    assert states(first, corrected, PriorSubmission(3, "c1", "d1")) == [
        "superseded",
        "current",
        "identical",
    ]


def test_going_back_to_earlier_answers_in_a_new_file_counts() -> None:
    assert states(
        PriorSubmission(1, "c1", "d1"),
        PriorSubmission(2, "c2", "d2"),
        PriorSubmission(3, "c3", "d1"),
    ) == [
        "superseded",
        "superseded",
        "current",
    ]


def test_an_older_signed_one_that_arrives_late_is_set_aside() -> None:
    assert settle(
        [PriorSubmission(1, "c1", "d1", "2026-05-02"), PriorSubmission(2, "c2", "d2", "2026-05-01")]
    )[2] == (
        "older",
        1,
    )


def test_an_older_one_stays_older_after_an_unsigned_one_came_between() -> None:
    past = [
        PriorSubmission(1, "c1", "d1", "2026-05-02"),
        PriorSubmission(2, "c2", "d2"),
        PriorSubmission(3, "c3", "d3", "2026-05-01"),
    ]
    assert states(*past) == ["superseded", "current", "older"]


def test_a_newer_signed_copy_of_the_same_tables_counts_as_the_newer_time() -> None:
    past = [
        PriorSubmission(1, "c1", "d1", "2026-05-01"),
        PriorSubmission(2, "c2", "d1", "2026-05-03"),
        PriorSubmission(3, "c3", "d3", "2026-05-02"),
    ]
    assert states(*past) == ["current", "identical", "older"]


def test_a_refused_one_changes_nothing() -> None:
    assert states(PriorSubmission(1, "c1", "d1"), PriorSubmission(2, "c2", "", accepted=False)) == [
        "current",
        "rejected",
    ]


PAST = st.builds(
    lambda content, digest, created, accepted: (content, digest, created, accepted),
    st.sampled_from("abcdef"),
    st.sampled_from("xyz"),
    st.sampled_from(["", "2026-05-01", "2026-05-02", "2026-05-03"]),
    st.booleans(),
)


@given(st.lists(PAST, max_size=8))
def test_one_counts_wherever_any_was_accepted_and_history_never_changes_its_kind(
    drawn: list[tuple[str, str, str, bool]],
) -> None:
    past = [PriorSubmission(n, *one) for n, one in enumerate(drawn, 1)]
    final = settle(past)
    counting = [n for n, (state, _) in final.items() if state == "current"]
    assert len(counting) == any(one.accepted for one in past)
    for length in range(len(past)):
        for number, (state, other) in settle(past[:length]).items():
            if state != "current":  # what does not count never comes to count later
                assert final[number] == (state, other)
