"""Dates that grow (or fall) by one day from row to row: somebody dragged the first one down.

Option: `run`, how many rows in a row it takes. One finding a column and submission, at the first
such row; it names the rows of every run. What was typed counts, also in a derived column. Found by
the pipeline alone: it is asked once, not in each row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from converter.kinds.base import ValueType
from converter.kinds.id_number import check_character
from converter.kinds.options import WholeNumber
from converter.logic.terms import at_most
from converter.model.arrays import np, pd
from converter.model.forms import Form, Rule
from converter.rules.base import Answers, FormColumns, Refs, RuleFamily, Violation
from converter.rules.demands import MOST, Demand, Unknowns

MOST_RUNS = 5  # that are named


class ConsecutiveDays(RuleFamily):
    """Dates of a table that grow by one day from row to row."""

    name = "consecutive_days"
    at_type = ValueType.DATE
    run = WholeNumber(least=3)

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        least = self.run(rule)
        for path in rule.at:
            column = tables.column(path)
            typed = pd.to_datetime(column.typed, format="%Y-%m-%d", errors="coerce")
            days = typed.to_numpy(dtype="datetime64[D]")
            submission = tables.table(path).submission.to_numpy()
            index = column.blank.index.to_numpy()
            step = np.diff(days).astype("int64")  # NaT is far from one day
            step[np.diff(submission) != 0] = 0
            step[np.abs(step) != 1] = 0
            changes = np.flatnonzero(np.diff(step, prepend=0, append=0))
            found: dict[int, list[tuple[int, int]]] = {}
            for start, end in pairwise(changes.tolist()):
                if step[start] and end - start + 1 >= least:
                    run = int(index[start]), int(index[end])
                    found.setdefault(int(submission[start]), []).append(run)
            for runs in found.values():
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
