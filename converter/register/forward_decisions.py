"""An officer decides about what a union below has forwarded: it counts, or it does not."""

from __future__ import annotations

from collections.abc import Iterator

from converter.messages import catalogue
from converter.model.errors import UsageError
from converter.model.forms import Form
from converter.model.issues import Issue, Place
from converter.register import forward_precedence, forwarded
from converter.register.forwarded import COUNTING, HELD, Forward
from converter.register.knowledge import Knowledge
from converter.register.precedence import ACCEPT, CLOSED, REJECT, UNOPENED, WITHDRAW
from converter.register.schema import RegisterTables

ACTIONS = (ACCEPT, REJECT, WITHDRAW)
INTERIM, UNVERIFIED, NOT_COUNTED = "C123", "C124", "C126"


def find(known: Knowledge, text: str) -> Forward | None:
    """The forward that is meant by its name in the inbox, the last part of it, or the code or name
    of its union; of several the one that came last. None where a submission may be meant."""
    wanted = text.replace("\\", "/")
    every = forwarded.read(known)
    for found in (
        [one for one in every if one.file == wanted],
        [one for one in every if one.file.endswith(f"/{wanted}")],
        [one for one in every if wanted in (one.code, one.name) and not forwarded.is_refused(one)],
    ):
        waiting = [one for one in found if one.state == HELD] or found
        if waiting:
            return waiting[-1]
    return None


def refuse(action: str, one: Forward) -> None:
    """Raises UsageError for what cannot be decided about this forward."""
    if action not in ACTIONS:
        raise UsageError("decide_forward_action", file=one.file)
    if action == ACCEPT and one.state == UNOPENED:
        raise UsageError("decide_unopened", file=one.file)
    if action == ACCEPT and forwarded.is_refused(one):
        raise UsageError("decide_errors", file=one.file)


def apply(known: Knowledge, content: str) -> list[Forward]:
    """Settle anew what has this content, with the other forwards of its union and period. Returns
    what has it, as it stands now."""
    every = forwarded.read(known)
    groups = {(one.code, one.period) for one in every if one.content == content}
    for group in groups:
        of_union = [one for one in every if (one.code, one.period) == group]
        changed = forward_precedence.settle(None, of_union, known.rulings.verdicts)
        forwarded.take(known.connection, changed, ())
    return [one for one in forwarded.read(known) if one.content == content]


def findings(tables: RegisterTables, form: Form, period: str) -> Iterator[Issue]:
    """C123: what counts is interim; C124: nobody vouches for its key; C126: it is held."""
    for one in forwarded.read(tables):
        if one.period != period:
            continue
        if one.state == HELD:
            if one.reason == CLOSED:
                yield _issue(NOT_COUNTED, form, one, variant=CLOSED, period=period)
            else:
                why = catalogue.message(f"forward_why_{one.reason or one.state}")
                yield _issue(NOT_COUNTED, form, one, why=why)
        if one.state not in COUNTING:
            continue
        if one.interim:
            yield _issue(INTERIM, form, one, superior=one.superior)
        if not one.confirmed and not forwarded.is_accepted(one):
            why = catalogue.message(f"forward_{'unverified' if one.signer else 'no_signature'}")
            yield _issue(UNVERIFIED, form, one, superior=one.superior, why=why)


def _issue(code: str, form: Form, one: Forward, **params: str) -> Issue:
    level = catalogue.entry(code, form).level
    return Issue(code, level, Place(one.file), one.name, {"unit": one.name, **params})
