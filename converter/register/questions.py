"""Open questions: what an officer may decide about a collection, each with what may be decided.

They are the findings across units that a decision answers, in the words of those findings. A
question goes by its `key`, which changes with whatever the question is about: an answer that was
given to an older state of things is no answer to this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from converter.messages import catalogue
from converter.model.forms import Form
from converter.model.issues import Issue, Issues
from converter.register import (
    cross_unit_checks,
    decisions,
    explanations,
    forward_decisions,
    forwarded,
)
from converter.register.explanations import EXPLAINED
from converter.register.precedence import ACCEPT, ASK, ASSIGN, NOTE, REJECT, WITHDRAW
from converter.register.schema import RegisterTables

# Code of a finding → what may be decided.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "C101": (NOTE,),
    "C102": (ACCEPT, NOTE),
    "C103": (NOTE, WITHDRAW),
    "C108": (ACCEPT, ASSIGN, REJECT),
    "C109": (NOTE, ASSIGN, WITHDRAW),
    "C111": (ACCEPT, REJECT, ASSIGN),
    "C112": (ACCEPT, REJECT, ASSIGN),
    "C113": (ACCEPT, REJECT, ASSIGN),
    "C114": (ACCEPT, REJECT, ASSIGN),
    "C116": (ACCEPT, WITHDRAW, ASSIGN),
    "C117": (ASSIGN, NOTE),
    "C118": (ACCEPT, WITHDRAW),
    "C120": (REJECT, ASSIGN),
    EXPLAINED: (NOTE, ASK, WITHDRAW),
    "C124": (ACCEPT, WITHDRAW),
    "C126": (ACCEPT, REJECT),
}
SHARING, TWICE = "C101", "C102"
_PROPOSED = "similar"  # proposals are no part of what a question is about


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One question; `code` '' = from the union above. `content`: of the file that a decision is
    about, '' where it is about none; `subject`: how a decision names that file; `below`: the code
    of the union below that may be asked."""

    key: str
    code: str
    subject: str
    file: str
    content: str
    unit: str
    superior: str
    detail: str
    choices: tuple[str, ...]
    below: str = ""


class _File(NamedTuple):
    subject: str
    content: str
    counting: str  # the content of what counts of its unit


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A row of the workbook of questions as it came back. `action` is '' where nothing was chosen,
    the text itself where it is no decision that we know."""

    row: int
    key: str
    file: str
    action: str
    unit: str
    why: str


def questions(tables: RegisterTables, form: Form, period: str) -> list[OpenQuestion]:
    """What is open in the collection of a period, by kind, without what somebody answered."""
    answers = _Answers.read(tables)
    files = _files(tables, period)
    found = []
    for issue in cross_unit_checks.findings(tables, form, period):
        if issue.code in CHOICES and issue.code != SHARING and not answers.to(issue, form, files):
            found.append(_of_issue(issue, form, files))
    for number, issue in explanations.questions(tables, form, period):
        if answers.asked.get(files[issue.place.file].content, 0) < number:
            found.append(_of_issue(issue, form, files))
    for issue in forward_decisions.findings(tables, form, period):
        if issue.code in CHOICES:
            found.append(_of_issue(issue, form, files))
    title = catalogue.entry(SHARING, form).title
    for units, count in cross_unit_checks.sharing(tables, form, period):
        detail = catalogue.message("question_sharing", title=title, count=count)
        key = key_of(SHARING, "", (*units, count))
        found.append(
            OpenQuestion(
                key, SHARING, "", "", "", "、".join(units), "", detail, CHOICES[SHARING]
            )
        )  # fmt: skip
    return [one for one in found if one.key not in answers.noted]


def unanswered(tables: RegisterTables, form: Form, period: str, found: Issues) -> Issues:
    """Findings across units without those that an officer's decision has answered."""
    answers = _Answers.read(tables)
    if not answers:
        return found
    files = _files(tables, period)
    left = [
        at
        for at, head in enumerate(found.heads)
        if head.code not in CHOICES
        or head.code == SHARING
        or not answers.to(found[at], form, files)
    ]
    return found.chosen(left)


@dataclass(frozen=True, slots=True)
class _Answers:
    """What was answered: the keys of questions that somebody noted, contents that were accepted,
    contents of which a unit was asked and the last submission there was then."""

    noted: Set[str]
    accepted: Set[str]
    asked: Mapping[str, int]

    @classmethod
    def read(cls, tables: RegisterTables) -> _Answers:
        standing = decisions.in_force(decisions.read_from(tables))
        return cls(
            {one.content for one in standing if one.action == NOTE},
            {one.content for one in standing if one.action == ACCEPT},
            {one.content: one.after for one in standing if one.action == ASK},
        )

    def __bool__(self) -> bool:
        return bool(self.noted or self.accepted)

    def to(self, issue: Issue, form: Form, files: Mapping[str, _File]) -> bool:
        """Whether a finding was answered: of two files, also by accepting the one that counts."""
        counting = files.get(issue.place.file)
        if issue.code == TWICE and counting and counting.content in self.accepted:
            return True
        return bool(self.noted) and _of_issue(issue, form, files).key in self.noted


def _of_issue(issue: Issue, form: Form, files: Mapping[str, _File]) -> OpenQuestion:
    # Of two files of one unit the question is whether the one that does not count should.
    file = str(issue.params["other"]) if issue.code == TWICE else issue.place.file
    about = files.get(file, _File("", "", ""))
    facts = [str(issue.params[key]) for key in sorted(issue.params) if key != _PROPOSED]
    return OpenQuestion(
        key=key_of(issue.code, about.content, [*facts, about.counting]),
        code=issue.code,
        subject=about.subject,
        file=file,
        content=about.content,
        unit=str(issue.params.get("unit", "")),
        superior=str(issue.params.get("superior", "")),
        detail=_detail(issue, form, file),
        choices=CHOICES[issue.code],
    )


def _detail(issue: Issue, form: Form, file: str) -> str:
    """The finding's own sentence; of two files it must say which is which."""
    if issue.code != TWICE:
        return catalogue.sentence(issue, form)
    params = {"unit": issue.params["unit"], "differs": issue.params["differs"]}
    return catalogue.message("question_twice", counting=issue.place.file, file=file, **params)


def _files(tables: RegisterTables, period: str) -> dict[str, _File]:
    """By name, the newest of each."""
    rows = tables.query(
        "SELECT s.file, s.id, s.content, coalesce(max(c.content), '') FROM submissions s"
        " LEFT JOIN submissions c ON c.unit = s.unit AND s.unit <> 0 AND c.period = s.period"
        "  AND c.state IN ('current', 'unconfirmed')"
        " WHERE s.period = ? GROUP BY s.file, s.id, s.content ORDER BY s.id",
        [period],
    )
    found = {str(file): _File(f"#{number}", *rest) for file, number, *rest in rows}
    for one in forwarded.read(tables):
        if one.period == period:
            found.setdefault(one.file, _File(one.file, one.content, ""))
    return found


def key_of(code: str, content: str, facts: Sequence[Any]) -> str:
    """What a question goes by: it changes with whatever the question is about."""
    about = sha256("\n".join(map(str, facts)).encode()).hexdigest()[:12]
    return f"{code}-{content[:16] or '0'}-{about}"


def content_of(key: str) -> str:
    """The first characters of the content that a key is about; '' for what is no such key.

    >>> content_of("C111-0a1b-77"), content_of("C101-0-77"), content_of("?")
    ('0a1b', '', '')
    """
    parts = key.split("-")
    return parts[1] if len(parts) == 3 and parts[1] != "0" else ""
