"""What units explained in 情况说明, for the officer to read: which cell, what was wrong, the words.

Only what counts is asked about, a question a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.explanations import Explanation
from converter.model.forms import Form
from converter.model.issues import Issue, Place
from converter.register import inserting
from converter.register.inserting import NUMBER, TEXT
from converter.register.schema import COUNTS, RegisterTables
from converter.text import masking

if TYPE_CHECKING:
    from converter.register.schema import Connection

EXPLAINED = "C119"
QUOTED = 6  # of a file that a question quotes
COLUMNS = {"submission": NUMBER, "place": TEXT, "fault": TEXT, "explanation": TEXT}


def write(connection: Connection, found: Iterable[tuple[int, Sequence[Explanation]]]) -> None:
    """Keep the explanations of submissions."""
    rows = [
        (n, one.place, one.fault, one.text) for n, explanations in found for one in explanations
    ]
    inserting.insert(connection, "explanations", COLUMNS, zip(*rows, strict=True))


class Explained(NamedTuple):
    """A question: the finding, and the submission that explains something, perhaps once more with
    the same tables as the one that counts."""

    submission: int
    issue: Issue


def questions(tables: RegisterTables, form: Form, period: str) -> Iterator[Explained]:
    """C119: a file that counts, with what its unit explained last."""
    rows = tables.query(
        "WITH last AS (SELECT s.id, c.file, s.unit FROM submissions s JOIN submissions c"
        "  ON c.id = CASE s.state WHEN 'identical' THEN s.other ELSE s.id END"
        f"  WHERE s.period = $1 AND {COUNTS.replace('s.', 'c.')}"
        "  QUALIFY row_number() OVER (PARTITION BY s.unit ORDER BY s.id DESC) = 1)"
        " SELECT l.id, l.file, u.name, u.superior, e.place, e.fault, e.explanation"
        " FROM explanations e JOIN last l ON l.id = e.submission"
        " JOIN units_in($1) u ON u.id = l.unit ORDER BY l.id, e.rowid",
        [period],
    )
    level = catalogue.entry(EXPLAINED, form).level
    for (number, file, unit, superior), group in groupby(rows, key=lambda row: row[:4]):
        every = [Explanation(*row[4:]) for row in group]
        quoted = "；".join(map(_quoted, every[:QUOTED]))
        more = message("explained_more", count=len(every)) if every[QUOTED:] else ""
        params = {"unit": unit, "superior": superior, "explanations": quoted + more}
        yield Explained(number, Issue(EXPLAINED, level, Place(file), "", params))


def _quoted(one: Explanation) -> str:
    key = "explained_fault" if one.fault else "explained"
    return message(key, place=one.place, fault=one.fault, text=masking.text(one.text))
