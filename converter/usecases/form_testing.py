"""`form test`: a form's checks tried on cases made from its cards alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from converter.forms.bad_cells import bad_cells
from converter.forms.smallest_cases import CheckCase, SmallestCases
from converter.messages.catalogue import entry, message
from converter.model.forms import Form
from converter.model.issues import Level
from converter.model.submissions import Submission
from converter.validation import checking
from converter.validation.checking import Checked


@dataclass(frozen=True, slots=True)
class FormTest:
    """What came of trying a form: what is not as it should be, each in a sentence; how many checks
    were tried, and those of which no bad cell was found, by code and field; the cases."""

    wrong: Sequence[str]
    tried: int = 0
    untried: Sequence[str] = ()
    good: Submission | None = None
    cases: Sequence[CheckCase] = ()


def test(form: Form, today: date) -> FormTest:
    """Check a good case, and for each check of each field one that it alone should find wrong."""
    cases = SmallestCases(form, today)
    good = cases.good()
    if good is None:
        return FormTest([message("form_test_no_good")])
    of_rules, of_cells = list(cases.bad()), list(bad_cells(form, cases))
    tried = [case for case in (*of_rules, *of_cells) if case.submission]
    submissions = [good, *(case.submission for case in tried if case.submission)]
    found = [_codes(checked) for checked in checking.check(submissions, form, today)]
    wrong = [message("form_test_good", found="、".join(sorted(found[0])))] if found[0] else []
    wrong += [_sentence(case, form) for case in of_rules if case.submission is None]
    for case, codes in zip(tried, found[1:], strict=True):
        if not _is_right(case, codes, form):
            wrong.append(_sentence(case, form, codes))
    left = [case for case in of_cells if case.submission is None]
    untried = tuple(f"{case.code} {form.field(case.path).title}" for case in left)
    return FormTest(wrong, len(tried), untried, good, tried)


def _codes(checked: Checked) -> frozenset[str]:
    return frozenset(head.code for head in checked.outcome.issues.heads)


def _is_right(case: CheckCase, found: frozenset[str], form: Form) -> bool:
    """Only the case's own check found anything. A cell that is doubtful, not wrong, may break rules
    besides: an old date often comes before others."""
    counted = frozenset(code for code in found if form.rule(code) or not _is_note(code, form))
    if entry(case.code, form, form.field(case.path)).level is Level.ERROR or form.rule(case.code):
        return counted == frozenset({case.code})
    return case.code in counted and all(form.rule(code) for code in counted - {case.code})


def _is_note(code: str, form: Form) -> bool:
    """Whether a code only says how a cell was read."""
    return entry(code, form).level is Level.NOTE


def _sentence(case: CheckCase, form: Form, found: frozenset[str] = frozenset()) -> str:
    """Of a check that cannot be tried, or whose case comes out otherwise."""
    key = "form_test_other" if case.code in found else "form_test_silent"
    others = "、".join(sorted(found - {case.code}))
    return message(key, code=case.code, title=form.field(case.path).title, others=others)
