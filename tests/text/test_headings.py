"""Headings, however they are dressed up."""

from __future__ import annotations

from converter.text.headings import normalized


def test_brackets_that_are_never_closed_cost_no_more_than_their_number() -> None:
    assert (
        normalized("（" * 200_000) == "(" * 200_000
    )  # each searched to the end: twenty thousand million steps
