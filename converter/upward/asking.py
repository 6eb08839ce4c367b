"""What the officer may ask the unions below: open questions about all that they have forwarded.

A unit or members that two of them count, a total that jumped, and what they replied to what was
asked before. A question is asked of each union that it is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.model.forms import Form
from converter.model.issues import Issue, Place
from converter.register import Snapshot, asking, decisions
from converter.register.asking import QuestionBelow, QuestionsBelow, UnionReply
from converter.register.forwarded import counting
from converter.register.precedence import ANSWER, ASK_BELOW, NOTE
from converter.register.questions import OpenQuestion, key_of
from converter.upward import across_unions

UNIT_TWICE, MEMBER_TWICE, TOTAL_JUMPS = "C121", "C122", "C125"
REPLIED = "C127"
PLACES = 6  # of members that a question names
Group = tuple[str, ...]  # what makes findings one question


@dataclass(slots=True)
class _Asking:
    """Findings that are one question to each of these unions."""

    first: Issue
    unions: tuple[str, ...]  # names
    count: int = 0
    places: dict[str, list[str]] = field(default_factory=dict)  # union → where its members are


def questions(register: Snapshot, form: Form, period: str) -> list[OpenQuestion]:
    """What is open, without what was asked and waits for a reply or was noted."""
    known = asking.read(register, period)
    noted = _noted(register)
    about = {(one.about, one.union) for one in known.questions}
    found = [
        one
        for _, one in _to_ask(register, form, period)
        if one.key not in noted and (one.key, one.below) not in about
    ]
    return found + [_replied(one, reply, form) for one, reply in _unread(known, noted)]


def findings(register: Snapshot, form: Form, period: str) -> Iterator[Issue]:
    """All findings across unions, without those that an officer's decision has answered, and what
    was replied."""
    known, noted = asking.read(register, period), _noted(register)
    closed: set[Group] = set()
    if noted:
        accepted = {
            one.about
            for one in known.questions
            if one.key in known.replies and _reply_key(known.replies[one.key]) in noted
        }
        closed = {
            group
            for group, one in _to_ask(register, form, period)
            if one.key in noted or one.key in accepted
        }
    for issue in across_unions.findings(register, form, period):
        if not closed or _group(issue) not in closed:
            yield issue
    for one, reply in _unread(known, noted):
        yield _reply_issue(one, reply, form)


def for_union(known: QuestionsBelow, union: str, superior: str) -> list[OpenQuestion]:
    """The questions to a union below that wait for its reply, as rows of its workbook. `superior`:
    the union that asks."""
    return [
        OpenQuestion(one.key, "", one.key, one.file, "", one.unit, superior, one.text, (ANSWER,))
        for one in known.questions
        if one.union == union and one.key not in known.replies
    ]


def _noted(register: Snapshot) -> Set[str]:
    standing = decisions.in_force(decisions.read_from(register))
    return {one.content for one in standing if one.action == NOTE}


def _group(issue: Issue) -> Group:
    names = ("unit", "superior", "other_unit", "other_superior")
    of = issue.value if issue.code == UNIT_TWICE else issue.place.field
    return (issue.code, of, *(str(issue.params.get(key, "")) for key in names))


def _to_ask(register: Snapshot, form: Form, period: str) -> Iterator[tuple[Group, OpenQuestion]]:
    """Each question once for every union below that it is about."""
    codes = {one.name: one.code for one in counting(register.forwards) if one.period == period}
    found: dict[Group, _Asking] = {}
    for issue in across_unions.findings(register, form, period):
        if issue.code not in (UNIT_TWICE, MEMBER_TWICE, TOTAL_JUMPS):
            continue
        unions = (
            (str(issue.params["unit"]),)
            if issue.code == TOTAL_JUMPS
            else (str(issue.params["superior"]), str(issue.params["other_superior"]))
        )
        one = found.setdefault(_group(issue), _Asking(issue, unions))
        one.count += 1
        if issue.code == MEMBER_TWICE and one.count <= PLACES:
            for place in (issue.place, *issue.related):
                union, _, file = place.file.partition("/")
                one.places.setdefault(union, []).append(f"{file} {place.sheet}!{place.cell}")
    for group, one in found.items():
        for union in dict.fromkeys(one.unions):
            if union in codes:
                yield group, _question(one, union, codes[union], form)


def _question(one: _Asking, union: str, code: str, form: Form) -> OpenQuestion:
    issue = one.first
    if issue.code == MEMBER_TWICE:
        where = "、".join(one.places.get(union, ()))
        detail = message("question_members_twice", **issue.params, count=one.count, places=where)
    else:
        detail = catalogue.sentence(issue, form)
    facts = (union, one.count, *(str(issue.params[key]) for key in sorted(issue.params)))
    key = key_of(issue.code, "", facts)
    unit = str(issue.params["unit"])
    other = issue.params.get("other_superior")
    if union == other and issue.code == MEMBER_TWICE:
        unit = str(issue.params["other_unit"])
    return OpenQuestion(key, issue.code, key, "", "", unit, union, detail, (ASK_BELOW, NOTE), code)


# --- replies -----------------------------------------------------------------------------------


def _unread(known: QuestionsBelow, noted: Set[str]) -> Iterator[tuple[QuestionBelow, UnionReply]]:
    for one in known.questions:
        reply = known.replies.get(one.key)
        if reply and _reply_key(reply) not in noted:
            yield one, reply


def _reply_key(reply: UnionReply) -> str:
    return key_of(REPLIED, "", (reply.question, reply.text))


def _reply_issue(one: QuestionBelow, reply: UnionReply, form: Form) -> Issue:
    by = " ".join(filter(None, (in_china(reply.answered), reply.officer)))
    params = {"unit": one.unit, "asked": one.text, "reply": reply.text, "by": by}
    level = catalogue.entry(REPLIED, form).level
    return Issue(REPLIED, level, Place(one.file), "", params)


def _replied(one: QuestionBelow, reply: UnionReply, form: Form) -> OpenQuestion:
    detail = catalogue.sentence(_reply_issue(one, reply, form), form)
    return OpenQuestion(
        _reply_key(reply), REPLIED, one.about, one.file, "", one.unit, "", detail,
        (NOTE, ASK_BELOW), one.union,
    )  # fmt: skip
