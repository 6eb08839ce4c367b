"""Questions that a union asks a union below, and the replies that came back.

The officer asks with a decision (`ask_below`). The question goes down as a row of a workbook under
a key of its own; the union below replies with a decision about that key (`answer`), which its next
forward carries up. A question that is asked anew gets a new key, so that an old reply is none to
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from converter.register import decisions, forwarded, inserting
from converter.register.decisions import Decision, DecisionTables
from converter.register.forwarded import Forward
from converter.register.inserting import NUMBER, TEXT
from converter.register.precedence import ANSWER, ASK_BELOW
from converter.register.schema import RegisterTables

if TYPE_CHECKING:
    from converter.register.schema import Connection

_KEY = re.compile("Q-[0-9]+-[0-9a-f]{12}")
COLUMNS = {"question": TEXT, "forward": NUMBER, "answered": TEXT, "officer": TEXT, "reply": TEXT}
LONGEST, MOST = 2_000, 10_000  # characters of a reply, replies of a forward


@dataclass(frozen=True, slots=True)
class QuestionBelow:
    """A question to a union below. `about`: the key of what it is about."""

    key: str
    about: str
    union: str  # its code
    unit: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class UnionReply:
    """What a union below replied to the question of a key."""

    question: str
    answered: str  # ISO time
    officer: str
    text: str


class QuestionsBelow(NamedTuple):
    """What was asked in a period: the last question about each thing, and the replies by key."""

    questions: Sequence[QuestionBelow]
    replies: Mapping[str, UnionReply]


def is_key(text: str) -> bool:
    """Whether a row of a workbook is a question from the union above."""
    return bool(_KEY.fullmatch(text))


def read(tables: RegisterTables, period: str) -> QuestionsBelow:
    """What was asked about a period, and what counting forwards replied."""
    states = ", ".join(f"'{state}'" for state in forwarded.COUNTING)
    rows = tables.query(
        "SELECT r.question, r.answered, r.officer, r.reply FROM replies r JOIN forwards f"
        f" ON f.number = r.forward WHERE f.state IN ({states}) ORDER BY f.number"
    )
    replies = {str(row[0]): UnionReply(*row) for row in rows}
    return QuestionsBelow(_questions(decisions.read_from(tables), period), replies)


def _questions(made: Iterable[Decision], period: str) -> list[QuestionBelow]:
    last = {
        (one.content, one.unit_code): one
        for one in decisions.in_force(made)
        if one.action == ASK_BELOW and one.period == period
    }
    return [
        QuestionBelow(_key(one), one.content, one.unit_code, one.unit_name, one.file, one.why)
        for one in last.values()
    ]


def _key(one: Decision) -> str:
    facts = (one.number, one.decided, one.content, one.unit_code, one.why)
    return f"Q-{one.number}-{sha256(repr(facts).encode()).hexdigest()[:12]}"


def replies_in(made: Iterable[Decision]) -> list[UnionReply]:
    """The replies among a union's decisions: the last to each question."""
    last = {one.content: one for one in decisions.in_force(made) if one.action == ANSWER}
    return [
        UnionReply(key, one.decided, one.officer, one.why[:LONGEST])
        for key, one in last.items()
        if is_key(key)
    ][:MOST]


def take(
    known: DecisionTables, connection: Connection, one: Forward, found: Iterable[UnionReply]
) -> None:
    """Keep the replies of a forward to what its union was asked here."""
    asked = {
        _key(made)
        for made in decisions.read_from(known)
        if made.action == ASK_BELOW and made.unit_code == one.code
    }
    rows = [
        (reply.question, one.number, reply.answered, reply.officer, reply.text)
        for reply in found
        if reply.question in asked
    ]
    inserting.delete(connection, "replies", "forward", [one.number])
    inserting.insert(connection, "replies", COLUMNS, zip(*rows, strict=True))
