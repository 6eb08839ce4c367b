"""Which of a unit's submissions counts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from converter.register.precedence import KnownUnit, PriorSubmission, Ruling, Settlement, settle

ANYBODY = KnownUnit()


def states(*past: PriorSubmission) -> list[str]:
    return [one.state for one in settle(past).values()]


def explained(*past: PriorSubmission, unit: KnownUnit = ANYBODY) -> dict[int, tuple[str, int]]:
    return {number: (one.state, one.other) for number, one in settle(past, unit).items()}


def test_a_later_one_takes_the_place_of_the_earlier() -> None:
    assert explained(PriorSubmission(1, "c1", "d1"), PriorSubmission(2, "c2", "d2")) == {
        1: ("superseded", 2),
        2: ("current", 0),
    }


def test_the_same_tables_again_are_identical_whatever_the_file() -> None:
    past = [PriorSubmission(1, "workbook", "d"), PriorSubmission(2, "sealed package", "d")]
    assert explained(*past)[2] == ("identical", 1)


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
    late = PriorSubmission(2, "c2", "d2", "2026-05-01")
    assert explained(PriorSubmission(1, "c1", "d1", "2026-05-02"), late)[2] == ("older", 1)


def test_an_older_one_stays_older_after_an_unsigned_one_came_between() -> None:
    past = [
        PriorSubmission(1, "c1", "d1", "2026-05-02"),
        PriorSubmission(2, "c2", "d2"),
        PriorSubmission(3, "c3", "d3", "2026-05-01"),
    ]
    assert states(*past) == ["current", "held", "older"]


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


# --- what the union knows ----------------------------------------------------------------------

SIGNED = PriorSubmission(1, "c1", "d1", "2026-05-02")
UNSIGNED = PriorSubmission(2, "c2", "d2")


def test_an_unsigned_one_never_takes_the_place_of_a_signed_one() -> None:
    assert settle([SIGNED, UNSIGNED])[2] == Settlement("held", 1, "unsigned")
    assert explained(UNSIGNED, replace(SIGNED, id=3)) == {2: ("superseded", 3), 3: ("current", 0)}
    back = replace(UNSIGNED, id=4, content="c4", digest="d4")
    assert explained(UNSIGNED, replace(SIGNED, id=3), back)[4] == ("held", 3)


def test_a_signature_vouches_for_the_same_tables_that_came_unsigned() -> None:
    first = PriorSubmission(1, "c1", "d")
    signed = PriorSubmission(2, "c2", "d", "2026-05-02")
    other = PriorSubmission(3, "c3", "x")
    assert explained(first, signed, other) == {
        1: ("identical", 2), 2: ("current", 0), 3: ("held", 2),
    }  # fmt: skip


def test_where_identities_are_in_use_an_unsigned_first_one_is_unconfirmed() -> None:
    issued = KnownUnit(issued=True)
    assert explained(UNSIGNED, unit=issued) == {2: ("unconfirmed", 0)}
    assert explained(SIGNED, unit=issued) == {1: ("current", 0)}
    confirmed = replace(UNSIGNED, ruling=Ruling("accept", 2))
    assert explained(confirmed, unit=issued) == {2: ("current", 0)}


def test_two_unopened_ones_are_never_identical() -> None:
    sealed = [PriorSubmission(n, "same", "", opened=False) for n in (1, 2)]
    assert states(*sealed) == ["unopened", "unopened"]


def test_each_period_has_one_that_counts() -> None:
    past = [
        replace(UNSIGNED, id=n, content=str(n), digest=str(n), period=str(n % 2)) for n in (1, 2, 3)
    ]
    assert states(*past) == ["superseded", "current", "current"]


def test_what_is_barred_or_not_listed_waits() -> None:
    assert settle([replace(UNSIGNED, barred="period")])[2] == Settlement("held", 0, "period")
    stranger = KnownUnit(unlisted=["2026"])
    past = replace(UNSIGNED, period="2026")
    assert settle([past], stranger)[2] == Settlement("held", 0, "stranger")
    assert settle([replace(past, period="2025")], stranger)[2].state == "current"


def test_an_officer_lets_in_what_was_held_over_all_that_had_come_until_then() -> None:
    held = replace(UNSIGNED, ruling=Ruling("accept", 3))
    between = PriorSubmission(3, "c3", "d3", "2026-05-03")
    later = PriorSubmission(4, "c4", "d4", "2026-05-04")
    assert explained(SIGNED, held, between) == {
        1: ("superseded", 3), 2: ("current", 0), 3: ("superseded", 2),
    }  # fmt: skip
    assert explained(SIGNED, held, between, later)[4] == ("current", 0)
    unsigned = replace(UNSIGNED, id=5, content="c5", digest="d5")
    assert explained(SIGNED, held, between, unsigned)[5] == ("held", 2)


def test_what_is_withdrawn_brings_back_what_it_replaced() -> None:
    second = PriorSubmission(2, "c2", "d2", ruling=Ruling("withdraw", 2))
    first = PriorSubmission(1, "c1", "d1")
    assert explained(first, second) == {1: ("current", 0), 2: ("withdrawn", 0)}
    put_away = replace(second, ruling=Ruling("reject", 2))
    assert settle([first, put_away])[2] == Settlement("rejected", 0, "decision")
    again = replace(second, id=3)
    assert explained(first, second, again)[3] == ("withdrawn", 0)  # sent once more


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
    counting = [n for n, one in final.items() if one.state == "current"]
    assert len(counting) == any(one.accepted for one in past)
    for length in range(len(past)):
        for number, one in settle(past[:length]).items():
            if one.state != "current":  # what does not count never comes to count later
                assert final[number] == one
