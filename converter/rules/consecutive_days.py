"""Dates that grow (or fall) evenly from row to row: somebody dragged the first ones down.

Option: `run`, how many rows in a row it takes where each is one day later, and twice as many where
it is several days, or some months to the same day (or the last) of a month. (One a year may be
true.) One finding a column and submission, at the first such row; it names the rows of every run.
What was typed counts, also in a derived column. Found by the pipeline alone: it is asked once, not
in each row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from converter.kinds.base import ValueType
from converter.kinds.id_number import check_character
from converter.kinds.options import WholeNumber
from converter.logic.terms import at_most
from converter.model.arrays import np, pd
from converter.model.forms import Form, Rule
from converter.rules.base import Answers, FormColumns, Refs, RuleFamily, Violation
from converter.rules.demands import MOST, Demand, Unknowns

MOST_RUNS = 5  # that are named
MOST_DAYS = 31  # from row to row
MOST_MONTHS = 11


class ConsecutiveDays(RuleFamily):
    """Dates of a table that grow by one day from row to row."""

    name = "consecutive_days"
    at_type = ValueType.DATE
    run = WholeNumber(least=3)

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        for path in rule.at:
            column = tables.column(path)
            typed = pd.to_datetime(column.typed, format="%Y-%m-%d", errors="coerce")
            days = typed.to_numpy(dtype="datetime64[D]")
            submission = tables.table(path).submission.to_numpy()
            index = column.blank.index.to_numpy()
            found: dict[int, list[tuple[int, int]]] = {}
            for start, end in _even(days, submission, self.run(rule)):
                run = int(index[start]), int(index[end])
                found.setdefault(int(submission[start]), []).append(run)
            for runs in map(sorted, found.values()):
                yield Violation(path, runs[0][0], {}, (), tuple(runs[:MOST_RUNS]))

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        longest = unknowns.number(f"run {path}", 1, MOST)
        return Demand(unknowns.filled(path), at_most(longest + 1, self.run(rule)))

    def disarrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> bool:
        sheet, _, key = path.partition(".")
        field, rows = form.field(path), answers[sheet]
        if len(rows) < self.run(rule):
            return False
        for n, row in enumerate(rows):
            row[key] = (date(2001 if field.derive else 2025, 6, 1) + timedelta(n)).isoformat()
            if field.derive:  # what is typed over a number's birthday agrees with it
                number = row[field.derive.source]
                digits = f"{number[:6]}{row[key].replace('-', '')}{number[14:17]}"
                row[field.derive.source] = digits + check_character(digits)
        return True

    def is_live(self, path: str, form: Form) -> bool:
        return False

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        return None


def _even(days: Any, submission: Any, least: int) -> Iterator[tuple[int, int]]:
    """The first and last positions of runs of rows that lie equally many days or months apart."""
    apart = np.diff(submission) != 0
    by_days = _steps(days, MOST_DAYS)  # NaT is far from any day
    months = days.astype("datetime64[M]")
    of_month, ends = days - months, (days + 1).astype("datetime64[M]") == days + 1
    same = (of_month[1:] == of_month[:-1]) | (ends[1:] & ends[:-1])
    by_months = np.where(same, _steps(months, MOST_MONTHS), 0)
    for step, fewest in (by_days, least), (by_months, 2 * least):
        step[apart] = 0
        changes = np.flatnonzero(np.diff(step, prepend=0, append=0))
        for start, end in pairwise(changes.tolist()):
            size = fewest if abs(step[start]) == 1 else 2 * least
            if step[start] and end - start + 1 >= size:
                yield start, end


def _steps(dates: Any, most: int) -> Any:
    """How far each date is from the one before; 0 for more than `most`."""
    steps = np.diff(dates.astype("int64"))
    steps[(steps < -most) | (steps > most)] = 0
    return steps
