"""What the search says of formulas, beside trying every case."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from converter.logic.search import conflict, model
from converter.logic.terms import (
    All,
    Fact,
    Formula,
    NotPositive,
    OneOf,
    Some,
    Sum,
    at_most,
    every,
    negation,
)
from converter.logic.whole_numbers import Undecided
from tests.logic.evaluating import Case, holds

CODES = frozenset("123")
NUMBERS, MOST = ("a", "b", "c"), 3
LIMITS = [
    ("", every((at_most(Sum({}), Sum.of(name)), at_most(Sum.of(name), MOST)))) for name in NUMBERS
]

LITERALS = st.one_of(
    st.builds(Fact, st.sampled_from(("p", "q")), st.booleans()),
    st.builds(OneOf, st.just("choice"), st.frozensets(st.sampled_from("123")), st.just(CODES)),
    st.builds(
        lambda times, constant: NotPositive(Sum(times, constant)),
        st.dictionaries(st.sampled_from(NUMBERS), st.integers(-2, 2), max_size=3),
        st.integers(-4, 4),
    ),
)
FORMULAS = st.recursive(
    LITERALS,
    lambda inner: st.lists(inner, max_size=3).map(tuple).flatmap(
        lambda parts: st.sampled_from((All(parts), Some(parts)))
    ),
    max_leaves=5,
)  # fmt: skip


def cases() -> Iterator[Case]:
    for p, q, choice, *numbers in product(
        (True, False), (True, False), "123", *[range(MOST + 1)] * len(NUMBERS)
    ):
        yield {"p": p, "q": q, "choice": choice, **dict(zip(NUMBERS, numbers, strict=True))}


CASES = list(cases())


@settings(max_examples=150)
@given(st.lists(FORMULAS, min_size=1, max_size=5))
def test_a_conflict_is_one_however_it_is_tried(formulas: list[Formula]) -> None:
    labelled = [(f"X{n}", formula) for n, formula in enumerate(formulas)]
    named = conflict([*LIMITS, *labelled])
    fitting = [case for case in CASES if all(holds(one, case) for one in formulas)]
    if named is not None:
        assert not fitting
        core = [formula for label, formula in labelled if label in named]
        assert not any(all(holds(one, case) for one in core) for case in CASES)
        for left_out in core:  # nothing is named that has no part in it
            rest = [one for one in core if one is not left_out]
            assert any(all(holds(one, case) for one in rest) for case in CASES)


@settings(max_examples=150)
@given(st.lists(FORMULAS, min_size=1, max_size=5))
def test_a_model_fits_and_is_found_where_there_is_one(formulas: list[Formula]) -> None:
    try:
        found = model([*LIMITS, *(("", formula) for formula in formulas)], {})
    except Undecided:  # rationals fit, and whole numbers were not found
        return
    fitting = any(all(holds(one, case) for one in formulas) for case in CASES)
    assert (found is not None) == fitting
    if found:
        case: Case = {
            "p": found.facts.get("p", False),
            "q": found.facts.get("q", False),
            "choice": min(found.choices.get("choice", CODES)),
            **{name: found.numbers[name] for name in NUMBERS},
        }
        assert all(holds(one, case) for one in formulas)


@given(FORMULAS)
def test_a_negation_holds_where_the_formula_does_not(formula: Formula) -> None:
    turned = negation(formula)
    assert all(holds(turned, case) is not holds(formula, case) for case in CASES)


def test_whole_numbers_between_two_that_follow_each_other_do_not_exist() -> None:
    a, b = Sum.of("a"), Sum.of("b")
    assert conflict(
        [
            ("X1", at_most(a + 1, b)),
            ("X2", at_most(b, a + 1)),
            ("X3", at_most(a * 2, 5)),
            ("X4", at_most(Sum({}, 5), a * 2)),
        ]
    ) == frozenset({"X3", "X4"})
